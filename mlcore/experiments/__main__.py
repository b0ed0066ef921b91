"""``python -m mlcore.experiments 实验 [选项]``。"""

import sys

from mlcore.experiments.command import main

sys.exit(main())

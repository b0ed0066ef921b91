"""随机丢弃：掩码是一个输入。"""

import numpy as np

from tests.samples import Sample, normal

MASK = (np.arange(12).reshape(3, 4) % 3 > 0) * 1.5

SAMPLES = {"dropout": [Sample((normal(3, 4), MASK), lambda x, mask: x * mask.detach())]}

"""训练：一批一批地走，记下损失，能存、能续，发散了就停下来说清楚；分数据、打分、早停也在这里。"""

from mlcore.train.divergence import EXPLOSION as EXPLOSION
from mlcore.train.divergence import WINDOW as WINDOW
from mlcore.train.divergence import Divergence as Divergence
from mlcore.train.evaluation import evaluate as evaluate
from mlcore.train.history import History as History
from mlcore.train.loop import Trainer as Trainer
from mlcore.train.running import fit as fit
from mlcore.train.running import run as run
from mlcore.train.saving import restore as restore
from mlcore.train.saving import save as save
from mlcore.train.splitting import split as split
from mlcore.train.stopping import EarlyStopping as EarlyStopping

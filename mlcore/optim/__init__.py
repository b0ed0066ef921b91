"""优化器：拿着梯度，走一步。名字、参数和定义与 ``torch.optim`` 相同，只是 ``lr`` 写全了。

每一种都是逐元素的：一个参数里的每个数各走各的，互不相干。旁边的三样也在这里：学习率怎样随步数
变（:mod:`mlcore.optim.schedules`），梯度太大时裁短，权重的滑动平均。
"""

from mlcore.optim.adam import Adam, AdamW
from mlcore.optim.adaptive import Adadelta, Adagrad, RMSprop
from mlcore.optim.averaging import WeightAverage
from mlcore.optim.base import BLOCK, Optimizer
from mlcore.optim.clipping import clip_grad_norm, clip_grad_value
from mlcore.optim.descent import SGD

__all__ = [
    "BLOCK",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "WeightAverage",
    "clip_grad_norm",
    "clip_grad_value",
]

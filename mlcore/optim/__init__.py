"""优化器：拿着梯度，走一步。名字、参数和定义与 ``torch.optim`` 相同，只是 ``lr`` 写全了。

每一种都是逐元素的：一个参数里的每个数各走各的，互不相干。
"""

from mlcore.optim.adaptive import Adadelta, Adagrad, Adam, RMSprop
from mlcore.optim.base import BLOCK, Optimizer
from mlcore.optim.descent import SGD

__all__ = ["BLOCK", "SGD", "Adadelta", "Adagrad", "Adam", "Optimizer", "RMSprop"]

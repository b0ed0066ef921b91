"""随机丢弃。"""

from __future__ import annotations

from mlcore.autograd import Tensor, apply
from mlcore.backend import Array, array_namespace, describe
from mlcore.checks import real_number
from mlcore.nn.module import Module
from mlcore.random import Generator


class Dropout(Module):
    """训练时每个数以概率 p 变成 0，留下的除以 1 − p，平均下来不变；``eval()`` 之后什么也不做。

    出自 Srivastava 等 2014。掩码作为运算的一个输入交进去，所以运算本身没有随机。

    Parameters
    ----------
    p : float
        丢掉的概率，0 到 1。
    generator : Generator
        掩码从这里取；取到第几个也在 state_dict 里，所以停下再续，丢的是同样的数。

    Attributes
    ----------
    mask : 数组或 None
        最近一次用的掩码：0，或者 1 / (1 − p)。
    """

    def __init__(self, p: float = 0.5, *, generator: Generator) -> None:
        self.p = real_number("p", p, 0.0, 1.0)
        if not isinstance(generator, Generator):
            raise TypeError(f"generator 要是 mlcore.random.Generator，得到 {describe(generator)}")
        self.generator = generator
        self.mask: Array | None = None

    def draw(self, like: Array) -> Array:
        """取一个新的掩码，形状和类型跟 like 一样。"""
        xp = array_namespace(like)
        kept = self.generator.uniform(tuple(like.shape), dtype=xp.float32) >= self.p
        scale = 1 / (1 - self.p) if self.p < 1 else 0.0
        return xp.astype(kept, like.dtype) * scale

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        self.mask = self.draw(x.data)
        return apply("dropout", x, Tensor(self.mask))

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"

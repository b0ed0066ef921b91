"""Maxout：激活函数也是学来的。"""

from __future__ import annotations

from mlcore.autograd import Tensor
from mlcore.checks import whole_number
from mlcore.nn.initializers import Initializer
from mlcore.nn.linear import Linear
from mlcore.nn.module import Module
from mlcore.random import Generator


class Maxout(Module):
    """每个输出是 pieces 个线性函数里最大的那个（Goodfellow 等 2013）。

    几段直线取最大，能拼出任何凸的折线；ReLU 是其中一段恒为 0 的两段。

    Parameters
    ----------
    in_features, out_features : int
    pieces : int
        每个输出有几段。
    generator, init
        同 :class:`mlcore.nn.Linear`。

    Attributes
    ----------
    linear : Linear
        weight 的形状是 (out_features × pieces, in_features)，一个输出的各段挨在一起。
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        pieces: int = 2,
        *,
        generator: Generator,
        init: str | Initializer = "xavier_uniform",
    ) -> None:
        self.out_features = whole_number("out_features", out_features, 1)
        self.pieces = whole_number("pieces", pieces, 2)
        width = self.out_features * self.pieces
        self.linear = Linear(in_features, width, generator=generator, init=init)

    def forward(self, x: Tensor) -> Tensor:
        return (
            self.linear.forward(x)
            .reshape(*x.shape[:-1], self.out_features, self.pieces)
            .max(axis=-1)
        )

    def __repr__(self) -> str:
        return f"Maxout({self.linear.in_features}, {self.out_features}, pieces={self.pieces})"

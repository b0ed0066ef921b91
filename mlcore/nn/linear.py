"""线性层，和一层接一层的多层感知机。"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from mlcore.autograd import Tensor, apply
from mlcore.backend import array_namespace
from mlcore.checks import choice, whole_number
from mlcore.nn.activations import ACTIVATION_LAYERS
from mlcore.nn.initializers import Initializer, initial
from mlcore.nn.module import Module, Sequential
from mlcore.random import Generator


class Linear(Module):
    """线性层 ``x @ weight.T + bias``。

    Parameters
    ----------
    in_features, out_features : int
    generator : Generator
        初值从这里取。
    init : str 或函数
        :data:`INITIALIZERS` 里的一个名字，或自己的函数 ``(generator, shape) → 数组``。
        偏置从 0 开始。
    bias : bool
        要不要偏置。

    Attributes
    ----------
    weight : Tensor (out_features, in_features)
    bias : Tensor (out_features,) 或 None
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        generator: Generator,
        init: str | Initializer = "xavier_uniform",
        bias: bool = True,
    ) -> None:
        self.in_features = whole_number("in_features", in_features, 1)
        self.out_features = whole_number("out_features", out_features, 1)
        weight = initial(init, generator, (self.out_features, self.in_features))
        self.weight = Tensor(weight, requires_grad=True)
        xp = array_namespace(weight)
        zeros = xp.zeros(out_features, dtype=weight.dtype, device=weight.device)
        self.bias = Tensor(zeros, requires_grad=True) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return apply("linear", x, self.weight)
        return apply("linear", x, self.weight, self.bias)

    def __repr__(self) -> str:
        return f"Linear({self.in_features}, {self.out_features})"


def mlp(
    sizes: Any,
    activation: str = "tanh",
    *,
    generator: Generator,
    init: str | Initializer = "xavier_uniform",
) -> Sequential:
    """多层感知机：每两个线性层之间一个激活函数，最后一层没有。

    Parameters
    ----------
    sizes : int 的序列
        各层的宽度，从输入到输出，如 ``(2, 6, 2, 2)``。
    activation : str
        :data:`ACTIVATIONS` 里的一个名字。
    """
    sizes = [whole_number("sizes", size, 1) for size in sizes]
    if len(sizes) < 2:
        raise ValueError(f"sizes 至少要有输入和输出两个宽度，得到 {sizes}")
    bend = ACTIVATION_LAYERS[choice("activation", activation, ACTIVATION_LAYERS)]
    layers: list[Module] = []
    for n_in, n_out in pairwise(sizes):
        if layers:
            layers.append(bend())
        layers.append(Linear(n_in, n_out, generator=generator, init=init))
    return Sequential(*layers)

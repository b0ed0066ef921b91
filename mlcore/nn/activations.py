"""激活函数：作为一层，也作为普通数组上的函数。"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlcore.autograd import Tensor, apply
from mlcore.backend import Array, array_namespace
from mlcore.checks import real_number
from mlcore.nn.module import Module
from mlcore.operations import OPS


class Activation(Module):
    """一个元素一个元素地作用的函数。"""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Identity(Activation):
    """什么也不做：没有激活函数的层。"""

    def forward(self, x: Tensor) -> Tensor:
        return x


class Tanh(Activation):
    """双曲正切，值在 −1 与 1 之间。"""

    def forward(self, x: Tensor) -> Tensor:
        return apply("tanh", x)


class Sigmoid(Activation):
    """1 / (1 + e⁻ˣ)，值在 0 与 1 之间。"""

    def forward(self, x: Tensor) -> Tensor:
        return apply("sigmoid", x)


class ReLU(Activation):
    """max(x, 0)。"""

    def forward(self, x: Tensor) -> Tensor:
        return apply("relu", x)


class LeakyReLU(Activation):
    """x 为负时只留一个小斜率。"""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = real_number("negative_slope", negative_slope, 0.0, 1.0)

    def forward(self, x: Tensor) -> Tensor:
        return apply("leaky_relu", x, slope=self.negative_slope)


class Softplus(Activation):
    """ln(1 + eˣ)：圆角的 ReLU。"""

    def forward(self, x: Tensor) -> Tensor:
        return apply("softplus", x)


class Sine(Activation):
    """sin x（Sitzmann 等 2020）。"""

    def forward(self, x: Tensor) -> Tensor:
        return apply("sin", x)


ACTIVATION_LAYERS: dict[str, type[Module]] = {
    "tanh": Tanh,
    "relu": ReLU,
    "sigmoid": Sigmoid,
    "leaky_relu": LeakyReLU,
    "softplus": Softplus,
    "sine": Sine,
    "identity": Identity,
}

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": lambda x: _plain("tanh", x),
    "relu": lambda x: _plain("relu", x),
    "sigmoid": lambda x: _plain("sigmoid", x),
    "leaky_relu": lambda x: _plain("leaky_relu", x, slope=0.01),
    "softplus": lambda x: _plain("softplus", x),
    "sine": lambda x: _plain("sin", x),
    "identity": lambda x: x,
}
"""同样的激活函数，作用在普通数组上；和训练时用的是同一份代码。"""


def _plain(name: str, x: Array, **attrs: Any) -> Array:
    return OPS[name].forward(array_namespace(x), x, **attrs)

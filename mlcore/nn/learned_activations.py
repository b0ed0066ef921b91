"""形状也要学的激活函数。units 是一层的单元数；x 的形状是 (N, units) 或 (N, units, *大小)。"""

from __future__ import annotations

from typing import Any

from mlcore.autograd import Tensor, apply
from mlcore.backend import describe, get_backend
from mlcore.checks import real_number, whole_number
from mlcore.nn.module import Module
from mlcore.random import Generator


class PReLU(Module):
    """x 为负时的斜率是学来的（何恺明等 2015）。

    Parameters
    ----------
    num_parameters : int
        1，大家共用一个斜率；或通道数，每个通道一个。
    init : float

    Attributes
    ----------
    weight : Tensor (num_parameters,)
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        self.weight = _parameter((whole_number("num_parameters", num_parameters, 1),), init)

    def forward(self, x: Tensor) -> Tensor:
        return apply("prelu", x, _by_channel(self.weight, x))


class RReLU(Module):
    """x 为负时的斜率每次随机取，``eval()`` 之后用平均（Xu 等 2015）。

    Parameters
    ----------
    lower, upper : float
        斜率在这两个数之间均匀分布。
    generator : Generator
    """

    def __init__(
        self, lower: float = 1 / 8, upper: float = 1 / 3, *, generator: Generator
    ) -> None:
        self.lower, self.upper = real_number("lower", lower), real_number("upper", upper)
        if self.lower >= self.upper:
            raise ValueError(f"lower 要小于 upper，得到 {self.lower:g} 和 {self.upper:g}")
        if not isinstance(generator, Generator):
            raise TypeError(f"generator 要是 mlcore.random.Generator，得到 {describe(generator)}")
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            slope = (self.lower + self.upper) / 2
            return x.relu() - (-x).relu() * slope
        slopes = self.generator.uniform(x.shape, self.lower, self.upper, dtype=x.dtype)
        return apply("prelu", x, Tensor(slopes))


class SReLU(Module):
    """三段直线：中间是 x，左右两边从哪里转弯、转多少都是学来的（Jin 等 2016）。

    x ≤ t_left 时是 t_left + a_left (x − t_left)，x ≥ t_right 时同样。

    Attributes
    ----------
    t_left, a_left, t_right, a_right : Tensor (units,)
    """

    def __init__(
        self,
        units: int,
        t_left: float = -1.0,
        a_left: float = 0.2,
        t_right: float = 1.0,
        a_right: float = 0.2,
    ) -> None:
        shape = (whole_number("units", units, 1),)
        if real_number("t_left", t_left) > real_number("t_right", t_right):
            raise ValueError(f"t_left 至多是 t_right，得到 {t_left:g} 和 {t_right:g}")
        self.t_left, self.a_left = _parameter(shape, t_left), _parameter(shape, a_left)
        self.t_right, self.a_right = _parameter(shape, t_right), _parameter(shape, a_right)

    def forward(self, x: Tensor) -> Tensor:
        t_left, a_left = _by_channel(self.t_left, x), _by_channel(self.a_left, x)
        t_right, a_right = _by_channel(self.t_right, x), _by_channel(self.a_right, x)
        left, right = (t_left - x).relu(), (x - t_right).relu()
        return x + (1 - a_left) * left + (a_right - 1) * right


class APL(Module):
    """ReLU 加上几段学来的折线：max(0, x) + Σ aˢ max(0, −x + bˢ)（Agostinelli 等 2015）。

    Parameters
    ----------
    units : int
    pieces : int
        加几段。
    generator : Generator
        各段从哪里转弯从这里取：b 开始时是标准正态的数，a 是 0.2。

    Attributes
    ----------
    a, b : Tensor (pieces, units)
    """

    def __init__(self, units: int, pieces: int = 2, *, generator: Generator) -> None:
        shape = (whole_number("pieces", pieces, 1), whole_number("units", units, 1))
        if not isinstance(generator, Generator):
            raise TypeError(f"generator 要是 mlcore.random.Generator，得到 {describe(generator)}")
        self.a = _parameter(shape, 0.2)
        self.b = Tensor(generator.normal(shape), requires_grad=True)

    def forward(self, x: Tensor) -> Tensor:
        total = x.relu()
        for piece in range(self.a.shape[0]):
            a, b = _by_channel(self.a[piece], x), _by_channel(self.b[piece], x)
            total = total + a * (b - x).relu()
        return total


def _parameter(shape: Any, value: float) -> Tensor:
    backend = get_backend()
    value = real_number("init", value)
    full = backend.xp.full(shape, value, dtype=backend.dtype, device=backend.device)
    return Tensor(full, requires_grad=True)


def _by_channel(values: Tensor, x: Tensor) -> Tensor:
    """每个通道一个数，摆到能和 x (N, 通道, *大小) 相乘的形状。"""
    (count,) = values.shape
    if count == 1:
        return values
    if x.ndim < 2 or x.shape[1] != count:
        raise ValueError(f"输入的第 1 个轴要有 {count} 个单元，得到形状 {x.shape}")
    return values if x.ndim == 2 else values.reshape(count, *[1] * (x.ndim - 2))

"""按每个参数自己的梯度大小来定步子的优化器：Adagrad、RMSprop、Adadelta、Adam。"""

from __future__ import annotations

import math
from collections.abc import Iterable

from mlcore.autograd import Tensor
from mlcore.backend import Array, describe
from mlcore.checks import real_number
from mlcore.optim.base import Optimizer


def _fraction(name: str, value: float) -> float:
    """[0, 1) 里的实数：每一步留下多少。"""
    number = real_number(name, value, 0.0, 1.0)
    if number == 1.0:
        raise ValueError(f"{name} 要小于 1，得到 1")
    return number


class Adagrad(Optimizer):
    """Adagrad（Duchi 等 2011）：步子除以到现在为止全部梯度的平方和的根，所以只会越来越小。

    Parameters
    ----------
    params : Tensor 的序列
    learning_rate : float
    lr_decay : float
        第 t 步的学习率是 ``learning_rate / (1 + (t − 1) · lr_decay)``。
    weight_decay : float
        L2 正则的系数。
    initial_accumulator_value : float
        平方和从多少开始。
    eps : float
    """

    state_names = ("total",)
    knob_names = ("learning_rate", "lr_decay", "weight_decay", "eps")

    def __init__(
        self,
        params: Iterable[Tensor],
        learning_rate: float = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        self.lr_decay = real_number("lr_decay", lr_decay, 0.0)
        self.weight_decay = real_number("weight_decay", weight_decay, 0.0)
        start = real_number("initial_accumulator_value", initial_accumulator_value, 0.0)
        self.eps = real_number("eps", eps, 0.0, above=True)
        super().__init__(params, learning_rate)
        self._state["total"][...] = start

    def _update(self, param: Array, grad: Array, *state: Array) -> None:
        (total,) = state
        if self.weight_decay:
            grad += self.weight_decay * param
        total += grad * grad
        size = total**0.5
        size += self.eps
        grad /= size
        grad *= self.learning_rate / (1 + (self.steps - 1) * self.lr_decay)
        param -= grad


class RMSprop(Optimizer):
    """RMSprop（Tieleman 与 Hinton 2012 的讲义）：步子除以近来梯度的均方根。

    Parameters
    ----------
    params : Tensor 的序列
    learning_rate : float
    alpha : float
        梯度平方的平均每一步留下多少，[0, 1)。平均从 0 开始，不作修正（与 PyTorch 相同）。
    eps : float
    weight_decay : float
        L2 正则的系数。
    momentum : float
        除过之后的步子再带多少动量，[0, 1)。
    centered : bool
        除以近来梯度的标准差，而不是均方根。
    """

    knob_names = ("learning_rate", "alpha", "eps", "weight_decay", "momentum", "centered")

    def __init__(
        self,
        params: Iterable[Tensor],
        learning_rate: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        self.alpha = _fraction("alpha", alpha)
        self.eps = real_number("eps", eps, 0.0, above=True)
        self.weight_decay = real_number("weight_decay", weight_decay, 0.0)
        self.momentum = _fraction("momentum", momentum)
        self.centered = bool(centered)
        self.state_names = ("square", *["mean"] * self.centered, *["velocity"] * (momentum > 0))
        super().__init__(params, learning_rate)

    def _update(self, param: Array, grad: Array, *state: Array) -> None:
        square, *others = state
        if self.weight_decay:
            grad += self.weight_decay * param
        square *= self.alpha
        square += (1 - self.alpha) * grad * grad
        if self.centered:
            mean, *others = others
            mean *= self.alpha
            mean += (1 - self.alpha) * grad
            size = (square - mean * mean) ** 0.5
        else:
            size = square**0.5
        size += self.eps
        grad /= size
        if others:
            (velocity,) = others
            velocity *= self.momentum
            velocity += grad
            param -= self.learning_rate * velocity
        else:
            grad *= self.learning_rate
            param -= grad


class Adadelta(Optimizer):
    """Adadelta（Zeiler 2012）：步子是「近来挪动的均方根」比「近来梯度的均方根」，单位对得上。

    Parameters
    ----------
    params : Tensor 的序列
    learning_rate : float
        原文没有学习率，就是 1。
    rho : float
        两个平均每一步各留下多少，[0, 1)。
    eps : float
        加在两个均方根里面；第一步就靠它才动得起来。
    weight_decay : float
        L2 正则的系数。
    """

    state_names = ("square", "moved")
    knob_names = ("learning_rate", "rho", "eps", "weight_decay")

    def __init__(
        self,
        params: Iterable[Tensor],
        learning_rate: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
    ) -> None:
        self.rho = _fraction("rho", rho)
        self.eps = real_number("eps", eps, 0.0, above=True)
        self.weight_decay = real_number("weight_decay", weight_decay, 0.0)
        super().__init__(params, learning_rate)

    def _update(self, param: Array, grad: Array, *state: Array) -> None:
        square, moved = state
        if self.weight_decay:
            grad += self.weight_decay * param
        square *= self.rho
        square += (1 - self.rho) * grad * grad
        grad *= ((moved + self.eps) / (square + self.eps)) ** 0.5
        moved *= self.rho
        moved += (1 - self.rho) * grad * grad
        grad *= self.learning_rate
        param -= grad


class Adam(Optimizer):
    """Adam（Kingma 与 Ba 2015）：每个参数按自己梯度的大小调整步长。

    Parameters
    ----------
    params : Tensor 的序列
    learning_rate : float
    betas : (float, float)
        梯度的平均、梯度平方的平均，每一步各留下多少。
    eps : float
    weight_decay : float
        L2 正则的系数。
    """

    state_names = ("first", "second")
    knob_names = ("learning_rate", "betas", "eps", "weight_decay")

    def __init__(
        self,
        params: Iterable[Tensor],
        learning_rate: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(f"betas 要是两个数，得到 {describe(betas)}")
        self.betas = tuple(_fraction("betas", beta) for beta in betas)
        self.eps = real_number("eps", eps, 0.0, above=True)
        self.weight_decay = real_number("weight_decay", weight_decay, 0.0)
        super().__init__(params, learning_rate)

    def _update(self, param: Array, grad: Array, *state: Array) -> None:
        first, second = state
        beta1, beta2 = self.betas
        if self.weight_decay:
            grad += self.weight_decay * param
        # The moments are kept as sums, without the factors 1 − β: these, and the correction for
        # the zero start, are two numbers a step instead of two passes over the arrays.
        first *= beta1
        first += grad
        second *= beta2
        grad *= grad
        second += grad
        scale1 = (1 - beta1) / (1 - beta1**self.steps)
        scale2 = math.sqrt((1 - beta2) / (1 - beta2**self.steps))
        size = second**0.5
        size += self.eps / scale2
        size = first / size
        size *= self.learning_rate * scale1 / scale2
        param -= size

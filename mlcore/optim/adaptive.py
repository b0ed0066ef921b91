"""按每个参数自己的梯度大小来定步子的优化器：Adagrad、RMSprop、Adadelta。"""

from __future__ import annotations

from collections.abc import Iterable

from mlcore.autograd import Tensor
from mlcore.backend import Array
from mlcore.checks import real_number
from mlcore.optim.base import Optimizer, fraction


class Adagrad(Optimizer):
    """Adagrad（Duchi 等 2011）：步子除以到现在为止全部梯度的平方和的根，所以只会越来越小。

    Parameters
    ----------
    params : Tensor 的序列
    learning_rate : float
    lr_decay : float
        第 t 步的学习率是 ``learning_rate / (1 + (t − 1) · lr_decay)``。
    weight_decay, l1_decay : float
        L2、L1 正则的系数，见 :class:`Optimizer`。
    initial_accumulator_value : float
        平方和从多少开始。
    eps : float
    """

    state_names = ("total",)
    knob_names = (*Optimizer.knob_names, "lr_decay", "eps")

    def __init__(
        self,
        params: Iterable[Tensor],
        learning_rate: float = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        l1_decay: float = 0.0,
    ) -> None:
        self.lr_decay = real_number("lr_decay", lr_decay, 0.0)
        start = real_number("initial_accumulator_value", initial_accumulator_value, 0.0)
        self.eps = real_number("eps", eps, 0.0, above=True)
        super().__init__(params, learning_rate, weight_decay, l1_decay)
        self._state["total"][...] = start

    def _update(self, param: Array, grad: Array, *state: Array) -> None:
        (total,) = state
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
    weight_decay, l1_decay : float
        L2、L1 正则的系数，见 :class:`Optimizer`。
    momentum : float
        除过之后的步子再带多少动量，[0, 1)。
    centered : bool
        除以近来梯度的标准差，而不是均方根。
    """

    knob_names = (*Optimizer.knob_names, "alpha", "eps", "momentum", "centered")

    def __init__(
        self,
        params: Iterable[Tensor],
        learning_rate: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        l1_decay: float = 0.0,
    ) -> None:
        self.alpha = fraction("alpha", alpha)
        self.eps = real_number("eps", eps, 0.0, above=True)
        self.momentum = fraction("momentum", momentum)
        self.centered = bool(centered)
        self.state_names = ("square", *["mean"] * self.centered, *["velocity"] * (momentum > 0))
        super().__init__(params, learning_rate, weight_decay, l1_decay)

    def _update(self, param: Array, grad: Array, *state: Array) -> None:
        square, *others = state
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
    weight_decay, l1_decay : float
        L2、L1 正则的系数，见 :class:`Optimizer`。
    """

    state_names = ("square", "moved")
    knob_names = (*Optimizer.knob_names, "rho", "eps")

    def __init__(
        self,
        params: Iterable[Tensor],
        learning_rate: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        l1_decay: float = 0.0,
    ) -> None:
        self.rho = fraction("rho", rho)
        self.eps = real_number("eps", eps, 0.0, above=True)
        super().__init__(params, learning_rate, weight_decay, l1_decay)

    def _update(self, param: Array, grad: Array, *state: Array) -> None:
        square, moved = state
        square *= self.rho
        square += (1 - self.rho) * grad * grad
        grad *= ((moved + self.eps) / (square + self.eps)) ** 0.5
        moved *= self.rho
        moved += (1 - self.rho) * grad * grad
        grad *= self.learning_rate
        param -= grad

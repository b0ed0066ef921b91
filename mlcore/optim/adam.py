"""Adam，和把权重衰减从梯度里拿出来的 AdamW。"""

from __future__ import annotations

import math
from collections.abc import Iterable

from mlcore.autograd import Tensor
from mlcore.backend import Array, array_namespace, describe
from mlcore.checks import real_number
from mlcore.optim.base import Optimizer, fraction


class Adam(Optimizer):
    """Adam（Kingma 与 Ba 2015）：每个参数按自己梯度的大小调整步长。

    Parameters
    ----------
    params : Tensor 的序列
    learning_rate : float
    betas : (float, float)
        梯度的平均、梯度平方的平均，每一步各留下多少。
    eps : float
    weight_decay, l1_decay : float
        L2、L1 正则的系数，见 :class:`Optimizer`。
    """

    state_names = ("first", "second")
    knob_names = (*Optimizer.knob_names, "betas", "eps")

    def __init__(
        self,
        params: Iterable[Tensor],
        learning_rate: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        l1_decay: float = 0.0,
    ) -> None:
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(f"betas 要是两个数，得到 {describe(betas)}")
        self.betas = tuple(fraction("betas", beta) for beta in betas)
        self.eps = real_number("eps", eps, 0.0, above=True)
        super().__init__(params, learning_rate, weight_decay, l1_decay)

    def _update(self, param: Array, grad: Array, *state: Array) -> None:
        first, second = state
        beta1, beta2 = self.betas
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


class AdamW(Adam):
    """AdamW（Loshchilov 与 Hutter 2019）：权重衰减不进梯度，直接缩小权重。

    放进梯度里的衰减会跟着被 Adam 除以梯度的大小，梯度大的权重反而衰减得少；这里每个权重都
    缩小同样的比例：先 ``w ← w − learning_rate · (weight_decay · w + l1_decay · sign(w))``，
    再走 Adam 的一步。

    Parameters
    ----------
    params : Tensor 的序列
    learning_rate : float
    betas : (float, float)
    eps : float
    weight_decay, l1_decay : float
        衰减的系数；``weight_decay`` 默认 0.01，与 PyTorch 相同。
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        learning_rate: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        *,
        l1_decay: float = 0.0,
    ) -> None:
        super().__init__(params, learning_rate, betas, eps, weight_decay, l1_decay=l1_decay)

    def _decay(self, param: Array, grad: Array) -> None:
        pull = self.weight_decay * param
        if self.l1_decay:
            pull += self.l1_decay * array_namespace(param).sign(param)
        pull *= self.learning_rate
        param -= pull

"""沿着梯度走的优化器：梯度下降，可带动量。"""

from __future__ import annotations

from collections.abc import Iterable

from mlcore.autograd import Tensor
from mlcore.backend import Array
from mlcore.checks import real_number
from mlcore.optim.base import Optimizer


class SGD(Optimizer):
    """随机梯度下降，可带动量（普通的或 Nesterov 的）和 L2 正则。

    Parameters
    ----------
    params : Tensor 的序列
    learning_rate : float
    momentum : float
        速度每一步留下多少，[0, 1)。
    weight_decay : float
        L2 正则的系数 λ，损失加上 λ/2 · ‖w‖²。
    nesterov : bool
        Nesterov 动量（Sutskever 等 2013）：先按速度多走一步再看；要 momentum > 0。

    Notes
    -----
    ``v ← momentum · v + grad``，``w ← w − learning_rate · v``；Nesterov 的最后一步是
    ``w ← w − learning_rate · (grad + momentum · v)``（都与 PyTorch 相同）。
    """

    state_names = ("velocity",)
    knob_names = ("learning_rate", "momentum", "weight_decay", "nesterov")

    def __init__(
        self,
        params: Iterable[Tensor],
        learning_rate: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        self.momentum = real_number("momentum", momentum, 0.0, 1.0)
        self.weight_decay = real_number("weight_decay", weight_decay, 0.0)
        if nesterov and not self.momentum:
            raise ValueError("nesterov=True 要有动量：请给大于 0 的 momentum")
        self.nesterov = bool(nesterov)
        super().__init__(params, learning_rate)

    def _update(self, param: Array, grad: Array, *state: Array) -> None:
        (velocity,) = state
        if self.weight_decay:
            grad += self.weight_decay * param
        velocity *= self.momentum
        velocity += grad
        if self.nesterov:
            grad += self.momentum * velocity
            param -= self.learning_rate * grad
        else:
            param -= self.learning_rate * velocity

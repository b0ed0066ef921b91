"""沿着梯度走的优化器：梯度下降，可带动量。"""

from __future__ import annotations

from collections.abc import Iterable

from mlcore.autograd import Tensor
from mlcore.backend import Array
from mlcore.checks import real_number
from mlcore.optim.base import Optimizer


class SGD(Optimizer):
    """随机梯度下降，可带动量（普通的或 Nesterov 的）和权重衰减。

    Parameters
    ----------
    params : Tensor 的序列
    learning_rate : float
    momentum : float
        速度每一步留下多少，[0, 1)。
    weight_decay, l1_decay : float
        L2、L1 正则的系数，见 :class:`Optimizer`。
    nesterov : bool
        Nesterov 动量（Sutskever 等 2013）：先按速度多走一步再看；要 momentum > 0。

    Notes
    -----
    ``v ← momentum · v + grad``，``w ← w − learning_rate · v``；Nesterov 的最后一步是
    ``w ← w − learning_rate · (grad + momentum · v)``（都与 PyTorch 相同）。
    """

    state_names = ("velocity",)
    knob_names = (*Optimizer.knob_names, "momentum", "nesterov")

    def __init__(
        self,
        params: Iterable[Tensor],
        learning_rate: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        l1_decay: float = 0.0,
    ) -> None:
        self.momentum = real_number("momentum", momentum, 0.0, 1.0)
        if nesterov and not self.momentum:
            raise ValueError("nesterov=True 要有动量：请给大于 0 的 momentum")
        self.nesterov = bool(nesterov)
        super().__init__(params, learning_rate, weight_decay, l1_decay)

    def _update(self, param: Array, grad: Array, *state: Array) -> None:
        (velocity,) = state
        if not self.momentum:
            # As in PyTorch: without momentum there is no velocity to keep.
            param -= self.learning_rate * grad
            return
        velocity *= self.momentum
        velocity += grad
        if self.nesterov:
            grad += self.momentum * velocity
            param -= self.learning_rate * grad
        else:
            param -= self.learning_rate * velocity

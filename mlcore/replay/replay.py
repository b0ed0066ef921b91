"""按批的形状录下、存着、重放：最后一批短一些，就另录一步。"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.autograd import Tensor
from mlcore.nn import Module
from mlcore.optim import Optimizer
from mlcore.replay.record import as_batch, record


class Replay:
    """重放的训练步。

    Parameters
    ----------
    model, loss, optimizer
        同 :class:`mlcore.train.Trainer`。参数、优化器的状态和步数与普通的步是同一份。

    Examples
    --------
    >>> replay = Replay(model, nn.cross_entropy, optimizer)  # doctest: +SKIP
    >>> replay.run(x, y)                                     # doctest: +SKIP
    0.693
    """

    def __init__(
        self, model: Module, loss: Callable[[Tensor, Any], Tensor], optimizer: Optimizer
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.steps: dict[tuple[Any, ...], Any] = {}

    def step(self, x: Any, y: Any) -> Any:
        """这种形状的一步；没有录过就录下。x、y 的类型要已经是参数的类型（:func:`as_batch`）。"""
        key = (x.shape, y.shape, x.dtype, y.dtype, self.model.training)
        if key not in self.steps:
            self.steps[key] = bind(
                record(self.model, self.loss, self.optimizer, x, y), self.optimizer, self.model
            )
        return self.steps[key]

    def run(self, x: Any, y: Any) -> float:
        """走一步，返回更新之前的损失。"""
        x, y = as_batch(self.model, x), as_batch(self.model, y)
        return float(self.step(x, y).run(x, y))


def bind(program: Any, optimizer: Optimizer, model: Module | None = None) -> Any:
    """给录下的步绑上内存：参数是 NumPy 数组就在 NumPy 上跑，是 torch 的就在 torch 上跑。"""
    if isinstance(optimizer.params[0].data, np.ndarray):
        from mlcore.replay.run_numpy import Step

        return Step(program, optimizer, model)
    from mlcore.replay.run_torch import Step as TorchStep

    return TorchStep(program, optimizer, model)

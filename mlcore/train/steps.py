"""一步的两种走法：每次现建计算图（eager），或者把录下的一步重放（replay）。

两种都分两半：:meth:`forward` 算出损失，:meth:`update` 走出去。所以损失发散了，参数还没有动。
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlcore.autograd import Tensor
from mlcore.nn import Module
from mlcore.optim import Optimizer, clip_grad_norm, clip_grad_value
from mlcore.optim.clipping import clip_in_place

Loss = Callable[[Tensor, Any], Tensor]


class EagerSteps:
    """普通的步：前向建图，反向沿图走一遍，图就扔掉。"""

    def __init__(self, model: Module, loss: Loss, optimizer: Optimizer) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer

    def forward(self, x: Any, y: Any, rows: Any = None) -> float:
        """x、y 的第 rows 行的损失；不给 rows，x、y 就是这一批。"""
        if rows is not None:
            x, y = x[rows], y[rows]
        self._result = self.loss(self.model.forward(Tensor(x)), Tensor(y))
        return float(self._result.data)

    def update(self, clip_norm: float | None, clip_value: float | None) -> None:
        """反向，裁剪，更新。"""
        self.optimizer.zero_grad()
        self._result.backward()
        del self._result
        if clip_norm is not None:
            clip_grad_norm(self.optimizer.params, clip_norm)
        if clip_value is not None:
            clip_grad_value(self.optimizer.params, clip_value)
        self.optimizer.step()


class ReplayedSteps:
    """重放的步：每种大小的批录一次（最后一批短一些，另录一次），以后照着走，不再建图。

    前向和反向录在一起，所以 :meth:`forward` 已经算好了梯度，在优化器的长数组里；参数的 ``grad``
    不再更新。
    """

    def __init__(self, model: Module, loss: Loss, optimizer: Optimizer) -> None:
        from mlcore.replay import Replay  # Most networks on a page are never replayed.

        self.replay = Replay(model, loss, optimizer)
        self._steps: dict[tuple[int, bool], Any] = {}

    def forward(self, x: Any, y: Any, rows: Any = None) -> float:
        """x、y 的第 rows 行的损失；不给 rows，x、y 就是这一批。

        Raises
        ------
        NotRecordable
            这样的网络或损失录不下来。
        """
        key = (len(x if rows is None else rows), self.replay.model.training)
        if key not in self._steps:
            self._steps[key] = self._record(x, y, rows)
        self._step = self._steps[key]
        return float(self._step.gradients(x, y) if rows is None else self._step.gather(x, y, rows))

    def _record(self, x: Any, y: Any, rows: Any) -> Any:
        from mlcore.replay import NotRecordable

        try:
            return self.replay.step(*(x, y) if rows is None else (x[rows], y[rows]))
        except NotRecordable as error:
            raise NotRecordable(f"{error}。去掉 replay=True，就照普通的步走") from error

    def update(self, clip_norm: float | None, clip_value: float | None) -> None:
        """裁剪，更新。"""
        clip_in_place(self.replay.optimizer._grad, clip_norm, clip_value)
        self._step.update()

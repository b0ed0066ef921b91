"""训练发散：什么时候算，怎么说。"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mlcore.backend import array_namespace

# A run counts as diverged when the mean of its last WINDOW losses is EXPLOSION times the loss at
# the start (or that of a model which knows nothing, if it started better than that). The loss of
# a small batch says little: the fewer samples it has, the more it takes.
EXPLOSION = 10.0
WINDOW = 10


class Divergence(ArithmeticError):
    """训练发散：损失变成 NaN、无穷大，或者远远超过开始的时候。

    Attributes
    ----------
    step : int
        从 1 数起，第几步看到的。
    loss, start : float
        这一步的损失，和开始时的损失。
    """

    def __init__(self, step: int, loss: float, start: float) -> None:
        self.step = step
        self.loss = loss
        self.start = start
        ending = f"涨到了 {loss:.3g}" if math.isfinite(loss) else "变成了无穷大或 NaN"
        super().__init__(
            f"第 {step} 步发散：损失从 {start:.3g} {ending}。"
            "多半是学习率太大：退回发散之前，把它减到十分之一再试。"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.step, self.loss, self.start)


def divergence_at(
    step: int, loss: float, history: Sequence[float], ignorant: float, batch_size: int
) -> Divergence | None:
    """第 step 步的损失 loss 算不算发散；不算就是 None。

    Parameters
    ----------
    step : int
        从 1 数起。
    loss : float
    history : float 的序列
        前面各步的损失。
    ignorant : float
        什么也没学会的模型的损失，见 :func:`ignorant_loss`；不到它就不算。
    batch_size : int
        一批几个样本：一大批要涨到十倍，一个一个地来要涨到一百多倍。
    """
    if math.isfinite(loss):
        if not history or loss < ignorant:
            return None
        recent = [*history[1 - WINDOW :], loss]
        enough = EXPLOSION * (1 + EXPLOSION / batch_size)
        if sum(recent) / len(recent) <= enough * max(history[0], ignorant):
            return None
    return Divergence(step, loss, history[0] if history else loss)


def ignorant_loss(y: Any) -> float:
    """什么也没学会的模型，损失大约是多少：k 类各猜 1/k 是 ln k，总猜平均值是方差。"""
    xp = array_namespace(y)
    if xp.isdtype(y.dtype, "integral"):
        return math.log(int(xp.max(y)) + 1)
    return float(xp.var(y))

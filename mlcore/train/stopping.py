"""早停：验证的结果一直不见好，就不再练了，用最好的那份权重。"""

from __future__ import annotations

import math
from typing import Any

from mlcore.checks import real_number, whole_number


class EarlyStopping:
    """看着验证的一个分数，记住最好时的权重。

    Parameters
    ----------
    patience : int
        连着几次验证没有变好，就停。
    metric : str
        看哪个分数：``"loss"``，或者 ``Trainer`` 的 metrics 里的一个名字。
    larger_is_better : bool
        分数是不是越大越好（准确率是，损失不是）。
    min_delta : float
        好过这么多才算变好。

    Attributes
    ----------
    best : float
        最好的分数；还没有时是无穷大（或负无穷大）。
    best_step : int
        走到第几步时的。
    waited : int
        连着几次没有变好。
    weights : dict 或 None
        那时网络的 ``state_dict()``。
    """

    def __init__(
        self,
        patience: int,
        *,
        metric: str = "loss",
        larger_is_better: bool = False,
        min_delta: float = 0.0,
    ) -> None:
        self.patience = whole_number("patience", patience, 1)
        self.metric = metric
        self.larger_is_better = bool(larger_is_better)
        self.min_delta = real_number("min_delta", min_delta, 0.0)
        self.best = -math.inf if self.larger_is_better else math.inf
        self.best_step = 0
        self.waited = 0
        self.weights: dict[str, Any] | None = None

    @property
    def stopped(self) -> bool:
        """没有耐心了。"""
        return self.waited >= self.patience

    def update(self, value: float, step: int, weights: dict[str, Any]) -> bool:
        """看一次验证的分数；返回要不要停。NaN 从来不算变好。"""
        gain = value - self.best if self.larger_is_better else self.best - value
        if gain > self.min_delta:
            self.best, self.best_step, self.waited, self.weights = value, step, 0, weights
        else:
            self.waited += 1
        return self.stopped

    def state_dict(self) -> dict[str, Any]:
        """看到现在的一切；权重是副本。"""
        return {
            "best": self.best,
            "best_step": self.best_step,
            "waited": self.waited,
            "weights": None if self.weights is None else dict(self.weights),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """恢复 :meth:`state_dict` 存下的一切。"""
        self.best = float(state["best"])
        self.best_step = int(state["best_step"])
        self.waited = int(state["waited"])
        self.weights = None if state["weights"] is None else dict(state["weights"])

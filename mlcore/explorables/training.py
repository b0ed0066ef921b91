"""一次可以随时停下、存下、换数据接着走的小训练，给要画训练过程的交互图用。"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mlcore.nn import Sequential, cross_entropy
from mlcore.optim import Adam
from mlcore.random import Generator
from mlcore.train import Divergence, Trainer

Array = Any

KEPT_CURVE = 160
"""损失曲线最多留几个点，满了就隔一个扔一个。"""
SMOOTH = 0.9
"""曲线上的损失是前面各步的加权平均，越久的越轻。"""


class Run:
    """网络、优化器、数据和平滑过的损失，还有发散时的话。

    Parameters
    ----------
    model : Sequential
    learning_rate : float
    batch_size : int
    seed : int
        打乱样本用的种子。
    loss : callable
    """

    def __init__(
        self,
        model: Sequential,
        learning_rate: float,
        batch_size: int,
        seed: int,
        loss: Callable[..., Any] = cross_entropy,
    ) -> None:
        self.model = model
        self.optimizer = Adam(model.parameters(), learning_rate)
        self.batch_size = batch_size
        self.seed = seed
        self.loss = loss
        self.trainer: Trainer | None = None
        self.diverged = ""
        self.steps = 0
        self.curve: list[float] = []
        self.apart = 1
        self._smooth = 0.0

    def use(self, x: Array, y: Array) -> None:
        """换成这些点，网络不动。没有两种颜色的点就没有东西可学，``trainer`` 是 None。"""
        self.trainer = None
        if np.any(y == 1) and np.any(y == 0):
            generator = Generator(self.seed, stream=2)
            self.trainer = Trainer(
                self.model, self.loss, self.optimizer, x, y, self.batch_size, generator
            )

    def step(self, n: int = 1) -> None:
        """走 n 步；没有东西可学或者已经发散，就不动。"""
        if self.trainer is None:
            return
        for _ in range(n):
            if self.diverged:
                return
            try:
                self._record(self.trainer.step(1))
            except Divergence as error:
                self.diverged = str(error)

    def _record(self, loss: float) -> None:
        if self.steps == 0:
            self._smooth = loss
        # A plain mean at first, so that the first batch does not weigh on the curve for long.
        keep = min(SMOOTH, self.steps / (self.steps + 1))
        self._smooth = keep * self._smooth + (1 - keep) * loss
        if self.steps % self.apart == 0:
            self.curve.append(self._smooth)
            if len(self.curve) > KEPT_CURVE:
                self.curve = self.curve[::2]
                self.apart *= 2
        self.steps += 1

    def snapshot(self) -> dict[str, Any]:
        """足以逐位接着走的一切，数据除外。"""
        trained = self.trainer.state_dict() if self.trainer else None
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "trainer": trained,
            "diverged": self.diverged,
            "steps": self.steps,
            "curve": np.asarray(self.curve, dtype=np.float64),
            "apart": self.apart,
            "smooth": self._smooth,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """接着 ``snapshot`` 走；数据要已经用 ``use`` 换好。"""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.trainer is not None and state["trainer"] is not None:
            self.trainer.load_state_dict(state["trainer"])
        self.diverged = state["diverged"]
        self.steps = int(state["steps"])
        self.curve = [float(v) for v in state["curve"]]
        self.apart = int(state["apart"])
        self._smooth = float(state["smooth"])


def with_own(x: Array, y: Array, own: Sequence[Sequence[float]]) -> tuple[Array, Array]:
    """在数据后面接上读者自己的点 [x, y, 类]。"""
    if not own:
        return x, y
    added = np.asarray(own, dtype=np.float64)
    return np.concatenate([x, added[:, :2]]), np.concatenate([y, added[:, 2].astype(np.int64)])

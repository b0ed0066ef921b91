"""从一堆样本里抽一批：每个样本自己的梯度、一批的平均、平均有多靠得住，和一趟一趟的下降。"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from mlcore.autograd import Tensor
from mlcore.checks import float_array, real_number, whole_number
from mlcore.explorables.surfaces import Surface, quadratic
from mlcore.optim import SGD
from mlcore.random import Generator

Array = Any

COUNT = 600
"""样本的个数。"""
LINE = (0.8, 0.5)
"""造数据用的斜率和截距。"""
NOISE = 0.6
SPAN = (-1.0, 2.0)
FAR = 1e3
"""斜率或截距大过这么多，就算发散了。"""
KEPT = 600
"""一趟路线至多留几个点，满了就隔一个扔一个。"""


@cache
def points() -> tuple[Array, Array]:
    """600 个点的横坐标和纵坐标，(COUNT,)：一条直线加上正态的噪声。"""
    generator = Generator(14)
    x = np.asarray(generator.uniform(COUNT, *SPAN, dtype="float64"))
    noise = np.asarray(generator.normal(COUNT, 0.0, NOISE, dtype="float64"))
    return x, LINE[0] * x + LINE[1] + noise


def sample_losses(position: Any, x: Array, y: Array) -> Array:
    """每个样本自己的损失 (ax + b − y)²，(n,)；它们的平均才是要降的那个损失。"""
    a, b = np.asarray(position, dtype=np.float64)
    error = a * x + b - y
    return error * error


def sample_gradients(position: Any, x: Array, y: Array) -> Array:
    """每个样本自己的梯度 2(ax + b − y)·(x, 1)，(n, 2)。"""
    a, b = np.asarray(position, dtype=np.float64)
    error = 2 * (a * x + b - y)
    return np.stack([error * x, error], axis=-1)


@cache
def loss_surface() -> Surface:
    """600 个样本的平均损失，斜率和截距的二次函数。"""
    x, y = points()
    xx, xm, xy = float((x * x).mean()), float(x.mean()), float((x * y).mean())
    return quadratic(
        "平均损失",
        "",
        ((2 * xx, 2 * xm), (2 * xm, 2.0)),
        (-2 * xy, -2 * float(y.mean())),
        float((y * y).mean()),
        goal=0.01,
        centre=LINE,
        reach=2.6,
        start=(-0.9, 2.4),
    )


def spread_of_mean(values: Any, batch: int) -> tuple[Array, Array]:
    """不放回地抽 ``batch`` 个，它们的平均的期望 (k,) 和协方差 (k, k)。

    期望就是全体的平均（所以一批的梯度不偏），协方差是全体的协方差除以 batch，再乘
    (n − batch)/(n − 1)：标准差按 1/√batch 缩小，抽到全部就没有了。

    Parameters
    ----------
    values : (n, k) 或 (n,)
    batch : int，1 到 n
    """
    values = float_array("values", np.asarray(values, dtype=np.float64))
    values = values.reshape(len(values), -1)
    n = len(values)
    batch = whole_number("batch", batch, 1, n)
    mean = values.mean(0)
    centred = values - mean
    covariance = (centred[:, :, None] * centred[:, None, :]).mean(0)
    return mean, covariance * ((n - batch) / (batch * max(n - 1, 1)))


def sample_means(values: Any, batch: int, draws: int, seed: int) -> Array:
    """抽 ``draws`` 次，每次不放回地抽 ``batch`` 个，各次的平均，(draws,)。"""
    values = float_array("values", np.asarray(values, dtype=np.float64), (None,))
    batch = whole_number("batch", batch, 1, len(values))
    generator = Generator(seed)
    picks = [generator.permutation(len(values))[:batch] for _ in range(draws)]
    return np.array([values[np.asarray(pick)].mean() for pick in picks])


def agreement(gradients: Array) -> float:
    """平均的长度比长度的平均：1 是方向全一样，0 是正好全抵消。"""
    lengths = np.hypot(gradients[:, 0], gradients[:, 1])
    mean = gradients.mean(0)
    whole = float(lengths.mean())
    return float(np.hypot(mean[0], mean[1])) / whole if whole > 0 else 0.0


@cache
def _order(seed: int, epoch: int) -> Array:
    """第几轮按什么次序看样本：每轮每个样本恰好看一次。"""
    return np.asarray(Generator(seed, stream=epoch + 1).permutation(COUNT))


class Walk:
    """一趟下降：每步看下一批样本，按它们的平均梯度走。

    同一个种子下，不管一批几个，样本都按同样的次序来，所以可以按看过的样本数来比。

    Parameters
    ----------
    start : (2,)
        斜率和截距。
    batch : int
        每步看几个，1 到 COUNT。
    rate : float
    seed : int
    """

    def __init__(self, start: Any, batch: int, rate: float, seed: int) -> None:
        self.start = float_array("start", np.asarray(start, dtype=np.float64), (2,))
        self.batch = whole_number("batch", batch, 1, COUNT)
        self.rate = real_number("rate", rate, 0.0)
        self.seed = whole_number("seed", seed)
        self.updates = 0
        self.diverged = ""
        self.position = self.start.copy()
        self._parameter = Tensor(self.position.copy(), requires_grad=True)
        self._optimizer = SGD([self._parameter], self.rate)
        self._path: list[Array] = [self.position]
        self._at: list[int] = [0]
        self._apart = 1

    @property
    def seen(self) -> int:
        """看过多少个样本（同一个看两遍算两个）。"""
        return self.updates * self.batch

    def batch_indices(self) -> Array:
        """下一批是哪几个样本，(batch,)。"""
        first = self.seen
        epoch, within = divmod(first, COUNT)
        found = _order(self.seed, epoch)[within : within + self.batch]
        missing = self.batch - len(found)
        if missing:
            found = np.concatenate([found, _order(self.seed, epoch + 1)[:missing]])
        return found

    def step(self, n: int = 1) -> None:
        """走 n 步；已经发散就不动。"""
        x, y = points()
        for _ in range(n):
            if self.diverged:
                return
            which = self.batch_indices()
            gradient = sample_gradients(self.position, x[which], y[which]).mean(0)
            self._parameter.grad = gradient
            self._optimizer.step()
            moved = self._parameter.data.copy()
            if not np.all(np.abs(moved) < FAR):
                self.diverged = (
                    f"第 {self.updates + 1} 步之后飞出去了：学习率 {self.rate:g} 太大，"
                    "一步跨过谷底，落到更高的对面，一步比一步远。退回去，把学习率调小。"
                )
                return
            self.position = moved
            self.updates += 1
            self._keep()

    def _keep(self) -> None:
        if self.updates % self._apart:
            return
        self._path.append(self.position)
        self._at.append(self.updates)
        if len(self._path) > KEPT:
            self._path, self._at = self._path[::2], self._at[::2]
            self._apart *= 2

    def kept(self) -> tuple[Array, Array]:
        """留下的位置 (m, 2) 和各处看过的样本数 (m,)，最后一个是现在。"""
        path, at = self._path, self._at
        if at[-1] != self.updates:
            path, at = [*path, self.position], [*at, self.updates]
        return np.array(path), np.array(at, dtype=np.float64) * self.batch

    def state(self) -> dict[str, Any]:
        """足以逐位接着走的一切。"""
        return {
            "start": self.start,
            "batch": self.batch,
            "rate": self.rate,
            "seed": self.seed,
            "updates": self.updates,
            "diverged": self.diverged,
            "position": self.position,
            "path": np.array(self._path),
            "at": np.array(self._at, dtype=np.int32),
            "apart": self._apart,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Walk:
        """``state`` 的反面。"""
        walk = cls(state["start"], int(state["batch"]), float(state["rate"]), int(state["seed"]))
        walk.updates = int(state["updates"])
        walk.diverged = str(state["diverged"])
        walk.position = np.asarray(state["position"], dtype=np.float64).copy()
        walk._parameter.data[...] = walk.position
        walk._path = [np.asarray(place, dtype=np.float64) for place in state["path"]]
        walk._at = [int(at) for at in state["at"]]
        walk._apart = int(state["apart"])
        return walk

"""章「梯度下降」的第一幅图：一个球在山谷里，每一步只看脚下的坡度。

每一步只做一次乘法和一次减法，所以读者拖动时，前端查这里给出的坡度表，照样走一遍；
抛物线的坡度是一次函数，连表也不用查。
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlcore.explorables.base import Explorable, Scene
from mlcore.explorables.controls import Choice, Slider
from mlcore.explorables.tables import table

Floats = np.ndarray[Any, np.dtype[np.float64]]

NEAR = 0.01
"""离谷底这么近就算到了。"""
FLAT = 0.003
"""坡度比这还小，球就几乎不动了。"""
ASTRAY = 0.5
"""离最低处比这还远就停下的，才是停错了地方；更近的只是坡缓、走得慢。"""
MOST_STEPS = 300


@dataclass(frozen=True)
class Curve:
    """一条山谷的剖面。

    ``slope`` 是 ``height`` 的导数；``low``、``high`` 是画面的两头，``start`` 是起点，
    ``goal`` 是最低处；``curvature`` 只有抛物线才有，是坡度每走一个单位变多少。
    """

    label: str
    formula: str
    height: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    low: float
    high: float
    start: float
    goal: float
    top: float
    curvature: float | None = None

    def data(self) -> dict[str, Any]:
        """给前端的：剖面和坡度的表，抛物线另给精确的曲率。"""
        return {
            "label": self.label,
            "formula": self.formula,
            "low": self.low,
            "high": self.high,
            "start": self.start,
            "goal": self.goal,
            "top": self.top,
            "curvature": self.curvature,
            "height": table(self.height, self.low, self.high, 81),
            "slope": None if self.curvature else table(self.slope, self.low, self.high, 161),
        }


def _root(slope: Callable[[float], float], low: float, high: float) -> float:
    """坡度由负变正的地方：二分到浮点数的尽头。"""
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return (low + high) / 2


def _wells_slope(x: Any) -> Any:
    return 0.2 * (x - 1) - 1.32 * np.sin(2.2 * x)


CURVES: dict[str, Curve] = {
    "bowl": Curve(
        "碗", "x² + 2", lambda x: x**2 + 2, lambda x: 2 * x, -4.5, 4.5, 3.0, 0.0, 16.0, 2.0
    ),
    "wells": Curve(
        "几个谷",
        "0.1 (x − 1)² + 0.6 cos 2.2x + 1",
        lambda x: 0.1 * (x - 1) ** 2 + 0.6 * np.cos(2.2 * x) + 1,
        _wells_slope,
        -4.5,
        5.5,
        -2.6,
        _root(_wells_slope, 1.2, 1.6),
        3.6,
    ),
    "cliff": Curve(
        "悬崖",
        "e⁻ˣ + 0.1x",
        lambda x: np.exp(-x) + 0.1 * x,
        lambda x: 0.1 - np.exp(-x),
        -2.4,
        9.0,
        -2.0,
        math.log(10),
        9.0,
    ),
    "plain": Curve(
        "平原",
        "1.5 − 1.5 e^(−x²/2)",
        lambda x: 1.5 - 1.5 * np.exp(-(x**2) / 2),
        lambda x: 1.5 * x * np.exp(-(x**2) / 2),
        -4.5,
        4.5,
        3.0,
        0.0,
        1.9,
    ),
}


@dataclass(frozen=True)
class Walk:
    """走过的路：``x`` (步数 + 1, …) 是每次站着的地方，``slope`` 是那里的梯度；

    ``move[k]`` 是第 k + 1 步迈出的量。走出画面以后就不再走，所以可能比要的步数短。
    """

    x: Floats
    slope: Floats
    move: Floats


def descend(
    slope: Callable[[Any], Any],
    start: Any,
    learning_rate: float,
    steps: int,
    momentum: float = 0.0,
    low: Any = -math.inf,
    high: Any = math.inf,
) -> Walk:
    """梯度下降：``move ← momentum · move − learning_rate · slope(x)``，``x ← x + move``。

    Parameters
    ----------
    slope
        坡度（梯度）函数，收一个位置，返回同样形状的数组。
    start
        起点：一个数，或者形状 (d,) 的数组。
    learning_rate, momentum
        学习率和动量，[0, 1) 的动量每一步留下这么多。
    steps
        走几步；走出 [low, high] 就提前停下（那一步算在内）。
    """
    x = np.asarray(start, dtype=np.float64)
    move = np.zeros_like(x)
    places, slopes, moves = [x], [], []
    for _ in range(steps):
        if not bool(np.all((x >= low) & (x <= high))):
            break
        slopes.append(np.asarray(slope(x), dtype=np.float64))
        move = momentum * move - learning_rate * slopes[-1]
        x = x + move
        moves.append(move)
        places.append(x)
    slopes.append(np.asarray(slope(np.clip(x, low, high)), dtype=np.float64))
    shape = (0, *x.shape)
    return Walk(np.array(places), np.array(slopes), np.array(moves).reshape(-1, *shape[1:]))


def arrival(walk: Walk, goal: float) -> int | None:
    """第几步第一次离 ``goal`` 不超过 ``NEAR``；没有到过就是 None。"""
    there = np.flatnonzero(np.abs(walk.x - goal) <= NEAR)
    return int(there[0]) if len(there) else None


def fate(walk: Walk, curve: Curve, momentum: float = 0.0) -> str:
    """走到最后成了什么样。

    ``there`` 到了；``away`` 飞出了画面；``swing`` 在两个地方之间来回，没有尽头；``stuck`` 停在了
    不是最低的地方；``walking`` 还在走。
    """
    x = walk.x
    if arrival(walk, curve.goal) is not None:
        return "there"
    if not curve.low <= x[-1] <= curve.high:
        return "away"
    if momentum == 0 and len(x) > 2:
        back, last = abs(x[-1] - x[-3]), abs(x[-1] - x[-2])
        if back < 1e-6 and last > NEAR:
            return "swing"
    still = not len(walk.move) or abs(walk.move[-1]) < FLAT
    astray = abs(x[-1] - curve.goal) > ASTRAY
    if len(x) > 1 and still and astray and abs(walk.slope[-1]) < FLAT:
        return "stuck"
    return "walking"


def steps_needed(
    curve: Curve, learning_rate: float, momentum: float = 0.0, start: float | None = None
) -> int | None:
    """从 ``start``（不写就是这个谷的起点）走到离谷底不超过 ``NEAR`` 要几步；走不到是 None。"""
    place = curve.start if start is None else start
    walk = descend(curve.slope, place, learning_rate, MOST_STEPS, momentum, curve.low, curve.high)
    return arrival(walk, curve.goal)


STEP_SIZES = (
    *(round(0.01 * k, 2) for k in range(1, 121)),
    *(1.25, 1.3, 1.4, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0),
)
"""滑杆上的每一格：一般的谷里，要紧的都在 1.2 以下。"""


class Valley(Explorable):
    """一个球在山谷里，一步一步往下走。"""

    kind = "valley"
    title = "一步迈多大"
    task = "先押一注，再让球一步一步走。然后拖球、换学习率、换一条谷：用最少的步数走到小旗下面。"
    controls = (
        Choice(
            "bet",
            "从 3 出发，学习率 0.1 要走 26 步，0.2 要 12 步，0.4 只要 4 步。再加大一倍，0.8 呢？",
            (
                ("none", "还没押"),
                ("one", "1 步"),
                ("two", "2 步"),
                ("four", "4 步"),
                ("twelve", "12 步"),
                ("never", "永远到不了"),
            ),
            default="none",
            restarts=False,
            where="picture",
        ),
        Choice(
            "valley",
            "哪一条谷",
            tuple((name, curve.label) for name, curve in CURVES.items()),
            default="bowl",
            restarts=False,
            where="picture",
        ),
        Slider("start", "起点", -4.5, 9.0, 3.0, where="picture"),
        Slider("learning_rate", "学习率 η", 0.01, 10.0, 0.4, log=True, where="picture"),
        Slider("momentum", "动量 λ", 0.0, 0.95, 0.0, step=0.05, where="picture"),
        Slider("walked", "走了几步", 0, MOST_STEPS, 1, step=1, where="picture"),
    )

    def reset(self, controls: Mapping[str, Any]) -> None:
        """没有状态：怎样走，全由控件定。"""

    def change(self, name: str, value: Any) -> None:
        """换了谷，起点若在画面之外，就站到最近的一头。"""

    def curve(self) -> Curve:
        return CURVES[self.controls_now["valley"]]

    def walk(self) -> Walk:
        """照控件走出来的路。"""
        now, curve = self.controls_now, self.curve()
        start = min(max(float(now["start"]), curve.low), curve.high)
        return descend(
            curve.slope,
            start,
            float(now["learning_rate"]),
            int(now["walked"]),
            float(now["momentum"]),
            curve.low,
            curve.high,
        )

    def view(self) -> Scene:
        walk, curve = self.walk(), self.curve()
        return {
            "curves": {name: one.data() for name, one in CURVES.items()},
            "stops": list(STEP_SIZES),
            "near": NEAR,
            "flat": FLAT,
            "astray": ASTRAY,
            "walk": {"x": walk.x, "slope": walk.slope, "move": walk.move},
            "fate": fate(walk, curve, float(self.controls_now["momentum"])),
            "arrived": arrival(walk, curve.goal),
            "alert": None,
        }

    def poster(self) -> str:
        walk, curve = self.walk(), self.curve()
        return (
            f"一条山谷 y = {curve.formula}，一个球从 {walk.x[0]:.3g} 出发，学习率 "
            f"{self.controls_now['learning_rate']:g}，走 {len(walk.move)} 步到了 {walk.x[-1]:.3g}，"
            f"那里的坡度是 {walk.slope[-1]:.3g}。旁边的表记着每一步的位置、坡度和迈出的量。"
        )

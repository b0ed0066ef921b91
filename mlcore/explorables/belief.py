"""证据一次一次来：读者画的先验，抛一枚硬币的结果一个一个到，信念的曲线跟着动。

另外两个人看同样的结果：乙从偏左的先验开始，最后和读者走到一处；丙认定正面的机会不超过一半，
真值若在他的先验为 0 的地方，他永远学不会。第二个视图是同样的更新换成对数优势：在两种硬币之间，
一个正面总是走同样长的一步，一个反面也是。来源：``curriculum`` Y1 §7.3（贝叶斯公式）；
对数优势作为证据的分量见 Good 1950。
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlcore.explorables.base import Explorable, Figure, Scene
from mlcore.explorables.controls import Numbers, Slider
from mlcore.explorables.tables import table
from mlcore.probability import normalise, posterior
from mlcore.random import Generator

Array = Any

STEP = 0.025
THETA = np.arange(1, 40) / 40
"""硬币出正面的机会可能是哪些数：0.025 到 0.975。两头的 0 和 1 不算，那样的硬币一面就够了。"""
LOG_HEAD, LOG_TAIL = np.log(THETA), np.log1p(-THETA)
LIMIT = 300
"""最多抛这么多次。"""
SHAPES = {
    "flat": np.full(len(THETA), 0.5),
    "fair": np.maximum(0.02, np.round(np.exp(-0.5 * ((THETA - 0.5) / 0.06) ** 2), 2)),
    "left": np.where(THETA <= 0.5 + 1e-9, 0.5, 0.0),
}
"""几个现成的先验，读者从它们画起。认定公平的人别处也留着一点余地，所以还学得会。"""
OTHERS = {
    "second": THETA * (1 - THETA) ** 5 / np.max(THETA * (1 - THETA) ** 5),
    "third": SHAPES["left"],
}
"""乙的先验是 Beta(2, 6)，丙认定不超过一半。"""


@dataclass(frozen=True)
class Prior(Numbers):
    """画出来的先验：各处的高矮，只有比例算数。全是 0 就不成其为先验。

    先验变了曲线怎样变，图查烘焙的表就答得了，不必为它叫醒 Python。
    """

    local: bool = True

    def check(self, value: Any) -> list[float]:
        heights = super().check(value)
        if not any(heights):
            raise ValueError(
                f"「{self.label}」全是 0：没有一种硬币分到一点信念，看多少次也动不了它。"
                "至少要有一处大于 0；上一个好的先验还留着"
            )
        return heights


def place(theta: float) -> int:
    """``theta`` 是 ``THETA`` 里的第几个（取最近的）。"""
    return min(len(THETA) - 1, max(0, round(float(theta) / STEP) - 1))


def log_likelihood(heads: int, tails: int) -> Array:
    """抛出 ``heads`` 个正面、``tails`` 个反面，各种硬币下的对数似然 (39,)；次序不起作用。"""
    return heads * LOG_HEAD + tails * LOG_TAIL


def updated(prior: Any, heads: int, tails: int) -> Array:
    """看过这些结果之后的信念 (39,)，和是 1。

    Parameters
    ----------
    prior : (39,)
        各处的高矮，不必归一；至少一处大于 0。
    heads, tails : int

    Raises
    ------
    ValueError
        先验全是 0。
    """
    prior = normalise(prior)
    log = log_likelihood(heads, tails)
    top = np.max(log[prior > 0])
    # The largest where the prior is not zero becomes 1, so that long evidence does not underflow.
    return posterior(prior, np.where(prior > 0, np.exp(np.minimum(0, log - top)), 0.0))


def strides(low: float, high: float) -> tuple[float, float]:
    """一个正面、一个反面各让「``high`` 比 ``low``」的对数优势走多远。"""
    a, b = place(low), place(high)
    return float(LOG_HEAD[b] - LOG_HEAD[a]), float(LOG_TAIL[b] - LOG_TAIL[a])


class Belief(Explorable):
    """画一个先验，让硬币一次一次说话。"""

    kind = "belief"
    title = "证据一次一次来"
    task = "在图上画出你的先验：你觉得这枚硬币出正面的机会是多少？再按「运行」，看结果一个一个到。"
    controls = (
        Prior("prior", "你的先验", tuple(SHAPES["flat"].tolist()), low=0.0, high=1.0),
        Slider("truth", "真的机会", 0.05, 0.95, 0.7, STEP, restarts=True, where="picture"),
        Slider("low", "第一种硬币", STEP, 0.975, 0.5, STEP, where="picture", local=True),
        Slider("high", "第二种硬币", STEP, 0.975, 0.7, STEP, where="picture", local=True),
        Slider("seed", "第几串", 1, 999, 24, step=1, restarts=True, where="picture"),
    )
    main = "steps"
    stops = (*(0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20), *(25, 32, 40, 50, 65, 80, 100, 150, 300))
    runs = True
    unit = "次"
    slice_most = 1
    enlarges = "三条信念的曲线"

    def reset(self, controls: Mapping[str, Any]) -> None:
        self.generator = Generator(int(controls["seed"]), stream=21)
        self.flips: list[int] = []

    def change(self, name: str, value: Any) -> None:
        """先验和比较哪两种硬币可以随时改：结果还是那些结果。"""

    def step(self, n: int) -> None:
        """一步抛一次；1 是正面。"""
        truth = float(self.controls_now["truth"])
        for _ in range(min(n, LIMIT - len(self.flips))):
            chance = float(self.generator.uniform(1, dtype="float64")[0])
            self.flips.append(int(chance < truth))

    def stopped(self) -> bool:
        return len(self.flips) >= LIMIT

    @property
    def priors(self) -> Array:
        """三个人的先验 (3, 39)，没有归一。"""
        return np.array([self.controls_now["prior"], OTHERS["second"], OTHERS["third"]])

    def beliefs(self) -> Array:
        """三个人现在的信念 (3, 39)，每行的和是 1。"""
        heads = sum(self.flips)
        tails = len(self.flips) - heads
        return np.stack([updated(prior, heads, tails) for prior in self.priors])

    def walk(self) -> Array:
        """对数优势走过的路 (抛的次数 + 1,)：从先验的对数优势起，一次一步。

        读者的先验在两种硬币上有一个是 0，起点就在无穷远，路是空的。
        """
        prior = self.controls_now["prior"]
        low, high = (place(self.controls_now[name]) for name in ("low", "high"))
        if not (prior[low] and prior[high]):
            return np.zeros(0)
        start = np.log(prior[high]) - np.log(prior[low])
        head, tail = strides(THETA[low], THETA[high])
        moves = np.where(np.array(self.flips, dtype=bool), head, tail)
        return np.concatenate([[start], start + np.cumsum(moves)])

    def view(self) -> Scene:
        beliefs = self.beliefs()
        means = beliefs @ THETA
        return {
            "theta": THETA,
            "truth": float(self.controls_now["truth"]),
            "seed": int(self.controls_now["seed"]),
            "prior": np.array(self.controls_now["prior"]),
            "others": np.stack([OTHERS["second"], OTHERS["third"]]),
            "flips": np.array(self.flips, dtype=np.uint8),
            "heads": sum(self.flips),
            "curves": beliefs / beliefs.max(axis=1, keepdims=True),
            "means": means,
            "spreads": np.sqrt(np.maximum(0, beliefs @ THETA**2 - means**2)),
            "walk": self.walk(),
            "pair": [place(self.controls_now["low"]), place(self.controls_now["high"])],
            "limit": LIMIT,
            "shapes": dict(SHAPES),
            "log_head": LOG_HEAD,
            "log_tail": LOG_TAIL,
            "log_height": np.log(np.maximum(1, np.arange(101)) / 100),
            "ten": float(np.log(10)),
            "exp": table(np.exp, -32.0, 0.0, 129),
        }

    def figure(self) -> Figure:
        looks = (("你", "#1d6b5d", "solid"), ("乙", "#b4608f", "dash"), ("丙", "#9c7f00", "dot"))
        beliefs = self.beliefs()
        curves = beliefs / beliefs.max(axis=1, keepdims=True)
        data: list[dict[str, Any]] = [
            {"type": "scatter", "mode": "lines", "name": name, "x": THETA, "y": curve}
            | {"line": {"color": color, "width": 2, "dash": dash}}
            for (name, color, dash), curve in zip(looks, curves, strict=True)
        ]
        truth = float(self.controls_now["truth"])
        data += [
            {"type": "scatter", "mode": "lines", "name": "你画的先验", "x": THETA}
            | {"y": np.array(self.controls_now["prior"]), "line": {"color": "#1d6b5d", "width": 1}},
            {"type": "scatter", "mode": "lines", "name": "真的机会", "x": [truth] * 2}
            | {"y": [0, 1], "line": {"color": "#24211c", "width": 2}},
        ]
        layout = {
            "xaxis": {"title": {"text": "出正面的机会"}, "range": [0, 1], "dtick": 0.25},
            "yaxis": {"title": {"text": "可信的程度（最高的地方算 1）"}, "range": [0, 1.05]},
        }
        return {"data": data, "layout": layout}

    def snapshot(self) -> dict[str, Any]:
        return {"flips": list(self.flips), "counter": self.generator.counter}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        self.reset(self.controls_now)
        self.flips = [int(v) for v in snapshot["flips"]]
        self.generator.counter = int(snapshot["counter"])

    def poster(self) -> str:
        return (
            "三条信念的曲线，横轴是硬币出正面的机会：你画的，乙的偏左，丙的过了一半就是 0。"
            "结果一个一个到，你和乙的曲线挪到真值上去、越来越窄，丙的停在一半那里不动。"
        )

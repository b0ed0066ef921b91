"""章「熵」的第二幅图：机会是宽，意外是高，熵是面积。

读者拖动边界的时候，前端查这里给的表（−log₂ 在 ½ 到 1 上的值；再往下，每对折一次多一份）；
这里用 ``mlcore.information`` 算同样的数。
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from mlcore.backend import to_numpy
from mlcore.explorables.base import Explorable, Figure, Scene
from mlcore.explorables.controls import Choice, Numbers
from mlcore.explorables.tables import table
from mlcore.information import UNITS, entropy, surprise

Floats = np.ndarray[Any, np.dtype[np.float64]]

MOST = 32
FEW = 8
"""至多这么多种结果时，每条边界都能拖；再多就只拖第一条，其余的照比例分。"""
TALL, TALLER = 7.0, 13.0
"""竖轴画到几 bit：结果少的时候，和多的时候。"""
CURVE = 101
UNIT_NAMES = {"bit": "比特", "nat": "奈特"}


class Example(NamedTuple):
    """一个现成的例子：机会，和每种结果叫什么。"""

    name: str
    p: tuple[float, ...]
    outcomes: tuple[str, ...] = ()
    lines: int = 0
    """太极生两仪的例子里，每种结果画几条爻。"""


EXAMPLES: dict[str, Example] = {
    "three": Example("三种颜色", (0.5, 0.25, 0.25), ("红", "黄", "蓝")),
    "lopsided": Example("一边倒的球赛", (63 / 64, 1 / 64), ("赢", "输")),
    "even": Example("势均力敌", (0.5, 0.5), ("赢", "输")),
    "teams": Example("三十二队", (1 / 32,) * 32),
    "favourite": Example("一队独大", (0.99, *(0.01 / 31,) * 31)),
    "one": Example("太极", (1.0,)),
    "two": Example("两仪", (1 / 2,) * 2, lines=1),
    "four": Example("四象", (1 / 4,) * 4, lines=2),
    "eight": Example("八卦", (1 / 8,) * 8, lines=3),
}


def padded(p: tuple[float, ...]) -> tuple[float, ...]:
    """补上没有机会的结果，凑成控件要的长度。"""
    return p + (0.0,) * (MOST - len(p))


def surprise_table() -> dict[str, Any]:
    """前端查的表：½ 到 1 上的 −log₂ p，和机会对折一次多出来的那一份。"""
    halving = float(surprise(0.5))
    # Of half the odds, so that the slope at 1 can be taken on both sides.
    return {"top": table(lambda p: surprise(p / 2) - halving, 0.5, 1.0, 33), "halving": halving}


def binary_curve(count: int = CURVE) -> Floats:
    """两种结果的熵，第一种的机会从 0 到 1，(count,)，单位 bit。"""
    p = np.linspace(0.0, 1.0, count)
    return np.asarray(to_numpy(entropy(np.stack([p, 1 - p], axis=1))))


class SurpriseBars(Explorable):
    """一排柱子：宽是机会，高是意外，面积加起来是熵，也就是意外的平均。"""

    kind = "surprise"
    title = "意外有多高"
    task = "拖柱子之间的环，把机会从一边让给另一边。盯住那条横线：什么时候最高，什么时候贴地？"
    enlarges = "两个结果的熵曲线"
    controls = (
        Choice(
            "example",
            "例子",
            tuple((key, one.name) for key, one in EXAMPLES.items()),
            default="three",
            restarts=False,
            where="picture",
        ),
        Numbers("p", "每种结果的机会", padded(EXAMPLES["three"].p), where="picture"),
        Choice(
            "unit",
            "单位",
            tuple(UNIT_NAMES.items()),
            default="bit",
            restarts=False,
            where="picture",
        ),
    )

    def reset(self, controls: Mapping[str, Any]) -> None:
        self._measure()

    def _measure(self) -> None:
        now = self.controls_now
        given = np.asarray(now["p"], dtype=np.float64)
        reached = int(np.max(np.flatnonzero(given), initial=0)) + 1
        p = given[: max(reached, len(EXAMPLES[now["example"]].p))]
        try:
            bits = float(entropy(p))
        except ValueError as error:
            raise ValueError(f"「每种结果的机会」{str(error).removeprefix('p ')}") from error
        self.p, self.entropy = p, bits

    def view(self) -> Scene:
        now = self.controls_now
        heights = to_numpy(surprise(self.p))
        return {
            "example": now["example"],
            "p": self.p,
            # What cannot come has no width; its height would be infinite and is not drawn.
            "surprise": np.where(self.p > 0, heights, 0.0),
            "entropy": self.entropy,
            "unit": now["unit"],
            "units": {name: UNITS["bit"] / size for name, size in UNITS.items()},
            "few": FEW,
            "tall": TALL if len(self.p) <= FEW else TALLER,
            "table": surprise_table(),
            "curve": binary_curve(),
            "examples": [
                {
                    "key": key,
                    "name": one.name,
                    "p": np.asarray(one.p),
                    "outcomes": list(one.outcomes),
                    "lines": one.lines,
                    "tall": TALL if len(one.p) <= FEW else TALLER,
                }
                for key, one in EXAMPLES.items()
            ],
            "alert": None,
        }

    def figure(self) -> Figure:
        unit = self.controls_now["unit"]
        name = UNIT_NAMES[unit]
        factor = UNITS["bit"] / UNITS[unit]
        x = np.linspace(0.0, 1.0, 401)
        data: list[dict[str, Any]] = [
            {
                "type": "scatter",
                "mode": "lines",
                "name": "两个结果的熵",
                "x": x,
                "y": binary_curve(401) * factor,
                "line": {"color": "#1d6b5d", "width": 3},
                "hovertemplate": "机会 %{x:.3f}<br>熵 %{y:.3f} " + name + "<extra></extra>",
            }
        ]
        if len(self.p) == 2:
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": "现在",
                    "x": self.p[:1],
                    "y": np.array([self.entropy * factor]),
                    "marker": {"color": "#24211c", "size": 11},
                    "hovertemplate": "现在：熵 %{y:.3f} " + name + "<extra></extra>",
                }
            )
        layout = {
            "xaxis": {"title": {"text": "第一种结果的机会"}, "range": [0, 1]},
            "yaxis": {"title": {"text": f"熵（{name}）"}, "range": [0, 1.08 * factor]},
            "showlegend": False,
        }
        return {"data": data, "layout": layout}

    def poster(self) -> str:
        count = int(np.sum(self.p > 0))
        return (
            f"{count} 种结果，每种一根柱子：宽是机会，高是意外，机会每对折一次高一格。"
            f"面积加起来是熵，现在是 {self.entropy:.3g} 比特，"
            f"合 {self.entropy * math.log(2):.3g} 奈特。"
        )

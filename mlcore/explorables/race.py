"""七个优化器在同一块曲面上赛跑：各用各的最好学习率，或者都用一个学习率，或者由读者来调。"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlcore.explorables.base import Explorable, Figure, Scene
from mlcore.explorables.controls import Choice, Point, Slider
from mlcore.explorables.runners import FAR, RATES, RUNNERS, SETTLED, STEPS, Field, race
from mlcore.explorables.surfaces import SURFACES, Surface
from mlcore.explorables.tables import table

Array = Any

GRID = 49
"""曲面的高度取多少行、多少列。"""
LOW = -4.0
"""损失图的底：高出谷底 10 的这么多次方。"""
ROUND = 72
"""终点圈用多少个点画。"""
MINE = 1
"""「我来调」的那位就是带动量的梯度下降。"""
INKS = ("#24211c", "#0b6cab", "#7852c3", "#008a64", "#d3660e", "#6b6b6b", "#9c7f00")
"""plotly 图里各位选手的颜色，和 race.css 里的一样（浅色主题）。"""
DASHES = ("solid", "solid", "dash", "dot", "solid", "dashdot", "dash")
"""plotly 图里各位选手的线，也和 race.css 里的一样。"""


def spaced(text: str) -> str:
    """汉字和拉丁字母之间空一格：选手的名字有的是汉字，有的不是。"""
    return re.sub(r"(?<=[一-鿿])(?=[A-Za-z])|(?<=[A-Za-z])(?=[一-鿿])", " ", text)


def directions(surface: Surface, point: Any) -> dict[str, Any]:
    """一点上最陡的下坡指向哪里、谷底在哪里、两个方向差几度。

    ``angle`` 在平的地方和谷底是 None：没有方向可差。
    """
    at = np.asarray(point, dtype=np.float64)
    down = -surface.gradient(at)
    toward = surface.nearest_minimum(at) - at
    lengths = float(np.hypot(*down)), float(np.hypot(*toward))
    angle = None
    if min(lengths) > 1e-9:
        cosine = float(down @ toward) / (lengths[0] * lengths[1])
        angle = float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return {"down": down, "toward": toward, "slope": lengths[0], "angle": angle}


def ring(surface: Surface, minimum: Any) -> Array:
    """终点圈：从最低点往四周走，第一次高出 ``goal`` 的地方，(ROUND, 2)。"""
    turns = np.arange(ROUND) * (2 * np.pi / ROUND)
    ways = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    near, far = np.zeros(ROUND), np.full(ROUND, 2 * surface.reach)
    for _ in range(40):
        middle = (near + far) / 2
        inside = surface.above(np.asarray(minimum) + middle[:, None] * ways) <= surface.goal
        near, far = np.where(inside, middle, near), np.where(inside, far, middle)
    return np.asarray(minimum) + near[:, None] * ways


def ranking(arrived: Array, last: Array) -> list[int]:
    """名次：先到的在前；没到的，最后低的在前。返回选手的序号。"""
    return [int(k) for k in np.lexsort((last, arrived))]


class Race(Explorable):
    """谁先到谷底。"""

    kind = "race"
    title = "谁先到谷底"
    task = "拖起点：洋红的箭头是最陡的下坡，它指着谷底吗？再换成「都用一样的」，看名次怎么变。"
    controls = (
        Choice(
            "surface",
            "地形",
            tuple((name, surface.label) for name, surface in SURFACES.items()),
            default="long",
        ),
        Slider("momentum", "动量系数", 0.0, 0.99, 0.9, step=0.01),
        Choice(
            "rule",
            "学习率怎么定",
            (("fair", "各用各的最好"), ("same", "都用一样的"), ("mine", "我来调")),
            default="fair",
            restarts=False,
            where="picture",
        ),
        Slider(
            "rate",
            "学习率",
            float(RATES[0]),
            float(RATES[-1]),
            0.1,
            step=0.001,
            log=True,
            where="picture",
        ),
        Point("start", "起点", (3.0, 4.0), low=-5.0, high=5.0),
        Slider("walked", "走到第几步", 0, STEPS, STEPS, step=1, where="picture", local=True),
    )
    main = "rate"
    stops = tuple(float(rate) for rate in RATES[::2])
    enlarges = "损失曲面"

    stood: list[float] | None = None
    """上一次从哪里出发。"""

    def reset(self, controls: Mapping[str, Any]) -> None:
        before: Surface | None = getattr(self, "surface", None)
        self.surface = SURFACES[controls["surface"]]
        self.ground = self._ground()
        start = np.array(controls["start"])
        changed = before not in (None, self.surface)
        # 网页上先换地形、后醒 Python 时，收到的是新地形和默认的起点：也算没有挑过。
        unchosen = self.surface is not SURFACES["long"] and tuple(start) == SURFACES["long"].start
        left_behind = unchosen or (changed and controls["start"] == self.stood)
        if left_behind or np.abs(start - self.surface.centre).max() > 0.97 * self.surface.reach:
            # 上一块地形的起点在这里没有意义，有时还看不见：站到这一块自己的起点。
            self.controls_now["start"] = list(self.surface.start)
        self.stood = self.controls_now["start"]
        self._run()

    def _run(self) -> None:
        now = self.controls_now
        self.field: Field = race(self.surface, now["start"], now["momentum"])
        self.maps = self._maps()

    def change(self, name: str, value: Any) -> None:
        if name == "start":
            self.reset(self.controls_now)
        elif name == "momentum":
            self._run()

    def rate_index(self) -> int:
        """控件里的学习率是扫过的第几个（取最近的）。"""
        return int(np.argmin(np.abs(np.log(RATES / self.controls_now["rate"]))))

    def _heat(self, chosen: Array) -> dict[str, Any]:
        """一场比赛：每位选手用 ``chosen`` 里的那个学习率。位置和损失都压成整数，前端照着换算。"""
        field, surface, every = self.field, self.surface, np.arange(len(RUNNERS))
        paths = field.paths[:, every, chosen].transpose(1, 0, 2)
        left, arrived = field.left[every, chosen], field.arrived[every, chosen]
        above = surface.above(paths)
        last = np.where(left <= STEPS, np.inf, np.maximum(above[:, -1], SETTLED))
        heights = (np.log10(np.maximum(above, 10.0**LOW)) - LOW) / (self._top() - LOW)
        shown = (paths - surface.centre) / (FAR * surface.reach)
        return {
            "chosen": [int(k) for k in chosen],
            "paths": np.round(shown * 32767).astype(np.int16),
            "heights": np.round(np.clip(heights, 0.0, 1.0) * 255).astype(np.uint8),
            "arrived": [int(step) for step in arrived],
            "left": [int(step) for step in left],
            "order": ranking(arrived, last),
        }

    def _top(self) -> float:
        """损失图的顶：画面里最高的地方，取整到十的幂。"""
        side = self.surface.reach * np.array([-1.0, 1.0])
        corners = np.stack(np.meshgrid(side, side), axis=-1) + self.surface.centre
        return float(np.ceil(np.log10(self.surface.above(corners).max())))

    def _ground(self) -> dict[str, Any]:
        """地形：高度的平方根（等高线因此疏密均匀）、终点圈，和拖动时当场要用的梯度。"""
        surface = self.surface
        side = np.linspace(-surface.reach, surface.reach, GRID)
        points = np.stack(np.meshgrid(side, side), axis=-1) + surface.centre
        roots = np.sqrt(surface.above(points))
        slopes = None if surface.matrix else surface.gradient(points).astype(np.float32)
        return {
            "name": self.controls_now["surface"],
            "formula": surface.formula,
            "centre": list(surface.centre),
            "reach": surface.reach,
            "size": GRID,
            "high": float(roots.max()),
            "roots": np.round(roots * (32767 / roots.max())).astype(np.int16),
            "slopes": slopes,
            "matrix": surface.matrix and np.array(surface.matrix),
            "vector": surface.vector and np.array(surface.vector),
            "minima": np.array(surface.minima),
            "rings": [ring(surface, minimum).astype(np.float32) for minimum in surface.minima],
            "goal": surface.goal,
            "goal_height": float((np.log10(surface.goal) - LOW) / (self._top() - LOW)),
            "low": LOW,
            "top": self._top(),
        }

    def _maps(self) -> Array | None:
        """起点 → 第 k 步的位置（以谷底为原点）的矩阵，(3, STEPS + 1, 2, 2)；不是碗就没有。

        拖起点的时候，前端用它们让三条路线当场跟上。
        """
        surface = self.surface
        if surface.matrix is None:
            return None
        lowest = np.array(surface.minima[0])
        names = [name for name, runner in RUNNERS.items() if runner.linear]
        columns = []
        for unit in np.eye(2):
            rates = RATES[self.field.best[: len(names)]]
            run = race(surface, lowest + unit, self.controls_now["momentum"], rates, runners=names)
            each = np.arange(len(names))
            columns.append(run.paths[:, each, each].transpose(1, 0, 2) - lowest)
        return np.stack(columns, axis=-1).astype(np.float32)

    def _alert(self, same: dict[str, Any]) -> dict[str, Any] | None:
        """有人飞出去了：是谁，第几步，为什么，怎么办。"""
        rule = self.controls_now["rule"]
        if rule == "fair":
            return None
        every = range(len(RUNNERS)) if rule == "same" else (MINE,)
        gone = [k for k in every if same["left"][k] <= STEPS]
        if not gone:
            return None
        names = list(RUNNERS.values())
        who = "、".join(names[k].label for k in gone) if rule == "same" else "你"
        first = min(same["left"][k] for k in gone)
        return {
            "kind": "diverged",
            "text": spaced(
                f"学习率 {RATES[self.rate_index()]:g}：{who}飞出去了，最早在第 {first} 步。"
                "步子比谷还宽，落到对面更高的地方，一步比一步远。把学习率退回去。"
            ),
        }

    def view(self) -> Scene:
        at = self.rate_index()
        same = self._heat(np.full(len(RUNNERS), at))
        sweep = np.where(self.field.left <= STEPS, STEPS + 2, self.field.arrived)
        heading = directions(self.surface, self.controls_now["start"])
        return {
            "ground": self.ground,
            "names": [runner.label for runner in RUNNERS.values()],
            "length": STEPS,
            "far": FAR * self.surface.reach,
            "rates": RATES,
            "sweep": sweep.astype(np.uint8),
            "fair": self._heat(self.field.best),
            "same": same,
            "mine": MINE,
            "safe": [self.field.largest_safe(range(len(RUNNERS))), self.field.largest_safe([MINE])],
            "maps": self.maps,
            "at": self.controls_now["start"],
            "heading": heading,
            "degrees": table(lambda half: np.degrees(2 * np.arcsin(half)), 0.0, 0.75, 16),
            "alert": self._alert(same),
        }

    def figure(self) -> Figure:
        """损失曲面和路线：高度按平方根画，谷底才不会被四角的高墙压成一片。"""
        surface = self.surface
        side = np.linspace(-surface.reach, surface.reach, 81)
        x, y = side + surface.centre[0], side + surface.centre[1]
        roots = np.sqrt(surface.above(np.stack(np.meshgrid(x, y), axis=-1)))
        rule, every = self.controls_now["rule"], np.arange(len(RUNNERS))
        chosen = self.field.best if rule == "fair" else np.full(len(RUNNERS), self.rate_index())
        data: list[dict[str, Any]] = [
            {
                "type": "surface",
                "x": x,
                "y": y,
                "z": roots,
                "colorscale": [[0, "#fffdf8"], [1, "#8a6d3b"]],
                "showscale": False,
                "opacity": 0.85,
                "hoverinfo": "x+y",
                "contours": {"z": {"show": True, "color": "#ddd4c4"}},
            }
        ]
        for k in every:
            path = self.field.paths[:, k, chosen[k]]
            seen = np.abs(path - surface.centre).max(-1) <= surface.reach
            path = path[: int(np.argmin(seen)) if not seen.all() else len(path)]
            name = list(RUNNERS.values())[k].label
            data.append(
                {
                    "type": "scatter3d",
                    "mode": "lines+markers",
                    "name": f"{name}（学习率 {RATES[chosen[k]]:g}）",
                    "x": path[:, 0],
                    "y": path[:, 1],
                    "z": np.sqrt(surface.above(path)) + 0.01 * roots.max(),
                    "line": {"color": INKS[k], "width": 4, "dash": DASHES[k]},
                    "marker": {"color": INKS[k], "size": 2.5},
                }
            )
        axes = {"xaxis": "x", "yaxis": "y", "zaxis": "高出谷底多少的平方根"}
        return {
            "data": data,
            "layout": {
                "title": {"text": f"{surface.label}：{surface.formula}"},
                "scene": {axis: {"title": {"text": text}} for axis, text in axes.items()},
            },
        }

    def poster(self) -> str:
        ground, best = self.surface, self.field.best
        names = [runner.label for runner in RUNNERS.values()]
        order = self._heat(best)["order"]
        first, last = names[order[0]], names[order[-1]]
        angle = directions(ground, self.controls_now["start"])["angle"]
        between = "" if angle is None else f"起点处最陡的下坡和谷底的方向差 {angle:.0f} 度。"
        return spaced(
            f"七个优化器从同一个起点走下{ground.label}，各用扫出来的最好学习率："
            f"{first}最先到，{last}最后。{between}"
        )

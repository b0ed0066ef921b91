"""章「层：会弯的空间」的前两幅图：亲手弯一张橡皮膜，和把一个矩阵拆成三步。

读者拖动时，前端用这里给出的表和仿射变换当场回答；这里用同一份 ``mlcore.space`` 和
``mlcore.nn`` 算出同样的位置和同样的个数。
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlcore.backend import to_numpy
from mlcore.data.toy import disc_in_ring
from mlcore.explorables.base import Explorable, Scene
from mlcore.explorables.controls import Button, Choice, Matrix, Point, Slider, Toggle
from mlcore.explorables.tables import activation_table, table
from mlcore.nn import ACTIVATIONS
from mlcore.random import Generator
from mlcore.space import apply, decompose, rotation

Floats = np.ndarray[Any, np.dtype[np.float64]]

ON_THE_LINE = 1e-9
"""离分界线比这还近的点算在线上，也就是没有分开。"""
HILL_WIDTH = 0.7
BENDS = (
    ("tanh", "tanh"),
    ("relu", "ReLU"),
    ("sigmoid", "S 形"),
    ("leaky_relu", "带坡的 ReLU"),
    ("sine", "正弦"),
)


def hill(distance: Any) -> Any:
    """升维时添上的第三个坐标：离原点越近抬得越高，exp(−(r / 0.7)²)。"""
    return np.exp(-((np.asarray(distance, dtype=np.float64) / HILL_WIDTH) ** 2))


def warp(
    points: Any, matrix: Any, offset: Any, activation: str = "tanh", bend: float = 1.0
) -> Floats:
    """一层：points (n, 2) 先做 matrix 和 offset，再弯 ``bend`` 成（0 不弯，1 是激活函数）。"""
    straight: Floats = to_numpy(apply(matrix, points, offset))
    if bend == 0:
        return straight
    bent: Floats = to_numpy(ACTIVATIONS[activation](straight))
    return np.asarray((1 - bend) * straight + bend * bent)


def count_wrong(values: Any, labels: Any) -> tuple[int, int, int]:
    """用 ``values`` 的正负来分类，错几个。

    哪一边算蓝不是事先定的，取错得少的那种；正好在界线上的点两种颜色都算错。

    Returns
    -------
    (错了的蓝点数, 错了的橙点数, 蓝的那一边：1 或 −1)
    """
    values, blue = np.asarray(values), np.asarray(labels) == 1
    ways = []
    for side in (1, -1):
        inside = side * values > ON_THE_LINE
        outside = side * values < -ON_THE_LINE
        ways.append((int(np.sum(blue & ~inside)), int(np.sum(~blue & ~outside)), side))
    return min(ways, key=lambda way: way[0] + way[1])


def line_values(points: Any, start: Any, end: Any) -> Floats:
    """每个点到直线 start → end 的有符号距离，左边为正。两端重合时全是 0。"""
    at: Floats = np.asarray(points)
    (ax, ay), (bx, by) = start, end
    length = math.hypot(bx - ax, by - ay)
    if length < ON_THE_LINE:
        return np.zeros(len(at))
    return np.asarray(((bx - ax) * (at[:, 1] - ay) - (by - ay) * (at[:, 0] - ax)) / length)


def fewest_by_a_line(points: Any, labels: Any) -> int:
    """一条直线最少要错几个：逐一试过每两个点连成的直线，所以是精确的。

    可逆的矩阵把直线变成直线，压扁的矩阵也不会更好，所以这也是任何矩阵加平移能做到的最好成绩。
    （点要处在一般位置：稍稍转动、挪动连线，这两个点各在哪一边都办得到。）
    """
    points, blue = np.asarray(points), np.asarray(labels) == 1
    total, all_blue = len(points), int(np.sum(blue))
    fewest = min(all_blue, total - all_blue)
    for i in range(total):
        away = points - points[i]
        # sides[j, k]: on which side of the line from point i to point j the point k lies.
        sides = away[:, :1] * away[None, :, 1] - away[:, 1:] * away[None, :, 0]
        right = np.sum((sides > 0) & blue, axis=1) + np.sum((sides < 0) & ~blue, axis=1)
        left = np.sum((sides < 0) & blue, axis=1) + np.sum((sides > 0) & ~blue, axis=1)
        best = int(np.max(np.maximum(right, left)[np.arange(total) != i]))
        fewest = min(fewest, total - 2 - best)
    return fewest


class HandWarp(Explorable):
    """圆盘在圆环里：先只许用矩阵和平移，再给弯和升维。"""

    kind = "hand"
    title = "亲手弯一张橡皮膜"
    task = "拖箭头拉伸、转动，拖原点平移，再拖那条直线：把蓝点和橙点分到它的两边。"
    controls = (
        Choice(
            "bet",
            "只许拉伸、转动、平移，能用一条直线分开吗？",
            (("none", "还没押"), ("yes", "能"), ("no", "不能")),
            default="none",
            restarts=False,
            where="picture",
        ),
        Matrix("matrix", "矩阵", low=-20.0, high=20.0),
        Point("offset", "平移", low=-3.0, high=3.0),
        Point("line_start", "直线的一端", default=(0.62, -1.7), low=-4.0, high=4.0),
        Point("line_end", "直线的另一端", default=(0.62, 1.7), low=-4.0, high=4.0),
        Toggle("powers", "五种本事", where="picture"),
        Slider("scale", "缩放", 0.25, 3.0, 1.0, where="picture", unit="倍"),
        Slider("turn", "旋转", -180.0, 180.0, 0.0, step=1.0, where="picture", unit="°"),
        Slider("bend", "弯", 0.0, 1.0, 0.0, where="picture"),
        Choice("activation", "怎么弯", BENDS, default="tanh", restarts=False, where="picture"),
        Slider("lift", "鼓进三维", 0.0, 1.0, 0.0, where="picture"),
        Choice(
            "cut",
            "用什么切",
            (("line", "一条直线"), ("sheet", "一张平面")),
            default="line",
            restarts=False,
            where="picture",
        ),
        Slider("height", "刀的高度", 0.02, 0.98, 0.16, where="picture"),
        Button("again", "换一批点", where="picture"),
    )
    count = 140
    inner, gap, outer = 0.48, 0.24, 1.08

    def reset(self, controls: Mapping[str, Any]) -> None:
        self._deal(0)

    def change(self, name: str, value: Any) -> None:
        """换点以外的控件都只改变怎样看这批点。"""

    def act(self, name: str) -> None:
        self._deal(self.batch + 1)

    def _deal(self, batch: int) -> None:
        self.batch = batch
        points, labels = disc_in_ring(
            self.count, Generator(11, batch), inner=self.inner, gap=self.gap, outer=self.outer
        )
        self.points, self.labels = to_numpy(points), to_numpy(labels)
        self.floor = fewest_by_a_line(self.points, self.labels)

    def effective(self) -> Floats:
        """真正作用在点上的矩阵：箭头给的矩阵，再缩放，再旋转。"""
        now = self.controls_now
        turn: Floats = to_numpy(rotation(math.radians(now["turn"])))
        return float(now["scale"]) * (turn @ np.asarray(now["matrix"], dtype=np.float64))

    def view(self) -> Scene:
        now = self.controls_now
        matrix = self.effective()
        mapped = warp(self.points, matrix, now["offset"], now["activation"], now["bend"])
        heights = hill(np.hypot(self.points[:, 0], self.points[:, 1]))
        if now["cut"] == "sheet":
            values = heights - now["height"]
        else:
            values = line_values(mapped, now["line_start"], now["line_end"])
        blue, orange, side = count_wrong(values, self.labels)
        return {
            "points": self.points,
            "labels": self.labels.astype(np.uint8),
            "matrix": matrix,
            "mapped": mapped,
            "heights": heights,
            "wrong": blue + orange,
            "wrong_blue": blue,
            "wrong_orange": orange,
            "blue_side": side,
            "floor": self.floor,
            "determinant": float(np.linalg.det(matrix)),
            "tables": {
                "bends": {name: activation_table(name) for name, _ in BENDS},
                "cosine": table(lambda degrees: np.cos(np.radians(degrees)), -180.0, 180.0, 73),
                "sine": table(lambda degrees: np.sin(np.radians(degrees)), -180.0, 180.0, 73),
                "hill": table(hill, 0.0, 3.0, 61),
            },
            "alert": self._alert(matrix),
        }

    def _alert(self, matrix: Floats) -> dict[str, str] | None:
        now = self.controls_now
        if now["cut"] == "line" and math.dist(now["line_start"], now["line_end"]) < 1e-6:
            return {"kind": "line", "text": "直线的两端重合，说不清它朝哪里。把一端拖开。"}
        if abs(float(np.linalg.det(matrix))) < 1e-9:
            return {
                "kind": "flat",
                "text": "两个箭头落在同一条直线上，整张膜被压扁了，压在一起的点再也分不开。"
                "把一个箭头拖开就恢复。",
            }
        return None

    def poster(self) -> str:
        return (
            f"一张画着方格和小猫的橡皮膜，中间是 {self.count // 2} 个蓝点的圆盘，"
            f"外面是 {self.count - self.count // 2} 个橙点的圆环，旁边一条可以拖的直线。"
            f"只用矩阵和平移，一条直线最少也要错 {self.floor} 个；升一维，一个也不错。"
        )


PRESETS: tuple[tuple[str, tuple[tuple[float, float], tuple[float, float]]], ...] = (
    ("剪切", ((1.0, 1.0), (0.0, 1.0))),
    ("旋转", ((0.8, -0.6), (0.6, 0.8))),
    ("拉伸", ((1.8, 0.0), (0.0, 0.6))),
    ("镜像", ((-1.0, 0.0), (0.0, 1.0))),
    ("压扁", ((1.0, 0.5), (0.6, 0.3))),
    ("配方", ((0.0, 0.3), (1.0, 1.5))),
)
PIECES = 20
"""每一步分成几小段；相邻两个矩阵之间，前端直着连过去。"""


def stage_path(matrix: Any) -> Floats:
    """从「什么也没做」走到 ``matrix``：转、拉（、翻面）、转，各 ``PIECES`` 小段。

    Returns
    -------
    (3 · PIECES + 1, 3, 2)
        每一刻把平面放到空间里的矩阵；第三行是离开纸面的高度，只在翻面时不为零。
        要翻面时，中间那一步的前半用来拉，后半用来翻。
    """
    parts = decompose(matrix)
    s1, s2 = parts.stretch
    path = []
    for k in range(3 * PIECES + 1):
        at = k / PIECES
        first = to_numpy(rotation(parts.first_turn * min(at, 1.0)))
        last = to_numpy(rotation(parts.last_turn * max(at - 2.0, 0.0)))
        middle = min(max(at - 1.0, 0.0), 1.0)
        pull = min(2 * middle, 1.0) if parts.flip else middle
        over = math.pi * max(2 * middle - 1.0, 0.0) if parts.flip else 0.0
        stretched = np.array([[1 + pull * (s1 - 1)], [1 + pull * (s2 - 1)]]) * first
        turned = last @ (np.array([[1.0], [math.cos(over)]]) * stretched)
        path.append(np.vstack([turned, math.sin(over) * stretched[1:]]))
    return np.array(path)


def parts_of(matrix: Any) -> dict[str, Any]:
    """一个矩阵拆开以后的全部数字（角度是度）和走过去的路。"""
    parts = decompose(matrix)
    return {
        "matrix": np.asarray(matrix, dtype=np.float64),
        "first_turn": math.degrees(parts.first_turn),
        "stretch": np.array([_tidy(size) for size in parts.stretch]),
        "last_turn": math.degrees(parts.last_turn),
        "flip": parts.flip,
        "determinant": _tidy(float(np.linalg.det(np.asarray(matrix, dtype=np.float64)))),
        "directions": to_numpy(parts.vt),
        "path": stage_path(matrix),
    }


def _tidy(number: float) -> float:
    """舍入误差造成的「几乎是零」写成零。"""
    return 0.0 if abs(number) < 1e-12 else number


class TakeApart(Explorable):
    """任何 2×2 矩阵都是转、拉、转；行列式为负时中间翻一次面。"""

    kind = "decompose"
    title = "把一个矩阵拆成三步"
    task = "一个矩阵里藏着几步？把滑杆拖回开头，再慢慢拖过来看。"
    controls = (
        Slider("stage", "走到第几步", 0.0, 3.0, 3.0, where="picture"),
        Matrix("matrix", "矩阵", default=((1.0, 1.0), (0.0, 1.0)), low=-3.0, high=3.0),
    )
    main = "stage"
    stops = 13

    def reset(self, controls: Mapping[str, Any]) -> None:
        self.parts = parts_of(controls["matrix"])

    def change(self, name: str, value: Any) -> None:
        if name == "matrix":
            self.reset(self.controls_now)

    def view(self) -> Scene:
        stage = self.controls_now["stage"]
        place = min(int(stage * PIECES), 3 * PIECES - 1)
        part = stage * PIECES - place
        path = self.parts["path"]
        angles = np.linspace(0.0, 2 * math.pi, 73)
        return {
            **self.parts,
            "stage": float(stage),
            "now": (1 - part) * path[place] + part * path[place + 1],
            "circle": np.stack([np.cos(angles), np.sin(angles)], axis=1),
            "presets": [{"name": name, **parts_of(matrix)} for name, matrix in PRESETS],
            "alert": None,
        }

    def poster(self) -> str:
        s1, s2 = self.parts["stretch"]
        flip = "，翻一个面" if self.parts["flip"] else ""
        return (
            f"一张画着方格、单位圆和小猫的平面。这个矩阵先转 {self.parts['first_turn']:.1f}°，"
            f"再沿横竖拉 {s1:.3g} 倍和 {s2:.3g} 倍{flip}，最后转 {self.parts['last_turn']:.1f}°。"
        )

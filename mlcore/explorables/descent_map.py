"""章「梯度下降」的第二幅图：所有的学习率排成一排，一眼看完。

横着是学习率，竖着是第几步，颜色是离谷底还差多少（蓝的在谷底右边，橙的在左边，越淡越近）。
抛物线上每走一步，误差乘 1 − ηc，c 是曲率：ηc < 1 慢慢挪，1 < ηc < 2 来回晃，ηc > 2 飞出去。
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mlcore.explorables.base import Explorable, Figure, Scene
from mlcore.explorables.controls import Choice, Slider, Toggle
from mlcore.explorables.descent import CURVES, Curve, Walk, descend
from mlcore.explorables.surfaces import SURFACES, Surface

Floats = np.ndarray[Any, np.dtype[np.float64]]

COLUMNS = 181
ROWS = 60
"""图上最后一行是第几步。"""
LEVELS = 20
"""浓淡分几级：从 ``FAINT`` 到 ``DARK``，一级是同样的倍数。"""
FAINT, DARK = 1e-3, 1e2
RINGS = (1.0, 0.56, 0.25, 0.06, 0.005)
"""等高线画在起点高度的几成处。"""
HUGE = 1e9
"""比这还大的误差都画成一样的墨色，不必算下去。"""


@dataclass(frozen=True)
class Plane:
    """一块二次曲面怎样画：图上的学习率到 ``top`` 为止，两个互相垂直的方向各叫什么。"""

    surface: Surface
    formula: str
    top: float
    names: tuple[str, str]

    @property
    def start(self) -> Floats:
        return np.array(self.surface.start)

    @property
    def centre(self) -> Floats:
        return np.array(self.surface.minima[0])

    def axes(self) -> tuple[Floats, Floats]:
        """(两个曲率, 两个互相垂直的方向 (2, 2)，一行一个)：先缓的，后陡的。"""
        values, vectors = np.linalg.eigh(np.array(self.surface.matrix))
        directions = vectors.T.copy()
        for row in directions:
            row *= np.sign(row[np.argmax(np.abs(row))])
        return values, directions


PLANES: dict[str, Plane] = {
    "long": Plane(SURFACES["long"], "x² + 8y²", 0.15, ("沿 x", "沿 y")),
    "tilted": Plane(
        SURFACES["tilted"], "x² + y² + xy + x + y + 1", 0.8, ("沿缓的方向", "沿陡的方向")
    ),
}
CURVE_TOPS = {"bowl": 1.2, "wells": 1.2}
"""一维的谷，图上的学习率到多大为止。"""
WELLS_START = 2.5
"""在几个谷里，从最低那个谷的坡上出发。"""
BANDS = ("慢慢挪", "来回晃", "飞出去")
RESTLESS = ("慢慢挪", "来回晃", "安顿不下来")
"""谷外面还有谷：步子太大时不飞走，在几个谷之间跳。"""


def quadratic_errors(curvature: float, error: float, rates: Any, rows: int = ROWS) -> Floats:
    """曲率为 ``curvature`` 的方向上，各个学习率走 0 … ``rows`` 步的误差，(rows + 1, 学习率数)。"""
    factor = 1 - np.asarray(rates, dtype=np.float64) * curvature
    errors = [np.full(factor.shape, float(error))]
    for _ in range(rows):
        errors.append(np.clip(errors[-1] * factor, -HUGE, HUGE))
    return np.array(errors)


def ground_curve(name: str) -> Curve:
    """一维的谷；几个谷的起点和图一不同。"""
    curve = CURVES[name]
    return replace(curve, start=WELLS_START) if name == "wells" else curve


def curve_errors(curve: Curve, rates: Any, rows: int = ROWS) -> Floats:
    """一条谷里，各个学习率走 0 … ``rows`` 步之后离最低处多远；飞出画面的就停在那里。"""
    rates = np.asarray(rates, dtype=np.float64)
    x = np.full(rates.shape, curve.start)
    places = [x]
    for _ in range(rows):
        inside = (x >= curve.low) & (x <= curve.high)
        x = np.where(inside, x - rates * curve.slope(np.where(inside, x, curve.goal)), x)
        places.append(x)
    errors: Floats = np.array(places) - curve.goal
    away = (np.array(places) < curve.low) | (np.array(places) > curve.high)
    return np.where(away, np.sign(errors) * HUGE, errors)


def inked(errors: Any) -> np.ndarray[Any, np.dtype[np.int8]]:
    """误差 → 浓淡：0 是不超过 ``FAINT``，±``LEVELS`` 是不小于 ``DARK``，符号是在哪一边。"""
    size = np.abs(np.asarray(errors, dtype=np.float64))
    share = np.log(np.maximum(size, FAINT * 1e-3) / FAINT) / math.log(DARK / FAINT)
    level = np.clip(np.ceil(LEVELS * share), 0, LEVELS)
    return np.asarray(np.sign(errors) * level).astype(np.int8)


def strips(name: str, rates: Any, rows: int = ROWS) -> list[dict[str, Any]]:
    """一块地上的一条或两条色带：名字、误差的浓淡、从来回晃和飞出去开始的学习率。"""
    if name in PLANES:
        plane = PLANES[name]
        curvatures, directions = plane.axes()
        errors = directions @ (plane.start - plane.centre)
        found = []
        for label, c, e in zip(plane.names, curvatures.tolist(), errors.tolist(), strict=True):
            found.append(_strip(label, c, e, inked(quadratic_errors(c, e, rates, rows))))
        return found
    curve = ground_curve(name)
    near = 1e-4
    curvature = curve.curvature or float(
        (curve.slope(curve.goal + near) - curve.slope(curve.goal - near)) / (2 * near)
    )
    errors = curve_errors(curve, rates, rows)
    return [_strip("离谷底", curvature, curve.start - curve.goal, inked(errors))]


def _strip(label: str, curvature: float, error: float, levels: Any) -> dict[str, Any]:
    return {
        "label": label,
        "curvature": curvature,
        "error": error,
        "swings": 1 / curvature,
        "explodes": 2 / curvature,
        "levels": levels,
    }


def _ground(name: str) -> dict[str, Any]:
    """一块地的全部：色带，以及旁边那幅剖面或等高线要的数。"""
    top = PLANES[name].top if name in PLANES else CURVE_TOPS[name]
    found: dict[str, Any] = {"top": top, "strips": strips(name, np.linspace(0.0, top, COLUMNS)),
                             "bands": list(RESTLESS if name == "wells" else BANDS)}  # fmt: skip
    if name in CURVES:
        return {**found, "curve": ground_curve(name).data(), "plane": None}
    plane = PLANES[name]
    curvatures, directions = plane.axes()
    rim = float(plane.surface.above(plane.start))
    radii = [[math.sqrt(2 * rim * share / c) for c in curvatures] for share in RINGS]
    about = {
        "formula": plane.formula,
        "hessian": [list(row) for row in plane.surface.matrix or ()],
        "centre": plane.centre.tolist(),
        "start": plane.start.tolist(),
        "reach": plane.surface.reach,
        "radii": radii,
        "directions": directions.tolist(),
    }
    return {**found, "curve": None, "plane": about}


GROUNDS = (("bowl", "碗"), ("long", "长碗"), ("tilted", "斜碗"), ("wells", "几个谷"))


class StepMap(Explorable):
    """所有的学习率：慢慢挪、来回晃、飞出去，各占一段。"""

    kind = "stepmap"
    title = "所有的学习率，一眼看完"
    task = "横着拖是换学习率，竖着拖是走到第几步。找出颜色褪不掉的那条界线，让球在界线上走一走。"
    enlarges = "损失曲面和走过的路"
    controls = (
        Choice(
            "ground",
            "在哪里走",
            GROUNDS,
            default="bowl",
            restarts=False,
            where="picture",
        ),
        Slider("learning_rate", "学习率 η", 0.0, 10.0, 0.9, step=0.005, where="picture"),
        Slider("row", "第几步", 0, ROWS, 12, step=1, where="picture"),
        Toggle("edges", "标出界线", where="picture"),
    )

    def reset(self, controls: Mapping[str, Any]) -> None:
        """没有状态：画什么全由控件定。"""

    def walk(self) -> Walk:
        """选中的那一列，从头走到选中的那一步；走出画面就停。"""
        now = self.controls_now
        name, rate, row = now["ground"], float(now["learning_rate"]), int(now["row"])
        if name in PLANES:
            surface = PLANES[name].surface
            box = surface.reach
            return descend(surface.gradient, surface.start, rate, row, 0.0, -box, box)
        curve = ground_curve(name)
        return descend(curve.slope, curve.start, rate, row, 0.0, curve.low, curve.high)

    def view(self) -> Scene:
        return {
            "grounds": {name: _ground(name) for name, _ in GROUNDS},
            "rows": ROWS,
            "levels": LEVELS,
            "path": self.walk().x,
            "alert": None,
        }

    def figure(self) -> Figure:
        name = self.controls_now["ground"]
        path = self.walk().x
        if name in PLANES:
            return _surface(PLANES[name].surface, path)
        curve = CURVES[name]
        at = np.linspace(curve.low, curve.high, 401)
        inside = np.clip(path, curve.low, curve.high)
        return {
            "data": [
                {"type": "scatter", "mode": "lines", "name": "损失", "x": at, "y": curve.height(at),
                 "line": {"color": "#575046", "width": 2}},
                {"type": "scatter", "mode": "lines+markers", "name": "走过的路", "x": inside,
                 "y": curve.height(inside), "line": {"color": "#c2258f", "width": 1.5}},
            ],
            "layout": {"xaxis": {"title": {"text": "x"}}, "yaxis": {"title": {"text": "损失"}}},
        }  # fmt: skip

    def poster(self) -> str:
        now = self.controls_now
        told = "，".join(f"{float(v):.3g}" for v in np.ravel(self.walk().x[-1])).replace("-", "−")
        return (
            "一张图，横着是学习率，竖着是第几步，颜色是离谷底还差多少。从左到右有三块：蓝的慢慢褪掉，"
            "蓝橙交替着褪掉，最后一块褪不掉。旁边是选中的那个学习率走过的路："
            f"学习率 {now['learning_rate']:g}，走 {now['row']:g} 步，到了 {told}。"
        )


def _surface(surface: Surface, path: Floats) -> Figure:
    """曲面和上面的路，三维。"""
    at = np.linspace(-surface.reach, surface.reach, 61)
    x, y = np.meshgrid(at, at)
    inside = np.clip(path, -surface.reach, surface.reach)
    return {
        "data": [
            {"type": "surface", "x": at, "y": at, "z": surface.value(np.stack([x, y], -1)),
             "colorscale": [[0, "#fffdf8"], [1, "#0b6cab"]], "showscale": False, "opacity": 0.9,
             "name": "损失"},
            {"type": "scatter3d", "mode": "lines+markers", "name": "走过的路",
             "x": inside[:, 0], "y": inside[:, 1], "z": surface.value(inside),
             "line": {"color": "#c2258f", "width": 5}, "marker": {"color": "#c2258f", "size": 3}},
        ],
        "layout": {"scene": {"xaxis": {"title": {"text": "x"}}, "yaxis": {"title": {"text": "y"}},
                             "zaxis": {"title": {"text": "损失"}}}},
    }  # fmt: skip

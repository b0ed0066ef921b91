"""一次看几个样本：从一个到全部，路线从醉汉的脚印变成一条河；代价按看过的样本数来算。"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mlcore.explorables.base import Explorable, Figure, Scene
from mlcore.explorables.controls import Choice, Point, Slider
from mlcore.explorables.sampling import (
    COUNT,
    LINE,
    Walk,
    agreement,
    loss_surface,
    points,
    sample_gradients,
    spread_of_mean,
)

Array = Any

SIZES = (1, 3, 10, 32, 100, 256, COUNT)
CENTRE, REACH = LINE, 2.6
"""右边的图看哪里。"""
SHOWN = 32
"""一批里至多画出几个样本。"""
SEEN_TOP, LOSS_LOW, LOSS_TOP = 4.5, -4.0, 1.5
"""损失图：横着是看过的样本数，1 到 10 的 4.5 次方；竖着是高出谷底多少，10 的 −4 到 1.5 次方。"""
RIVER = 50
"""一开始就画好的那条河：每批全部样本，走这么多步。"""
KEPT = 5
"""最多留下几趟从前的路线。"""
INKS = {"now": "#c2258f", "earlier": "#736a5c"}


def valley_ellipse(count: int = 64) -> Array:
    """损失图的一条等高线（高出谷底 1），以谷底为原点，(count, 2)；别的等高线都和它相似。"""
    surface = loss_surface()
    turns = np.arange(count) * (2 * np.pi / count)
    ways = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return ways / np.sqrt(surface.above(np.array(surface.minima[0]) + ways))[:, None]


def haze(covariance: Array, count: int = 40) -> Array:
    """一个标准差的椭圆，以平均为原点，(count, 2)。"""
    sizes, axes = np.linalg.eigh(covariance)
    turns = np.arange(count) * (2 * np.pi / count)
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return circle * np.sqrt(np.maximum(sizes, 0.0)) @ axes.T


def gradient_maps(x: Array, y: Array) -> Array:
    """每个样本的梯度是（斜率，截距）的一次函数：矩阵的四个数接着向量的两个，(n, 6)。"""
    return np.stack([2 * x * x, 2 * x, 2 * x, 2 + 0 * x, -2 * x * y, -2 * y], axis=1)


def read_curve(walk: Walk) -> dict[str, Any]:
    """一趟路线画成线：位置，和损失图上的横竖（都在 0 到 1）。"""
    path, seen = walk.kept()
    above = loss_surface().above(path)
    across = np.log10(np.maximum(seen, 1.0)) / SEEN_TOP
    up = (np.log10(np.maximum(above, 10.0**LOSS_LOW)) - LOSS_LOW) / (LOSS_TOP - LOSS_LOW)
    shown = np.clip((path - np.array(CENTRE)) / (3 * REACH), -1.0, 1.0)
    return {
        "label": "每批全部" if walk.batch == COUNT else f"每批 {walk.batch}",
        "size": SIZES.index(walk.batch),
        "rate": walk.rate,
        "path": np.round(shown * 32767).astype(np.int16),
        "across": np.clip(across, 0.0, 1.0).astype(np.float32),
        "up": np.clip(up, 0.0, 1.0).astype(np.float32),
    }


ELLIPSE = valley_ellipse().astype(np.float32)


class Batches(Explorable):
    """一次看几个样本。"""

    kind = "batches"
    title = "一次看几个样本"
    task = (
        "让直线贴住 600 个点。按「运行」，看每步只听一个样本的路线；再换成每批 32 个、全部："
        "看过同样多的样本，谁更低？"
    )
    controls = (
        Choice(
            "batch",
            "每批几个",
            tuple((str(size), "全部" if size == COUNT else str(size)) for size in SIZES),
            default="1",
            restarts=False,
            where="picture",
        ),
        Slider("learning_rate", "学习率", 0.001, 10.0, 0.1, step=0.001, log=True),
        Slider("seed", "抽签的种子", 1, 99, 1, step=1),
        Point("start", "起点（斜率，截距）", (-0.9, 2.4), low=-2.0, high=3.0),
    )
    main = "steps"
    stops = (0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 26, 33, 42, 53, 66, 82, 100, 125, 155, 190, 230, 280,
             340, 410, 500, 600)  # fmt: skip
    runs = True
    slice_most = 1
    enlarges = "损失曲面"

    def reset(self, controls: Mapping[str, Any]) -> None:
        self.x, self.y = points()
        self.surface = loss_surface()
        river = self._walk(batch=COUNT)
        river.step(RIVER)
        self._keep_earlier([] if river.diverged else [river])
        self.walk = self._walk()

    def _walk(self, batch: int | None = None) -> Walk:
        now = self.controls_now
        size = int(now["batch"]) if batch is None else batch
        return Walk(now["start"], size, now["learning_rate"], int(now["seed"]))

    def _keep_earlier(self, walks: list[Walk]) -> None:
        self.earlier = walks
        self.earlier_curves = [read_curve(walk) for walk in walks]

    def change(self, name: str, value: Any) -> None:
        """换起点，从前的路线就不能比了；换别的，走过的留下来比，从起点重新走。"""
        if name == "start":
            self.reset(self.controls_now)
            return
        if self.walk.updates and not self.walk.diverged:
            same = (self.walk.batch, self.walk.rate)
            others = [walk for walk in self.earlier if (walk.batch, walk.rate) != same]
            kept = [*others, self.walk]
            while len(kept) > KEPT:  # The river stays: all others are compared with it.
                kept.remove(next(walk for walk in kept if walk.batch != COUNT))
            self._keep_earlier(kept)
        self.walk = self._walk()

    def step(self, n: int) -> None:
        self.walk.step(n)

    def stopped(self) -> bool:
        return bool(self.walk.diverged)

    def _batch(self) -> dict[str, Any]:
        """下一批：是哪些样本，每个样本自己想往哪走，平均往哪走，平均靠不靠得住。"""
        walk = self.walk
        which = walk.batch_indices()
        each = sample_gradients(walk.position, self.x, self.y)
        chosen = each[which]
        _, covariance = spread_of_mean(each, walk.batch)
        rate = walk.rate
        few = which[:SHOWN]
        maps = gradient_maps(self.x[which], self.y[which])
        return {
            "which": few.astype(np.int16),
            "maps": maps[: len(few)].astype(np.float32),
            "mean_map": maps.mean(0),
            "mean": chosen.mean(0),
            "haze": (rate * haze(covariance)).astype(np.float32),
            "agreement": agreement(chosen),
        }

    def view(self) -> Scene:
        walk, surface = self.walk, self.surface
        alert = walk.diverged and {"kind": "diverged", "text": walk.diverged, "stop": True}
        return {
            "x": self.x.astype(np.float32),
            "y": self.y.astype(np.float32),
            "start": self.controls_now["start"],
            "position": walk.position,
            "batch": walk.batch,
            "rate": walk.rate,
            "updates": walk.updates,
            "seen": walk.seen,
            "above": float(surface.above(walk.position)),
            "next": self._batch(),
            "now": read_curve(walk),
            "earlier": self.earlier_curves,
            "centre": list(CENTRE),
            "reach": REACH,
            "far": 3 * REACH,
            "lowest": np.array(surface.minima[0]),
            "full_map": gradient_maps(self.x, self.y).mean(0),
            "ellipse": ELLIPSE,
            "round": float(np.log10(COUNT) / SEEN_TOP),
            "axes": [SEEN_TOP, LOSS_LOW, LOSS_TOP],
            "alert": alert or None,
        }

    def figure(self) -> Figure:
        """损失曲面和走过的路线。"""
        side = np.linspace(-REACH, REACH, 61)
        a, b = side + CENTRE[0], side + CENTRE[1]
        heights = self.surface.value(np.stack(np.meshgrid(a, b), axis=-1))
        data: list[dict[str, Any]] = [
            {
                "type": "surface",
                "x": a,
                "y": b,
                "z": heights,
                "colorscale": [[0, "#fffdf8"], [1, "#8a6d3b"]],
                "showscale": False,
                "opacity": 0.85,
            }
        ]
        for walk, ink in [(one, INKS["earlier"]) for one in self.earlier] + [
            (self.walk, INKS["now"])
        ]:
            path, _ = walk.kept()
            name = "全部样本" if walk.batch == COUNT else f"每批 {walk.batch} 个"
            data.append(
                {
                    "type": "scatter3d",
                    "mode": "lines",
                    "name": f"{name}（学习率 {walk.rate:g}）",
                    "x": path[:, 0],
                    "y": path[:, 1],
                    "z": self.surface.value(path),
                    "line": {"color": ink, "width": 4},
                }
            )
        names = {"xaxis": "斜率", "yaxis": "截距", "zaxis": "损失"}
        return {
            "data": data,
            "layout": {
                "title": {"text": "600 个样本的平均损失"},
                "scene": {axis: {"title": {"text": text}} for axis, text in names.items()},
            },
        }

    def snapshot(self) -> dict[str, Any]:
        return {
            "walk": self.walk.state(),
            "earlier": [walk.state() for walk in self.earlier],
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        self.x, self.y = points()
        self.surface = loss_surface()
        self.walk = Walk.from_state(snapshot["walk"])
        self._keep_earlier([Walk.from_state(state) for state in snapshot["earlier"]])

    def poster(self) -> str:
        return (
            "左边是 600 个点和一条要贴住它们的直线，右边是损失曲面，横着是斜率，竖着是截距。"
            "每一步只看一批样本：一批只有一个，路线像醉汉的脚印；一批是全部，路线像一条河。"
        )

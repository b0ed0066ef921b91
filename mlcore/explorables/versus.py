"""圆盘在环里：宽 2 的网络和宽 3 的网络在同样的点上学，各记两笔账——点和面积。

宽 2 的网络不管多深，都不能把整个圆盘和整个环分开（Johnson 2019，激活函数能用一一映射逼近时）。
可那是对区域说的：只有 200 个点时，它的缝会从两个相邻的点之间穿过去，点全对，面积不对。

试过的数（默认的学法，宽 2 的是 2-2-2-2-1）：每步换新点或者 2000 个固定的点，种子 1 到 12 里宽 3 的
12 个都在 450 步之内判对全部面积，宽 2 的走 800 步一个也没有，最好的是 0.98。200 个固定的点走
1000 步，种子 1 到 30 里宽 2 的有 3 个（9、12、13）把点全分对，面积停在 0.96 到 0.98；宽 3 的 30 个
都把点全分对，也有 9 个的面积还差不到百分之一。
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mlcore.data import toy
from mlcore.explorables import diagnosis, nets
from mlcore.explorables.base import Explorable, Scene
from mlcore.explorables.controls import Button, Choice, Slider
from mlcore.explorables.training import Run
from mlcore.nn import Linear, Sequential, binary_cross_entropy_with_logits, mlp
from mlcore.random import Generator

Array = Any

INNER, GAP, OUTER = 0.3, 0.2, 1.0
"""圆盘半径 0.3，环从 0.5 到 1。"""
WIDE = (2, 3, 3, 1)
LEARNING_RATE = 0.02
BATCH = 200
MANY = 2000
DROPPED = 12
"""按一次「往缝里撒点」撒几个。"""
PATIENT = 100
"""开头这么多步里不抱怨单元不动。"""
BENDS = tuple((name, nets.NAMES[name]) for name in ("tanh", "relu", "leaky_relu", "sigmoid"))
"""只升不降的激活函数都能用一一映射逼近。"""
KINDS = (
    ("few", "200 个固定的点"),
    ("many", "2000 个固定的点"),
    ("fresh", "每一步换 200 个新点"),
)


def orthogonal_model(sizes: tuple[int, ...], seed: int, activation: str = "tanh") -> Sequential:
    """各隐层从正交矩阵开始的网络：一开头不把任何方向压掉（Saxe 等 2014）。"""
    generator = Generator(seed)
    model = mlp(sizes, activation, generator=generator)
    for layer in [part for part in model if isinstance(part, Linear)][:-1]:
        rows, columns = layer.weight.shape
        size = max(rows, columns)
        q, r = np.linalg.qr(generator.normal((size, size), dtype="float64"))
        layer.weight.data[...] = (q * np.sign(np.diag(r)))[:rows, :columns]
    return model


def polar_grid(radii: int, angles: int) -> tuple[Array, Array]:
    """铺满圆盘和环的点 (n, 2) 和类别 (n,)：按面积均匀，边上的也在内。"""
    turns = (np.arange(angles) + 0.5) * (2 * np.pi / angles)
    points, labels = [], []
    for low, high, label in ((0.0, INNER, 1), (INNER + GAP, OUTER, 0)):
        squares = low**2 + (high**2 - low**2) * (np.arange(radii) + 0.5) / radii
        around = np.sqrt(np.concatenate([[low**2], squares, [high**2]]))
        r, t = np.meshgrid(around, turns, indexing="ij")
        points.append(np.stack([(r * np.cos(t)).ravel(), (r * np.sin(t)).ravel()], axis=1))
        labels.append(np.full(r.size, label))
    return np.concatenate(points).astype(np.float32), np.concatenate(labels)


RADII, ANGLES = 10, 180
AREA, AREA_LABELS = polar_grid(RADII, ANGLES)
EDGE = 0.05
"""边上的点没有面积，只为了边上也不许错；给它们一点点分量。"""
WEIGHTS = np.tile(np.repeat([EDGE, *[1.0] * RADII, EDGE], ANGLES), 2)
DISC_SHARE = 0.5
"""圆盘和环各占面积分的一半，跟点一样：哪一边也不许糊弄。"""


def area_right(score: Array) -> float:
    """面积读对了多少：圆盘里判成蓝的比例与环里判成橙的比例，各占一半。

    ``score`` 是 ``AREA`` 各处的对数优势。全对才等于 1。
    """
    right = WEIGHTS * ((score > 0) == (AREA_LABELS == 1))
    blue = AREA_LABELS == 1
    disc = float(right[blue].sum() / WEIGHTS[blue].sum())
    ring = float(right[~blue].sum() / WEIGHTS[~blue].sum())
    return DISC_SHARE * disc + (1 - DISC_SHARE) * ring


class Impossible(Explorable):
    """宽 2 对宽 3。"""

    kind = "versus"
    title = "分得开点，分得开区域吗"
    task = "找一个种子，让宽 2 的网络把点全分对；再看它的面积。然后往缝里撒几个点。"
    controls = (
        Slider("seed", "种子", 1, 999, 1, step=1, restarts=True),
        Slider("depth", "宽 2 的隐藏层数", 1, 5, 3, step=1, restarts=True),
        Choice("kind", "学的点", KINDS, default="few"),
        Choice("activation", "激活函数", BENDS, default="tanh"),
        Button("drop", "往缝里撒点"),
        Slider("position", "走到哪里", 0.0, 1.0, 0.0, step=0.001, where="picture", local=True),
    )
    main = "steps"
    stops = (0, 20, 40, 60, 80, 100, 130, 160, 200, 250, 300, 400, 500, 700, 1000)
    runs = True

    def reset(self, controls: Mapping[str, Any]) -> None:
        seed = int(controls["seed"])
        self.activation = controls["activation"]
        sizes = {"narrow": (2, *[2] * int(controls["depth"]), 1), "wide": WIDE}
        self.runs_of: dict[str, Run] = {
            name: Run(
                orthogonal_model(shape, seed, self.activation),
                LEARNING_RATE,
                BATCH,
                seed,
                loss=binary_cross_entropy_with_logits,
            )
            for name, shape in sizes.items()
        }
        self.points = Generator(seed, stream=3)
        self.added = np.zeros((0, 2))
        self.added_labels = np.zeros(0, dtype=np.int64)
        self._draw(MANY if controls["kind"] == "many" else BATCH)
        self._use()

    def _draw(self, count: int) -> None:
        x, y = toy.disc_in_ring(count, self.points, inner=INNER, gap=GAP, outer=OUTER)
        self.drawn = np.asarray(x), np.asarray(y)

    def _use(self) -> None:
        self.x = np.concatenate([self.drawn[0], self.added])
        self.y = np.concatenate([self.drawn[1], self.added_labels])
        for run in self.runs_of.values():
            if self.controls_now["kind"] != "many":
                run.batch_size = len(self.y)
            run.use(self.x, self.y)

    def change(self, name: str, value: Any) -> None:
        if name != "position":
            self.reset(self.controls_now)

    def step(self, n: int) -> None:
        for _ in range(n):
            if self.controls_now["kind"] == "fresh":
                self._draw(BATCH)
                self._use()
            for run in self.runs_of.values():
                run.step()

    def stopped(self) -> bool:
        return any(run.diverged for run in self.runs_of.values())

    def act(self, name: str) -> None:
        """往宽 2 判错的地方撒点；它没有错的地方，就撒在宽 3 错的地方，再没有就随便撒。"""
        if name != "drop":
            super().act(name)
        for run in self.runs_of.values():
            score = nets.scores(nets.linear_layers(run.model), self.activation, AREA)
            missed = np.flatnonzero((score > 0) != (AREA_LABELS == 1))
            if len(missed):
                break
        else:
            missed = np.arange(len(AREA_LABELS))
        picked = missed[np.asarray(self.points.integers(DROPPED, 0, len(missed)))]
        self.added = np.concatenate([self.added, AREA[picked].astype(np.float64)])
        self.added_labels = np.concatenate([self.added_labels, AREA_LABELS[picked]])
        self._use()

    def _side(self, name: str) -> dict[str, Any]:
        """一个网络的旅程和两笔账。"""
        run = self.runs_of[name]
        layers = nets.linear_layers(run.model)
        spaces = nets.hidden_spaces(layers, self.activation, self.x)
        normal, offset = nets.read_out(layers)
        score = spaces[-1] @ normal + offset
        right = (score > 0) == (self.y == 1)
        return {
            "name": name,
            "net": nets.journey(layers, self.activation, spaces, self.y),
            "points_right": int(np.sum(right)),
            "own_wrong": int(np.sum(~right[len(self.drawn[1]) :])),
            "area_right": area_right(nets.scores(layers, self.activation, AREA)),
        }

    def _alert(self) -> dict[str, Any] | None:
        """发散了，或者有单元死了：说出来。刚开始学的时候不抱怨。"""
        for name, run in self.runs_of.items():
            who = "宽 2 的网络" if name == "narrow" else "宽 3 的网络"
            if run.diverged:
                return {"kind": "diverged", "text": f"{who}：{run.diverged}", "stop": True}
            if run.steps < PATIENT:
                continue
            layers = nets.linear_layers(run.model)
            hidden = nets.hidden_spaces(layers, self.activation, self.x)[1:]
            fault = diagnosis.still_unit(hidden, self.activation)
            if fault:
                # What to do about it is our own: here nobody can change the step size or the width.
                what = fault[: fault.rindex("。", 0, -1) + 1]
                text = f"{who}：{what}换一个种子，或者换一个激活函数。"
                return {"kind": "collapsed", "text": text}
        return None

    def view(self) -> Scene:
        # 太多的点画出来是一片，隔几个画一个；撒的点全画。
        every = max(1, len(self.drawn[1]) // BATCH)
        shown = np.concatenate([self.drawn[0][::every], self.added])
        labels = np.concatenate([self.drawn[1][::every], self.added_labels])
        return {
            "points": shown.astype(np.float32),
            "labels": labels.astype(np.uint8),
            "count": len(self.y),
            "own": len(self.added),
            "radii": [INNER, INNER + GAP, OUTER],
            "sides": [self._side("narrow"), self._side("wide")],
            "position": self.controls_now["position"],
            "alert": self._alert(),
        }

    def snapshot(self) -> dict[str, Any]:
        fresh = self.controls_now["kind"] == "fresh"
        return {
            "runs": {name: run.snapshot() for name, run in self.runs_of.items()},
            "counter": self.points.counter,
            "drawn": list(self.drawn) if fresh else None,
            "added": [self.added, self.added_labels],
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        self.reset(self.controls_now)
        self.points.counter = int(snapshot["counter"])
        self.added, labels = (np.asarray(part) for part in snapshot["added"])
        self.added_labels = labels.astype(np.int64)
        if snapshot["drawn"] is not None:
            x, y = snapshot["drawn"]
            self.drawn = np.asarray(x), np.asarray(y).astype(np.int64)
        self._use()
        for name, run in self.runs_of.items():
            run.restore(snapshot["runs"][name])

    def poster(self) -> str:
        return (
            "一个蓝色的圆盘在一个橙色的环里。左边宽 2 的网络和右边宽 3 的网络在同样的点上学，"
            "各记两笔账：点分对几个，面积读对几成。宽 2 的面积总差一条缝，宽 3 的能到 100%。"
        )

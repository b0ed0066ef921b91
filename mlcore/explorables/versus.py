"""圆盘在环里：宽 2 与宽 3 的网络并排训练，数点，也数面积。

任何深度、宽 2 的网络都分不开圆盘和包着它的环（Johnson 2019，对一切能由一一映射逼近的激活函数），
宽 3 的可以。这句话说的是*区域*，不是几个点：200 个点之间有缝，窄网络碰巧能让它的接缝从两个点之间
穿过去，点全对，面积却永远不全。所以有两个计数，还有一个往缝里撒点的按钮。
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from mlcore.autograd import Tensor
from mlcore.explorables import nets
from mlcore.explorables.base import Explorable, Scene
from mlcore.explorables.controls import Button, Choice, Slider
from mlcore.nn import Sequential, binary_cross_entropy_with_logits, mlp
from mlcore.optim import Adam
from mlcore.random import Generator
from mlcore.train import EXPLOSION, WINDOW, Divergence

Array = Any

INNER, START, OUTER = 0.4, 0.6, 1.0
"""圆盘的半径，环的内外半径。"""
BATCH = 200
"""每一步用几个点；固定的点不超过两倍时，每一步用全部。"""
BLOCK = 20
"""「每步新点」一次造好这么多步的点。"""
DISC_RINGS, RINGS, SECTORS = 10, 40, 180
"""量面积的格子：圆盘分 DISC_RINGS 圈，环分 RINGS 圈，每圈 SECTORS 格，每一格面积都相等。"""
DROPPED = 12
"""往缝里撒几个点；固定的点多时按比例多撒。"""
LIMIT = 4000
"""最多有几个固定的点。"""

NARROW = {"2-2-2-1": (2, 2, 2, 1), "2-2-2-2-1": (2, 2, 2, 2, 1), "2-2-2-2-2-1": (2,) * 5 + (1,)}
WIDE = (2, 3, 3, 1)
BENDS = ("tanh", "sigmoid", "relu", "leaky_relu")


def ring_points(blue_and_orange: Array) -> tuple[Array, Array]:
    """[0, 1) 里均匀的数 (2, n) → 圆盘和环里面积上均匀的 n 个点，一半蓝一半橙。"""
    share, turn = blue_and_orange
    y = np.arange(len(share)) % 2
    low = np.where(y == 1, 0.0, START**2)
    high = np.where(y == 1, INNER**2, OUTER**2)
    radius = np.sqrt(low + (high - low) * share)
    angle = 2 * math.pi * turn
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), y


@cache
def lattice() -> tuple[Array, Array]:
    """量面积的格子的中心 (n, 2) 和真正的类 (n,)，一圈一圈从里往外。"""
    edges = squared_edges()
    middle = np.sqrt((edges[:, :1] + edges[:, 1:]) / 2)
    angle = (np.arange(SECTORS) + 0.5) * (2 * math.pi / SECTORS)
    x = np.stack([middle * np.cos(angle), middle * np.sin(angle)], axis=2).reshape(-1, 2)
    return x.astype(np.float32), np.repeat(np.arange(len(edges)) < DISC_RINGS, SECTORS)


def squared_edges() -> Array:
    """每一圈内外半径的平方 (圈数, 2)。一圈的面积与平方之差成正比，所以等分的是平方。"""
    disc = np.linspace(0.0, INNER**2, DISC_RINGS + 1)
    ring = np.linspace(START**2, OUTER**2, RINGS + 1)
    return np.concatenate([np.stack([e[:-1], e[1:]], axis=1) for e in (disc, ring)])


class Side:
    """一个网络和它自己的优化器。"""

    def __init__(self, sizes: tuple[int, ...], bend: str, learning_rate: float, seed: int) -> None:
        self.sizes = sizes
        self.bend = bend
        self.model: Sequential = mlp(sizes, bend, generator=Generator(seed))
        self.optimizer = Adam(self.model.parameters(), learning_rate)
        self.first = 0.0
        self.recent: list[float] = []

    def step(self, x: Tensor, y: Tensor, number: int) -> None:
        """一步：损失、梯度、Adam。损失不再有限或涨到十倍时抛出 ``Divergence``，参数不动。"""
        loss = binary_cross_entropy_with_logits(self.model.forward(x), y)
        value = float(loss.data)
        self.recent = [*self.recent[1 - WINDOW :], value]
        if number == 1:
            self.first = max(value, math.log(2))
        mean = sum(self.recent) / len(self.recent)
        if not math.isfinite(value) or mean > EXPLOSION * self.first:
            raise Divergence(number, value, self.first)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def judge(self, x: Array) -> Array:
        """这些点判成蓝的没有，(n,) 的布尔数组。"""
        found: Array = nets.scores(nets.linear_layers(self.model), self.bend, x) > 0
        return found

    def snapshot(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "first": self.first,
            "recent": np.asarray(self.recent, dtype=np.float64),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.first = float(state["first"])
        self.recent = [float(v) for v in state["recent"]]

    def scene(self, x: Array, y: Array) -> Scene:
        """判断场、最后一个隐层的空间、判对的点和面积；``wrong`` 每一位是一格，1 是判错。"""
        layers = nets.linear_layers(self.model)
        normal, offset = nets.read_out(layers)
        places, truth = lattice()
        wrong = (nets.scores(layers, self.bend, places) > 0) != truth
        final = {"normal": normal.astype(np.float32), "offset": offset}
        width = len(normal)
        flat = np.zeros(3, dtype=np.float32)
        flat[:width] = normal
        return {
            "width": width,
            "right": int(np.sum((nets.scores(layers, self.bend, x) > 0) == (y == 1))),
            "area": 1.0 - float(wrong.mean()),
            "wrong": np.packbits(wrong),
            "field": nets.field(layers, self.bend),
            "net": {
                "sizes": list(self.sizes),
                "activation": self.bend,
                "activation_name": nets.NAMES[self.bend],
                "table": nets.table(self.bend),
                "reach": nets.REACH,
                "layers": [
                    {"weight": w.astype(np.float32), "bias": b.astype(np.float32)}
                    for w, b in layers[:-1]
                ],
                "projections": [np.eye(3, w.shape[1], dtype=np.float32) for w, _ in layers],
                "final": final,
                "separator": {"normal": flat, "offset": offset},
            },
        }


class Impossible(Explorable):
    """宽 2 与宽 3，同一批点，两个计数。"""

    kind = "versus"
    title = "分得开点，分不开区域"
    task = "按「运行」，再换种子：找一个种子，让宽 2 的网络把面积也做到 100 %。点全对了，就往缝里撒点。"
    controls = (
        Slider("seed", "种子", 1, 99, 1, step=1, restarts=True),
        Choice(
            "data",
            "用什么学",
            (("200", "200 个点"), ("2000", "2000 个点"), ("fresh", "每步 200 个新点")),
            default="200",
        ),
        Choice("narrow", "宽 2 的网络", tuple((name, name) for name in NARROW), default="2-2-2-1"),
        Choice(
            "activation", "激活函数", tuple((name, nets.NAMES[name]) for name in BENDS),
            default="tanh",
        ),
        Slider("learning_rate", "学习率", 0.001, 10.0, 0.03, step=0.001, log=True),
        Button("fill", "往缝里撒点", where="picture"),
    )
    main = "steps"
    stops = (0, 10, 20, 30, 40, 60, 80, 100, 130, 160, 200, 250, 300, 350, 400, 500, 600, 700, 850,
             1000, 1250, 1500, 1800, 2200, 2600, 3000)
    runs = True

    def reset(self, controls: Mapping[str, Any]) -> None:
        seed, bend = int(controls["seed"]), controls["activation"]
        self.seed = seed
        self.fresh = controls["data"] == "fresh"
        rate = controls["learning_rate"]
        self.sides = [Side(s, bend, rate, seed) for s in (NARROW[controls["narrow"]], WIDE)]
        self.taken = 0
        self.diverged = ""
        self.note = ""
        self.dropped: list[int] = []
        self._block = (-1, np.zeros((2, 0)))
        self._gather()

    def _uniform(self, stream: int, count: int) -> Array:
        return np.asarray(Generator(self.seed, stream).uniform((2, count), dtype="float64"))

    def _gather(self) -> None:
        """固定的点，后面接着撒进去的；固定的点一变，取批的次序也要重排。"""
        count = 0 if self.fresh else int(self.controls_now["data"])
        x, y = ring_points(self._uniform(1, count))
        places, truth = lattice()
        self.x = np.concatenate([x, places[self.dropped]]).astype(np.float32)
        self.y = np.concatenate([y, truth[self.dropped]]).astype(np.int64)
        self._order = (-1, np.zeros(0, dtype=np.int64))

    def points(self) -> tuple[Array, Array]:
        """现在数的是哪些点：固定的那些；每步都换新点时，是下一步要用、还没见过的那一批。"""
        if not self.fresh:
            return self.x, self.y
        block = self.taken // BLOCK
        if self._block[0] != block:
            # The stream's number says which block it is, so there is no state to keep.
            self._block = (block, self._uniform(16 + block, BLOCK * BATCH))
        at = (self.taken % BLOCK) * BATCH
        x, y = ring_points(self._block[1][:, at : at + BATCH])
        return x.astype(np.float32), y

    def _batch(self) -> tuple[Tensor, Tensor]:
        """下一步要用的点；固定的点多时一批一批地取，每一轮打乱一次。"""
        x, y = self.points()
        if len(y) > 2 * BATCH:
            epoch, at = divmod(self.taken, math.ceil(len(y) / BATCH))
            if self._order[0] != epoch:
                order = Generator(self.seed, stream=16 + epoch).permutation(len(y))
                self._order = (epoch, np.asarray(order))
            rows = self._order[1][at * BATCH : (at + 1) * BATCH]
            x, y = x[rows], y[rows]
        return Tensor(x), Tensor(y[:, None].astype(np.float32))

    def change(self, name: str, value: Any) -> None:
        if name != "learning_rate":
            self.reset(self.controls_now)
            return
        for side in self.sides:
            side.optimizer.learning_rate = value

    def act(self, name: str) -> None:
        """往缝里撒点：在每个网络判错的格子里各挑几格，正中放一个真正那种颜色的点。"""
        if name != "fill":
            super().act(name)
        if self.fresh:
            self.note = "每一步都换 200 个新点，缝里迟早会落进点，不用撒。"
            return
        before = len(self.dropped)
        many = max(DROPPED, len(self.y) * 3 // 50)
        places, truth = lattice()
        for number, side in enumerate(self.sides):
            wrong = np.flatnonzero(side.judge(places) != truth)
            if len(wrong) and len(self.y) + many <= LIMIT:
                stream = 2 + 2 * before + number
                pick = Generator(self.seed, stream + (1 << 20)).permutation(len(wrong))[:many]
                self.dropped += [int(cell) for cell in wrong[np.asarray(pick)]]
        added = len(self.dropped) - before
        self.note = f"撒了 {added} 个点，都落在判错的地方。接着运行。" if added else (
            "两个网络都没有判错的地方，没有缝可撒。" if len(self.y) + many <= LIMIT
            else f"已经有 {len(self.y)} 个点，不能再多了。按「重来」从头开始。"
        )
        self._gather()

    def step(self, n: int) -> None:
        for _ in range(n):
            if self.diverged:
                return
            self.note = ""
            x, y = self._batch()
            # What overflows here is reported by us, with the step, not by NumPy.
            with np.errstate(all="ignore"):
                for side in self.sides:
                    try:
                        side.step(x, y, self.taken + 1)
                    except Divergence as error:
                        self.diverged = f"宽 {max(side.sizes[1:])} 的网络：{error}"
            self.taken += 1

    def stopped(self) -> bool:
        return bool(self.diverged)

    def view(self) -> Scene:
        x, y = self.points()
        with np.errstate(all="ignore"):
            sides = [side.scene(x, y) for side in self.sides]
        alert = {"kind": "diverged", "text": self.diverged, "stop": True} if self.diverged else None
        return {
            "seed": self.seed,
            "setup": [self.controls_now[k] for k in ("data", "narrow", "activation")],
            "points": x.astype(np.float32),
            "labels": y.astype(np.uint8),
            "own": len(self.dropped),
            "count": len(y),
            "edges": np.sqrt(squared_edges()).astype(np.float32),
            "disc_rings": DISC_RINGS,
            "sectors": SECTORS,
            "sides": sides,
            "note": self.note,
            "alert": alert,
        }

    def snapshot(self) -> dict[str, Any]:
        return {
            "sides": [side.snapshot() for side in self.sides],
            "taken": self.taken,
            "dropped": np.asarray(self.dropped, dtype=np.int64),
            "diverged": self.diverged,
            "note": self.note,
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        self.reset(self.controls_now)
        for side, state in zip(self.sides, snapshot["sides"], strict=True):
            side.restore(state)
        self.taken = int(snapshot["taken"])
        self.dropped = [int(cell) for cell in snapshot["dropped"]]
        self.diverged = snapshot["diverged"]
        self.note = snapshot["note"]
        self._gather()

    def poster(self) -> str:
        return (
            f"一个蓝色圆盘在橙色的环里，{len(self.points()[1])} 个点。左边是每层宽 2 的网络，"
            "右边是宽 3 的，并排训练。每边有两个计数：判对了几个点，判对了多少面积。"
            "宽 2 的网络有时能让点全对，面积却总差一点；宽 3 的两样都能做到。"
        )

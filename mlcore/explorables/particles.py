"""一盒粒子、一本熵的账、一个观察者：散开的粒子能倒回去吗？看一眼改变了什么？

两种熵各画各的，从不混在一起：

- **热力学的熵** S/k = ln W（nat）：粒子散在哪些格里，有几种摆法。它由粒子决定，看不看都一样。
- **香农熵** H（bit）：观察者不知道标记的粒子在哪一格，还差几个是非题。它由观察者知道什么决定，
  一看就归零，粒子一动不动。

试过的数（种子 1 到 3，互相碰，第 200 步倒转）：分毫不差时 144 个粒子逐位回到起点；只把标记的那个
粒子挪开边长的 2⁻³⁰，回到原定时刻时 ln W 停在 347 到 364，起点是 192，均匀散开最多 370。
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mlcore.explorables.base import Explorable, Figure, Scene
from mlcore.explorables.controls import Button, Choice, Point, Slider
from mlcore.explorables.particles_told import homecoming, told
from mlcore.nature.corner import COUNT, MODES, PILLARS, gas_in_corner, unit_places
from mlcore.nature.particles import (
    BITS,
    LOG_FACTORIAL,
    coarse_counts,
    coarser,
    log_ways,
    missing_bits,
    possible,
    shares,
)
from mlcore.random import Generator

Array = Any

GHOSTS = 128
"""影子的个数：观察者心里有几个可能。64 格时，有限的个数让香农熵偏小约 0.3 bit。"""
REST = 200
"""自己跑到第几步先停一停：散匀了，该倒转了。"""
SMALL_STEPS = 4
"""一步里走几小步。"""
GRIDS = (1, 2, 3)
"""格子从 2 × 2 到 8 × 8。"""
TOUCH = (0.0115, 0.0495)
"""画多大（半径，边长为 1）：典型的速度碰上去，正好停在这里。"""
HAIRS = (
    ("none", "分毫不差"),
    ("billionth", "差十亿分之一"),
    ("millionth", "差百万分之一"),
    ("thousandth", "差千分之一"),
)
HAIR_UNITS = {"none": 0, "billionth": 1, "millionth": 1 << 10, "thousandth": 1 << 20}
SIGHTS = (("hundredth", "百分之一"), ("myriadth", "万分之一"), ("millionth", "百万分之一"))
SIGHT_SIZES = {"hundredth": 1e-2, "myriadth": 1e-4, "millionth": 1e-6}
MOST_POINTS = 256
"""曲线最多画几个点；更长就隔一些取一个。"""
MOST_MARKS = 24
SHARES = shares(GHOSTS)


def spread_evenly(bits: int) -> float:
    """粒子尽量均匀地散在 2ᵇ × 2ᵇ 格里时的 ln W：上限。"""
    cells = 1 << 2 * bits
    counts = np.full(cells, COUNT // cells)
    counts[: COUNT % cells] += 1
    return log_ways(counts)


class Particles(Explorable):
    """会倒流的粒子和会看的人。"""

    kind = "particles"
    title = "熵能倒着走吗"
    task = "按「运行」等粒子散开，再按「倒转速度」。重来一遍，倒转时让蓝粒子差十亿分之一。"
    controls = (
        Choice("mode", "碰撞", tuple(MODES.items()), default="each", where="picture"),
        Choice("hair", "倒转时，蓝粒子的位置", HAIRS, "none", restarts=False, where="picture"),
        Choice("sight", "看得多准（边长的）", SIGHTS, "hundredth", restarts=False, where="picture"),
        Button("reverse", "倒转速度", where="picture"),
        Button("observe", "观察", where="picture"),
        Point("corner", "粒子开始的角", (0.5, 0.5), 0.42, 1.0, restarts=True),
        Slider("grid", "格子", 1, 3, 2, step=1, where="picture", local=True),
        Slider("seed", "种子", 1, 99, 1, step=1, restarts=True),
    )
    main = "steps"
    stops = tuple(range(0, 201, 5))
    runs = True
    slice_most = 1
    enlarges = "熵随时间"
    most = [spread_evenly(bits) for bits in GRIDS]

    def reset(self, controls: Mapping[str, Any]) -> None:
        self.seed = int(controls["seed"])
        self.gas = gas_in_corner(controls["corner"], controls["mode"], self.seed)
        self.origin = self.gas.here.copy()
        self.clock = 0
        self.age = 0
        """离起点几步：倒着走就变小，过了起点是负的。"""
        self.way = 1
        self.hair = "none"
        """到现在为止加过的最大的误差。"""
        self.turns: list[int] = []
        self.looks: list[int] = []
        self.home: dict[str, Any] | None = None
        self.ways: list[list[float]] = []
        self.bits: list[list[float]] = []
        self._look()
        self._record()

    def change(self, name: str, value: Any) -> None:
        if name == "sight" and self.clock == 0:
            self.looks, self.ways, self.bits = [], [], []
            self._look()
            self._record()

    def act(self, name: str) -> None:
        if name == "observe":
            self._look()
            self.bits[-1] = self._bits_now()
        elif name == "reverse":
            self._turn()
        else:
            super().act(name)

    def _look(self) -> None:
        sight = SIGHT_SIZES[self.controls_now["sight"]]
        generator = Generator(self.seed, stream=2 + len(self.looks))
        possible(self.gas, sight, GHOSTS, generator)
        self.looks.append(self.clock)

    def _turn(self) -> None:
        """速度全部倒转；想要误差，就把第 0 个粒子挪开一点。"""
        self.gas.reverse()
        wanted = self.controls_now["hair"]
        self.gas.nudge(0, HAIR_UNITS[wanted])
        if HAIR_UNITS[wanted] > HAIR_UNITS[self.hair]:
            self.hair = wanted
        self.way = -self.way
        self.turns.append(self.clock)
        self.home = None

    def step(self, n: int) -> None:
        for _ in range(n):
            self.gas.step(SMALL_STEPS)
            self.clock += 1
            self.age += self.way
            self._record()
            if self.age == 0:
                self.home = homecoming(self.gas.here[:COUNT], self.origin[:COUNT])

    def rests(self) -> bool:
        if self.turns:
            return self.age == 0 and self.clock > self.turns[-1]
        return self.clock == REST

    def _record(self) -> None:
        counts = coarse_counts(self.gas.places()[:COUNT], GRIDS[-1])
        ways = []
        for _ in GRIDS:
            ways.append(log_ways(counts))
            counts = coarser(counts)
        self.ways.append(ways[::-1])
        self.bits.append(self._bits_now())

    def _bits_now(self) -> list[float]:
        counts = coarse_counts(self.gas.places()[COUNT:], GRIDS[-1])
        bits = []
        for _ in GRIDS:
            bits.append(missing_bits(counts, SHARES))
            counts = coarser(counts)
        return bits[::-1]

    def view(self) -> Scene:
        places = self.gas.places()
        drift = (self.gas.velocities()[:COUNT] * SMALL_STEPS) >> (BITS - 11)
        stride = 1
        while len(self.ways) > MOST_POINTS * stride:
            stride *= 2
        pillars = self.controls_now["mode"] == "pillars"
        return {
            "places": (places[:COUNT] >> (BITS - 15)).astype(np.int16),
            "drift": np.clip(drift, -127, 127).astype(np.int8),
            "cloud": (places[COUNT:] >> (BITS - 8)).astype(np.uint8),
            "unit": np.floor(unit_places(self.seed) * 32768).astype(np.int16),
            "pillars": (PILLARS if pillars else np.zeros((0, 2))).astype(np.float32),
            "touch": list(TOUCH),
            "corner": list(self.controls_now["corner"]),
            "clock": self.clock,
            "age": self.age,
            "left": self.age if self.way < 0 < self.age else None,
            "way": self.way,
            "hair": self.hair,
            "turns": self.turns[-MOST_MARKS:],
            "looks": self.looks[-MOST_MARKS:],
            "stride": stride,
            "ways": np.array(self.ways[::stride], dtype=np.float32).T,
            "bits": np.array(self.bits[::stride], dtype=np.float32).T,
            "now": {
                "ways": [round(v, 3) for v in self.ways[-1]],
                "tens": [round(v / np.log(10.0)) for v in self.ways[-1]],
                "bits": [round(v, 3) for v in self.bits[-1]],
            },
            "most": [round(v, 3) for v in self.most],
            "ladder": LOG_FACTORIAL[: COUNT + 1].astype(np.float32),
            "shares": SHARES.astype(np.float32),
            "told": told(self),
            "alert": None,
        }

    def figure(self) -> Figure:
        """两本账上下分开画：粒子的 ln W 和观察者的 H，横轴是同一条时间。"""
        grid = int(self.controls_now["grid"]) - 1
        x = np.arange(len(self.ways))
        axis = {"showgrid": True, "zeroline": False}
        curves = (
            ("热力学的熵 ln W", self.ways, "y", "#24211c"),
            ("香农熵 H", self.bits, "y2", "#0b6cab"),
        )
        data = [
            {
                "type": "scatter",
                "mode": "lines" if len(x) > 1 else "markers",  # 一步没走，只有一个点。
                "name": name,
                "x": x,
                "y": np.array(values)[:, grid],
                "yaxis": y,
                "line": {"color": color, "width": 2},
            }
            for name, values, y, color in curves
        ]
        turns = [
            {
                "type": "line",
                "x0": turn,
                "x1": turn,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"color": "#736a5c", "width": 1, "dash": "dot"},
            }
            for turn in self.turns
        ]
        named = [
            {
                "text": "倒转",
                "x": turn,
                "yref": "paper",
                "y": 0.5,
                "showarrow": False,
                "font": {"color": "#736a5c"},
            }
            for turn in self.turns
        ]
        layout = {
            "xaxis": {
                **axis,
                "title": {"text": "走过的步数"},
                "anchor": "y2",
                "range": [-2, max(100, len(x))],
            },
            "yaxis": {**axis, "title": {"text": "ln W（奈特）"}, "domain": [0.56, 1.0]},
            "yaxis2": {
                **axis,
                "title": {"text": "H（比特）"},
                "domain": [0.0, 0.44],
                "rangemode": "tozero",
            },
            "shapes": turns,
            "annotations": named,
            "showlegend": False,
        }
        return {"data": data, "layout": layout}

    def snapshot(self) -> dict[str, Any]:
        # The coordinates are far below 2**53: float64 keeps every bit, the codec's i4 would not.
        return {
            "here": self.gas.here.astype(np.float64),
            "before": self.gas.before.astype(np.float64),
            "ways": np.array(self.ways),
            "bits": np.array(self.bits),
            "clock": self.clock,
            "age": self.age,
            "way": self.way,
            "hair": self.hair,
            "turns": list(self.turns),
            "looks": list(self.looks),
            "home": self.home,
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        self.reset(self.controls_now)
        self.gas.here = np.asarray(snapshot["here"]).astype(np.int64)
        self.gas.before = np.asarray(snapshot["before"]).astype(np.int64)
        self.ways = np.asarray(snapshot["ways"]).tolist()
        self.bits = np.asarray(snapshot["bits"]).tolist()
        self.clock, self.age, self.way = (int(snapshot[k]) for k in ("clock", "age", "way"))
        self.hair, self.home = snapshot["hair"], snapshot["home"]
        self.turns, self.looks = list(snapshot["turns"]), list(snapshot["looks"])

    def poster(self) -> str:
        return (
            f"盒子里有 {COUNT} 个粒子，从一个角散到各处，粒子的账记它们的热力学的熵；"
            "另一个盒子是观察者以为蓝色的那个粒子在哪里，观察者的账记他的香农熵。"
            "速度倒转，粒子回到角里，熵降回去；一个粒子差十亿分之一，就回不去了。"
        )

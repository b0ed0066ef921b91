"""封面：两条咬在一起的曲线画在一张纸上，拖着纸一层一层地弯，直到一条直线分开它们。

每个隐层都只有两个单元，所以纸始终是一张纸：没有升维，没有撕开，也没有折叠。
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlcore import space
from mlcore.data import toy
from mlcore.explorables import diagnosis, nets
from mlcore.explorables.base import Explorable, Scene
from mlcore.explorables.controls import Dataset, Slider, Toggle
from mlcore.explorables.training import Run, with_own
from mlcore.nn import Linear, mlp
from mlcore.random import Generator

COUNT = 120
SIZES = (2, 2, 2, 2)
LEARNING_RATE = 0.03
TRAINED = 160
"""封面一打开就已经走过这么多步。"""


def turned_model(seed: int) -> Any:
    """2-2-2-2 的 tanh 网络，每个隐层从一个随机的旋转开始：纸不会一开头就被压扁或翻面。"""
    generator = Generator(seed)
    model = mlp(SIZES, "tanh", generator=generator)
    for layer in [part for part in model if isinstance(part, Linear)][:-1]:
        angle = float(generator.uniform((), -math.pi, math.pi, dtype="float64"))
        layer.weight.data[...] = space.rotation(angle)
    return model


class Cover(Explorable):
    """封面的那张纸。"""

    kind = "journey"
    title = "把纸弯到一条直线能分开两种颜色"
    task = "拖动纸下面的手柄。"
    controls = (
        Slider("position", "弯到哪里", 0.0, 1.0, 0.0, step=0.001, where="picture", local=True),
        Slider("seed", "种子", 1, 9999, 5, step=1, restarts=True, where="picture"),
        Toggle("trained", "从训练好的开始", True, restarts=True, where="picture"),
        Dataset(
            "points",
            "自己的点",
            classes=2,
            limit=200,
            low=-nets.REACH,
            high=nets.REACH,
            restarts=False,
        ),
    )
    main = "position"
    stops = 2
    runs = True

    def reset(self, controls: Mapping[str, Any]) -> None:
        seed = int(controls["seed"])
        x, y = toy.two_curves(COUNT, Generator(1, stream=1))
        self.curves = self.x, self.y = np.asarray(x), np.asarray(y)
        self.training = Run(turned_model(seed), LEARNING_RATE, COUNT, seed)
        self.training.use(*self.curves)
        if controls["trained"]:
            self.training.step(TRAINED)
        if controls["points"]:
            self._use_points()

    def _use_points(self) -> None:
        self.x, self.y = with_own(*self.curves, self.controls_now["points"])
        self.training.batch_size = len(self.y)
        self.training.use(self.x, self.y)

    def change(self, name: str, value: Any) -> None:
        if name == "points":
            self._use_points()

    def step(self, n: int) -> None:
        self.training.step(n)

    def stopped(self) -> bool:
        return bool(self.training.diverged)

    def view(self) -> Scene:
        layers = nets.linear_layers(self.training.model)
        spaces = nets.hidden_spaces(layers, "tanh", self.x)
        normal, offset = nets.read_out(layers)
        score = spaces[-1] @ normal + offset
        wrong = int(np.sum((score > 0) != (self.y == 1)))
        stuck = diagnosis.stuck(self.training.curve, self.training.apart) if wrong else None
        return {
            "look": "cover",
            "net": nets.journey(layers, "tanh", spaces, self.y),
            "points": self.x.astype(np.float32),
            "labels": self.y.astype(np.uint8),
            "own": len(self.controls_now["points"]),
            "field": nets.field(layers, "tanh"),
            "position": self.controls_now["position"],
            "wrong": wrong,
            "count": len(self.y),
            "loss": self.training.curve[-1] if self.training.curve else None,
            "stuck": stuck is not None,
            "alert": None,
        }

    def snapshot(self) -> dict[str, Any]:
        return self.training.snapshot()

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        self.reset({**self.controls_now, "trained": False})
        self.training.restore(snapshot)

    def poster(self) -> str:
        return (
            "一张画着方格的纸，上面一条橙点和一条蓝点的拱形曲线套在一起，直线分不开；"
            "网络一层一层地把纸弯过去，最后一条直线分开两种颜色。"
        )

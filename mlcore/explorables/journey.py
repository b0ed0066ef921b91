"""一个网络的全程：平面一层一层地变形，直到一条直线能把两种颜色分开。"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mlcore.data import toy
from mlcore.explorables import diagnosis, nets
from mlcore.explorables.base import Explorable, Figure, Scene
from mlcore.explorables.controls import Choice, Dataset, Slider
from mlcore.explorables.palette import BLUE, INK, ORANGE, PAPER
from mlcore.explorables.training import Run, with_own
from mlcore.nn import mlp
from mlcore.random import Generator

Array = Any

LAYERS = 4
"""最多几个隐层。"""
BATCH = 20
DATA = (
    ("circle", "圆"),
    ("xor", "异或"),
    ("spiral", "螺线"),
    ("two_curves", "两条曲线"),
    ("moons", "半月"),
    ("blank", "空白（只用我的点）"),
)
COUNTS = {"circle": 100, "xor": 160, "spiral": 160, "two_curves": 120, "moons": 120}
SURFACE = 61
"""放大了看的那座山每边几格。"""
PATIENT = 100
"""开头这么多步里不抱怨：还在学。"""


def toy_points(name: str) -> tuple[Array, Array]:
    """名叫 ``name`` 的数据集；``blank`` 一个点也没有。点不随网络的种子变，好比较起点。"""
    if name == "blank":
        return np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
    x, y = toy.DATASETS[name](COUNTS[name], Generator(1, stream=1))
    return np.asarray(x), np.asarray(y)


class Journey(Explorable):
    """输入平面和走到一半的平面并排看，随时训练，随时换点。"""

    kind = "journey"
    title = "一个网络的全程"
    task = (
        "按「运行」让它学会；再拖写着「拖我」的手柄，看这张纸一层一层变形，"
        "直到一条直线分开两种颜色。"
    )
    controls = (
        Choice("data", "数据", DATA, default="circle"),
        Choice("activation", "激活函数", tuple(nets.NAMES.items()), default="tanh"),
        Slider("learning_rate", "学习率", 0.001, 10.0, 0.01, step=0.001, log=True),
        Slider("seed", "种子", 1, 99, 1, step=1, restarts=True),
        Slider("depth", "隐藏层数", 1, LAYERS, 2, step=1, restarts=True, where="picture"),
        Slider("width1", "第 1 层的宽度", 2, 8, 6, step=1, restarts=True, where="picture"),
        Slider("width2", "第 2 层的宽度", 2, 8, 2, step=1, restarts=True, where="picture"),
        Slider("width3", "第 3 层的宽度", 2, 8, 2, step=1, restarts=True, where="picture"),
        Slider("width4", "第 4 层的宽度", 2, 8, 2, step=1, restarts=True, where="picture"),
        Dataset(
            "points",
            "自己的点",
            classes=2,
            limit=300,
            low=-nets.REACH,
            high=nets.REACH,
            restarts=False,
        ),
        Slider("position", "走到哪里", 0.0, 1.0, 0.0, step=0.001, where="picture", local=True),
    )
    main = "steps"
    stops = (
        0,
        5,
        10,
        15,
        20,
        30,
        40,
        50,
        60,
        70,
        80,
        90,
        100,
        115,
        130,
        145,
        160,
        180,
        200,
        225,
        250,
        275,
        300,
        350,
        400,
        450,
        500,
        600,
        700,
        800,
    )
    runs = True
    enlarges = "网络对平面上每一处的判断"

    before: tuple[str, list[Any]] | None = None
    """上一次用的数据，和那时自己的点。"""
    drawing: list[Any] = []
    """空白的纸上画到一半、先去看别的数据时，画留在这里。"""

    def reset(self, controls: Mapping[str, Any]) -> None:
        self._change_sheet()
        self.activation = controls["activation"]
        widths = [int(controls[f"width{k}"]) for k in range(1, int(controls["depth"]) + 1)]
        seed = int(controls["seed"])
        model = mlp([2, *widths, 2], self.activation, generator=Generator(seed))
        self.training = Run(model, controls["learning_rate"], BATCH, seed)
        self._use_data()

    def _change_sheet(self) -> None:
        """换了数据，添上去的点不跟过去；空白的纸上画的，换回来还在。"""
        now = self.controls_now
        if self.before and self.before[0] != now["data"]:
            name, own = self.before
            if name == "blank":
                self.drawing = own
            if now["points"] == own:
                now["points"] = self.drawing if now["data"] == "blank" else []

    def _use_data(self) -> None:
        now = self.controls_now
        self.before = now["data"], now["points"]
        self.x, self.y = with_own(*toy_points(now["data"]), now["points"])
        self.training.use(self.x, self.y)

    def change(self, name: str, value: Any) -> None:
        if name == "learning_rate":
            self.training.optimizer.learning_rate = value
        elif name == "points":
            self._use_data()
        elif name != "position":
            self.reset(self.controls_now)

    def step(self, n: int) -> None:
        self.training.step(n)

    def stopped(self) -> bool:
        return bool(self.training.diverged) or self.training.trainer is None

    def view(self) -> Scene:
        layers = nets.linear_layers(self.training.model)
        spaces = nets.hidden_spaces(layers, self.activation, self.x)
        normal, offset = nets.read_out(layers)
        score = spaces[-1] @ normal + offset
        wrong = int(np.sum((score > 0) != (self.y == 1)))
        note = "" if self.activation == "identity" else self._fault(spaces[1:])
        scene = {
            "look": "journey",
            "net": nets.journey(layers, self.activation, spaces, self.y),
            "points": self.x.astype(np.float32),
            "labels": self.y.astype(np.uint8),
            "own": len(self.controls_now["points"]),
            "field": nets.field(layers, self.activation),
            "position": self.controls_now["position"],
            "wrong": wrong,
            "count": len(self.y),
            "loss": self.training.curve[-1] if self.training.curve else None,
            "curve": np.asarray(self.training.curve, dtype=np.float32),
            "apart": self.training.apart,
            "alert": self._alert(wrong, note),
            "product": None,
        }
        if self.activation == "identity":
            scene["product"] = nets.product(layers, self.x)
        return scene

    def figure(self) -> Figure:
        """网络对平面上每一处的判断，连同学的点：一座可以转着看的山。"""
        at = np.linspace(-nets.REACH, nets.REACH, SURFACE)
        plane = nets.grid(SURFACE)
        layers = nets.linear_layers(self.training.model)
        height = nets.squashed(nets.scores(layers, self.activation, plane)) / 127
        of_points = nets.squashed(nets.scores(layers, self.activation, self.x)) / 127
        hill = {
            "type": "surface", "x": at, "y": at, "z": height.reshape(SURFACE, SURFACE),
            "cmin": -1, "cmax": 1, "opacity": 0.9, "showscale": False,
            "colorscale": [[0, ORANGE], [0.5, PAPER], [1, BLUE]],
            "contours": {"z": {"show": True, "start": 0, "end": 0, "size": 1, "color": INK}},
            "hovertemplate": "(%{x:.2f}, %{y:.2f})：%{z:.2f}<extra></extra>",
        }  # fmt: skip
        dots = [
            {
                "type": "scatter3d", "mode": "markers", "name": name,
                "x": self.x[self.y == label, 0], "y": self.x[self.y == label, 1],
                "z": of_points[self.y == label], "marker": {"size": 4, "color": color},
            }
            for label, name, color in ((1, "蓝点", BLUE), (0, "橙点", ORANGE))
        ]  # fmt: skip
        axes = {"xaxis": {"title": {"text": "横"}}, "yaxis": {"title": {"text": "竖"}}}
        tall = {"zaxis": {"title": {"text": "判断"}, "range": [-1.05, 1.05]}}
        return {"data": [hill, *dots], "layout": {"scene": {**axes, **tall}}}

    def _fault(self, hidden: list[Array]) -> str:
        """一个不动的或学成一样的单元；刚开始学的时候不抱怨。"""
        if self.training.steps < PATIENT or self.training.trainer is None:
            return ""
        return diagnosis.still_unit(hidden, self.activation) or diagnosis.twins(hidden) or ""

    def _alert(self, wrong: int, fault: str) -> dict[str, Any] | None:
        if self.training.diverged:
            return {"kind": "diverged", "text": self.training.diverged, "stop": True}
        if not len(self.y):
            text = "还没有点。选一种颜色，在「输入平面」上点几下，再换一种颜色点几下。"
            return {"kind": "empty", "text": text}
        if self.training.trainer is None:
            other = "橙" if self.y[0] == 1 else "蓝"
            text = f"所有的点都是一种颜色，没有东西要分。再放几个{other}点。"
            return {"kind": "one-colour", "text": text}
        if not wrong or self.training.steps < PATIENT:
            return None
        if self.activation == "identity":
            text = (
                "没有弯，多少层乘起来都只是一个矩阵：平面还是平面，一条直线能分多少就是多少。"
                "换一个会弯的激活函数。"
            )
            return {"kind": "linear", "text": text}
        if fault:
            return {"kind": "collapsed", "text": fault}
        still = diagnosis.stuck(self.training.curve, self.training.apart)
        return {"kind": "stuck", "text": still} if still else None

    def snapshot(self) -> dict[str, Any]:
        return self.training.snapshot()

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        self.reset(self.controls_now)
        self.training.restore(snapshot)

    def poster(self) -> str:
        sizes = "-".join(str(n) for n in nets.sizes(nets.linear_layers(self.training.model)))
        return (
            f"一幅是输入平面，{len(self.y)} 个橙点和蓝点；一幅是同一张纸走过 {sizes} 网络的每一层："
            "乘矩阵、平移、弯。训练之后，最后一个空间里一条直线分开两种颜色。"
        )

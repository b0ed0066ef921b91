"""代价怎样长：重放的一步要多久，对宽度、层数、批的大小；旁边是这台机器的屋顶。

屋顶（roofline）：量出大矩阵相乘每秒做多少次浮点运算，一步里的乘加按这个速度做完要多久，就是
再快也快不过去的线。
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks import nets
from benchmarks.figure import Curve, draw
from benchmarks.steps import Step, alternate, replayed

INPUTS, CLASSES = 64, 10
WIDTH, DEPTH, BATCH = 128, 2, 64
SWEEPS = {
    "宽度": (8, 16, 32, 64, 128, 256, 512, 1024),
    "层数": (1, 2, 4, 8, 16, 32),
    "批": (1, 4, 16, 64, 256, 1024, 4096),
}
"""每次只动一个，别的停在 WIDTH、DEPTH、BATCH；层数是隐层的个数。"""


@dataclass(frozen=True)
class Point:
    """一个网络的一步：动的是哪一样、是几，多少次浮点运算，多少秒，是屋顶的几倍。"""

    sweep: str
    value: int
    operations: float
    seconds: float
    over_roof: float


def measure(quick: bool) -> tuple[float, list[Point]]:
    """（屋顶，每秒多少次浮点运算；各个网络）。"""
    rounds, budget = (5, 0.02) if quick else (15, 0.05)
    size = 1024
    a = np.ones((size, size), np.float32)
    out = np.empty_like(a)
    cases = list(_cases())
    steps: list[Step] = [lambda: np.dot(a, a, out)]
    (roof_times,) = alternate(steps, rounds, budget, 0.0)
    points, best = [], min(roof_times)
    for sweep, value, sizes, batch in cases:
        # The roof is measured beside every network: the machine's clock wanders.
        step = replayed(nets.mlp_work(1.0, sizes, batch, "SGD"), "numpy")
        # Both run on NumPy: no threads of another library to wait for.
        roof, times = alternate([steps[0], step], rounds, budget, 0.0)
        best = min(best, *roof)
        points.append((sweep, value, operations(sizes, batch), min(times)))
    speed = 2 * size**3 / best
    return speed, [Point(*point, point[3] * speed / point[2]) for point in points]


def _cases() -> Iterator[tuple[str, int, tuple[int, ...], int]]:
    for sweep, values in SWEEPS.items():
        for value in values:
            width = value if sweep == "宽度" else WIDTH
            depth = value if sweep == "层数" else DEPTH
            batch = value if sweep == "批" else BATCH
            yield sweep, value, (INPUTS, *[width] * depth, CLASSES), batch


def operations(sizes: tuple[int, ...], batch: int) -> float:
    """一步里矩阵相乘的浮点运算：前向一次，权重的梯度一次，除了第一层，输入的梯度又一次。"""
    each = [2.0 * batch * n_in * n_out for n_in, n_out in pairwise(sizes)]
    return 3 * sum(each) - each[0]


def main(quick: bool, figure: Path | None = None) -> list[dict[str, object]]:
    """量，打印一张小表，要的话画成图；返回各行，给 JSON。"""
    speed, points = measure(quick)
    print(f"屋顶：大矩阵相乘，每秒 {speed / 1e9:.0f} G 次浮点运算")
    print("动的    是几    每步的浮点运算    每步        屋顶的几倍")
    for p in points:
        print(
            f"{p.sweep:<{6 - len(p.sweep)}}{p.value:>6}{p.operations / 1e6:>14.3f} M"
            f"{p.seconds * 1e6:>12.1f} µs{p.over_roof:>10.1f}"
        )
    if figure is not None:
        curves = [
            Curve(sweep, [(p.operations, p.seconds, str(p.value)) for p in points
                          if p.sweep == sweep])
            for sweep in SWEEPS
        ]  # fmt: skip
        figure.write_text(draw(curves, speed), encoding="utf-8")
        print(f"画在 {figure}")
    return [{"roof": speed, **asdict(p)} for p in points]

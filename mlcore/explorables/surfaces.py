"""有名字的损失曲面：函数、准确的梯度、最低点在哪里，还有从哪里看过去好看。

点是 (..., 2) 的数组，函数返回 (...)，梯度返回 (..., 2)。
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
Pair = tuple[float, float]


@dataclass(frozen=True)
class Surface:
    """一块两个参数的损失曲面。

    Attributes
    ----------
    label, formula : str
        名字；写给人看的公式。
    value, gradient : callable
        (..., 2) → (...)；(..., 2) → (..., 2)。
    minima : 点的元组
        全部最低点（值都是 ``lowest``）。
    goal : float
        高出最低点不到这么多，就算到了。
    centre, reach : 看哪里
        从 ``centre`` 往四边各看 ``reach``。
    start : 点
        默认的起点。
    others : 点的元组
        别的驻点：浅坑、鞍点、山顶。
    matrix, vector : 二次曲面的梯度是 ``matrix @ p + vector``；不是二次的就是 None。
    """

    label: str
    formula: str
    value: Callable[[Array], Array]
    gradient: Callable[[Array], Array]
    minima: tuple[Pair, ...]
    lowest: float
    goal: float
    centre: Pair
    reach: float
    start: Pair
    others: tuple[Pair, ...] = ()
    matrix: tuple[Pair, Pair] | None = None
    vector: Pair | None = None

    def above(self, points: Array) -> Array:
        """高出最低点多少，(..., 2) → (...)；舍入误差不让它变成负的。"""
        return np.maximum(self.value(points) - self.lowest, 0.0)

    def nearest_minimum(self, point: Array) -> Array:
        """离 ``point`` 最近的最低点，(2,)。"""
        minima = np.array(self.minima)
        return minima[np.argmin(((minima - np.asarray(point)) ** 2).sum(1))]


def quadratic(
    label: str, formula: str, matrix: tuple[Pair, Pair], vector: Pair, constant: float, **look: Any
) -> Surface:
    """½ pᵀ A p + b·p + c，A 对称正定；最低点在 −A⁻¹b。"""
    a, b = np.array(matrix), np.array(vector)
    (a00, a01), (_, a11) = matrix
    if a.shape != (2, 2) or not np.allclose(a, a.T) or np.linalg.eigvalsh(a)[0] <= 0:
        raise ValueError(f"matrix 要是对称正定的 2×2 矩阵，得到 {matrix!r}")
    lowest_at = -np.linalg.solve(a, b)

    # Written out: element by element the bits are the same on every machine, unlike with BLAS.
    def gradient(p: Array) -> Array:
        x, y = p[..., 0], p[..., 1]
        return np.stack([a00 * x + a01 * y + b[0], a01 * x + a11 * y + b[1]], axis=-1)

    def value(p: Array) -> Array:
        x, y = p[..., 0], p[..., 1]
        return 0.5 * (a00 * x * x + a11 * y * y) + a01 * x * y + b[0] * x + b[1] * y + constant

    return Surface(
        label=label,
        formula=formula,
        value=value,
        gradient=gradient,
        minima=((float(lowest_at[0]), float(lowest_at[1])),),
        lowest=float(value(lowest_at)),
        matrix=matrix,
        vector=vector,
        **look,
    )


def largest_step(surface: Surface) -> float:
    """二次曲面上梯度下降不发散的学习率上限 2/λ：λ 是 ``matrix`` 最大的特征值。

    Raises
    ------
    ValueError
        曲面不是二次的，没有一个处处适用的上限。
    """
    if surface.matrix is None:
        raise ValueError(f"「{surface.label}」不是二次曲面，没有一个处处适用的学习率上限")
    return 2.0 / float(np.linalg.eigvalsh(np.array(surface.matrix))[-1])


def two_pits(x: Array, ridge: float = 0.5) -> Array:
    """一条线上的两个坑：深的在 −2，浅的在 2，中间的坡顶在 ``ridge``（−2 到 2 之间）。

    由斜率 ``(x + 2)(x − ridge)(x − 2) / 4`` 积分得到，所以三个驻点都是准的；深坑的底是 0。
    """
    deepest = -4.0 - 16.0 / 3.0 * ridge
    return 0.25 * (x * x * x * x / 4 - ridge * x * x * x / 3 - 2 * x * x + 4 * ridge * x - deepest)


def two_pits_slope(x: Array, ridge: float = 0.5) -> Array:
    """``two_pits`` 的斜率。"""
    return 0.25 * (x + 2) * (x - ridge) * (x - 2)


RIDGES = (0.5, 0.8)
"""「几个坑」横着和竖着的坡顶在哪里。"""


def _pits(p: Array) -> Array:
    return two_pits(p[..., 0], RIDGES[0]) + two_pits(p[..., 1], RIDGES[1])


def _pits_gradient(p: Array) -> Array:
    return np.stack(
        [two_pits_slope(p[..., 0], RIDGES[0]), two_pits_slope(p[..., 1], RIDGES[1])], axis=-1
    )


def _saddle(p: Array) -> Array:
    x, y = p[..., 0], p[..., 1]
    return x * x / 2 + y * y * y * y / 16 - y * y / 2 + 1


def _saddle_gradient(p: Array) -> Array:
    x, y = p[..., 0], p[..., 1]
    return np.stack([x, y * y * y / 4 - y], axis=-1)


GOAL = 0.1
"""高出最低点不到这么多，就算到了谷底。"""
BEND = 5.0
"""弯谷的两壁有多陡；Rosenbrock（1960）原来是 100。"""


def _bent(p: Array) -> Array:
    x, y = p[..., 0], p[..., 1]
    return (1 - x) ** 2 + BEND * (y - x * x) ** 2


def _bent_gradient(p: Array) -> Array:
    x, y = p[..., 0], p[..., 1]
    off = y - x * x
    return np.stack([-2 * (1 - x) - 4 * BEND * x * off, 2 * BEND * off], axis=-1)


SURFACES: dict[str, Surface] = {
    "long": quadratic(
        "长碗",
        "x² + 8y²",
        ((2.0, 0.0), (0.0, 16.0)),
        (0.0, 0.0),
        0.0,
        goal=GOAL,
        centre=(0.0, 0.0),
        reach=4.8,
        start=(3.0, 4.0),
    ),
    "tilted": quadratic(
        "斜碗",
        "x² + y² + xy + x + y + 1",
        ((2.0, 1.0), (1.0, 2.0)),
        (1.0, 1.0),
        1.0,
        goal=GOAL,
        centre=(0.0, 0.0),
        reach=4.8,
        start=(4.0, -1.0),
    ),
    "three-to-one": quadratic(
        "三比一的碗",
        "1.5x² + 0.5y²",
        ((3.0, 0.0), (0.0, 1.0)),
        (0.0, 0.0),
        0.0,
        goal=GOAL,
        centre=(0.0, 0.0),
        reach=2.4,
        start=(1.0, 1.0),
    ),
    "pits": Surface(
        label="几个坑",
        formula="g(x) + g(y)",
        value=_pits,
        gradient=_pits_gradient,
        minima=((-2.0, -2.0),),
        lowest=0.0,
        goal=GOAL,
        centre=(0.0, 0.0),
        reach=3.4,
        start=(1.0, 2.9),
        others=((2.0, 2.0), (2.0, -2.0), (-2.0, 2.0), RIDGES),
    ),
    "saddle": Surface(
        label="马鞍",
        formula="½x² − ½y² + y⁴⁄16 + 1",
        value=_saddle,
        gradient=_saddle_gradient,
        minima=((0.0, 2.0), (0.0, -2.0)),
        lowest=0.0,
        goal=GOAL,
        centre=(0.0, 0.0),
        reach=3.4,
        start=(-2.8, 0.01),
        others=((0.0, 0.0),),
    ),
    "bent": Surface(
        label="弯谷",
        formula="(1 − x)² + 5(y − x²)²",
        value=_bent,
        gradient=_bent_gradient,
        minima=((1.0, 1.0),),
        lowest=0.0,
        goal=GOAL,
        centre=(0.0, 0.9),
        reach=2.0,
        start=(-1.4, 2.2),
    ),
}

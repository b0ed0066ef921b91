"""平面上的小数据集。

每个函数返回点 x (n, 2)（float64，大致在 [−1.2, 1.2]² 里）和类别 y (n,)（int64）。
类别 1 画成蓝色，0 画成橙色；两类各占一半（n 是奇数时橙色多一个），类别 1 排在前面。
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mlcore.backend import Array, array_namespace, get_backend
from mlcore.checks import choice, real_number, whole_number
from mlcore.random import Generator

Dataset = tuple[Array, Array]


def circle(n: int, generator: Generator, noise: float = 0.0, style: str = "convnetjs") -> Dataset:
    """一团点在中间，一圈点在外面。

    Parameters
    ----------
    style : {"convnetjs", "playground"}
        ``convnetjs``：半径除以 5，里面 U(0, 2)，外面 U(3, 5)，外面的角度等分
        （ConvNetJS classify2d 的 circle，原来 n = 100）。
        ``playground``：里面 U(0, 2.5)，外面 U(3.5, 5)，角度都随机（TensorFlow Playground）。
    """
    blue, orange = _halves(n)
    even = choice("style", style, ("convnetjs", "playground")) == "convnetjs"
    inner, start = (2.0, 3.0) if even else (2.5, 3.5)
    inside = _polar(_draw(generator, blue, 0.0, inner / 5), _angles(generator, blue))
    radius = _draw(generator, orange, start / 5, 1.0)
    angle = _ramp(orange) * (2 * math.pi) if even else _angles(generator, orange)
    return _together(inside, _polar(radius, angle), generator, noise)


def disc_in_ring(
    n: int,
    generator: Generator,
    inner: float = 0.5,
    gap: float = 0.2,
    outer: float = 1.0,
    noise: float = 0.0,
) -> Dataset:
    """圆盘套在环里，面积上均匀。

    半径 inner 的圆盘是类别 1，inner + gap 到 outer 的环是类别 0（Olah 2014 的嵌套的圆）。
    """
    blue, orange = _halves(n)
    inner = real_number("inner", inner, 0.0, above=True)
    start = inner + real_number("gap", gap, 0.0)
    outer = real_number("outer", outer, start, above=True)
    # Area grows with the square of the radius, so it is the square that is drawn evenly.
    disc = _polar(_draw(generator, blue, 0.0, inner**2) ** 0.5, _angles(generator, blue))
    ring = _polar(_draw(generator, orange, start**2, outer**2) ** 0.5, _angles(generator, orange))
    return _together(disc, ring, generator, noise)


def xor(n: int, generator: Generator, noise: float = 0.0, gap: float = 0.1) -> Dataset:
    """异或：左上和右下一类（1），左下和右上一类（0），中间留宽 gap 的十字空白。"""
    blue, orange = _halves(n)
    edge = real_number("gap", gap, 0.0, 1.9) / 2
    xp = get_backend().xp

    def quadrants(count: int, sign: float) -> Array:
        sizes = generator.uniform((count, 2), edge, 1.0, dtype="float64")
        side = xp.astype(generator.integers(count, 0, 2), xp.float64) * 2 - 1
        return sizes * xp.stack([side, sign * side], axis=1)

    return _together(quadrants(blue, -1.0), quadrants(orange, 1.0), generator, noise)


def spiral(n: int, generator: Generator, noise: float = 0.0, turns: float = 1.25) -> Dataset:
    """两条互相缠绕的螺线，各转 turns 圈。"""
    blue, orange = _halves(n)
    turns = real_number("turns", turns, 0.0)

    def arm(count: int, start: float) -> Array:
        along = (_ramp(count) * count + 1) / count
        return _polar(along, along * (2 * math.pi * turns) + start)

    return _together(arm(blue, 0.0), arm(orange, math.pi), generator, noise)


def two_curves(n: int, generator: Generator, noise: float = 0.0, gap: float = 0.5) -> Dataset:
    """两条上下相隔 gap 的拱形曲线，直线分不开（Olah 2014 的例子）。"""
    blue, orange = _halves(n)
    gap = real_number("gap", gap, 0.0)
    xp = get_backend().xp

    def arch(count: int, lift: float) -> Array:
        across = _draw(generator, count, -1.0, 1.0)
        return xp.stack([across, 0.5 * xp.cos(math.pi * across) + lift], axis=1)

    return _together(arch(blue, -gap / 2), arch(orange, gap / 2), generator, noise)


def moons(n: int, generator: Generator, noise: float = 0.0) -> Dataset:
    """两弯互相咬住的半月。"""
    blue, orange = _halves(n)
    shift = _array([0.325, 0.1625])
    angles = [generator.uniform(k, 0.0, math.pi, dtype="float64") for k in (blue, orange)]
    upper = 0.65 * _polar(1.0, angles[1]) - shift
    lower = -0.65 * _polar(1.0, angles[0]) + shift
    return _together(lower, upper, generator, noise)


def gaussian(n: int, generator: Generator, noise: float = 0.0, spread: float = 0.2) -> Dataset:
    """两团正态分布的点，中心在 (0.5, 0.5) 和 (−0.5, −0.5)，标准差 spread。"""
    blue, orange = _halves(n)
    spread = real_number("spread", spread, 0.0)

    def cloud(count: int, centre: float) -> Array:
        return generator.normal((count, 2), centre, spread, dtype="float64")

    return _together(cloud(blue, 0.5), cloud(orange, -0.5), generator, noise)


DATASETS: dict[str, Callable[..., Dataset]] = {
    "circle": circle,
    "disc_in_ring": disc_in_ring,
    "xor": xor,
    "spiral": spiral,
    "two_curves": two_curves,
    "moons": moons,
    "gaussian": gaussian,
}


def _halves(n: int) -> tuple[int, int]:
    n = whole_number("n", n, 2)
    return n // 2, n - n // 2


def _array(values: Any) -> Array:
    backend = get_backend()
    return backend.xp.asarray(values, dtype=backend.xp.float64, device=backend.device)


def _draw(generator: Generator, count: int, low: float, high: float) -> Array:
    return generator.uniform(count, low, high, dtype="float64")


def _angles(generator: Generator, count: int) -> Array:
    return _draw(generator, count, 0.0, 2 * math.pi)


def _ramp(count: int) -> Array:
    """0, 1/count, …, (count − 1)/count。"""
    return _array(range(count)) / count


def _polar(radius: Any, angle: Array) -> Array:
    xp = array_namespace(angle)
    return xp.stack([radius * xp.cos(angle), radius * xp.sin(angle)], axis=1)


def _together(blue: Array, orange: Array, generator: Generator, noise: float) -> Dataset:
    xp = array_namespace(blue)
    x = xp.concat([blue, orange])
    y = xp.zeros(x.shape[0], dtype=xp.int64, device=x.device)
    y[: blue.shape[0]] = 1
    if real_number("noise", noise, 0.0):
        x = x + generator.normal(tuple(x.shape), std=noise, dtype="float64")
    return x, y

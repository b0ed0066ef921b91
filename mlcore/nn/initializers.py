"""权重从什么数开始。

每一种都是函数 ``(generator, shape, …) → 数组``。形状和 PyTorch 的权重一样：线性层
``(n_out, n_in)``，卷积 ``(n_out, n_in, *核)``。一个输出由几个输入加起来（``fan_in``），一个
输入分给几个输出（``fan_out``），决定了数该多大；卷积的这两个数要再乘核的大小。
"""

from __future__ import annotations

import math
from collections.abc import Callable

from mlcore.backend import Array, describe, get_backend
from mlcore.checks import choice, real_number, whole_number
from mlcore.random import Generator

Initializer = Callable[[Generator, tuple[int, ...]], Array]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """权重的 (fan_in, fan_out)。

    Raises
    ------
    ValueError
        形状不到二维，分不出输入和输出。
    """
    shape = tuple(whole_number("shape", size, 1) for size in shape)
    if len(shape) < 2:
        raise ValueError(f"权重至少要有（输出，输入）两个轴，得到形状 {shape}")
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


# ---- 大小由人定 ----


def constant(generator: Generator, shape: tuple[int, ...], value: float = 0.0) -> Array:
    """全是同一个数。"""
    backend = get_backend()
    value = real_number("value", value)
    return backend.xp.full(shape, value, dtype=backend.dtype, device=backend.device)


def normal(
    generator: Generator, shape: tuple[int, ...], mean: float = 0.0, std: float = 0.01
) -> Array:
    """正态分布（高斯分布）。"""
    return generator.normal(shape, mean, std)


def uniform(
    generator: Generator, shape: tuple[int, ...], low: float = -0.05, high: float = 0.05
) -> Array:
    """[low, high) 里均匀分布。"""
    return generator.uniform(shape, low, high)


def truncated_normal(
    generator: Generator,
    shape: tuple[int, ...],
    mean: float = 0.0,
    std: float = 0.1,
    cut: float = 2.0,
) -> Array:
    """正态分布，离平均值超过 cut 个标准差的重取，直到都不超过。

    cut = 2 时，留下来的数标准差约是 0.88 std。
    """
    cut = real_number("cut", cut, 0.1)
    xp = get_backend().xp
    values = generator.normal(shape)
    while bool(xp.any(outside := xp.abs(values) > cut)):
        values = xp.where(outside, generator.normal(shape), values)
    return values * real_number("std", std, 0.0) + real_number("mean", mean)


# ---- 让信号一层层传下去，不放大也不缩小 ----


def xavier_uniform(generator: Generator, shape: tuple[int, ...], gain: float = 1.0) -> Array:
    """方差 2 / (fan_in + fan_out)，均匀分布（Glorot 与 Bengio 2010）。"""
    bound = gain * math.sqrt(6 / sum(fans(shape)))
    return generator.uniform(shape, -bound, bound)


def xavier_normal(generator: Generator, shape: tuple[int, ...], gain: float = 1.0) -> Array:
    """方差 2 / (fan_in + fan_out)，正态分布（Glorot 与 Bengio 2010）。"""
    return generator.normal(shape, std=gain * math.sqrt(2 / sum(fans(shape))))


def kaiming_uniform(generator: Generator, shape: tuple[int, ...]) -> Array:
    """方差 2 / fan_in，均匀分布：ReLU 砍掉一半，所以是 2（何恺明等 2015）。"""
    bound = math.sqrt(6 / fans(shape)[0])
    return generator.uniform(shape, -bound, bound)


def kaiming_normal(generator: Generator, shape: tuple[int, ...]) -> Array:
    """方差 2 / fan_in，正态分布（何恺明等 2015）。"""
    return generator.normal(shape, std=math.sqrt(2 / fans(shape)[0]))


def lecun_normal(generator: Generator, shape: tuple[int, ...]) -> Array:
    """方差 1 / fan_in，正态分布（LeCun 等 1998）。"""
    return generator.normal(shape, std=math.sqrt(1 / fans(shape)[0]))


def lv3_truncated(generator: Generator, shape: tuple[int, ...]) -> Array:
    """标准差 0.1 的截断正态再除以 √fan_out（讲义 LV3 的方式一）。层多了，信号会越传越小。"""
    return truncated_normal(generator, shape) * (1 / math.sqrt(fans(shape)[1]))


def lv3_uniform(generator: Generator, shape: tuple[int, ...]) -> Array:
    """±√(5 / fan_in) 里均匀分布（讲义 LV3 的方式二）：方差 5/3 / fan_in，比何恺明的小一点。"""
    bound = math.sqrt(5 / fans(shape)[0])
    return generator.uniform(shape, -bound, bound)


# ---- 有结构的 ----


def orthogonal(generator: Generator, shape: tuple[int, ...], gain: float = 1.0) -> Array:
    """各行（或各列，取少的）互相垂直、长为 gain 的矩阵（Saxe 等 2014）。

    卷积的权重摊平成 (n_out, n_in × 核) 来看。
    """
    fans(shape)
    backend = get_backend()
    xp = backend.xp
    rows, columns = shape[0], math.prod(shape[1:])
    wide = rows < columns
    draw = generator.normal((columns, rows) if wide else (rows, columns), dtype=xp.float64)
    q, r = xp.linalg.qr(draw)
    # QR leaves each column's sign open: with R's diagonal positive, all rotations are as likely.
    q = q * xp.sign(xp.linalg.diagonal(r))
    q = xp.reshape(q.T if wide else q, shape) * real_number("gain", gain)
    return xp.astype(q, backend.dtype)


def sparse(
    generator: Generator, shape: tuple[int, ...], sparsity: float = 0.9, std: float = 0.01
) -> Array:
    """每个输入只连到少数几个输出：每列随机挑 sparsity 这么多（向上取整）变成 0，别的是正态分布
    （Martens 2010）。只用于矩阵。
    """
    if len(shape) != 2:
        raise ValueError(f"sparse 只用于矩阵，得到形状 {tuple(shape)}")
    sparsity = real_number("sparsity", sparsity, 0.0, 1.0)
    xp = get_backend().xp
    values = generator.normal(shape, std=std)
    order = xp.argsort(generator.uniform(shape, dtype=xp.float64), axis=0)
    rank = xp.argsort(order, axis=0)
    return xp.where(rank < math.ceil(sparsity * shape[0]), xp.zeros_like(values), values)


def identity(generator: Generator, shape: tuple[int, ...]) -> Array:
    """原样传过去：矩阵是单位矩阵；卷积只在核的正中是 1，第 i 个输入到第 i 个输出。"""
    fans(shape)
    weight = constant(generator, shape)
    middle = tuple(size // 2 for size in shape[2:])
    for i in range(min(shape[:2])):
        weight[(i, i, *middle)] = 1.0
    return weight


INITIALIZERS: dict[str, Initializer] = {
    "zeros": constant,
    "normal": normal,
    "uniform": uniform,
    "truncated_normal": truncated_normal,
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "kaiming_uniform": kaiming_uniform,
    "kaiming_normal": kaiming_normal,
    "lecun_normal": lecun_normal,
    "lv3_truncated": lv3_truncated,
    "lv3_uniform": lv3_uniform,
    "orthogonal": orthogonal,
    "sparse": sparse,
    "identity": identity,
}
"""名字 → 函数；层的 ``init`` 参数用这些名字。"""


def initial(init: str | Initializer, generator: Generator, shape: tuple[int, ...]) -> Array:
    """按名字，或者用自己的函数 ``(generator, shape) → 数组``，造一层的初值。

    Raises
    ------
    ValueError, TypeError
        名字不认识，generator 不是 :class:`Generator`，或者函数给的形状不对。
    """
    if not isinstance(generator, Generator):
        raise TypeError(f"generator 要是 mlcore.random.Generator，得到 {describe(generator)}")
    make = init if callable(init) else INITIALIZERS[choice("init", init, INITIALIZERS)]
    weight = make(generator, shape)
    if tuple(weight.shape) != tuple(shape):
        raise ValueError(f"init 要给形状 {tuple(shape)} 的数组，得到{describe(weight)}")
    return weight

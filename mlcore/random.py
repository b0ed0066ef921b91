"""随机数：由（种子、流、第几个）直接算出来，不依赖任何库的版本。

第 i 个随机数是 (seed, stream, i) 的散列，只用 32 位整数运算。所以 NumPy、PyTorch、浏览器里
得到的位完全一样；状态只是一个计数，存下来再放回去，后面的数就会原样重来。
（NumPy 自己的随机数流会随版本改变。）
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.backend import Array, get_backend
from mlcore.checks import real_number, whole_number

_MASK = 0xFFFFFFFF
_GOLDEN = 0x9E3779B9


def _mix(x: Any) -> Any:
    """把 32 位整数搅匀：每个输入位的翻转以约一半的概率翻转每个输出位。

    常数是 Chris Wellons 搜索到的 lowbias32（Hash Prospector, 2018）。数组原地改写；torch 的
    CPU 版不会加减、移动 uint32，那里用 int64 存，所以乘法之后都截到 32 位。
    """
    x ^= x >> 16
    x *= 0x7FEB352D
    x &= _MASK
    x ^= x >> 15
    x *= 0x846CA68B
    x &= _MASK
    x ^= x >> 16
    return x


class Generator:
    """可重现的随机数发生器。

    Parameters
    ----------
    seed : int
        0 到 2³²−1。
    stream : int
        同一个种子下互不相干的流，0 到 2³²−1。

    Attributes
    ----------
    counter : int
        已经取了多少个数。(seed, stream, counter) 就是全部状态；改回从前的值，就重来一遍。
    """

    __slots__ = ("counter", "seed", "stream")

    def __init__(self, seed: int, stream: int = 0) -> None:
        self.seed = whole_number("seed", seed, 0, _MASK)
        self.stream = whole_number("stream", stream, 0, _MASK)
        self.counter = 0

    def __repr__(self) -> str:
        return f"Generator(seed={self.seed}, stream={self.stream}, counter={self.counter})"

    def bits(self, count: int, words: int = 1) -> tuple[Array, ...]:
        """取 count 个数，每个有 words 串 32 位（NumPy 用 uint32 装，torch 用 int64 装）。"""
        start = self.counter
        self.counter += count
        room = (_MASK + 1) - (start & _MASK)
        if count <= room:
            return self._block(start, count, words)
        # The low half of the counter wraps inside this draw: the high half goes into the key.
        xp = get_backend().xp
        parts = (self._block(start, room, words), self._block(start + room, count - room, words))
        return tuple(xp.concat(halves) for halves in zip(*parts, strict=True))

    def _block(self, start: int, count: int, words: int) -> tuple[Array, ...]:
        backend = get_backend()
        xp = backend.xp
        word = xp.arange(count, dtype=xp.uint32 if xp is np else xp.int64, device=backend.device)
        word += start & _MASK
        word &= _MASK
        key = 0
        for part in (self.seed, self.stream, start >> 32 & _MASK):
            key = _mix((key ^ part) + _GOLDEN & _MASK)
        word = _mix(word ^ key)
        found = []
        for _ in range(words):
            key = _mix(key + _GOLDEN & _MASK)
            word = _mix(word ^ key)
            found.append(word)
        return tuple(found)

    def _unit(self, shape: Any) -> Array:
        """[0, 1) 里的 float64，53 位全是随机的。"""
        xp = get_backend().xp
        shape, size = _shape(shape)
        high, low = self.bits(size, 2)
        unit = xp.astype(high, xp.float64) * 2.0**21 + xp.astype(low >> 11, xp.float64)
        return xp.reshape(unit * 2.0**-53, shape)

    def uniform(self, shape: Any, low: float = 0.0, high: float = 1.0, dtype: Any = None) -> Array:
        """[low, high) 里均匀分布的数。

        Parameters
        ----------
        shape : int 或 int 的元组
        low, high : float
        dtype : 类型，可选
            默认是后端的浮点类型。float32 的结果是同一批 float64 的数舍去后面的位。
        """
        low, high = real_number("low", low), real_number("high", high)
        if low >= high:
            raise ValueError(f"low 要小于 high，得到 low={low:g}、high={high:g}")
        backend = get_backend()
        xp = backend.xp
        dtype = _float_type(backend, dtype)
        if dtype == xp.float64:
            unit = self._unit(shape)
        else:
            # 24 bits fill a float32 below one; rounding 53 bits could give 1.0 itself.
            shape, size = _shape(shape)
            word = xp.astype(self.bits(size)[0] >> 8, dtype)
            unit = xp.reshape(word * 2.0**-24, shape)
        if low == 0.0 and high == 1.0:
            return unit
        return unit * (high - low) + low

    def normal(self, shape: Any, mean: float = 0.0, std: float = 1.0, dtype: Any = None) -> Array:
        """正态分布的数（Box 与 Muller 1958）。

        用到 log 和 cos，所以不同后端的结果只在舍入误差以内相同。
        """
        mean, std = real_number("mean", mean), real_number("std", std, 0.0)
        backend = get_backend()
        xp = backend.xp
        shape, size = _shape(shape)
        first, second = self.bits(size, 2)
        radius = (xp.astype(first, xp.float64) + 0.5) * 2.0**-32
        angle = xp.astype(second, xp.float64) * (2.0 * math.pi * 2.0**-32)
        values = xp.sqrt(-2.0 * xp.log(radius)) * xp.cos(angle) * std + mean
        return xp.reshape(xp.astype(values, _float_type(backend, dtype)), shape)

    def integers(self, shape: Any, low: int, high: int) -> Array:
        """low, …, high − 1 里等可能的整数（int64）；high − low 至多 2⁵³。"""
        low = whole_number("low", low, -(2**62), 2**62)
        high = whole_number("high", high, low + 1, low + 2**53)
        xp = get_backend().xp
        # A 53-bit fraction times the width never rounds up to the width itself.
        return xp.astype(xp.floor(self._unit(shape) * float(high - low)), xp.int64) + low

    def permutation(self, n: int) -> Array:
        """0, …, n − 1 的一个随机排列（int64）。"""
        n = whole_number("n", n)
        xp = get_backend().xp
        return xp.astype(xp.argsort(self.bits(n)[0], stable=True), xp.int64)


def _shape(shape: Any) -> tuple[tuple[int, ...], int]:
    sizes = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    sizes = tuple(whole_number("shape", size) for size in sizes)
    return sizes, math.prod(sizes)


def _float_type(backend: Any, dtype: Any) -> Any:
    if dtype is None:
        return backend.dtype
    return getattr(backend.xp, dtype) if isinstance(dtype, str) else dtype

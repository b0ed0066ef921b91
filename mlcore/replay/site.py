"""一条指令站在哪里：它读写的数组、属性，和一块用完就还的草稿。"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

Call = Callable[[], object]


class Scratch:
    """草稿：每条指令从头用同一块内存。

    先不给内存跑一遍，量出 ``most``；再给足内存跑一遍，得到真正的调用。
    """

    def __init__(self, memory: np.ndarray | None) -> None:
        self.memory = memory
        self.most = 0
        self._at = 0
        self._lasting: dict[tuple[str, int, float], np.ndarray] = {}

    def begin(self, at: int = 0) -> None:
        """从头用起；给了 ``at`` 就从那里用起，之前要的还留着。"""
        self._at = at

    @property
    def at(self) -> int:
        """现在用到哪里。"""
        return self._at

    def take(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """一块没有初值的草稿，下一条指令会盖掉它。"""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        start, self._at = self._at, self._at + -(-size // 64) * 64
        self.most = max(self.most, self._at)
        if self.memory is None:
            return np.empty(shape, dtype)
        piece: np.ndarray = self.memory[start : start + size].view(dtype)
        return piece.reshape(shape)

    def full(self, count: int, value: float, dtype: Any) -> np.ndarray:
        """一条填满 value 的数组，长 count；一样的只有一条，谁也不许改。"""
        key = (str(dtype), count, value)
        if key not in self._lasting:
            self._lasting[key] = np.full(count, value, dtype)
        return self._lasting[key]


def batch_last(array: np.ndarray) -> bool:
    """批那一维是不是排在最里面：内存里是 (特征…, N)。"""
    return (
        array.ndim > 1
        and not array.flags.c_contiguous
        and np.moveaxis(array, 0, -1).flags.c_contiguous
    )


def flat(array: np.ndarray) -> np.ndarray | None:
    """按内存里的次序看成一条；不复制，办不到就是 None。"""
    if batch_last(array):
        array = np.moveaxis(array, 0, -1)
    return array.reshape(-1) if array.flags.c_contiguous else None


class Site(NamedTuple):
    """一条指令的所在。"""

    reads: list[np.ndarray]
    writes: list[np.ndarray]
    attrs: dict[str, Any]
    scratch: Scratch

    def like(self, array: np.ndarray) -> np.ndarray:
        """与 array 形状、类型、轴的次序都一样的草稿。"""
        if batch_last(array):
            found = self.scratch.take(array.shape[1:] + array.shape[:1], array.dtype)
            return np.moveaxis(found, -1, 0)
        return self.scratch.take(array.shape, array.dtype)


Kernel = Callable[[Site], "list[Call] | None"]
"""返回要依次做的调用；这样的输入不会做，就返回 None。"""


def row_numbers(site: Site, calls: list[Call], index: np.ndarray) -> np.ndarray:
    """``np.take`` 肯收的编号，这台机器的 intp：网页里的 Python 是 32 位的，
    int64 的标签要先抄一遍。
    """
    if index.dtype == np.intp:
        return index
    copy = site.scratch.take(index.shape, np.intp)
    calls.append(partial(np.copyto, copy, index, "same_kind"))
    return copy

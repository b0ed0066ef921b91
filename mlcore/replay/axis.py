"""卷积和汇聚的就地写法共用的：窗在一个轴上怎样移，批怎样排到最里面。"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from mlcore.operations.windows import Sizes
from mlcore.replay.site import Call, Site


class Axis(NamedTuple):
    """一个轴：输入有 size 格，窗有 out 个位置、kernel 格，步幅、补边、膨胀各多少。"""

    size: int
    out: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def seen(self, tap: int, low: int, high: int) -> tuple[slice, slice]:
        """窗在 low … high − 1 这些位置时，它的第 tap 格看到什么。

        返回两段一样长的切片：看得到输入的那些位置（从 low 数起），和看到的那些输入。其余的位置
        看到的是补的边。
        """
        shift = tap * self.dilation - self.padding
        first = min(max(low, -(shift // self.stride)), high)
        last = max(min(high, (self.size - 1 - shift) // self.stride + 1), first)
        if last == first:
            return slice(first - low, first - low), slice(0, 0)
        begin, end = (at * self.stride + shift for at in (first, last - 1))
        return slice(first - low, last - low), slice(begin, end + 1, self.stride)


def axes_of(
    sizes: Sizes, out: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> tuple[Axis, Axis]:
    """两个轴；只有一个轴的，前面添一个长为 1 的。"""
    found = [
        Axis(*one) for one in zip(sizes, out, kernel, stride, padding, dilation, strict=True)
    ]
    rows, cols = found if len(found) == 2 else (Axis(1, 1, 1), found[0])
    return rows, cols


def planes(array: np.ndarray) -> np.ndarray:
    """(N, C, *大小) 看成 (C, H, W, N)；只有一个轴的，H 是 1。"""
    moved = np.moveaxis(array, 0, -1)
    return moved if array.ndim == 4 else moved[:, None]


def source(site: Site, array: np.ndarray) -> tuple[np.ndarray, list[Call]]:
    """要读的数组，批连着排在最里面；不是这样的，先抄进草稿。"""
    view = planes(array)
    if view.flags.c_contiguous:
        return view, []
    copy = site.scratch.take(view.shape, array.dtype)
    return copy, [partial(np.copyto, copy, view)]


def target(site: Site, array: np.ndarray) -> tuple[np.ndarray, list[Call]]:
    """要写的数组，批连着排在最里面；不是这样的，先写在草稿里，最后抄过去。"""
    view = planes(array)
    if view.flags.c_contiguous:
        return view, []
    copy = site.scratch.take(view.shape, array.dtype)
    return copy, [partial(np.copyto, view, copy)]


def clear(parts: Sequence[np.ndarray], value: float = 0.0) -> list[Call]:
    """把这几块填满；空的不用管。"""
    return [partial(part.fill, value) for part in parts if part.size]


def around(array: np.ndarray, axis: int, kept: slice) -> list[np.ndarray]:
    """数组沿一个轴，kept 之前和之后的两块。"""
    before = (slice(None),) * axis
    return [array[(*before, slice(0, kept.start))], array[(*before, slice(kept.stop, None))]]

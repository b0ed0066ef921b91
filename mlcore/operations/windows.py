"""卷积和汇聚共用的：一扇窗在输入上一格一格地移。

输入的形状是 (N, C, *大小)，窗有几个轴，就在后面几个轴上移；stride、padding、dilation 是每个轴
一个整数的元组。
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from mlcore.backend import Array

Sizes = tuple[int, ...]


def sizes_out(sizes: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Sizes:
    """窗在每个轴上有几个位置。

    Raises
    ------
    ValueError
        补零之后的输入还不够一扇窗大。
    """
    found = []
    for size, width, step, pad, gap in zip(sizes, kernel, stride, padding, dilation, strict=True):
        span = gap * (width - 1) + 1
        if span > size + 2 * pad:
            raise ValueError(f"窗口有 {span} 宽，比补边之后的输入 {size + 2 * pad} 还大")
        found.append((size + 2 * pad - span) // step + 1)
    return tuple(found)


def padded(xp: Any, x: Array, padding: Sizes, value: float = 0.0) -> Array:
    """四周补上 value。"""
    if not any(padding):
        return x
    sizes = [size + 2 * pad for size, pad in zip(x.shape[2:], padding, strict=True)]
    wide = xp.full((*x.shape[:2], *sizes), value, dtype=x.dtype, device=x.device)
    inside(wide, padding)[...] = x
    return wide


def inside(x: Array, padding: Sizes) -> Array:
    """去掉四周补上的。"""
    ends = [slice(pad, x.shape[2 + axis] - pad) for axis, pad in enumerate(padding)]
    return x[(..., *ends)]


def shifts(
    kernel: Sizes, out: Sizes, stride: Sizes, dilation: Sizes
) -> Iterator[tuple[Sizes, tuple[Any, ...]]]:
    """窗里的每一格，和它依次看到的那些输入：``(格子, 切片)``。

    ``x[切片]`` 的大小是 out：窗移到每个位置时，这一格下面的数。
    """
    for cell in product(*map(range, kernel)):
        yield cell, (
            ...,
            *[
                slice(at * gap, at * gap + step * (size - 1) + 1, step)
                for at, gap, step, size in zip(cell, dilation, stride, out, strict=True)
            ],
        )


def windows(x: np.ndarray, kernel: Sizes, out: Sizes, stride: Sizes, dilation: Sizes) -> np.ndarray:
    """同样的数，一次看全：NumPy 的视图 (N, C, *核, *out)，不复制。只能读。"""
    steps = x.strides[2:]
    return np.lib.stride_tricks.as_strided(
        x,
        (*x.shape[:2], *kernel, *out),
        (
            *x.strides[:2],
            *[step * gap for step, gap in zip(steps, dilation, strict=True)],
            *[step * jump for step, jump in zip(steps, stride, strict=True)],
        ),
        writeable=False,
    )

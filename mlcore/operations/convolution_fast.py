"""卷积的快的一份：NumPy 上摊成大矩阵相乘，torch 上用它自己的核。

摊开（im2col）：窗在每个位置看到的数排成一列，所有位置并排，卷积就成了一次矩阵乘法，交给 BLAS。
矩阵是输入的核面积那么多倍大，所以一次只摊几个样本，正好放得进缓存。
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from mlcore.backend import Array
from mlcore.operations.windows import Sizes, inside, padded, shifts, sizes_out, windows

# Columns for about this many bytes are laid out at a time.
COLUMN_BYTES = 1 << 20


def slide(
    xp: Any,
    x: np.ndarray,
    weight: np.ndarray,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> np.ndarray:
    """和 :func:`mlcore.operations.convolution.slide` 一样。"""
    kernel = weight.shape[2:]
    out = sizes_out(x.shape[2:], kernel, stride, padding, dilation)
    rows = weight.reshape(groups, weight.shape[0] // groups, -1)
    view = windows(padded(np, x, padding), kernel, out, stride, dilation)
    result = np.empty((x.shape[0], weight.shape[0], *out), x.dtype)
    for part in _parts(view):
        product = rows @ _columns(view[part], groups)
        result[part] = _samples_first(product, view[part].shape[0], out)
    return result


def scatter(
    xp: Any,
    grad: np.ndarray,
    weight: np.ndarray,
    sizes: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> np.ndarray:
    """和 :func:`mlcore.operations.convolution.scatter` 一样。"""
    kernel, out = weight.shape[2:], grad.shape[2:]
    channels = weight.shape[1] * groups
    wide = [size + 2 * pad for size, pad in zip(sizes, padding, strict=True)]
    total: Any = np.zeros((grad.shape[0], channels, *wide), grad.dtype)
    rows = weight.reshape(groups, weight.shape[0] // groups, -1).mT
    each = channels * math.prod(kernel) * math.prod(out) * grad.itemsize
    cells = list(shifts(kernel, out, stride, dilation))
    for low in range(0, grad.shape[0], step := _samples_at_once(each)):
        part = slice(low, low + step)
        piece = grad[part]
        product = rows @ _rows(piece, groups)
        # (groups, C, *kernel, n, *out) with groups and C as one axis
        product = product.reshape(channels, *kernel, piece.shape[0], *out)
        for cell, seen in cells:
            total[part][seen] += product[(slice(None), *cell)].swapaxes(0, 1)
    result: np.ndarray = inside(total, padding)
    return result


def correlate(
    xp: Any,
    x: np.ndarray,
    grad: np.ndarray,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> np.ndarray:
    """和 :func:`mlcore.operations.convolution.correlate` 一样。"""
    view = windows(padded(np, x, padding), kernel, grad.shape[2:], stride, dilation)
    total: Any = 0
    for part in _parts(view):
        total = total + _rows(grad[part], groups) @ _columns(view[part], groups).mT
    return total.reshape(grad.shape[1], x.shape[1] // groups, *kernel)  # type: ignore[no-any-return]


def gradients(
    needs: list[bool], grad: np.ndarray, x: np.ndarray, weight: np.ndarray, **attrs: Any
) -> tuple[Any, Any]:
    """卷积对输入和权重的梯度。"""
    return (
        scatter(np, grad, weight, x.shape[2:], **attrs) if needs[0] else None,
        correlate(np, x, grad, weight.shape[2:], **attrs) if needs[1] else None,
    )


def _samples_at_once(each: int) -> int:
    return max(1, COLUMN_BYTES // max(each, 1))


def _parts(view: np.ndarray) -> Iterator[slice]:
    """把样本切成几段，一段摊开来不超过 COLUMN_BYTES。"""
    count = view.shape[0]
    step = _samples_at_once(math.prod(view.shape[1:]) * view.itemsize)
    return (slice(low, low + step) for low in range(0, count, step))


def _columns(view: np.ndarray, groups: int) -> np.ndarray:
    """(n, C, *核, *out) → (groups, C / groups × 核, n × out)。"""
    middle = 2 + (view.ndim - 2) // 2
    axes = (*range(1, middle), 0, *range(middle, view.ndim))
    width = view.shape[0] * math.prod(view.shape[middle:])
    return view.transpose(axes).reshape(groups, -1, width)


def _rows(grad: np.ndarray, groups: int) -> np.ndarray:
    """(n, O, *out) → (groups, O / groups, n × out)。"""
    width = grad.shape[0] * math.prod(grad.shape[2:])
    return grad.swapaxes(0, 1).reshape(groups, -1, width)


def _samples_first(product: np.ndarray, count: int, out: Sizes) -> np.ndarray:
    """(groups, O / groups, n × out) → (n, O, *out)。"""
    return product.reshape(-1, count, *out).swapaxes(0, 1)


# ---- torch ----


def torch_forward(
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
    output_padding: Sizes | None = None,
) -> Array:
    """给了 output_padding 就是转置卷积。"""
    from torch.ops import aten

    transposed, extra = output_padding is not None, output_padding or [0] * len(stride)
    return aten.convolution(
        x, weight, bias, stride, padding, dilation, transposed, extra, groups
    )


def torch_backward(
    needs: list[bool],
    grad: Array,
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
    output_padding: Sizes | None = None,
) -> tuple[Any, ...]:
    from torch.ops import aten

    transposed, extra = output_padding is not None, output_padding or [0] * len(stride)
    wanted = [*needs, False][:3]
    grads = aten.convolution_backward(
        grad,
        x,
        weight,
        None if bias is None else list(bias.shape),
        stride,
        padding,
        dilation,
        transposed,
        extra,
        groups,
        wanted,
    )
    return tuple(grads[: len(needs)])

"""汇聚：窗里的数变成一个，取最大或者取平均。一维、二维同一份代码，形状 (N, C, *大小)。"""

from __future__ import annotations

import math
from typing import Any

from mlcore.backend import Array
from mlcore.operations.base import Operation, is_torch
from mlcore.operations.windows import Sizes, inside, padded, shifts, sizes_out


def _max(xp: Any, x: Array, *, kernel: Sizes, stride: Sizes, padding: Sizes) -> tuple[Array, Any]:
    """先在每一行里比，再在行与行之间比；留给回传的是每个轴上赢的是第几格。"""
    _sizes(x, kernel, stride, padding)
    if is_torch(xp):
        return _torch_max(x, kernel, stride, padding)
    winners = []
    for axis in reversed(range(len(kernel))):
        x = padded(xp, x, _alone(padding, axis), -math.inf)
        x, winner = _max_along(xp, x, 2 + axis, kernel[axis], stride[axis])
        winners.append(winner)
    return x, tuple(winners)


def _max_along(xp: Any, x: Array, axis: int, width: int, step: int) -> tuple[Array, Array]:
    """沿一个轴，每扇窗里最大的，和它在窗里第几格；一样大时是第一个，和 PyTorch 一样。"""
    cells = [x[seen] for seen in _seen(x.shape[axis], axis, width, step)]
    best = xp.asarray(cells[0], copy=True)
    winner = xp.zeros(best.shape, dtype=xp.uint8 if width <= 256 else xp.int32, device=x.device)
    for number, cell in enumerate(cells[1:], 1):
        # A later cell that wins has the greater number.
        winner = xp.maximum(winner, xp.astype(cell > best, winner.dtype) * number)
        best = xp.maximum(best, cell)
    return best, winner


def _max_backward(
    xp: Any,
    needs: Any,
    grad: Array,
    kept: Any,
    x: Array,
    *,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
) -> tuple[Any, ...]:
    if is_torch(xp):
        return (_torch_max_backward(grad, x, kernel, stride, padding, kept),)
    for axis, winner in enumerate(reversed(kept)):
        shape = list(grad.shape)
        shape[2 + axis] = x.shape[2 + axis] + 2 * padding[axis]
        total = xp.zeros(tuple(shape), dtype=grad.dtype, device=grad.device)
        cells = _seen(shape[2 + axis], 2 + axis, kernel[axis], stride[axis])
        for number, seen in enumerate(cells):
            total[seen] += grad * xp.astype(winner == number, grad.dtype)
        grad = inside(total, _alone(padding, axis))
    return (grad,)


def _alone(padding: Sizes, axis: int) -> Sizes:
    return tuple(pad if place == axis else 0 for place, pad in enumerate(padding))


def _seen(size: int, axis: int, width: int, step: int) -> list[tuple[Any, ...]]:
    """窗里的每一格，依次看到这个轴上的哪些。"""
    last = (size - width) // step * step + 1
    before = (slice(None),) * axis
    return [(*before, slice(at, at + last, step)) for at in range(width)]


def _average(
    xp: Any, x: Array, *, kernel: Sizes, stride: Sizes, padding: Sizes, count_include_pad: bool
) -> Array:
    out = _sizes(x, kernel, stride, padding)
    wide = padded(xp, x, padding)
    total: Any = 0
    for _, seen in shifts(kernel, out, stride, _ones(kernel)):
        total = total + wide[seen]
    return total * _share(xp, x, out, kernel, stride, padding, count_include_pad)


def _average_backward(
    xp: Any,
    needs: Any,
    grad: Array,
    out: Array,
    x: Array,
    *,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    count_include_pad: bool,
) -> tuple[Any, ...]:
    sizes = grad.shape[2:]
    grad = grad * _share(xp, x, sizes, kernel, stride, padding, count_include_pad)
    wide = [size + 2 * pad for size, pad in zip(x.shape[2:], padding, strict=True)]
    total = xp.zeros((*x.shape[:2], *wide), dtype=x.dtype, device=x.device)
    for _, seen in shifts(kernel, sizes, stride, _ones(kernel)):
        total[seen] += grad
    return (inside(total, padding),)


def _share(
    xp: Any, x: Array, out: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, with_pad: bool
) -> Any:
    """每扇窗里的一个数占几分之一：补的零算不算在内，由 count_include_pad 定。"""
    if with_pad or not any(padding):
        return 1 / math.prod(kernel)
    ones = xp.ones((1, 1, *x.shape[2:]), dtype=x.dtype, device=x.device)
    ones = padded(xp, ones, padding)
    count: Any = 0
    for _, seen in shifts(kernel, out, stride, _ones(kernel)):
        count = count + ones[seen]
    return 1 / count


def _sizes(x: Array, kernel: Sizes, stride: Sizes, padding: Sizes) -> Sizes:
    if x.ndim != len(kernel) + 2:
        raise ValueError(f"输入要有 {len(kernel) + 2} 个轴（样本、通道、大小），得到 {x.ndim} 个")
    if any(2 * pad > width for pad, width in zip(padding, kernel, strict=True)):
        raise ValueError(f"补边 {padding} 至多是窗口 {kernel} 的一半，否则有的窗里一个数也没有")
    return sizes_out(x.shape[2:], kernel, stride, padding, _ones(kernel))


def _ones(kernel: Sizes) -> Sizes:
    return (1,) * len(kernel)


# ---- torch 自己的核；它只有二维的，一维的添一个长为 1 的轴 ----


def _torch_max(x: Array, kernel: Sizes, stride: Sizes, padding: Sizes) -> tuple[Array, Array]:
    from torch.ops import aten

    plane, window = _as_plane(x, kernel, stride, padding)
    out, where = aten.max_pool2d_with_indices(plane, *window)
    return out.reshape(*x.shape[:2], *out.shape[-len(kernel) :]), where


def _torch_max_backward(
    grad: Array, x: Array, kernel: Sizes, stride: Sizes, padding: Sizes, where: Array
) -> Array:
    from torch.ops import aten

    plane, window = _as_plane(x, kernel, stride, padding)
    grad = grad.reshape(where.shape)
    found = aten.max_pool2d_with_indices_backward(grad, plane, *window, [1, 1], False, where)
    return found.reshape(x.shape)


def _as_plane(x: Array, kernel: Sizes, stride: Sizes, padding: Sizes) -> tuple[Array, Any]:
    if len(kernel) == 2:
        return x, (kernel, stride, padding)
    return x.unsqueeze(2), ((1, *kernel), (1, *stride), (0, *padding))


OPS: dict[str, Operation] = {
    "max_pool": Operation(_max, _max_backward, saves=True),
    "avg_pool": Operation(_average, _average_backward),
}

"""卷积和转置卷积，一维、二维同一份代码。

卷积只有三件事要算，转置卷积把它们换个位置又用一遍：

- :func:`slide`：输入和权重 → 输出；
- :func:`scatter`：输出的梯度和权重 → 输入的梯度；
- :func:`correlate`：输入和输出的梯度 → 权重的梯度。

这里先各写一遍最直白的：对核里的每一格，把输入平移过去，乘上那一格的权重。它在哪个后端都能算。
快的一份在 :mod:`mlcore.operations.convolution_fast`，按 ``xp`` 选；测试核对两份一样。

形状：x (N, C, *大小)，weight (O, C / groups, *核)，结果 (N, O, *大小)。groups 把通道分成几组，
各算各的。
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.backend import Array
from mlcore.operations import convolution_fast as fast
from mlcore.operations.base import Operation, is_torch
from mlcore.operations.windows import Sizes, inside, padded, shifts, sizes_out

# ---- 直白的 ----


def slide(
    xp: Any, x: Array, weight: Array, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Array:
    """卷积：窗移到每个位置，权重乘窗里的数，加起来。"""
    kernel = weight.shape[2:]
    out = sizes_out(x.shape[2:], kernel, stride, padding, dilation)
    x = padded(xp, x, padding)
    weight = _grouped(xp, weight, groups)
    total: Any = 0
    for cell, seen in shifts(kernel, out, stride, dilation):
        # (groups, O, C) @ (N, groups, C, positions)
        total = total + weight[(..., *cell)] @ _flat(xp, x[seen], groups)
    return xp.reshape(total, (x.shape[0], -1, *out))


def scatter(
    xp: Any,
    grad: Array,
    weight: Array,
    sizes: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Array:
    """输入的梯度：每个输出的梯度，按权重分回窗里的每一格。sizes 是输入的大小。"""
    count, out = grad.shape[0], grad.shape[2:]
    wide = tuple(size + 2 * pad for size, pad in zip(sizes, padding, strict=True))
    channels = weight.shape[1] * groups
    total = xp.zeros((count, channels, *wide), dtype=grad.dtype, device=grad.device)
    grad = _flat(xp, grad, groups)
    weight_by_group = _grouped(xp, weight, groups)
    for cell, seen in shifts(weight.shape[2:], out, stride, dilation):
        part = weight_by_group[(..., *cell)].mT @ grad
        total[seen] += xp.reshape(part, (count, channels, *out))
    return inside(total, padding)


def correlate(
    xp: Any,
    x: Array,
    grad: Array,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Array:
    """权重的梯度：每一格看到的数，和输出的梯度相乘，对所有位置和样本求和。"""
    out = grad.shape[2:]
    x = padded(xp, x, padding)
    grad = _flat(xp, grad, groups)
    cells = [
        xp.sum(grad @ _flat(xp, x[seen], groups).mT, axis=0)
        for _, seen in shifts(kernel, out, stride, dilation)
    ]
    return xp.reshape(xp.stack(cells, axis=-1), (-1, x.shape[1] // groups, *kernel))


def _grouped(xp: Any, weight: Array, groups: int) -> Array:
    return xp.reshape(weight, (groups, weight.shape[0] // groups, *weight.shape[1:]))


def _flat(xp: Any, x: Array, groups: int) -> Array:
    """(N, C, *大小) → (N, groups, C / groups, 位置)。"""
    return xp.reshape(x, (x.shape[0], groups, x.shape[1] // groups, -1))


# ---- 卷积 ----


def _convolution(
    xp: Any,
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Array:
    _check(x, weight, groups)
    if x.shape[1] != weight.shape[1] * groups:
        raise ValueError(f"输入有 {x.shape[1]} 个通道，权重要 {weight.shape[1] * groups} 个")
    sizes_out(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    if is_torch(xp):
        return fast.torch_forward(x, weight, bias, stride, padding, dilation, groups)
    compute = fast.slide if xp is np else slide
    return _add_bias(xp, compute(xp, x, weight, stride, padding, dilation, groups), bias)


def _convolution_backward(
    xp: Any,
    needs: list[bool],
    grad: Array,
    out: Array,
    x: Array,
    weight: Array,
    bias: Array | None = None,
    **attrs: Any,
) -> tuple[Any, ...]:
    sizes, kernel = x.shape[2:], weight.shape[2:]
    if is_torch(xp):
        return fast.torch_backward(needs, grad, x, weight, bias, **attrs)
    if xp is np:
        grads = fast.gradients(needs, grad, x, weight, **attrs)
    else:
        grads = (
            scatter(xp, grad, weight, sizes, **attrs) if needs[0] else None,
            correlate(xp, x, grad, kernel, **attrs) if needs[1] else None,
        )
    return grads if bias is None else (*grads, _sum_bias(xp, grad) if needs[2] else None)


# ---- 转置卷积：往前是卷积的往回，往回是卷积的往前 ----


def transposed_sizes(
    sizes: Sizes,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    output_padding: Sizes,
) -> Sizes:
    """转置卷积结果的大小；步幅大于 1 时有几种可能，output_padding 从里面选一种。

    Raises
    ------
    ValueError
        补边太多，什么也没剩下；或者 output_padding 不小于步幅（和膨胀里大的那个）。
    """
    for extra, step, gap in zip(output_padding, stride, dilation, strict=True):
        if extra >= max(step, gap):
            raise ValueError(f"output_padding 要小于步幅 {step} 或膨胀 {gap}，得到 {extra}")
    found = tuple(
        (size - 1) * step - 2 * pad + gap * (width - 1) + extra + 1
        for size, width, step, pad, gap, extra in zip(
            sizes, kernel, stride, padding, dilation, output_padding, strict=True
        )
    )
    if min(found) < 1:
        raise ValueError(f"去掉补边之后什么也没剩下：结果的大小是 {found}")
    return found


def _transposed(
    xp: Any,
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    output_padding: Sizes,
    groups: int,
) -> Array:
    _check(x, weight, groups)
    if x.shape[1] != weight.shape[0]:
        raise ValueError(f"输入有 {x.shape[1]} 个通道，权重要 {weight.shape[0]} 个")
    sizes = transposed_sizes(
        x.shape[2:], weight.shape[2:], stride, padding, dilation, output_padding
    )
    if is_torch(xp):
        attrs = (stride, padding, dilation, groups, output_padding)
        return fast.torch_forward(x, weight, bias, *attrs)
    compute = fast.scatter if xp is np else scatter
    return _add_bias(xp, compute(xp, x, weight, sizes, stride, padding, dilation, groups), bias)


def _transposed_backward(
    xp: Any,
    needs: list[bool],
    grad: Array,
    out: Array,
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    output_padding: Sizes,
    **attrs: Any,
) -> tuple[Any, ...]:
    if is_torch(xp):
        return fast.torch_backward(
            needs, grad, x, weight, bias, output_padding=output_padding, **attrs
        )
    forward, weigh = (fast.slide, fast.correlate) if xp is np else (slide, correlate)
    # A large output_padding makes room for windows that nothing was scattered from.
    seen: Any = (..., *map(slice, x.shape[2:]))
    grads = (
        forward(xp, grad, weight, **attrs)[seen] if needs[0] else None,
        weigh(xp, grad, x, weight.shape[2:], **attrs) if needs[1] else None,
    )
    return grads if bias is None else (*grads, _sum_bias(xp, grad) if needs[2] else None)


def _check(x: Array, weight: Array, groups: int) -> None:
    if x.ndim != weight.ndim or x.ndim < 3:
        wanted = max(weight.ndim, 3)
        raise ValueError(f"输入要有 {wanted} 个轴（样本、通道、大小），得到 {x.ndim} 个")
    if weight.shape[0] % groups or x.shape[1] % groups:
        channels = f"{x.shape[1]} 和 {weight.shape[0]}"
        raise ValueError(f"通道数 {channels} 都要能分成 groups = {groups} 组")


def _add_bias(xp: Any, out: Array, bias: Array | None) -> Array:
    if bias is not None:
        out += xp.reshape(bias, (-1, *[1] * (out.ndim - 2)))
    return out


def _sum_bias(xp: Any, grad: Array) -> Array:
    return xp.sum(grad, axis=(0, *range(2, grad.ndim)))


OPS: dict[str, Operation] = {
    "convolution": Operation(_convolution, _convolution_backward),
    "transposed_convolution": Operation(_transposed, _transposed_backward),
}

"""批归一化和层归一化（训练时的）的就地写法：一次做几行，好留在缓存里；各行的和由点积得到。

批归一化的一行是一个通道（批排在最里面，一个通道的数首尾相连），层归一化的一行是一个样本。
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from mlcore.replay.site import Call, Kernel, Site

# Rows are taken together as long as they stay below this many bytes.
TOGETHER = 1 << 17


def batch_norm(site: Site) -> list[Call] | None:
    x, weight, bias, running_mean, running_var = site.reads
    out, normed, inverse = site.writes[:3]
    found = [_channels(array) for array in (x, out, normed)]
    if found[0] is None or found[1] is None or found[2] is None:
        return None
    attrs, width = site.attrs["forward"], found[0].shape[1]
    mean, variance, part = (site.scratch.take(weight.shape, x.dtype) for _ in range(3))
    calls: list[Call] = []
    for some in _blocks(found[0]):
        rows, outs, kept = (array[some] for array in found if array is not None)
        sums = mean[some], variance[some], inverse.reshape(-1)[some]
        calls += _standardise(site, rows, kept, *sums, attrs["eps"])
        calls += [
            partial(np.multiply, kept, weight[some, None], outs),
            partial(np.add, outs, bias[some, None], outs),
        ]
    momentum = attrs["momentum"]
    shares = momentum, momentum * width / (width - 1)  # The running variance is the unbiased one.
    for running, new, share in zip((running_mean, running_var), (mean, variance), shares,
                                   strict=True):  # fmt: skip
        calls += [
            partial(np.multiply, running, np.array(1 - momentum, x.dtype), running),
            partial(np.multiply, new, np.array(share, x.dtype), part),
            partial(np.add, running, part, running),
        ]
    return calls


def batch_norm_backward(site: Site) -> list[Call] | None:
    grad, normed, inverse, weight = site.reads
    needs, writes = site.attrs["needs"], list(site.writes)
    dx = writes.pop(0) if needs[0] else site.like(grad)
    dweight, dbias = (
        writes.pop(0) if needed else site.scratch.take(weight.shape, grad.dtype)
        for needed in needs[1:3]
    )
    found = [_channels(array) for array in (grad, normed, dx)]
    if found[0] is None or found[1] is None or found[2] is None:
        return None
    width = found[0].shape[1]
    ones = site.scratch.full(width, 1.0, grad.dtype)
    shift, stretch, scale = (site.scratch.take(weight.shape, grad.dtype) for _ in range(3))
    share = np.array(1 / width, grad.dtype)
    calls: list[Call] = [partial(np.multiply, weight, inverse.reshape(-1), scale)]
    for some in _blocks(found[0]):
        rows, kept, into = (array[some] for array in found if array is not None)
        calls += [
            partial(np.matmul, rows, ones, dbias[some]),
            partial(np.vecdot, rows, kept, dweight[some]),
        ]
        if needs[0]:
            calls += [
                partial(np.multiply, dbias[some], share, shift[some]),
                partial(np.multiply, dweight[some], share, stretch[some]),
                *_through(rows, kept, into, shift[some, None], stretch[some, None]),
                partial(np.multiply, into, scale[some, None], into),
            ]
    return calls


def layer_norm(site: Site) -> list[Call] | None:
    x, weight, bias = site.reads
    found = [_samples(array, weight) for array in (x, *site.writes[:2])]
    if found[0] is None or found[1] is None or found[2] is None:
        return None
    inverse = site.writes[2].reshape(-1)
    scale, shift = weight.reshape(-1), bias.reshape(-1)
    calls: list[Call] = []
    mark = site.scratch.at
    for some in _blocks(found[0]):
        site.scratch.begin(mark)
        rows, outs, kept = (array[some] for array in found if array is not None)
        mean, variance = (site.scratch.take(rows.shape[:1], x.dtype) for _ in range(2))
        eps = site.attrs["forward"]["eps"]
        calls += _standardise(site, rows, kept, mean, variance, inverse[some], eps)
        calls += [partial(np.multiply, kept, scale, outs), partial(np.add, outs, shift, outs)]
    return calls


def layer_norm_backward(site: Site) -> list[Call] | None:
    grad, normed, inverse, weight = site.reads
    needs, writes = site.attrs["needs"], list(site.writes)
    dx = writes.pop(0) if needs[0] else site.like(grad)
    found = [_samples(array, weight) for array in (grad, normed, dx)]
    if found[0] is None or found[1] is None or found[2] is None:
        return None
    sums = [writes.pop(0).reshape(-1) if needed else None for needed in needs[1:3]]
    count, width = found[0].shape
    share, scale = np.array(1 / width, grad.dtype), weight.reshape(-1)
    ones = site.scratch.full(max(count, width), 1.0, grad.dtype)
    part = site.scratch.take((width,), grad.dtype)
    calls: list[Call] = [partial(total.fill, 0) for total in sums if total is not None]
    mark = site.scratch.at
    for some in _blocks(found[0]):
        site.scratch.begin(mark)
        rows, kept, into = (array[some] for array in found if array is not None)
        one, shift, stretch = (
            site.scratch.take(shape, grad.dtype)
            for shape in (rows.shape, rows.shape[:1], rows.shape[:1])
        )
        if sums[0] is not None:
            calls.append(partial(np.multiply, rows, kept, one))
        for total, terms in zip(sums, (one, rows), strict=True):
            if total is not None:
                calls += [
                    partial(np.matmul, ones[: len(rows)], terms, part),
                    partial(np.add, total, part, total),
                ]
        if needs[0]:
            calls += [
                partial(np.multiply, rows, scale, one),
                partial(np.matmul, one, ones[:width], shift),
                partial(np.vecdot, one, kept, stretch),
                partial(np.multiply, shift, share, shift),
                partial(np.multiply, stretch, share, stretch),
                *_through(one, kept, into, shift[:, None], stretch[:, None]),
                partial(np.multiply, into, inverse.reshape(-1)[some, None], into),
            ]
    return calls


def _standardise(
    site: Site,
    rows: np.ndarray,
    normed: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    inverse: np.ndarray,
    eps: float,
) -> list[Call]:
    """每一行减去平均、除以标准差；rows 和 normed 可以是同一块内存。"""
    ones = site.scratch.full(rows.shape[1], 1.0, rows.dtype)
    share, small = (np.array(value, rows.dtype) for value in (1 / rows.shape[1], eps))
    return [
        partial(np.matmul, rows, ones, mean),
        partial(np.multiply, mean, share, mean),
        partial(np.subtract, rows, mean[:, None], normed),
        partial(np.vecdot, normed, normed, variance),
        partial(np.multiply, variance, share, variance),
        partial(np.add, variance, small, inverse),
        partial(np.sqrt, inverse, inverse),
        partial(np.reciprocal, inverse, inverse),
        partial(np.multiply, normed, inverse[:, None], normed),
    ]


def _through(
    grad: np.ndarray, normed: np.ndarray, out: np.ndarray, shift: np.ndarray, stretch: np.ndarray
) -> list[Call]:
    """grad − shift − normed · stretch；out 可以就是 normed 的内存。"""
    return [
        partial(np.multiply, normed, stretch, out),
        partial(np.subtract, grad, out, out),
        partial(np.subtract, out, shift, out),
    ]


def _channels(array: np.ndarray) -> np.ndarray | None:
    """(N, C, …) 看成 (C, 每个通道的数)；不复制，办不到就是 None。"""
    moved = np.moveaxis(array, 0, -1)
    if moved.ndim == 2 or moved.flags.c_contiguous:
        return moved if moved.ndim == 2 else moved.reshape(len(moved), -1)
    return None


def _samples(array: np.ndarray, weight: np.ndarray) -> np.ndarray | None:
    """(…, *weight 的形状) 看成 (样本, 特征)；不复制，办不到就是 None。"""
    return array.reshape(-1, weight.size) if array.flags.c_contiguous else None


def _blocks(rows: np.ndarray) -> Iterator[slice]:
    step = max(1, TOGETHER // max(1, math.prod(rows.shape[1:]) * rows.itemsize))
    return (slice(low, low + step) for low in range(0, len(rows), step))


KERNELS: dict[str, Kernel] = {
    "batch_norm": batch_norm,
    "batch_norm.backward": batch_norm_backward,
    "layer_norm": layer_norm,
    "layer_norm.backward": layer_norm_backward,
}

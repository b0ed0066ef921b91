"""损失的就地写法：前向就把梯度算好，留在自己的第二个结果里。"""

from __future__ import annotations

from functools import partial

import numpy as np

from mlcore.replay.site import Call, Kernel, Site, row_numbers

MANY = 256  # With more classes than this the labels are no longer looked up in a table of rows.
BLOCK = 1 << 17  # So many numbers at a time stay in the cache from one operation to the next.


def check(index: np.ndarray, low: int, high: int) -> None:
    """编号都要在 low 到 high 之间：越界的要报错，不能悄悄取了别的。"""
    if index.size and not (index.min() >= low and index.max() <= high):
        raise ValueError(f"编号要在 {low} 到 {high} 之间，得到 {index.min()} 到 {index.max()}")


def softmax_cross_entropy(site: Site) -> list[Call] | None:
    logits, target = site.reads
    loss, kept = site.writes
    count, classes = logits.shape
    dtype = logits.dtype
    if target.dtype.kind not in "iu":
        return None
    if classes > MANY and kept.flags.c_contiguous:
        return many_classes(site)
    # Rows of the identity, divided by the number of samples: what a one-hot label subtracts.
    table = np.eye(classes, dtype=dtype) / dtype.type(count)
    wanted, most = site.like(kept), site.scratch.take((count, 1), dtype)
    total, share = site.scratch.take((count, 1), dtype), np.array(count, dtype)
    mean = site.scratch.full(count, 1 / count, dtype)
    right = site.scratch.take((), dtype)
    calls: list[Call] = []
    labels = row_numbers(site, calls, target)
    if wanted.flags.c_contiguous:
        chosen = partial(np.take, table, labels, 0, wanted)
        flat = wanted.reshape(-1), kept.reshape(-1)
    else:
        chosen = partial(np.take, table, labels, 1, wanted.T)
        flat = wanted.T.reshape(-1), kept.T.reshape(-1)
    return [
        *calls,
        chosen,
        partial(np.maximum.reduce, logits, 1, None, most, True),
        partial(np.subtract, logits, most, kept),
        partial(np.dot, *flat, right),
        partial(np.exp, kept, kept),
        partial(np.add.reduce, kept, 1, None, total, True),
        partial(np.log, total, most),
        partial(np.dot, mean, most[:, 0], loss),
        partial(np.subtract, loss, right, loss),
        partial(np.multiply, total, share, total),
        partial(np.divide, kept, total, kept),
        partial(np.subtract, kept, wanted, kept),
    ]


def many_classes(site: Site) -> list[Call]:
    """类别很多时（一张字表）：几行几行地做，一行的标签那一个数单独取出来、改好、放回去。"""
    logits, target = site.reads
    loss, kept = site.writes
    count, classes = logits.shape
    dtype, numbers = logits.dtype, kept.reshape(-1)
    most, total = (site.scratch.take((count, 1), dtype) for _ in range(2))
    right = site.scratch.take((count,), dtype)
    places, starts = site.scratch.take((count,), np.intp), np.arange(count) * classes
    mean, share = site.scratch.full(count, 1 / count, dtype), np.array(count, dtype)
    ones = site.scratch.full(classes, 1.0, dtype)
    calls: list[Call] = [
        partial(check, target, 0, classes - 1),
        partial(np.add, target, starts, out=places, casting="unsafe"),
    ]
    length = max(1, BLOCK // classes)
    blocks = [slice(low, low + length) for low in range(0, count, length)]
    for rows in blocks:
        part, top, sums = kept[rows], most[rows], total[rows]
        calls += [
            partial(np.maximum.reduce, logits[rows], 1, None, top, True),
            partial(np.subtract, logits[rows], top, part),
            partial(np.take, numbers, places[rows], 0, right[rows], "clip"),
            partial(np.exp, part, part),
            partial(np.dot, part, ones, sums[:, 0]),
            partial(np.log, sums, top),
            partial(np.multiply, sums, share, sums),
            partial(np.divide, part, sums, part),
        ]
    return [
        *calls,
        partial(np.subtract, most[:, 0], right, right),
        partial(np.dot, mean, right, loss),
        partial(np.take, numbers, places, 0, right, "clip"),
        partial(np.subtract, right, mean, right),
        partial(np.put, numbers, places, right),
    ]


def mse(site: Site) -> list[Call] | None:
    prediction, target = site.reads
    loss, kept = site.writes
    if prediction.shape != target.shape or target.dtype != prediction.dtype:
        return None
    flat = kept.reshape(-1) if kept.flags.c_contiguous else kept.T.reshape(-1)
    scale, twice = (np.array(k / kept.size, kept.dtype) for k in (1, 2))
    return [
        partial(np.subtract, prediction, target, kept),
        partial(np.dot, flat, flat, loss),
        partial(np.multiply, loss, scale, loss),
        partial(np.multiply, kept, twice, kept),
    ]


def sigmoid_binary_cross_entropy(site: Site) -> list[Call] | None:
    logits, target = site.reads
    loss, kept = site.writes
    if logits.shape != target.shape or target.dtype != logits.dtype:
        return None
    small, t = site.like(logits), site.like(logits)
    one, zero_ = np.ones((), logits.dtype), np.zeros((), logits.dtype)
    scale = np.array(1 / logits.size, logits.dtype)
    return [
        partial(np.abs, logits, small),
        partial(np.negative, small, small),
        partial(np.exp, small, small),
        # max(x, 0) − x · target + log1p(exp(−|x|))
        partial(np.log1p, small, t),
        partial(np.maximum, logits, zero_, out=kept),
        partial(np.add, t, kept, t),
        partial(np.multiply, logits, target, kept),
        partial(np.subtract, t, kept, t),
        partial(np.add.reduce, t, None, None, loss),
        partial(np.multiply, loss, scale, loss),
        # exp(min(x, 0)) / (1 + exp(−|x|)) − target
        partial(np.minimum, logits, zero_, out=kept),
        partial(np.exp, kept, kept),
        partial(np.add, small, one, small),
        partial(np.divide, kept, small, kept),
        partial(np.subtract, kept, target, kept),
        partial(np.multiply, kept, scale, kept),
    ]


def backward(site: Site) -> list[Call] | None:
    """留下的就是梯度，乘上损失自己的；多半连这也不必做（见 memory.LOSSES）。"""
    grad, kept = site.reads[:2]
    if site.attrs["needs"] != (True, False) or kept.shape != site.writes[0].shape:
        return None  # Broadcast: the plain way folds the sum.
    return [partial(np.multiply, grad, kept, site.writes[0])]


KERNELS: dict[str, Kernel] = {
    "softmax_cross_entropy": softmax_cross_entropy,
    "softmax_cross_entropy.backward": backward,
    "mse.backward": backward,
    "sigmoid_binary_cross_entropy.backward": backward,
    "mse": mse,
    "sigmoid_binary_cross_entropy": sigmoid_binary_cross_entropy,
}

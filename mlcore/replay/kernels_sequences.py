"""取行、切片、拼接、注意力的就地写法。

下标在每一步都要检查：越界的下标要报错，不能悄悄取了别的行。
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from mlcore.replay.kernels_losses import check
from mlcore.replay.site import Call, Kernel, Site, row_numbers

# ── 按下标取行 ────────────────────────────────────────────────────────────────


def embedding(site: Site) -> list[Call] | None:
    return _rows(site, 0)


def take(site: Site) -> list[Call] | None:
    return _rows(site, -len(site.reads[0]))


def _rows(site: Site, low: int) -> list[Call] | None:
    table, index = site.reads
    if index.dtype.kind not in "iu":
        return None
    calls: list[Call] = [partial(check, index, low, len(table) - 1)]
    rows = row_numbers(site, calls, index)
    return [*calls, partial(np.take, table, rows, 0, site.writes[0], "wrap")]


def rows_backward(site: Site) -> list[Call] | None:
    """同一个编号的行加在一起：排好序，只取了一次的照抄，取了几次的一段一段地求和（见
    mlcore.operations.sequences.add_rows）。

    没有取到的行梯度是 0。整张表先清零：优化器把梯度当过草稿，普通的步也写过它。
    """
    grad, index = site.reads
    (total,) = site.writes
    count = index.size
    if index.dtype.kind not in "iu" or not count or not total.flags.c_contiguous:
        return None
    table = total.reshape(len(total), -1)
    calls: list[Call] = [partial(total.fill, 0)]
    parts = together(site, calls, grad).reshape(count, -1)
    ordered, sums = (site.scratch.take(parts.shape, parts.dtype) for _ in range(2))
    keys = site.scratch.take((count,), np.int64)
    order, numbers = (site.scratch.take((count,), np.intp) for _ in range(2))
    first, once = (site.scratch.take((count,), np.bool_) for _ in range(2))
    # Sorted by row and then by place, in one number: the sort needs no memory and is stable.
    bits = count.bit_length()
    places = np.arange(count)
    padding = site.attrs["forward"].get("padding_idx")

    def add() -> None:
        table[numbers] = ordered  # All there is to do for the rows that were taken once.
        again = np.flatnonzero(np.logical_not(once, once))
        if len(again):
            several = np.take(ordered, again, 0, sums[: len(again)], "clip")
            starts = np.flatnonzero(first[again])
            found = np.add.reduceat(several, starts, 0, None, ordered[: len(starts)])
            table[numbers[again[starts]]] = found
        if padding is not None:
            table[padding] = 0

    return [
        *calls,
        partial(np.remainder, index.reshape(-1), len(table), keys),  # −1 is the last row.
        partial(np.left_shift, keys, bits, keys),
        partial(np.add, keys, places, keys),
        keys.sort,
        partial(np.bitwise_and, keys, (1 << bits) - 1, order),
        partial(np.right_shift, keys, bits, numbers),
        partial(np.take, parts, order, 0, ordered, "clip"),
        partial(first[:1].fill, True),
        partial(np.not_equal, numbers[1:], numbers[:-1], first[1:]),
        partial(np.copyto, once, first),
        partial(np.logical_and, first[1:], first[:-1], once[:-1]),
        add,
    ]


def together(site: Site, calls: list[Call], array: np.ndarray) -> np.ndarray:
    """连成一块的；不连着的先抄到草稿里。"""
    if array.flags.c_contiguous:
        return array
    copy = site.scratch.take(array.shape, array.dtype)
    calls.append(partial(np.copyto, copy, array))
    return copy


# ── 换次序、切片、拼接 ────────────────────────────────────────────────────────


def permute(site: Site) -> list[Call]:
    (source,), (out,) = site.reads, site.writes
    return [partial(np.copyto, out, source.transpose(site.attrs["forward"]["axes"]))]


def permute_backward(site: Site) -> list[Call]:
    (grad,), (out,) = site.reads, site.writes
    return [partial(np.copyto, out.transpose(site.attrs["forward"]["axes"]), grad)]


def slice_(site: Site) -> list[Call] | None:
    found = site.reads[0][site.attrs["forward"]["key"]]
    return [partial(np.copyto, site.writes[0], found)] if isinstance(found, np.ndarray) else None


def slice_backward(site: Site) -> list[Call] | None:
    """取出的那一块得到梯度，别处是 0。"""
    (grad,), (out,) = site.reads, site.writes
    key = site.attrs["forward"]["key"]
    block = out[key]
    if not isinstance(block, np.ndarray):
        return None
    first, *others = key if isinstance(key, tuple) else (key,)
    calls: list[Call] = [partial(out.fill, 0)]
    if isinstance(first, int | slice) and all(one == slice(None) for one in others):
        # Whole rows: only the others need zeros.
        taken = range(len(out))[first] if isinstance(first, slice) else [range(len(out))[first]]
        low, high = min(taken, default=0), max(taken, default=-1) + 1
        if len(taken) == high - low:
            calls = [partial(out[:low].fill, 0), partial(out[high:].fill, 0)]
    return [*calls, partial(np.copyto, block, grad)]


def concat(site: Site) -> list[Call]:
    return [
        partial(np.copyto, piece, part)
        for piece, part in zip(_pieces(site, site.writes[0]), site.reads, strict=True)
    ]


def concat_backward(site: Site) -> list[Call]:
    pieces = _pieces(site, site.reads[0], site.attrs["shapes"])
    wanted = [p for p, needed in zip(pieces, site.attrs["needs"], strict=True) if needed]
    return [partial(np.copyto, out, p) for out, p in zip(site.writes, wanted, strict=True)]


def _pieces(site: Site, whole: np.ndarray, shapes: Any = None) -> list[np.ndarray]:
    axis = site.attrs["forward"]["axis"] % whole.ndim
    found, start = [], 0
    for shape in shapes or [part.shape for part in site.reads]:
        end = start + shape[axis]
        found.append(whole[(slice(None),) * axis + (slice(start, end),)])
        start = end
    return found


# ── softmax 和注意力 ──────────────────────────────────────────────────────────


def softmax(site: Site) -> list[Call]:
    (x,), (out,) = site.reads, site.writes
    return _softmax(site, x, out, site.attrs["forward"]["axis"])


def _softmax(site: Site, x: np.ndarray, out: np.ndarray, axis: int) -> list[Call]:
    shape = tuple(1 if i == axis % x.ndim else size for i, size in enumerate(x.shape))
    top, total = (site.scratch.take(shape, x.dtype) for _ in range(2))
    limits = np.finfo(x.dtype)
    return [
        partial(np.maximum.reduce, x, axis, None, top, True),
        # Where all is −∞ (nowhere may be looked), the shares become zeros and not NaN.
        partial(np.maximum, top, limits.min, out=top),
        partial(np.subtract, x, top, out),
        partial(np.exp, out, out),
        partial(np.add.reduce, out, axis, None, total, True),
        partial(np.maximum, total, limits.tiny, out=total),
        partial(np.divide, out, total, out),
    ]


def softmax_backward(site: Site) -> list[Call]:
    grad, kept = site.reads
    return _slopes(site, grad, kept, site.writes[0], site.attrs["forward"]["axis"])


def _slopes(
    site: Site, grad: np.ndarray, kept: np.ndarray, out: np.ndarray, axis: int
) -> list[Call]:
    """``out ← kept · (grad − Σ grad · kept)``。"""
    shape = tuple(1 if i == axis % kept.ndim else size for i, size in enumerate(kept.shape))
    total, product = site.scratch.take(shape, kept.dtype), site.like(kept)
    return [
        partial(np.multiply, grad, kept, product),
        partial(np.add.reduce, product, axis, None, total, True),
        partial(np.subtract, grad, total, out),
        partial(np.multiply, out, kept, out),
    ]


def attention_weights(site: Site) -> list[Call]:
    query, key, *bias = site.reads
    (out,) = site.writes
    calls: list[Call] = [
        partial(np.matmul, query, key.mT, out),
        partial(np.multiply, out, _scale(site, out), out),
    ]
    calls += [partial(np.add, out, one, out) for one in bias]
    return calls + _softmax(site, out, out, -1)


def attention_weights_backward(site: Site) -> list[Call]:
    grad, weights, query, key, *_ = site.reads
    slopes, writes = site.scratch.take(weights.shape, weights.dtype), list(site.writes)
    needs = site.attrs["needs"]
    calls = _slopes(site, grad, weights, slopes, -1)
    calls.append(partial(np.multiply, slopes, _scale(site, slopes), slopes))
    if needs[0]:
        calls.append(partial(np.matmul, slopes, key, writes.pop(0)))
    if needs[1]:
        calls.append(partial(np.matmul, slopes.mT, query, writes.pop(0)))
    return calls


def _scale(site: Site, like: np.ndarray) -> np.ndarray:
    return np.array(site.attrs["forward"]["scale"], like.dtype)


KERNELS: dict[str, Kernel] = {
    "embedding": embedding,
    "embedding.backward": rows_backward,
    "take": take,
    "take.backward": rows_backward,
    "permute": permute,
    "permute.backward": permute_backward,
    "slice": slice_,
    "slice.backward": slice_backward,
    "concat": concat,
    "concat.backward": concat_backward,
    "softmax": softmax,
    "softmax.backward": softmax_backward,
    "attention_weights": attention_weights,
    "attention_weights.backward": attention_weights_backward,
}

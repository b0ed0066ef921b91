"""线性层、激活函数、四则的就地写法。

每个函数收到一条指令的所在（:class:`~mlcore.replay.site.Site`），返回要依次做的调用。次序尽量与
:mod:`mlcore.operations` 里普通的写法一样，所以结果只差舍入，多半一位不差。
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mlcore.replay.site import Call, Kernel, Site, batch_last, flat

# So many numbers at a time stay in the cache from one operation to the next.
BLOCK = 1 << 15


def product(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> Call:
    """``a @ b``，写进 out；out 的行可以连着，也可以列连着。"""
    if out.flags.c_contiguous:
        return partial(np.dot, a, b, out)
    return partial(np.dot, b.T, a.T, out.T)


def rows(array: np.ndarray) -> np.ndarray | None:
    """看成矩阵，最后一维不动；不复制，办不到就是 None。"""
    if array.ndim == 2:
        return array
    flat = array.reshape(-1, array.shape[-1])
    return flat if np.shares_memory(flat, array) else None


# ── 线性 ──────────────────────────────────────────────────────────────────────


def linear(site: Site) -> list[Call] | None:
    x, weight, *bias = site.reads
    flat, out = rows(x), rows(site.writes[0])
    if flat is None or out is None:
        return None
    calls = [product(flat, weight.T, out)]
    if bias:
        calls.append(partial(np.add, out, bias[0], out))
    return calls


def linear_backward(site: Site) -> list[Call] | None:
    grad, x, weight = site.reads
    grad2, x2 = rows(grad), rows(x)
    writes = iter(site.writes)
    needs = site.attrs["needs"]
    calls: list[Call] = []
    if grad2 is None or x2 is None:
        return None
    if needs[0]:
        out = rows(next(writes))
        if out is None:
            return None
        calls.append(product(grad2, weight, out))
    if needs[1]:
        calls.append(product(grad2.T, x2, next(writes)))
    if len(needs) > 2 and needs[2]:
        ones = site.scratch.full(len(grad2), 1.0, grad.dtype)
        calls.append(partial(np.dot, grad2.T, ones, next(writes)))
    return calls


def matmul(site: Site) -> list[Call]:
    a, b = site.reads
    return [partial(np.matmul, a, b, site.writes[0])]


def matmul_backward(site: Site) -> list[Call] | None:
    grad, a, b = site.reads
    needs, writes = site.attrs["needs"], list(site.writes)
    if a.shape[:-2] != grad.shape[:-2] or b.shape[:-2] != grad.shape[:-2]:
        return None  # Broadcast: the plain way folds the sum.
    calls: list[Call] = []
    if needs[0]:
        calls.append(partial(np.matmul, grad, b.mT, writes.pop(0)))
    if needs[1]:
        calls.append(partial(np.matmul, a.mT, grad, writes.pop(0)))
    return calls


# ── 激活函数 ──────────────────────────────────────────────────────────────────


def elementwise(function: Callable[..., Any]) -> Kernel:
    return lambda site: [partial(function, *site.reads, site.writes[0])]


def blocks(*arrays: np.ndarray) -> list[list[np.ndarray]] | None:
    """次序一样的几个数组，按内存切成一段一段的，好留在缓存里；次序不一样就是 None。"""
    found = [flat(array) for array in arrays]
    if any(one is None for one in found) or len({batch_last(array) for array in arrays}) > 1:
        return None
    return [
        [one[low : low + BLOCK] for one in found if one is not None]
        for low in range(0, max(1, arrays[0].size), BLOCK)
    ]


def relu(site: Site) -> list[Call]:
    x, out = site.reads[0], site.writes[0]
    # Against an array of zeros `maximum` is several times faster than against the number 0.
    pieces = blocks(x, out)
    if pieces is None:
        zeros = site.scratch.full(x.size, 0.0, x.dtype).reshape(x.shape)
        return [partial(np.maximum, x, zeros, out=out)]
    zeros = site.scratch.full(min(x.size, BLOCK), 0.0, x.dtype)
    return [partial(np.maximum, one, zeros[: one.size], out=into) for one, into in pieces]


def relu_backward(site: Site) -> list[Call]:
    grad, kept = site.reads
    (out,) = site.writes
    mask = out if np.shares_memory(out, kept) else site.like(out)
    pieces = blocks(kept, grad, mask, out)
    if out.dtype != np.float32 or pieces is None:
        return [partial(np.sign, kept, mask), partial(np.multiply, mask, grad, out)]
    # The bits of a float that is not negative, read as a whole number, are 0 only for zero: the
    # lesser of them and 1 is the mask, and times 0 or 1 bits stay the bits they were.
    ones = site.scratch.full(min(out.size, BLOCK), 1, np.uint32)
    calls: list[Call] = []
    for piece in pieces:
        kept, grad, mask, out = (one.view(np.uint32) for one in piece)
        calls.append(partial(np.minimum, kept, ones[: out.size], out=mask))
        calls.append(partial(np.multiply, mask, grad, out))
    return calls


def sigmoid(site: Site) -> list[Call]:
    (x,), (out,) = site.reads, site.writes
    # exp(min(x, 0)) / (1 + exp(-|x|)): exact far to the left too, and never overflows.
    small, one = site.like(x), np.ones((), x.dtype)
    return [
        partial(np.abs, x, small),
        partial(np.negative, small, small),
        partial(np.exp, small, small),
        partial(np.add, small, one, small),
        partial(np.minimum, x, np.zeros((), x.dtype), out=out),
        partial(np.exp, out, out),
        partial(np.divide, out, small, out),
    ]


def tanh_backward(site: Site) -> list[Call]:
    grad, kept = site.reads
    (out,) = site.writes
    return [
        partial(np.multiply, kept, kept, out),
        partial(np.subtract, np.ones((), out.dtype), out, out),
        partial(np.multiply, out, grad, out),
    ]


def sigmoid_backward(site: Site) -> list[Call]:
    grad, kept = site.reads
    (out,) = site.writes
    rest = site.like(kept)
    return [
        partial(np.subtract, np.ones((), out.dtype), kept, rest),
        partial(np.multiply, kept, rest, out),
        partial(np.multiply, out, grad, out),
    ]


# ── 四则 ──────────────────────────────────────────────────────────────────────


def neg_backward(site: Site) -> list[Call]:
    return [partial(np.negative, site.reads[0], site.writes[0])]


def sum_backward(site: Site, sign: bool = False) -> list[Call] | None:
    """加、减的反向：两边各得一份梯度（减号那边变号）；被广播过的交给普通的写法。"""
    grad, calls = site.reads[0], []
    if any(out.shape != grad.shape for out in site.writes):
        return None
    needs = list(site.attrs["needs"])
    for position in [i for i in (0, 1) if needs[i]]:
        out = site.writes[sum(needs[:position])]
        if sign and position == 1:
            # The first may already stand where the gradient stood: it is the same.
            calls.append(partial(np.negative, grad, out))
        elif not np.shares_memory(out, grad):
            calls.append(partial(np.copyto, out, grad))
    # The one that shares the gradient's memory changes it: last.
    calls.sort(key=lambda call: np.shares_memory(call.args[-1], grad))
    return calls  # type: ignore[return-value]


def mul_backward(site: Site) -> list[Call] | None:
    grad, a, b = site.reads
    if any(out.shape != grad.shape for out in site.writes) or a.shape != b.shape:
        return None
    others = [other for other, needed in zip((b, a), site.attrs["needs"], strict=True) if needed]
    return [
        partial(np.multiply, grad, other, out)
        for other, out in zip(others, site.writes, strict=True)
    ]


def accumulate(site: Site) -> list[Call]:
    total, part = site.reads
    return [partial(np.add, total, part, total)]


def zero(site: Site) -> list[Call]:
    return [partial(site.writes[0].fill, 0)]


# ── 抄过去的 ──────────────────────────────────────────────────────────────────


def dropout_backward(site: Site) -> list[Call]:
    grad, mask = site.reads
    return [partial(np.multiply, grad, mask, site.writes[0])]


def reshape(site: Site) -> list[Call] | None:
    """不能只是另一个看法的换形状：抄一遍。"""
    x, out = site.reads[0], site.writes[0]
    for view, like, turned in (x, out, True), (out, x, False):
        seen = view.reshape(like.shape)
        if np.shares_memory(seen, view):
            return [partial(np.copyto, out, seen) if turned else partial(np.copyto, seen, x)]
    return None


def cast(site: Site) -> list[Call]:
    (data,), (out,) = site.reads, site.writes
    return [partial(np.copyto, out.reshape(data.shape), data)]


KERNELS: dict[str, Kernel] = {
    "linear": linear,
    "linear.backward": linear_backward,
    "matmul": matmul,
    "matmul.backward": matmul_backward,
    "tanh": elementwise(np.tanh),
    "tanh.backward": tanh_backward,
    "sigmoid": sigmoid,
    "sigmoid.backward": sigmoid_backward,
    "relu": relu,
    "relu.backward": relu_backward,
    "exp": elementwise(np.exp),
    "exp.backward": elementwise(np.multiply),
    "abs": elementwise(np.abs),
    "neg": elementwise(np.negative),
    "neg.backward": neg_backward,
    "add": elementwise(np.add),
    "sub": elementwise(np.subtract),
    "mul": elementwise(np.multiply),
    "div": elementwise(np.divide),
    "add.backward": sum_backward,
    "sub.backward": lambda site: sum_backward(site, True),
    "mul.backward": mul_backward,
    "dropout": elementwise(np.multiply),
    "dropout.backward": dropout_backward,
    "reshape": reshape,
    "reshape.backward": reshape,
    "accumulate": accumulate,
    "zero": zero,
    "cast": cast,
}

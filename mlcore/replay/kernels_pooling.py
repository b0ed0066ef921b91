"""汇聚的就地写法：批排在最里面，先沿一个轴，再沿另一个轴。一次做几个通道，好留在缓存里。"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from mlcore.replay.axis import Axis, around, axes_of, clear, planes
from mlcore.replay.site import Call, Kernel, Scratch, Site

# Channels are taken together as long as their input stays below this many bytes.
TOGETHER = 1 << 18


def max_pool(site: Site) -> list[Call]:
    x, out, *winners = (planes(array) for array in (*site.reads, *site.writes))
    axes = _axes(site, x, out)
    calls: list[Call] = []
    for some in _channels(x):
        site.scratch.begin()
        seen = x[some]
        # The last axis first, as in mlcore.operations.pooling: so are the winners kept.
        for (place, axis), winner in zip(reversed(axes), winners, strict=True):
            won = winner[some]
            last = place == axes[0][0]
            into = out[some] if last else site.scratch.take(won.shape, x.dtype)
            calls += _best(seen, into, won, place, axis, site.scratch)
            seen = into
    return calls


def max_pool_backward(site: Site) -> list[Call]:
    grad, *winners, total = (planes(array) for array in (*site.reads, *site.writes))
    axes = _axes(site, total, grad)
    calls: list[Call] = []
    for some in _channels(total):
        site.scratch.begin()
        part = grad[some]
        for (place, axis), winner in zip(axes, reversed(winners), strict=True):
            last = place == axes[-1][0]
            shape = (*part.shape[:place], axis.size, *part.shape[place + 1 :])
            into = total[some] if last else site.scratch.take(shape, grad.dtype)
            calls += _to_winners(part, winner[some], into, place, axis, site.scratch)
            part = into
    return calls


def avg_pool(site: Site) -> list[Call]:
    x, out = planes(site.reads[0]), planes(site.writes[0])
    axes = _axes(site, x, out)
    share = _share(site, axes, x.dtype)
    calls: list[Call] = []
    for some in _channels(x):
        site.scratch.begin()
        seen = x[some]
        for place, axis in reversed(axes):
            shape = (*seen.shape[:place], axis.out, *seen.shape[place + 1 :])
            into = out[some] if place == axes[0][0] else site.scratch.take(shape, x.dtype)
            calls += clear([into])
            for there, here in _cells(axis):
                at = _cut(into, place, there)
                calls.append(partial(np.add, at, _cut(seen, place, here), at))
            seen = into
        calls.append(partial(np.multiply, seen, share, seen))
    return calls


def avg_pool_backward(site: Site) -> list[Call]:
    grad, total = planes(site.reads[0]), planes(site.writes[0])
    axes = _axes(site, total, grad)
    share = _share(site, axes, grad.dtype)
    calls: list[Call] = []
    for some in _channels(total):
        site.scratch.begin()
        part = site.scratch.take(grad[some].shape, grad.dtype)
        calls.append(partial(np.multiply, grad[some], share, part))
        for place, axis in axes:
            shape = (*part.shape[:place], axis.size, *part.shape[place + 1 :])
            last = place == axes[-1][0]
            into = total[some] if last else site.scratch.take(shape, grad.dtype)
            calls += clear([into])
            for there, here in _cells(axis):
                at = _cut(into, place, here)
                calls.append(partial(np.add, at, _cut(part, place, there), at))
            part = into
    return calls


def _axes(site: Site, x: np.ndarray, out: np.ndarray) -> list[tuple[int, Axis]]:
    """要汇聚的轴，各在 (C, H, W, N) 的第几个位置。"""
    attrs = site.attrs["forward"]
    count = len(attrs["kernel"])
    found = axes_of(
        x.shape[3 - count : 3], out.shape[3 - count : 3],
        attrs["kernel"], attrs["stride"], attrs["padding"], (1,) * count,
    )  # fmt: skip
    return list(zip((1, 2), found, strict=True))[2 - count :]


def _channels(x: np.ndarray) -> Iterator[slice]:
    step = max(1, TOGETHER // max(1, math.prod(x.shape[1:]) * x.itemsize))
    return (slice(low, low + step) for low in range(0, len(x), step))


def _cells(axis: Axis) -> list[tuple[slice, slice]]:
    return [axis.seen(tap, 0, axis.out) for tap in range(axis.kernel)]


def _cut(array: np.ndarray, place: int, kept: slice) -> np.ndarray:
    return array[(*[slice(None)] * place, kept)]


def _as_bools(array: np.ndarray) -> np.ndarray:
    return array.view(bool) if array.itemsize == 1 else array


def _best(
    x: np.ndarray, out: np.ndarray, winner: np.ndarray, place: int, axis: Axis, scratch: Scratch
) -> Iterator[Call]:
    """沿一个轴取最大的；winner 是它在窗里第几格，一样大时第一个。"""
    cells = _cells(axis)
    done = 0
    if axis.kernel > 1 and axis.padding == 0:
        first, second = (_cut(x, place, here) for _, here in cells[:2])
        yield partial(np.greater, second, first, _as_bools(winner))
        yield partial(np.maximum, first, second, out=out)
        done = 2
    else:
        yield from clear([out], -math.inf)
        yield from clear([winner])
    flags = scratch.take(winner.shape, winner.dtype)
    for tap in range(done, axis.kernel):
        there, here = cells[tap]
        cell, best, flag = _cut(x, place, here), _cut(out, place, there), _cut(flags, place, there)
        if tap:
            number, won = np.array(tap, winner.dtype), _cut(winner, place, there)
            yield partial(np.greater, cell, best, _as_bools(flag))
            yield partial(np.multiply, flag, number, flag)
            # A later cell that wins has the greater number.
            yield partial(np.maximum, won, flag, out=won)
        yield partial(np.maximum, best, cell, out=best)


def _to_winners(
    grad: np.ndarray, winner: np.ndarray, out: np.ndarray, place: int, axis: Axis, scratch: Scratch
) -> Iterator[Call]:
    """沿一个轴，把梯度交给窗里赢的那一格。"""
    mask = scratch.take(grad.shape, grad.dtype)
    cells = _cells(axis)
    if axis.kernel == axis.stride == 2 and axis.padding == 0 and winner.itemsize == 1:
        first, second = (_cut(out, place, here) for _, here in cells)
        yield from clear(around(out, place, slice(0, 2 * axis.out)))
        yield partial(np.copyto, mask, winner.view(bool))
        yield partial(np.multiply, mask, grad, second)
        yield partial(np.subtract, grad, second, first)
        return
    flags = scratch.take(grad.shape, np.bool_)
    yield from clear([out])
    for tap, (there, here) in enumerate(cells):
        yield partial(np.equal, winner, np.array(tap, winner.dtype), flags)
        yield partial(np.copyto, mask, flags)
        yield partial(np.multiply, mask, grad, mask)
        at = _cut(out, place, here)
        yield partial(np.add, at, _cut(mask, place, there), at)


def _share(site: Site, axes: list[tuple[int, Axis]], dtype: np.dtype) -> np.ndarray:
    """每扇窗里的一个数占几分之一，能和 (C, H', W', N) 相乘。"""
    attrs = site.attrs["forward"]
    if attrs["count_include_pad"] or not any(attrs["padding"]):
        return np.array(1 / math.prod(attrs["kernel"]), dtype)
    share = np.ones((1, 1, 1, 1))
    for place, axis in axes:
        seen = np.zeros(axis.out)
        for there, _ in _cells(axis):
            seen[there] += 1
        share = share / seen.reshape([-1 if i == place else 1 for i in range(4)])
    return share.astype(dtype)


KERNELS: dict[str, Kernel] = {
    "max_pool": max_pool,
    "max_pool.backward": max_pool_backward,
    "avg_pool": avg_pool,
    "avg_pool.backward": avg_pool_backward,
}

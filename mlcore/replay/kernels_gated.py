"""LSTM 和 GRU 的就地写法；算法见 :mod:`mlcore.operations.gated`。

共用的部分在 kernels_recurrent。
"""

from __future__ import annotations

from functools import partial

import numpy as np

from mlcore.replay.kernels_recurrent import (
    Passed,
    arriving,
    both_masks,
    gradients,
    handed,
    hold,
    in_time,
    longest,
    project,
    spans,
    stacked,
    unpack,
)
from mlcore.replay.site import Call, Kernel, Site


def _halves(dtype: np.dtype, size: int, *scales: float) -> np.ndarray:
    """sigmoid(s) = tanh(s / 2) / 2 + 1 / 2：要减半的门是 0.5，不要的是 1。"""
    return np.repeat(np.array(scales, dtype), size)


def padded(keep: np.ndarray, real: np.ndarray) -> list[Call]:
    """补出来的一步留下全部：``keep ← 1 + real · (keep − 1)``。"""
    one = np.ones((), keep.dtype)
    return [
        partial(np.subtract, keep, one, keep),
        partial(np.multiply, keep, real, keep),
        partial(np.add, keep, one, keep),
    ]


# ── LSTM：i、f、g、o ──────────────────────────────────────────────────────────


def lstm(site: Site) -> list[Call]:
    layer = unpack(site.reads, 2)
    out, gates, states, cells, squashed = site.writes
    directions, steps, count, size = squashed.shape
    scale = _halves(out.dtype, size, 0.5, 0.5, 1.0, 0.5)
    shift = 1 - scale
    calls = project(site, layer, gates, slice(None), scale)
    begun = zip((states, cells), layer.starts, strict=True)
    calls += [partial(np.copyto, whole[:, 0], start) for whole, start in begun]
    weight, real = stacked(site, calls, layer, scale).mT, both_masks(site, calls, layer)
    recalled = site.scratch.take((directions, count, 4 * size), out.dtype)
    fresh = site.scratch.take((directions, count, size), out.dtype)
    for t in range(steps):
        sums, cell, new, tanh = gates[:, t], cells[:, t + 1], states[:, t + 1], squashed[:, t]
        i, f, g, o = (sums[..., k * size : (k + 1) * size] for k in range(4))
        calls += [
            partial(np.matmul, states[:, t], weight, recalled),
            partial(np.add, sums, recalled, sums),
            partial(np.tanh, sums, sums),
            partial(np.multiply, sums, scale, sums),
            partial(np.add, sums, shift, sums),
            partial(np.multiply, f, cells[:, t], cell),
            partial(np.multiply, i, g, fresh),
            partial(np.add, cell, fresh, cell),
            partial(np.tanh, cell, tanh),
            partial(np.multiply, o, tanh, new),
            *hold(real, t, cell, cells[:, t]),
            *hold(real, t, new, states[:, t]),
        ]
    calls += in_time(out[:-1], states[:, 1:])
    for d in range(directions):
        calls.append(partial(np.copyto, out[-1, :, d * size : (d + 1) * size], cells[d, -1]))
    return calls


def lstm_backward(site: Site) -> list[Call]:
    grad, gates, states, cells, squashed, *inputs = site.reads
    layer = unpack(inputs, 2)
    directions, steps, count, size = squashed.shape
    calls: list[Call] = []
    real = both_masks(site, calls, layer)
    blocks = gates.reshape(directions, steps, count, 4, size)
    calls += _lstm_local(site, blocks, cells, squashed, real)
    through, keep = squashed, cells[:, :-1]  # What these have become.
    weight = stacked(site, calls, layer)
    dh, dc, part = (site.scratch.take((directions, count, size), grad.dtype) for _ in range(3))
    calls.append(partial(dh.fill, 0))
    for d in range(directions):
        calls.append(partial(np.copyto, dc[d], grad[-1, :, d * size : (d + 1) * size]))
    passed, wanted = Passed(site, calls, real, dh), grad[:-1]
    for t in reversed(range(steps)):
        delta = blocks[:, t]
        calls += [
            *arriving(dh, wanted, t),
            partial(np.multiply, dh, through[:, t], part),
            partial(np.add, dc, part, dc),
            partial(np.multiply, delta[:, :, :3], dc[:, :, None], delta[:, :, :3]),
            partial(np.multiply, delta[:, :, 3], dh, delta[:, :, 3]),
            *passed.by(t),
            partial(np.matmul, gates[:, t], weight, dh),
            *passed.on(),
            partial(np.multiply, dc, keep[:, t], dc),
        ]
    calls += handed(site, dh, dc)
    return calls + gradients(site, layer, states, gates)


def _lstm_local(
    site: Site, blocks: np.ndarray, cells: np.ndarray, squashed: np.ndarray, real: np.ndarray | None
) -> list[Call]:
    """每一步的局部导数，就地：四个门各换成对自己那个和的导数；squashed 换成 h 对 c 的，
    cells 的前 T 个换成 c 对上一个 c 的。
    """
    directions, steps, count, _, size = blocks.shape
    one_step = directions * count * size
    calls: list[Call] = []
    one = np.ones((), blocks.dtype)
    drafts = site.scratch.take((2, directions, longest(steps, one_step), count, size), blocks.dtype)
    for span in spans(steps, one_step):
        i, f, g, o = (blocks[:, span, :, k] for k in range(4))
        tanh, old = squashed[:, span], cells[:, :-1][:, span]
        a, b = drafts[:, :, : old.shape[1]]
        calls += [
            # o: tanh(c) · o · (1 − o), and from h to c: o · (1 − tanh²)
            partial(np.subtract, one, o, a),
            partial(np.multiply, a, o, a),
            partial(np.multiply, a, tanh, a),
            partial(np.multiply, tanh, tanh, tanh),
            partial(np.subtract, one, tanh, tanh),
            partial(np.multiply, tanh, o, tanh),
            partial(np.copyto, o, a),
            # f: c before · f · (1 − f), and from c to the c before: f
            partial(np.subtract, one, f, a),
            partial(np.multiply, a, f, a),
            partial(np.multiply, a, old, a),
            partial(np.copyto, old, f),
            partial(np.copyto, f, a),
            # i: g · i · (1 − i); g: i · (1 − g²)
            partial(np.subtract, one, i, a),
            partial(np.multiply, a, i, a),
            partial(np.multiply, a, g, a),
            partial(np.multiply, g, g, b),
            partial(np.subtract, one, b, b),
            partial(np.multiply, b, i, g),
            partial(np.copyto, i, a),
        ]
    if real is not None:
        calls += [
            partial(np.multiply, blocks, real[..., None], blocks),
            partial(np.multiply, squashed, real, squashed),
            *padded(cells[:, :-1], real),
        ]
    return calls


# ── GRU：r、z、n ──────────────────────────────────────────────────────────────


def gru(site: Site) -> list[Call]:
    layer = unpack(site.reads)
    out, gates, states, recalled = site.writes
    directions, steps, count, size = recalled.shape
    scale = _halves(out.dtype, size, 0.5, 0.5, 1.0)
    half = np.array(0.5, out.dtype)
    # The bias that stands inside the reset gate stays outside the sum.
    calls = project(site, layer, gates, slice(2 * size), scale)
    calls.append(partial(np.copyto, states[:, 0], layer.starts[0]))
    weight, real = stacked(site, calls, layer, scale).mT, both_masks(site, calls, layer)
    inside = site.scratch.take((directions, count, 3 * size), out.dtype)
    fresh = site.scratch.take((directions, count, size), out.dtype)
    biases = site.scratch.take((directions, 1, size), out.dtype)
    calls += [
        partial(np.copyto, biases[d, 0], parts[3][2 * size :])
        for d, parts in enumerate(layer.weights)
    ]
    for t in range(steps):
        sums, old, new = gates[:, t], states[:, t], states[:, t + 1]
        both, n, memory = sums[..., : 2 * size], sums[..., 2 * size :], recalled[:, t]
        r, z = both[..., :size], both[..., size:]
        calls += [
            partial(np.matmul, old, weight, inside),
            partial(np.add, both, inside[..., : 2 * size], both),
            partial(np.add, inside[..., 2 * size :], biases, memory),
            partial(np.tanh, both, both),
            partial(np.multiply, both, half, both),
            partial(np.add, both, half, both),
            partial(np.multiply, r, memory, fresh),
            partial(np.add, n, fresh, n),
            partial(np.tanh, n, n),
            partial(np.subtract, old, n, new),
            partial(np.multiply, new, z, new),
            partial(np.add, new, n, new),
            *hold(real, t, new, old),
        ]
    return calls + in_time(out, states[:, 1:])


def gru_backward(site: Site) -> list[Call]:
    grad, gates, states, recalled, *inputs = site.reads
    layer = unpack(inputs)
    directions, steps, count, size = recalled.shape
    calls: list[Call] = []
    blocks = gates.reshape(directions, steps, count, 3, size)
    keep = site.scratch.take(recalled.shape, grad.dtype)
    real = both_masks(site, calls, layer)
    calls += _gru_local(site, blocks, states, recalled, keep, real)
    plain = recalled  # What it has become.
    weight = stacked(site, calls, layer)
    dh, part = (site.scratch.take((directions, count, size), grad.dtype) for _ in range(2))
    calls.append(partial(dh.fill, 0))
    for t in reversed(range(steps)):
        calls += [
            *arriving(dh, grad, t),
            partial(np.multiply, blocks[:, t], dh[:, :, None], blocks[:, t]),
            partial(np.multiply, plain[:, t], dh, plain[:, t]),
            partial(np.multiply, dh, keep[:, t], part),
            partial(np.matmul, gates[:, t], weight, dh),
            partial(np.add, dh, part, dh),
        ]
    calls += handed(site, dh)
    return calls + gradients(site, layer, states, gates, (slice(2 * size, None), plain))


def _gru_local(
    site: Site,
    blocks: np.ndarray,
    states: np.ndarray,
    recalled: np.ndarray,
    keep: np.ndarray,
    real: np.ndarray | None,
) -> list[Call]:
    """每一步的局部导数，就地：三个门各换成对自己在 h 那一半的和的导数；recalled 换成 n 对自己
    那个和的；keep 是 h 对上一个 h 的。
    """
    directions, steps, count, _, size = blocks.shape
    one_step = directions * count * size
    calls: list[Call] = []
    one = np.ones((), blocks.dtype)
    drafts = site.scratch.take((2, directions, longest(steps, one_step), count, size), blocks.dtype)
    for span in spans(steps, one_step):
        r, z, n = (blocks[:, span, :, k] for k in range(3))
        memory, kept, old = recalled[:, span], keep[:, span], states[:, :-1][:, span]
        a, plain = drafts[:, :, : old.shape[1]]
        calls += [
            partial(np.copyto, kept, z),
            # plain: (1 − z) · (1 − n²); z: (h − n) · z · (1 − z)
            partial(np.subtract, one, z, a),
            partial(np.multiply, z, a, z),
            partial(np.multiply, n, n, plain),
            partial(np.subtract, one, plain, plain),
            partial(np.multiply, plain, a, plain),
            partial(np.subtract, old, n, a),
            partial(np.multiply, z, a, z),
            # n: plain · r; r: plain · recalled · r · (1 − r)
            partial(np.multiply, plain, r, n),
            partial(np.subtract, one, r, a),
            partial(np.multiply, a, n, a),
            partial(np.multiply, a, memory, r),
            partial(np.copyto, memory, plain),
        ]
    if real is not None:
        calls += [
            partial(np.multiply, blocks, real[..., None], blocks),
            partial(np.multiply, recalled, real, recalled),
            *padded(keep, real),
        ]
    return calls


KERNELS: dict[str, Kernel] = {
    "lstm": lstm,
    "lstm.backward": lstm_backward,
    "gru": gru,
    "gru.backward": gru_backward,
}

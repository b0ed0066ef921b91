"""循环层的就地写法：几种循环层共用的部分，和普通的循环层；有门的在 kernels_gated。

算法和轴的次序同 :mod:`mlcore.operations.recurrent`。循环展开成一串调用，每一步的切片在绑的时候
就切好了。前向留给回传的数组没有别人要，回传时拿它们当草稿。
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from mlcore.replay.kernels_basic import rows
from mlcore.replay.site import Call, Kernel, Site

CHUNK = 32768  # How many numbers of one gate are worked through at once: they stay in the cache.


class Layer(NamedTuple):
    """一层的输入，按方向分开。"""

    x: np.ndarray  # (T, N, I)
    starts: list[np.ndarray]  # h0，lstm 还有 c0，(D, N, H)
    weights: list[list[np.ndarray]]  # 每个方向的 weight_ih、weight_hh、bias_ih、bias_hh
    mask: np.ndarray | None  # (T, N, 1)

    @property
    def directions(self) -> int:
        return len(self.weights)


def unpack(arrays: list[np.ndarray], starts: int = 1) -> Layer:
    x, *rest = arrays
    first, rest = rest[:starts], rest[starts:]
    directions = first[0].shape[0]
    weights = [rest[4 * d : 4 * d + 4] for d in range(directions)]
    return Layer(x, first, weights, rest[4 * directions] if len(rest) > 4 * directions else None)


def turned(array: np.ndarray, direction: int) -> np.ndarray:
    """按这个方向的时间排：(T, …)，反方向的倒过来。"""
    return array[::-1] if direction else array


def matrix(site: Site, calls: list[Call], x: np.ndarray, direction: int) -> np.ndarray:
    """x 按这个方向的时间排成 (T·N, I)；不在一起的先抄成一块。"""
    x = turned(x, direction)
    flat = rows(x)
    if flat is None:
        flat = site.scratch.take((x.shape[0] * x.shape[1], x.shape[2]), x.dtype)
        calls.append(partial(np.copyto, flat.reshape(x.shape), x))
    return flat


def project(
    site: Site, layer: Layer, sums: np.ndarray, inner: slice, scale: np.ndarray | None = None
) -> list[Call]:
    """``sums ← (x @ weight_ih.T + bias_ih + bias_hh) · scale``，每个方向一次矩阵乘法。

    inner 是 bias_hh 要加进来的那几行；缩放的是权重和偏置，不是结果。
    """
    calls: list[Call] = []
    for d, (weight, _, bias, bias_hh) in enumerate(layer.weights):
        x = matrix(site, calls, layer.x, d)
        flat = sums[d].reshape(len(x), -1)
        both = site.scratch.take(bias.shape, bias.dtype)
        calls += [
            partial(np.copyto, both, bias),
            partial(np.add, both[inner], bias_hh[inner], both[inner]),
        ]
        if scale is not None:
            scaled = site.scratch.take(weight.shape, weight.dtype)
            calls += [
                partial(np.multiply, both, scale, both),
                partial(np.multiply, weight, scale[:, None], scaled),
            ]
            weight = scaled
        calls += [partial(np.dot, x, weight.T, flat), partial(np.add, flat, both, flat)]
    return calls


def stacked(
    site: Site, calls: list[Call], layer: Layer, scale: np.ndarray | None = None
) -> np.ndarray:
    """weight_hh，(D, G·H, H)；两个方向的，或者要缩放的，抄到一起。"""
    weights = [direction[1] for direction in layer.weights]
    if len(weights) == 1 and scale is None:
        return weights[0][None]
    both = site.scratch.take((len(weights), *weights[0].shape), weights[0].dtype)
    for weight, copy in zip(weights, both, strict=True):
        if scale is None:
            calls.append(partial(np.copyto, copy, weight))
        else:
            calls.append(partial(np.multiply, weight, scale[:, None], copy))
    return both


def both_masks(site: Site, calls: list[Call], layer: Layer) -> np.ndarray | None:
    """(D, T, N, 1)。"""
    if layer.mask is None or layer.directions == 1:
        return None if layer.mask is None else layer.mask[None]
    both = site.scratch.take((2, *layer.mask.shape), layer.mask.dtype)
    calls += [partial(np.copyto, both[d], turned(layer.mask, d)) for d in range(2)]
    return both


def hold(real: np.ndarray | None, t: int, new: np.ndarray, old: np.ndarray) -> list[Call]:
    """补出来的一步不改状态：``new ← old + real · (new − old)``。"""
    if real is None:
        return []
    return [
        partial(np.subtract, new, old, new),
        partial(np.multiply, new, real[:, t], new),
        partial(np.add, new, old, new),
    ]


def in_time(out: np.ndarray, states: np.ndarray) -> list[Call]:
    """(D, T, N, H) → (T, N, D·H)。"""
    size = states.shape[-1]
    return [
        partial(np.copyto, out[..., d * size : (d + 1) * size], turned(one, d))
        for d, one in enumerate(states)
    ]


def arriving(dh: np.ndarray, grad: np.ndarray, t: int) -> list[Call]:
    """第 t 步的状态在结果里的那份梯度，加到 dh 上。"""
    size = dh.shape[-1]
    parts = [turned(grad, d)[t, :, d * size : (d + 1) * size] for d in range(len(dh))]
    return [partial(np.add, one, part, one) for one, part in zip(dh, parts, strict=True)]


def spans(steps: int, numbers: int) -> Iterator[slice]:
    """把 steps 步分成几段，每一段里一个门不超过 CHUNK 个数。"""
    length = longest(steps, numbers)
    return (slice(low, min(low + length, steps)) for low in range(0, steps, length))


def longest(steps: int, numbers: int) -> int:
    """最长的一段有几步；numbers 是一步里一个门有几个数。"""
    return min(steps, max(1, CHUNK // numbers))


def targets(site: Site) -> list[np.ndarray | None]:
    """每个输入的梯度写到哪里；不要的是 None。"""
    writes = iter(site.writes)
    return [next(writes) if needed else None for needed in site.attrs["needs"]]


def gradients(
    site: Site,
    layer: Layer,
    states: np.ndarray,
    inside: np.ndarray,
    apart: tuple[slice, np.ndarray] | None = None,
) -> list[Call]:
    """x 和每个方向四个参数的梯度。

    inside (D, T, N, G·H) 是对状态那一半加权和的梯度。对 x 那一半的，除了 apart（最后的哪几行，
    它们的 (D, T, N, 几行)），也是它。
    """
    calls: list[Call] = []
    grads = targets(site)
    grad_x, first = grads[0], 1 + len(layer.starts)
    count = layer.x.shape[0] * layer.x.shape[1]
    ones = site.scratch.full(count, 1.0, inside.dtype)
    for d, (weight, _, bias, _) in enumerate(layer.weights):
        to_weight, to_inner, to_bias, to_inner_bias = grads[first + 4 * d : first + 4 * d + 4]
        inner = inside[d].reshape(count, -1)
        parts = [(slice(None), inner)]
        if apart is not None:
            lines, array = apart
            parts = [(slice(lines.start), inner[:, : lines.start])]
            parts.append((lines, array[d].reshape(count, -1)))
        # Of matrices whose rows stand apart `dot` would make copies, `matmul` does not.
        if to_weight is not None:
            x = matrix(site, calls, layer.x, d)
            calls += [partial(np.matmul, part.T, x, to_weight[lines]) for lines, part in parts]
        if to_inner is not None:
            past = states[d, :-1].reshape(count, -1)
            calls.append(partial(np.dot, inner.T, past, to_inner))
        if to_bias is not None or to_inner_bias is not None:
            sums = site.scratch.take(bias.shape, bias.dtype)
            calls.append(partial(np.dot, inner.T, ones, sums))
            both = (one for one in (to_bias, to_inner_bias) if one is not None)
            calls += [partial(np.copyto, one, sums) for one in both]
        if to_bias is not None and apart is not None:
            lines, part = parts[1]
            calls.append(partial(np.dot, part.T, ones, to_bias[lines]))
        if grad_x is not None:
            calls += _spread(site, grad_x, d, weight, parts)
    return calls


def _spread(
    site: Site,
    grad_x: np.ndarray,
    direction: int,
    weight: np.ndarray,
    parts: list[tuple[slice, np.ndarray]],
) -> list[Call]:
    """x 的梯度：第一份直接写，其余的算在草稿里再加上去。"""
    flat = grad_x.reshape(-1, grad_x.shape[-1])
    more = site.scratch.take(flat.shape, flat.dtype)
    turn = turned(more.reshape(grad_x.shape), direction)
    calls: list[Call] = []
    for number, (lines, part) in enumerate(parts):
        if number == direction == 0:
            calls.append(partial(np.matmul, part, weight[lines], flat))
        else:
            calls += [
                partial(np.matmul, part, weight[lines], more),
                partial(np.add, grad_x, turn, grad_x),
            ]
    return calls


# ── 普通的循环层 ──────────────────────────────────────────────────────────────


def rnn(site: Site) -> list[Call]:
    layer = unpack(site.reads)
    out, states = site.writes
    steps, squash = out.shape[0], _squash(site, states[:, 0])
    # The sums are made where the states will stand.
    calls = project(site, layer, states[:, 1:], slice(None))
    calls.append(partial(np.copyto, states[:, 0], layer.starts[0]))
    weight, real = stacked(site, calls, layer).mT, both_masks(site, calls, layer)
    recalled = site.scratch.take(states[:, 0].shape, out.dtype)
    for t in range(steps):
        old, new = states[:, t], states[:, t + 1]
        calls += [
            partial(np.matmul, old, weight, recalled),
            partial(np.add, new, recalled, new),
            partial(squash, new, out=new),
            *hold(real, t, new, old),
        ]
    return calls + in_time(out, states[:, 1:])


def _squash(site: Site, like: np.ndarray):  # type: ignore[no-untyped-def]
    if site.attrs["forward"]["nonlinearity"] == "tanh":
        return np.tanh
    return partial(np.maximum, site.scratch.full(like.size, 0.0, like.dtype).reshape(like.shape))


def rnn_backward(site: Site) -> list[Call]:
    grad, states, *inputs = site.reads
    layer, steps = unpack(inputs), grad.shape[0]
    new = states[:, 1:]
    calls: list[Call] = []
    local = site.scratch.take(new.shape, new.dtype)
    if site.attrs["forward"]["nonlinearity"] == "tanh":
        calls += [
            partial(np.multiply, new, new, local),
            partial(np.subtract, np.ones((), new.dtype), local, local),
        ]
    else:
        calls.append(partial(np.sign, new, local))
    real = both_masks(site, calls, layer)
    if real is not None:
        calls.append(partial(np.multiply, local, real, local))
    weight = stacked(site, calls, layer)
    dh = site.scratch.take(states[:, 0].shape, new.dtype)
    calls.append(partial(dh.fill, 0))
    passed = Passed(site, calls, real, dh)
    for t in reversed(range(steps)):
        calls += [
            *arriving(dh, grad, t),
            partial(np.multiply, local[:, t], dh, local[:, t]),
            *passed.by(t),
            partial(np.matmul, local[:, t], weight, dh),
            *passed.on(),
        ]
    calls += handed(site, dh)
    return calls + gradients(site, layer, states, local)


class Passed:
    """补出来的一步，状态的梯度原样传过去：``dh ← … + (1 − real) · dh``。"""

    def __init__(
        self, site: Site, calls: list[Call], real: np.ndarray | None, dh: np.ndarray
    ) -> None:
        self.dh, self.rest = dh, real
        if real is not None:
            self.rest = site.scratch.take(real.shape, real.dtype)
            self.old = site.scratch.take(dh.shape, dh.dtype)
            calls.append(partial(np.subtract, np.ones((), dh.dtype), real, self.rest))

    def by(self, t: int) -> list[Call]:
        if self.rest is None:
            return []
        return [partial(np.multiply, self.dh, self.rest[:, t], self.old)]

    def on(self) -> list[Call]:
        return [] if self.rest is None else [partial(np.add, self.dh, self.old, self.dh)]


def handed(site: Site, *ends: np.ndarray) -> list[Call]:
    """开始的状态的梯度，要的就抄过去。"""
    return [
        partial(np.copyto, target, end)
        for target, end in zip(targets(site)[1:], ends, strict=False)
        if target is not None
    ]


KERNELS: dict[str, Kernel] = {"rnn": rnn, "rnn.backward": rnn_backward}

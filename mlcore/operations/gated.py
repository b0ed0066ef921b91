"""有门的循环层：LSTM（Hochreiter 与 Schmidhuber 1997，遗忘门来自 Gers 等 2000）和 GRU（Cho 等
2014）。输入、结果和算法见 :mod:`mlcore.operations.recurrent`。
"""

from __future__ import annotations

from typing import Any

from mlcore.backend import Array
from mlcore.operations.base import Operation
from mlcore.operations.recurrent import (
    by_direction,
    gradients,
    history,
    in_time,
    kept_or_new,
    project,
    unpack,
)

# ---- LSTM：四段依次是 输入门 i、遗忘门 f、新内容 g、输出门 o ----


def _lstm(xp: Any, x: Array, h0: Array, c0: Array, *rest: Array) -> Any:
    layer, steps, size = unpack(xp, x, h0, rest), x.shape[0], h0.shape[-1]
    # One tanh for all four: sigmoid(s) = tanh(s / 2) / 2 + 1 / 2, and halving is exact.
    halves = xp.asarray([0.5, 0.5, 1.0, 0.5], dtype=x.dtype, device=x.device)
    scale = xp.repeat(halves, size)
    shift = 1 - scale
    gates = project(xp, layer, steps, layer.bias_ih + layer.bias_hh)
    gates *= scale
    weight = (layer.weight_hh * scale[:, None]).mT
    states, cells = history(xp, h0, steps), history(xp, c0, steps)
    squashed = xp.empty_like(states[:, 1:])
    for t in range(steps):
        sums = states[:, t] @ weight
        sums += gates[:, t]
        sums = xp.tanh(sums)
        sums *= scale
        sums += shift
        gates[:, t] = sums
        i, f, g, o = (sums[..., k * size : (k + 1) * size] for k in range(4))
        cell = f * cells[:, t] + i * g
        squashed[:, t] = xp.tanh(cell)
        cells[:, t + 1] = kept_or_new(layer, t, cell, cells[:, t])
        states[:, t + 1] = kept_or_new(layer, t, o * squashed[:, t], states[:, t])
    last = xp.concat([*cells[:, -1]], axis=-1)
    out = xp.concat((in_time(xp, states[:, 1:]), last[None]))
    return out, (gates, states, cells, squashed)


def _lstm_backward(
    xp: Any, needs: Any, grad: Array, kept: Any, x: Array, h0: Array, c0: Array, *rest: Array
) -> tuple[Any, ...]:
    gates, states, cells, squashed = kept
    layer = unpack(xp, x, h0, rest)
    directions, steps, count, size = squashed.shape
    blocks = (directions, steps, count, 4, size)
    gates = xp.reshape(gates, blocks)
    i, f, g, o = (gates[..., k, :] for k in range(4))
    local = xp.empty_like(gates)
    local[..., 0, :] = g * i * (1 - i)
    local[..., 1, :] = cells[:, :-1] * f * (1 - f)
    local[..., 2, :] = i * (1 - g * g)
    local[..., 3, :] = squashed * o * (1 - o)
    through = o * (1 - squashed * squashed)  # from h to c
    keep = f  # from c to the c before
    if layer.mask is not None:
        local *= layer.mask[..., None]
        through *= layer.mask
        keep = f * layer.mask + (1 - layer.mask)
    sums = xp.reshape(local, (directions, steps, count, 4 * size))
    wanted = by_direction(xp, grad[:-1], directions)
    dh = xp.zeros_like(h0)
    dc = xp.stack([grad[-1][:, k * size : (k + 1) * size] for k in range(directions)])
    for t in reversed(range(steps)):
        dh = dh + wanted[:, t]
        dc = dc + dh * through[:, t]
        delta = local[:, t]
        delta[..., :3, :] *= dc[..., None, :]
        delta[..., 3, :] *= dh
        past = sums[:, t] @ layer.weight_hh
        dh = past if layer.mask is None else past + (1 - layer.mask[:, t]) * dh
        dc = dc * keep[:, t]
    grad_x, grads = gradients(xp, needs, layer, states, sums, sums, x)
    return grad_x, dh, dc, *grads


def _gate(xp: Any, x: Array) -> Array:
    """sigmoid。tanh 比 exp 快，这里也不需要很靠左时的相对精度。"""
    gate = xp.tanh(x * 0.5)
    gate *= 0.5
    gate += 0.5
    return gate


# ---- GRU：三段依次是 重置门 r、更新门 z、新内容 n；r 乘在 h·W_hh + b_hh 之后 ----


def _gru(xp: Any, x: Array, h0: Array, *rest: Array) -> Any:
    layer, steps, size = unpack(xp, x, h0, rest), x.shape[0], h0.shape[-1]
    gates = project(xp, layer, steps, layer.bias_ih)
    states, weight = history(xp, h0, steps), layer.weight_hh.mT
    recalled = xp.empty_like(states[:, 1:])
    for t in range(steps):
        inside = states[:, t] @ weight
        inside += layer.bias_hh
        recalled[:, t] = inside[..., 2 * size :]
        both = _gate(xp, gates[:, t, :, : 2 * size] + inside[..., : 2 * size])
        r, z = both[..., :size], both[..., size:]
        n = xp.tanh(gates[:, t, :, 2 * size :] + r * inside[..., 2 * size :])
        gates[:, t, :, : 2 * size] = both
        gates[:, t, :, 2 * size :] = n
        new = n + z * (states[:, t] - n)
        states[:, t + 1] = kept_or_new(layer, t, new, states[:, t])
    return in_time(xp, states[:, 1:]), (gates, states, recalled)


def _gru_backward(
    xp: Any, needs: Any, grad: Array, kept: Any, x: Array, h0: Array, *rest: Array
) -> tuple[Any, ...]:
    gates, states, recalled = kept
    layer = unpack(xp, x, h0, rest)
    directions, steps, count, size = recalled.shape
    gates = xp.reshape(gates, (directions, steps, count, 3, size))
    r, z, n = (gates[..., k, :] for k in range(3))
    local = xp.empty_like(gates)
    plain = (1 - z) * (1 - n * n)
    local[..., 0, :] = plain * recalled * r * (1 - r)
    local[..., 1, :] = (states[:, :-1] - n) * z * (1 - z)
    local[..., 2, :] = plain * r
    keep = z
    if layer.mask is not None:
        local *= layer.mask[..., None]
        plain *= layer.mask
        keep = z * layer.mask + (1 - layer.mask)
    inside = xp.reshape(local, (directions, steps, count, 3 * size))
    wanted = by_direction(xp, grad, directions)
    dh = xp.zeros_like(h0)
    for t in reversed(range(steps)):
        dh = dh + wanted[:, t]
        delta = local[:, t]
        delta *= dh[..., None, :]
        plain[:, t] *= dh
        dh = inside[:, t] @ layer.weight_hh + dh * keep[:, t]
    before = xp.concat((inside[..., : 2 * size], plain), axis=-1)
    grad_x, grads = gradients(xp, needs, layer, states, before, inside, x)
    return grad_x, dh, *grads


OPS: dict[str, Operation] = {
    "lstm": Operation(_lstm, _lstm_backward, saves=True),
    "gru": Operation(_gru, _gru_backward, saves=True),
}

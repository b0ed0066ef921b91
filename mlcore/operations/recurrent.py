"""循环层：走完整个序列、每个方向，是一个运算。

三个运算的输入一样，T 步、N 个样本、D 个方向（1 或 2）、G 是门的个数::

    x (T, N, I)                     两个方向都读它
    h0 (D, N, H)                    开始的状态；lstm 后面还有同样大的 c0
    weight_ih (G·H, I)、weight_hh (G·H, H)、bias_ih (G·H,)、bias_hh (G·H,)
                                    每个方向四个，先正后反
    mask (T, N, 1)                  可以没有；1 是真的一步，0 是补的一步：状态原样传过去

结果 (T, N, D·H) 是每一步之后的状态，两个方向并排。lstm 的结果多一行，(T + 1, N, D·H)：最后
一行是走到头的 c。

反向的那一半把时间倒过来，之后两个方向做的事完全一样，所以方向排在最前面的轴上，一起算。能
不放在循环里的都不放：输入的投影是一次矩阵乘法；回传时先备好每一步的局部导数，循环里只剩
乘法；权重的梯度又各是一次矩阵乘法（Appleyard 等 2016）。
"""

from __future__ import annotations

from typing import Any, NamedTuple

from mlcore.backend import Array
from mlcore.operations.base import Operation


class Layer(NamedTuple):
    """一层的输入，换成循环里用的样子；回传时再换一次，不必留着。"""

    x: Array  # (D, T·N, I)
    weight_ih: Array  # (D, G·H, I)
    weight_hh: Array  # (D, G·H, H)
    bias_ih: Array  # (D, 1, G·H)
    bias_hh: Array  # (D, 1, G·H)
    mask: Array | None  # (D, T, N, 1)


def unpack(xp: Any, x: Array, h0: Array, rest: tuple[Array, ...]) -> Layer:
    directions = h0.shape[0]
    parts = [_stack(xp, rest[kind : 4 * directions : 4]) for kind in range(4)]
    mask = rest[4 * directions] if len(rest) > 4 * directions else None
    return Layer(
        xp.reshape(both_ways(xp, x, directions), (directions, -1, x.shape[-1])),
        parts[0],
        parts[1],
        parts[2][:, None],
        parts[3][:, None],
        None if mask is None else both_ways(xp, mask, directions),
    )


def _stack(xp: Any, arrays: tuple[Array, ...]) -> Array:
    return arrays[0][None] if len(arrays) == 1 else xp.stack(arrays)


def both_ways(xp: Any, x: Array, directions: int) -> Array:
    """(T, N, I) → (D, T, N, I)，第二份的时间是倒的。"""
    return x[None] if directions == 1 else xp.stack((x, xp.flip(x, axis=0)))


def in_time(xp: Any, states: Array) -> Array:
    """(D, T, N, H) → (T, N, D·H)，都按本来的时间排。"""
    if states.shape[0] == 1:
        return states[0]
    return xp.concat((states[0], xp.flip(states[1], axis=0)), axis=-1)


def by_direction(xp: Any, grad: Array, directions: int) -> Array:
    """in_time 的反面：(T, N, D·H) → (D, T, N, H)。"""
    if directions == 1:
        return grad[None]
    size = grad.shape[-1] // 2
    return xp.stack((grad[..., :size], xp.flip(grad[..., size:], axis=0)))


def project(xp: Any, layer: Layer, steps: int, bias: Array) -> Array:
    """所有步的 x @ weight_ih.T + bias，一次算完：(D, T, N, G·H)。"""
    sums = layer.x @ layer.weight_ih.mT
    sums += bias
    return xp.reshape(sums, (sums.shape[0], steps, -1, sums.shape[-1]))


def history(xp: Any, first: Array, steps: int) -> Array:
    """(D, T + 1, N, H)：装每一步的状态，第 0 个是开始的。"""
    directions, count, size = first.shape
    states = xp.empty((directions, steps + 1, count, size), dtype=first.dtype, device=first.device)
    states[:, 0] = first
    return states


def kept_or_new(layer: Layer, t: int, new: Array, old: Array) -> Array:
    """补出来的一步不改状态。"""
    if layer.mask is None:
        return new
    real = layer.mask[:, t]
    return real * new + (1 - real) * old


def gradients(
    xp: Any, needs: Any, layer: Layer, states: Array, before: Array, inside: Array, like: Array
) -> tuple[Any, list[Any]]:
    """x 和各个方向的四个参数的梯度。

    before (D, T, N, G·H) 是损失对 x 那一半加权和的梯度，inside 是对状态那一半的；除了 GRU，
    两者是同一个数组。
    """
    directions, width = before.shape[0], before.shape[-1]
    rows = xp.reshape(before, (directions, -1, width))
    inner = rows if inside is before else xp.reshape(inside, (directions, -1, width))
    past = xp.reshape(states[:, :-1], (directions, -1, states.shape[-1]))
    bias = rows.sum(axis=1)
    parts = (
        rows.mT @ layer.x,
        inner.mT @ past,
        bias,
        bias if inner is rows else inner.sum(axis=1),
    )
    grads = [part[direction] for direction in range(directions) for part in parts]
    if layer.mask is not None:
        grads.append(None)
    if not needs[0]:
        return None, grads
    spread = xp.reshape(rows @ layer.weight_ih, (directions, *like.shape))
    return spread[0] if directions == 1 else spread[0] + xp.flip(spread[1], axis=0), grads


# ---- 普通的循环层：h ← tanh(x·W_ih + b_ih + h·W_hh + b_hh)，或者 relu ----


def _rnn(xp: Any, x: Array, h0: Array, *rest: Array, nonlinearity: str) -> Any:
    layer, steps = unpack(xp, x, h0, rest), x.shape[0]
    sums = project(xp, layer, steps, layer.bias_ih + layer.bias_hh)
    states, weight = history(xp, h0, steps), layer.weight_hh.mT
    for t in range(steps):
        new = sums[:, t] + states[:, t] @ weight
        new = xp.tanh(new) if nonlinearity == "tanh" else new * (new > 0)
        states[:, t + 1] = kept_or_new(layer, t, new, states[:, t])
    return in_time(xp, states[:, 1:]), states


def _rnn_backward(
    xp: Any,
    needs: Any,
    grad: Array,
    states: Array,
    x: Array,
    h0: Array,
    *rest: Array,
    nonlinearity: str,
) -> tuple[Any, ...]:
    layer = unpack(xp, x, h0, rest)
    wanted, new = by_direction(xp, grad, h0.shape[0]), states[:, 1:]
    local = 1 - new * new if nonlinearity == "tanh" else xp.astype(new > 0, new.dtype)
    if layer.mask is not None:
        local *= layer.mask
    dh = xp.zeros_like(h0)
    for t in reversed(range(x.shape[0])):
        dh = dh + wanted[:, t]
        delta = local[:, t]  # becomes the gradient with respect to the sum, in its place
        delta *= dh
        past = delta @ layer.weight_hh
        dh = past if layer.mask is None else past + (1 - layer.mask[:, t]) * dh
    grad_x, grads = gradients(xp, needs, layer, states, local, local, x)
    return grad_x, dh, *grads


OPS: dict[str, Operation] = {
    "rnn": Operation(_rnn, _rnn_backward, saves=True),
}

"""归一化：减去平均、除以标准差，再由 weight 和 bias 调回合适的大小。

两种只差平均是对什么取的：批归一化对一批样本（和所有位置），每个通道各算各的；层归一化对一个样本
自己的各个特征。往回的公式是同一个。
"""

from __future__ import annotations

from typing import Any

from mlcore.backend import Array
from mlcore.operations.base import Operation, size

Axes = tuple[int, ...]


def _standardised(xp: Any, x: Array, axes: Axes, eps: float) -> tuple[Array, Array, Array, Array]:
    """(x − 平均) / √(方差 + eps)，和标准差的倒数、平均、方差（除以 n 的那种）。"""
    share = 1 / _count(x, axes)
    mean = xp.sum(x, axis=axes, keepdims=True) * share
    centred = x - mean
    variance = xp.sum(centred * centred, axis=axes, keepdims=True) * share
    inverse = 1 / xp.sqrt(variance + eps)
    centred *= inverse
    return centred, inverse, mean, variance


def _through(xp: Any, grad: Array, normed: Array, inverse: Array, axes: Axes) -> Array:
    """梯度穿过标准化：x 动一下，平均和标准差也跟着动，所以要减去两个平均。"""
    share = 1 / _count(normed, axes)
    shift = xp.sum(grad, axis=axes, keepdims=True) * share
    stretch = xp.sum(grad * normed, axis=axes, keepdims=True) * share
    return (grad - shift - normed * stretch) * inverse


def _count(x: Array, axes: Axes) -> int:
    count = 1
    for axis in axes:
        count *= x.shape[axis]
    return count


# ---- 批归一化 ----


def _batch_norm(
    xp: Any,
    x: Array,
    weight: Array,
    bias: Array,
    running_mean: Array,
    running_var: Array,
    *,
    momentum: float,
    eps: float,
) -> tuple[Array, tuple[Array, Array]]:
    """用这一批自己的平均和方差；顺便把它们记进滑动平均（原地改写最后两个输入）。"""
    axes = _check_channels(x, weight)
    count = _count(x, axes)
    if count < 2:
        raise ValueError("训练时每个通道至少要有两个数，才有方差可言；一批只有一个样本时先 eval()")
    normed, inverse, mean, variance = _standardised(xp, x, axes, eps)
    running_mean *= 1 - momentum
    running_mean += xp.reshape(mean, (-1,)) * momentum
    running_var *= 1 - momentum
    # The running variance is the unbiased one.
    running_var += xp.reshape(variance, (-1,)) * (momentum * count / (count - 1))
    out = normed * _along(xp, weight, x) + _along(xp, bias, x)
    return out, (normed, inverse)


def _batch_norm_backward(
    xp: Any,
    needs: list[bool],
    grad: Array,
    kept: tuple[Array, Array],
    x: Array,
    weight: Array,
    *_: Any,
    momentum: float,
    eps: float,
) -> tuple[Any, ...]:
    normed, inverse = kept
    axes = _check_channels(x, weight)
    return (
        _through(xp, grad * _along(xp, weight, x), normed, inverse, axes) if needs[0] else None,
        xp.sum(grad * normed, axis=axes) if needs[1] else None,
        xp.sum(grad, axis=axes) if needs[2] else None,
        None,
        None,
    )


def _frozen_batch_norm(
    xp: Any, x: Array, weight: Array, bias: Array, mean: Array, variance: Array, *, eps: float
) -> Array:
    """用记下来的平均和方差：每个通道只是一次缩放和平移。"""
    _check_channels(x, weight)
    scale = weight / xp.sqrt(variance + eps)
    return x * _along(xp, scale, x) + _along(xp, bias - mean * scale, x)


def _frozen_batch_norm_backward(
    xp: Any,
    needs: list[bool],
    grad: Array,
    out: Array,
    x: Array,
    weight: Array,
    bias: Array,
    mean: Array,
    variance: Array,
    *,
    eps: float,
) -> tuple[Any, ...]:
    axes = _check_channels(x, weight)
    inverse = 1 / xp.sqrt(variance + eps)
    normed = (x - _along(xp, mean, x)) * _along(xp, inverse, x)
    return (
        grad * _along(xp, weight * inverse, x) if needs[0] else None,
        xp.sum(grad * normed, axis=axes) if needs[1] else None,
        xp.sum(grad, axis=axes) if needs[2] else None,
        None,
        None,
    )


def _check_channels(x: Array, weight: Array) -> Axes:
    """通道是第 1 个轴；返回别的各个轴。"""
    if x.ndim < 2 or x.shape[1] != weight.shape[0]:
        raise ValueError(f"输入的第 1 个轴要是 {weight.shape[0]} 个通道，得到形状 {tuple(x.shape)}")
    return (0, *range(2, x.ndim))


def _along(xp: Any, values: Array, x: Array) -> Array:
    """每个通道一个数，摆到能和 x 相乘的形状。"""
    return xp.reshape(values, (-1, *[1] * (x.ndim - 2)))


# ---- 层归一化 ----


def _layer_norm(
    xp: Any, x: Array, weight: Array, bias: Array, *, eps: float
) -> tuple[Array, tuple[Array, Array]]:
    normed, inverse, _, _ = _standardised(xp, x, _last_axes(x, weight), eps)
    return normed * weight + bias, (normed, inverse)


def _layer_norm_backward(
    xp: Any,
    needs: list[bool],
    grad: Array,
    kept: tuple[Array, Array],
    x: Array,
    weight: Array,
    bias: Array,
    *,
    eps: float,
) -> tuple[Any, ...]:
    normed, inverse = kept
    before = tuple(range(x.ndim - weight.ndim))
    return (
        _through(xp, grad * weight, normed, inverse, _last_axes(x, weight)) if needs[0] else None,
        xp.sum(grad * normed, axis=before) if needs[1] else None,
        xp.sum(grad, axis=before) if needs[2] else None,
    )


def _last_axes(x: Array, weight: Array) -> Axes:
    if size(weight) == 0 or tuple(x.shape[x.ndim - weight.ndim :]) != tuple(weight.shape):
        raise ValueError(f"输入的最后几个轴要是 {tuple(weight.shape)}，得到形状 {tuple(x.shape)}")
    return tuple(range(x.ndim - weight.ndim, x.ndim))


OPS: dict[str, Operation] = {
    "batch_norm": Operation(_batch_norm, _batch_norm_backward, saves=True, writes=(3, 4)),
    "frozen_batch_norm": Operation(_frozen_batch_norm, _frozen_batch_norm_backward),
    "layer_norm": Operation(_layer_norm, _layer_norm_backward, saves=True),
}

"""激活函数和它们的导数：最常用的几个，softmax，随机丢弃。别的在
:mod:`mlcore.operations.more_activations`。
"""

from __future__ import annotations

from typing import Any

from mlcore.backend import Array
from mlcore.operations.base import Operation


def sigmoid(xp: Any, x: Array) -> Array:
    # exp(-|x|) never overflows, and keeps its relative accuracy far to the left.
    small = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, xp.ones_like(small), small) / (1 + small)


def relu(xp: Any, x: Array) -> Array:
    # Against an array of zeros `maximum` is several times faster than against the number 0.
    return xp.maximum(x, xp.zeros_like(x))


def softplus(xp: Any, x: Array) -> Array:
    return relu(xp, x) + xp.log1p(xp.exp(-xp.abs(x)))


def _leaky_relu_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, slope: float
) -> tuple[Any, ...]:
    return (grad * (xp.astype(x > 0, x.dtype) * (1 - slope) + slope),)


def _softmax(xp: Any, x: Array, axis: int) -> Array:
    powers = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return powers / xp.sum(powers, axis=axis, keepdims=True)


def _softmax_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, axis: int
) -> tuple[Any, ...]:
    return (out * (grad - xp.sum(grad * out, axis=axis, keepdims=True)),)


def _log_softmax(xp: Any, x: Array, axis: int) -> Array:
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


def _log_softmax_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, axis: int
) -> tuple[Any, ...]:
    return (grad - xp.exp(out) * xp.sum(grad, axis=axis, keepdims=True),)


OPS: dict[str, Operation] = {
    "tanh": Operation(
        lambda xp, x: xp.tanh(x),
        lambda xp, needs, grad, out, x: (grad * (1 - out * out),),
    ),
    "sigmoid": Operation(
        sigmoid,
        lambda xp, needs, grad, out, x: (grad * (out * (1 - out)),),
    ),
    "relu": Operation(
        relu,
        lambda xp, needs, grad, out, x: (grad * (out > 0),),
    ),
    "leaky_relu": Operation(
        lambda xp, x, slope: xp.maximum(x, x * slope),
        _leaky_relu_backward,
    ),
    "softplus": Operation(
        softplus,
        lambda xp, needs, grad, out, x: (grad * sigmoid(xp, x),),
    ),
    "softmax": Operation(_softmax, _softmax_backward),
    "log_softmax": Operation(_log_softmax, _log_softmax_backward),
    # The mask is drawn by whoever asks, so that the operation itself stays a pure function.
    "dropout": Operation(
        lambda xp, x, mask: x * mask,
        lambda xp, needs, grad, out, x, mask: (grad * mask, None),
    ),
}

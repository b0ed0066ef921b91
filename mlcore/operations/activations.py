"""激活函数和它们的导数。"""

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


OPS: dict[str, Operation] = {
    # The mask is drawn by whoever asks, so that the operation itself stays a pure function.
    "dropout": Operation(
        lambda xp, x, mask: x * mask,
        lambda xp, needs, grad, out, x, mask: (grad * mask, None),
    ),
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
}

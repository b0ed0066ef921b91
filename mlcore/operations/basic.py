"""四则、矩阵乘法、汇总、换形状、取出一部分、接起来。"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.backend import Array
from mlcore.operations.base import Operation, fold, size, spread


def _matmul(xp: Any, a: Array, b: Array) -> Array:
    if a.ndim < 2 or b.ndim < 2:
        raise ValueError("矩阵乘法的两边都要至少二维")
    return a @ b


def _matmul_backward(
    xp: Any, needs: list[bool], grad: Array, out: Array, a: Array, b: Array
) -> tuple[Any, ...]:
    return (
        fold(xp, grad @ b.mT, a) if needs[0] else None,
        fold(xp, a.mT @ grad, b) if needs[1] else None,
    )


def _linear(xp: Any, x: Array, weight: Array, bias: Array | None = None) -> Array:
    out = x @ weight.T
    if bias is not None:
        out += bias
    return out


def _linear_backward(
    xp: Any,
    needs: list[bool],
    grad: Array,
    out: Array,
    x: Array,
    weight: Array,
    bias: Array | None = None,
) -> tuple[Any, ...]:
    grad_x = grad @ weight if needs[0] else None
    if grad.ndim != 2:
        grad, x = xp.reshape(grad, (-1, grad.shape[-1])), xp.reshape(x, (-1, x.shape[-1]))
    grad_weight = grad.T @ x if needs[1] else None
    if bias is None:
        return grad_x, grad_weight
    return grad_x, grad_weight, grad.sum(axis=0) if needs[2] else None


def _mean(xp: Any, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    # NumPy's own mean costs five times as much as a sum on a small array.
    total = xp.sum(x, axis=axis, keepdims=keepdims)
    return total * (size(total) / size(x))


def _mean_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, axis: Any = None, keepdims: bool = False
) -> tuple[Any, ...]:
    return (spread(xp, grad * (size(out) / size(x)), x, axis, keepdims),)


def _max_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, axis: Any = None, keepdims: bool = False
) -> tuple[Any, ...]:
    # Equal largest elements share the gradient.
    winners = xp.astype(x == spread(xp, out, x, axis, keepdims), x.dtype)
    share = winners / xp.sum(winners, axis=axis, keepdims=True)
    return (share * spread(xp, grad, x, axis, keepdims),)


def _take_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, index: Array
) -> tuple[Any, ...]:
    total = xp.zeros_like(x)
    if xp is np:
        np.add.at(total, index, grad)
    else:
        total.index_put_((index,), grad, accumulate=True)
    return total, None


def _slice_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, key: Any
) -> tuple[Any, ...]:
    total = xp.zeros_like(x)
    total[key] = grad
    return (total,)


def _concat_backward(
    xp: Any, needs: Any, grad: Array, out: Array, *parts: Array, axis: int
) -> tuple[Any, ...]:
    grads, start = [], 0
    before = (slice(None),) * (axis % grad.ndim)
    for part in parts:
        end = start + part.shape[axis]
        grads.append(grad[(*before, slice(start, end))])
        start = end
    return tuple(grads)


def _permute_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, axes: tuple[int, ...]
) -> tuple[Any, ...]:
    back = sorted(range(len(axes)), key=lambda i: axes[i] % len(axes))
    return (xp.permute_dims(grad, tuple(back)),)


OPS: dict[str, Operation] = {
    "add": Operation(
        lambda xp, a, b: a + b,
        lambda xp, needs, grad, out, a, b: (fold(xp, grad, a), fold(xp, grad, b)),
    ),
    "sub": Operation(
        lambda xp, a, b: a - b,
        lambda xp, needs, grad, out, a, b: (fold(xp, grad, a), fold(xp, -grad, b)),
    ),
    "mul": Operation(
        lambda xp, a, b: a * b,
        lambda xp, needs, grad, out, a, b: (fold(xp, grad * b, a), fold(xp, grad * a, b)),
    ),
    "div": Operation(
        lambda xp, a, b: a / b,
        lambda xp, needs, grad, out, a, b: (
            fold(xp, grad / b, a),
            fold(xp, -grad * out / b, b),
        ),
    ),
    "neg": Operation(
        lambda xp, x: -x,
        lambda xp, needs, grad, out, x: (-grad,),
    ),
    "pow": Operation(
        lambda xp, x, exponent: x**exponent,
        lambda xp, needs, grad, out, x, exponent: (grad * exponent * x ** (exponent - 1),),
    ),
    "exp": Operation(
        lambda xp, x: xp.exp(x),
        lambda xp, needs, grad, out, x: (grad * out,),
    ),
    "log": Operation(
        lambda xp, x: xp.log(x),
        lambda xp, needs, grad, out, x: (grad / x,),
    ),
    "sin": Operation(
        lambda xp, x: xp.sin(x),
        lambda xp, needs, grad, out, x: (grad * xp.cos(x),),
    ),
    "abs": Operation(
        lambda xp, x: xp.abs(x),
        lambda xp, needs, grad, out, x: (grad * xp.sign(x),),
    ),
    "matmul": Operation(_matmul, _matmul_backward),
    "linear": Operation(_linear, _linear_backward),
    "permute": Operation(
        lambda xp, x, axes: xp.permute_dims(x, axes),
        _permute_backward,
    ),
    "reshape": Operation(
        lambda xp, x, shape: xp.reshape(x, shape),
        lambda xp, needs, grad, out, x, shape: (xp.reshape(grad, x.shape),),
    ),
    "slice": Operation(lambda xp, x, key: x[key], _slice_backward),
    "take": Operation(lambda xp, x, index: x[index], _take_backward),
    "concat": Operation(lambda xp, *parts, axis: xp.concat(parts, axis=axis), _concat_backward),
    "sum": Operation(
        lambda xp, x, axis=None, keepdims=False: xp.sum(x, axis=axis, keepdims=keepdims),
        lambda xp, needs, grad, out, x, axis=None, keepdims=False: (
            spread(xp, grad, x, axis, keepdims),
        ),
    ),
    "mean": Operation(_mean, _mean_backward),
    "max": Operation(
        lambda xp, x, axis=None, keepdims=False: xp.max(x, axis=axis, keepdims=keepdims),
        _max_backward,
    ),
}

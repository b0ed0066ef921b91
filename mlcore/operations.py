"""有名字的运算：每一种怎样往前算，又怎样把梯度往回传。

:data:`OPS` 是一张表：名字 → 一对纯函数。它们只认识普通数组，不认识计算图（那在
:mod:`mlcore.autograd`）。

``forward(xp, *inputs, **attrs)``
    返回结果；``saves=True`` 的运算返回（结果，留给回传用的东西）。
``backward(xp, needs, grad, kept, *inputs, **attrs)``
    返回每个输入的梯度。``grad`` 是损失对结果的梯度；``kept`` 是留下的东西，默认就是结果；
    ``needs[i]`` 说第 i 个输入要不要梯度，不要的可以交 None。

``xp`` 是数组的命名空间；``attrs`` 只含普通数据（数、元组、切片）。
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mlcore.backend import Array


class Operation(NamedTuple):
    """一种运算：往前怎样算，往回怎样传。"""

    forward: Callable[..., Any]
    backward: Callable[..., tuple[Any, ...]]
    saves: bool = False


# ---- 矩阵与线性层 ----


def _fold(xp: Any, grad: Array, like: Array) -> Array:
    """一个数被广播成许多份用了，它的梯度就是这许多份梯度的和。"""
    shape = like.shape
    if grad.shape == shape:
        return grad
    extra = grad.ndim - len(shape)
    stretched = [i + extra for i, size in enumerate(shape) if size != grad.shape[i + extra]]
    return xp.reshape(xp.sum(grad, axis=(*range(extra), *stretched)), shape)


def _matmul(xp: Any, a: Array, b: Array) -> Array:
    if a.ndim < 2 or b.ndim < 2:
        raise ValueError("矩阵乘法的两边都要至少二维")
    return a @ b


def _matmul_backward(
    xp: Any, needs: list[bool], grad: Array, out: Array, a: Array, b: Array
) -> tuple[Any, ...]:
    return (
        _fold(xp, grad @ b.mT, a) if needs[0] else None,
        _fold(xp, a.mT @ grad, b) if needs[1] else None,
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


# ---- 汇总：沿着轴求和、平均、最大 ----


def _spread(xp: Any, grad: Array, like: Array, axis: Any, keepdims: bool) -> Array:
    """把汇总掉的轴补回来，让梯度和输入一样大。"""
    if axis is not None and not keepdims:
        axes = axis if isinstance(axis, tuple) else (axis,)
        for position in sorted(position % like.ndim for position in axes):
            grad = xp.expand_dims(grad, axis=position)
    return xp.broadcast_to(grad, like.shape)


def _mean(xp: Any, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    # NumPy's own mean costs five times as much as a sum on a small array.
    total = xp.sum(x, axis=axis, keepdims=keepdims)
    return total * (_size(total) / _size(x))


def _mean_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, axis: Any = None, keepdims: bool = False
) -> tuple[Any, ...]:
    return (_spread(xp, grad * (_size(out) / _size(x)), x, axis, keepdims),)


def _max_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, axis: Any = None, keepdims: bool = False
) -> tuple[Any, ...]:
    # Equal largest elements share the gradient.
    winners = xp.astype(x == _spread(xp, out, x, axis, keepdims), x.dtype)
    share = winners / xp.sum(winners, axis=axis, keepdims=True)
    return (share * _spread(xp, grad, x, axis, keepdims),)


def _size(x: Array) -> int:
    return math.prod(x.shape)


# ---- 取出几行、一块 ----


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


def _permute_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, axes: tuple[int, ...]
) -> tuple[Any, ...]:
    back = sorted(range(len(axes)), key=lambda i: axes[i] % len(axes))
    return (xp.permute_dims(grad, tuple(back)),)


# ---- 激活函数 ----


def _sigmoid(xp: Any, x: Array) -> Array:
    # exp(-|x|) never overflows, and keeps its relative accuracy far to the left.
    small = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, xp.ones_like(small), small) / (1 + small)


def _relu(xp: Any, x: Array) -> Array:
    # Against an array of zeros `maximum` is several times faster than against the number 0.
    return xp.maximum(x, xp.zeros_like(x))


def _softplus(xp: Any, x: Array) -> Array:
    return _relu(xp, x) + xp.log1p(xp.exp(-xp.abs(x)))


def _leaky_relu_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, slope: float
) -> tuple[Any, ...]:
    return (grad * (xp.astype(x > 0, x.dtype) * (1 - slope) + slope),)


# ---- 损失：对一批取平均；留下的是损失对输出的梯度 ----


def _softmax_cross_entropy(xp: Any, logits: Array, target: Array) -> tuple[Array, Array]:
    count = logits.shape[0]
    rows = xp.arange(count, device=logits.device)
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    powers = xp.exp(shifted)
    totals = powers.sum(axis=1)
    loss = (xp.log(totals) - shifted[rows, target]).sum() * (1 / count)
    powers /= totals[:, None]
    powers[rows, target] -= 1
    powers *= 1 / count
    return loss, powers


def _sigmoid_binary_cross_entropy(xp: Any, logits: Array, target: Array) -> tuple[Array, Array]:
    scale = 1 / _size(logits)
    loss = (_softplus(xp, logits) - logits * target).sum() * scale
    return loss, (_sigmoid(xp, logits) - target) * scale


def _mse(xp: Any, prediction: Array, target: Array) -> tuple[Array, Array]:
    difference = prediction - target
    scale = 1 / _size(difference)
    return (difference * difference).sum() * scale, difference * (2 * scale)


# ---- 表 ----

OPS: dict[str, Operation] = {
    "add": Operation(
        lambda xp, a, b: a + b,
        lambda xp, needs, grad, out, a, b: (_fold(xp, grad, a), _fold(xp, grad, b)),
    ),
    "sub": Operation(
        lambda xp, a, b: a - b,
        lambda xp, needs, grad, out, a, b: (_fold(xp, grad, a), _fold(xp, -grad, b)),
    ),
    "mul": Operation(
        lambda xp, a, b: a * b,
        lambda xp, needs, grad, out, a, b: (_fold(xp, grad * b, a), _fold(xp, grad * a, b)),
    ),
    "div": Operation(
        lambda xp, a, b: a / b,
        lambda xp, needs, grad, out, a, b: (
            _fold(xp, grad / b, a),
            _fold(xp, -grad * out / b, b),
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
    "tanh": Operation(
        lambda xp, x: xp.tanh(x),
        lambda xp, needs, grad, out, x: (grad * (1 - out * out),),
    ),
    "sigmoid": Operation(
        _sigmoid,
        lambda xp, needs, grad, out, x: (grad * (out * (1 - out)),),
    ),
    "relu": Operation(
        _relu,
        lambda xp, needs, grad, out, x: (grad * (x > 0),),
    ),
    "leaky_relu": Operation(
        lambda xp, x, slope: xp.maximum(x, x * slope),
        _leaky_relu_backward,
    ),
    "softplus": Operation(
        _softplus,
        lambda xp, needs, grad, out, x: (grad * _sigmoid(xp, x),),
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
    "sum": Operation(
        lambda xp, x, axis=None, keepdims=False: xp.sum(x, axis=axis, keepdims=keepdims),
        lambda xp, needs, grad, out, x, axis=None, keepdims=False: (
            _spread(xp, grad, x, axis, keepdims),
        ),
    ),
    "mean": Operation(_mean, _mean_backward),
    "max": Operation(
        lambda xp, x, axis=None, keepdims=False: xp.max(x, axis=axis, keepdims=keepdims),
        _max_backward,
    ),
    "softmax_cross_entropy": Operation(
        _softmax_cross_entropy,
        lambda xp, needs, grad, kept, logits, target: (grad * kept, None),
        saves=True,
    ),
    "sigmoid_binary_cross_entropy": Operation(
        _sigmoid_binary_cross_entropy,
        lambda xp, needs, grad, kept, logits, target: (
            grad * kept,
            grad * logits * (-1 / _size(logits)) if needs[1] else None,
        ),
        saves=True,
    ),
    "mse": Operation(
        _mse,
        lambda xp, needs, grad, kept, prediction, target: (
            _fold(xp, grad * kept, prediction) if needs[0] else None,
            _fold(xp, -grad * kept, target) if needs[1] else None,
        ),
        saves=True,
    ),
}

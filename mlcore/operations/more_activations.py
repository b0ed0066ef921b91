"""更多的激活函数和它们的导数；每一个都写着出处。"""

from __future__ import annotations

import math
from typing import Any

from mlcore.backend import Array
from mlcore.operations.activations import relu, sigmoid, softplus
from mlcore.operations.base import Operation, fold
from mlcore.operations.normal_cdf import normal_cdf

# Klambauer et al. 2017: with these two, mean 0 and variance 1 are a fixed point.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def _inside(xp: Any, x: Array, low: float, high: float) -> Array:
    """在两头之间是 1，别处是 0。"""
    return xp.astype((x > low) & (x < high), x.dtype)


# ---- 负的一边弯向一个常数 ----


def _elu(xp: Any, x: Array, alpha: float) -> Array:
    # Where x is positive its exponential is not needed, and could overflow.
    return xp.where(x > 0, x, alpha * xp.expm1(-relu(xp, -x)))


def _elu_slope(xp: Any, out: Array, x: Array, alpha: float) -> Array:
    return xp.where(x > 0, xp.ones_like(x), out + alpha)


# ---- x 乘一个从 0 到 1 的开关 ----


def _gelu(xp: Any, x: Array, approximate: str) -> Array:
    if approximate == "none":
        return x * normal_cdf(xp, x)
    return x * (0.5 + 0.5 * _gelu_tanh(xp, x))


def _gelu_tanh(xp: Any, x: Array) -> Array:
    return xp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))


def _gelu_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, approximate: str
) -> tuple[Any, ...]:
    if approximate == "none":
        density = xp.exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))
        return (grad * (normal_cdf(xp, x) + x * density),)
    bend = _gelu_tanh(xp, x)
    inner = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
    return (grad * (0.5 + 0.5 * bend + 0.5 * x * (1 - bend * bend) * inner),)


def _silu_backward(xp: Any, needs: Any, grad: Array, out: Array, x: Array) -> tuple[Any, ...]:
    gate = sigmoid(xp, x)
    return (grad * gate * (1 + x * (1 - gate)),)


def _mish_backward(xp: Any, needs: Any, grad: Array, out: Array, x: Array) -> tuple[Any, ...]:
    gate = xp.tanh(softplus(xp, x))
    return (grad * (gate + x * (1 - gate * gate) * sigmoid(xp, x)),)


# ---- 其余 ----


def _soft_exponential(xp: Any, x: Array, alpha: float) -> Array:
    if alpha == 0:
        return x + 0
    if alpha < 0:
        return xp.log(1 - alpha * (x + alpha)) * (-1 / alpha)
    return xp.expm1(alpha * x) * (1 / alpha) + alpha


def _soft_exponential_backward(
    xp: Any, needs: Any, grad: Array, out: Array, x: Array, alpha: float
) -> tuple[Any, ...]:
    return (grad / (1 - alpha * (alpha + x)) if alpha < 0 else grad * xp.exp(alpha * x),)


def _sinc(xp: Any, x: Array) -> Array:
    nought = x == 0
    safe = xp.where(nought, xp.ones_like(x), x)
    return xp.where(nought, xp.ones_like(x), xp.sin(safe) / safe)


def _sinc_backward(xp: Any, needs: Any, grad: Array, out: Array, x: Array) -> tuple[Any, ...]:
    near = xp.abs(x) < 0.25
    safe = xp.where(near, xp.ones_like(x), x)
    far = (xp.cos(safe) - xp.sin(safe) / safe) / safe
    # The two terms cancel near nought; there the series has all the digits.
    square = xp.where(near, x * x, xp.zeros_like(x))
    series = x * (-1 / 3 + square * (1 / 30 + square * (-1 / 840 + square * (1 / 45360))))
    return (grad * xp.where(near, series, far),)


def _prelu(xp: Any, x: Array, weight: Array) -> Array:
    return xp.where(x > 0, x, x * weight)


def _prelu_backward(
    xp: Any, needs: list[bool], grad: Array, out: Array, x: Array, weight: Array
) -> tuple[Any, ...]:
    ones = xp.ones_like(x)
    return (
        grad * xp.where(x > 0, ones, weight * ones) if needs[0] else None,
        fold(xp, grad * -relu(xp, -x), weight) if needs[1] else None,
    )


OPS: dict[str, Operation] = {
    # 一步：McCulloch 与 Pitts 1943；处处没有斜率，所以学不动
    "step": Operation(
        lambda xp, x: xp.astype(x >= 0, x.dtype),
        lambda xp, needs, grad, out, x: (xp.zeros_like(x),),
    ),
    "arctan": Operation(
        lambda xp, x: xp.atan(x),
        lambda xp, needs, grad, out, x: (grad / (x * x + 1),),
    ),
    # Bergstra 等 2009
    "softsign": Operation(
        lambda xp, x: x / (1 + xp.abs(x)),
        lambda xp, needs, grad, out, x: (grad / (1 + xp.abs(x)) ** 2,),
    ),
    "hardtanh": Operation(
        lambda xp, x, low, high: xp.clip(x, low, high),
        lambda xp, needs, grad, out, x, low, high: (grad * _inside(xp, x, low, high),),
    ),
    "hardsigmoid": Operation(
        lambda xp, x: xp.clip(x * (1 / 6) + 0.5, 0.0, 1.0),
        lambda xp, needs, grad, out, x: (grad * (1 / 6) * _inside(xp, x, -3.0, 3.0),),
    ),
    # 何恺明等 2015：负的一边的斜率也学
    "prelu": Operation(_prelu, _prelu_backward),
    # Clevert 等 2016
    "elu": Operation(
        _elu,
        lambda xp, needs, grad, out, x, alpha: (grad * _elu_slope(xp, out, x, alpha),),
    ),
    # Klambauer 等 2017
    "selu": Operation(
        lambda xp, x: SELU_SCALE * _elu(xp, x, SELU_ALPHA),
        lambda xp, needs, grad, out, x: (
            grad * SELU_SCALE * _elu_slope(xp, out * (1 / SELU_SCALE), x, SELU_ALPHA),
        ),
    ),
    # Hendrycks 与 Gimpel 2016：x 乘「标准正态的数不大于 x」的概率
    "gelu": Operation(_gelu, _gelu_backward),
    # Elfwing 等 2018，又名 swish（Ramachandran 等 2017）
    "silu": Operation(lambda xp, x: x * sigmoid(xp, x), _silu_backward),
    # Misra 2019
    "mish": Operation(lambda xp, x: x * xp.tanh(softplus(xp, x)), _mish_backward),
    "bent_identity": Operation(
        lambda xp, x: (xp.sqrt(x * x + 1) - 1) * 0.5 + x,
        lambda xp, needs, grad, out, x: (grad * (0.5 * x / xp.sqrt(x * x + 1) + 1),),
    ),
    # Godfrey 与 Gashler 2015：alpha 从 −1 到 1，由对数经过直线变到指数
    "soft_exponential": Operation(_soft_exponential, _soft_exponential_backward),
    "sinc": Operation(_sinc, _sinc_backward),
    "gaussian": Operation(
        lambda xp, x: xp.exp(-x * x),
        lambda xp, needs, grad, out, x: (grad * (-2 * x * out),),
    ),
}

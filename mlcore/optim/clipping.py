"""梯度裁剪：梯度太大时，把它缩短再走。在 ``backward()`` 之后、``optimizer.step()`` 之前调用。"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from mlcore.autograd import Tensor
from mlcore.backend import Array, array_namespace
from mlcore.checks import real_number


def clip_grad_norm(params: Iterable[Tensor], max_norm: float) -> float:
    """把所有梯度当成一条长向量，长过 max_norm 就整条缩短，方向不变（Pascanu 等 2013）。

    Parameters
    ----------
    params : Tensor 的序列
        没有梯度的跳过。
    max_norm : float
        最多多长，大于 0。

    Returns
    -------
    float
        裁剪之前的长度。

    Notes
    -----
    和 PyTorch 的 ``clip_grad_norm_`` 一样，乘的是 ``max_norm / (长度 + 1e-6)``，不超过 1。
    """
    max_norm = real_number("max_norm", max_norm, 0.0, above=True)
    trained = [(parameter, parameter.grad) for parameter in params if parameter.grad is not None]
    norm = math.sqrt(sum(_square_sum(grad) for _, grad in trained))
    scale = max_norm / (norm + 1e-6)
    if scale < 1:
        for parameter, grad in trained:
            # A new array: the old one may be shared with other tensors.
            parameter.grad = grad * scale
    return norm


def clip_grad_value(params: Iterable[Tensor], clip_value: float) -> None:
    """把梯度里的每个数各自限制在 ±clip_value 以内；方向可能会变。

    Parameters
    ----------
    params : Tensor 的序列
        没有梯度的跳过。
    clip_value : float
        大于 0。
    """
    limit = real_number("clip_value", clip_value, 0.0, above=True)
    for parameter in params:
        if parameter.grad is not None:
            xp = array_namespace(parameter.grad)
            parameter.grad = xp.clip(parameter.grad, -limit, limit)


def clip_in_place(grad: Array, max_norm: float | None, clip_value: float | None) -> None:
    """同样的两种裁剪，对装着全部梯度的一条长数组 grad (n,)，就地改；None 就不裁。"""
    if max_norm is not None:
        scale = max_norm / (math.sqrt(_square_sum(grad)) + 1e-6)
        if scale < 1:
            grad *= scale
    if clip_value is not None and isinstance(grad, np.ndarray):
        np.clip(grad, -clip_value, clip_value, out=grad)
    elif clip_value is not None:
        grad.clamp_(-clip_value, clip_value)


def _square_sum(grad: Array) -> float:
    xp = array_namespace(grad)
    flat = xp.reshape(grad, (-1,))
    return float(xp.vecdot(flat, flat))

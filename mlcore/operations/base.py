"""每种运算是什么样的，和它们共用的几个小函数。"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from mlcore.backend import Array


class Operation(NamedTuple):
    """一种运算：往前怎样算，往回怎样传。

    ``forward(xp, *inputs, **attrs)``
        返回结果；``saves=True`` 的运算返回（结果，留给回传用的东西）。
    ``backward(xp, needs, grad, kept, *inputs, **attrs)``
        返回每个输入的梯度。``grad`` 是损失对结果的梯度；``kept`` 是留下的东西，默认就是结果；
        ``needs[i]`` 说第 i 个输入要不要梯度，不要的可以交 None。

    ``xp`` 是数组的命名空间；``attrs`` 只含普通数据（数、元组、切片）。

    ``writes`` 是 forward 会原地改写的输入的序号；除了它们，forward 和 backward 都是纯函数。
    """

    forward: Callable[..., Any]
    backward: Callable[..., tuple[Any, ...]]
    saves: bool = False
    writes: tuple[int, ...] = ()


def fold(xp: Any, grad: Array, like: Array) -> Array:
    """一个数被广播成许多份用了，它的梯度就是这许多份梯度的和。"""
    shape = like.shape
    if grad.shape == shape:
        return grad
    extra = grad.ndim - len(shape)
    stretched = [i + extra for i, size in enumerate(shape) if size != grad.shape[i + extra]]
    return xp.reshape(xp.sum(grad, axis=(*range(extra), *stretched)), shape)


def spread(xp: Any, grad: Array, like: Array, axis: Any, keepdims: bool) -> Array:
    """把汇总掉的轴补回来，让梯度和输入一样大。"""
    if axis is not None and not keepdims:
        axes = axis if isinstance(axis, tuple) else (axis,)
        for position in sorted(position % like.ndim for position in axes):
            grad = xp.expand_dims(grad, axis=position)
    return xp.broadcast_to(grad, like.shape)


def size(x: Array) -> int:
    return math.prod(x.shape)


def is_torch(xp: Any) -> bool:
    """xp 是不是 torch 的命名空间；有些运算在那里直接用 torch 自己的核。"""
    return str(xp.__name__).rpartition(".")[2] == "torch"

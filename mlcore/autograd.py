"""自动求导：一边算，一边记下每一步的名字；倒着走一遍，就得到所有的梯度。

每个由运算得到的 :class:`Tensor` 记着它从哪里来：运算的名字 ``op``、输入 ``inputs``、属性
``attrs``。它们都是普通数据，没有一个是函数，所以一次计算可以画出来、录下来、重放。
每种运算的导数在 :data:`mlcore.operations.OPS` 里。
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np

from mlcore.backend import Array, array_namespace, asarray, describe, get_backend
from mlcore.operations import OPS, Operation
from mlcore.tensor_methods import TensorMethods

__all__ = ["OPS", "Operation", "Tensor", "apply", "no_grad", "tape"]

_next_number = count().__next__
_recording = True


@contextmanager
def no_grad() -> Iterator[None]:
    """在 ``with no_grad():`` 里只算，不记；省时间，也省内存。"""
    global _recording
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before


class Tensor(TensorMethods):
    """会记住自己从哪里来的数组；``+``、``@``、``tanh()`` 这些写法在 :class:`TensorMethods` 里。

    Parameters
    ----------
    data : 数组、嵌套的列表或数
        数组原样收下，不复制；列表和数变成当前后端的浮点数组。
    requires_grad : bool
        要不要梯度；只有浮点数能要。

    Attributes
    ----------
    data : 数组
    grad : 数组或 None
        :meth:`backward` 之后，是起点对这个 Tensor 的梯度。参数的梯度会累加，到
        :meth:`zero_grad` 为止；它可能与别的 Tensor 共用内存，要改就换一个新数组。
    op, inputs, attrs
        得到它的运算；自己造的 Tensor 没有，``op`` 是 None。
    """

    __slots__ = ("attrs", "data", "grad", "inputs", "kept", "number", "op", "requires_grad")
    __array_ufunc__ = None  # `array * tensor` is ours to compute, not NumPy's.

    data: Array
    grad: Array | None
    op: str | None

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        if type(data) is not np.ndarray:
            if isinstance(data, Tensor):
                data = data.data
            elif not (hasattr(data, "shape") and hasattr(data, "dtype")):
                data = asarray(data, get_backend().dtype)
        if requires_grad and not is_float(data):
            raise TypeError(f"只有浮点数有梯度，得到{describe(data)}")
        self.data = data
        self.grad = None
        self.requires_grad = requires_grad
        self.op = None
        self.inputs: tuple[Tensor, ...] = ()
        self.attrs: dict[str, Any] = {}
        self.kept: Any = None
        self.number = 0

    def backward(self, grad: Any = None) -> None:
        """从这里出发，把梯度传给沿途每一个要梯度的 Tensor。

        Parameters
        ----------
        grad : 数组，可选
            起点自己的梯度；起点是一个数时默认为 1。

        Raises
        ------
        ValueError
            起点不止一个数而没有给 grad，或者它不由任何要梯度的 Tensor 算出。
        """
        if not self.requires_grad:
            raise ValueError("这个 Tensor 不由任何 requires_grad=True 的 Tensor 算出，没有梯度可传")
        xp = array_namespace(self.data)
        if grad is None:
            if self.data.shape not in ((), (1,), (1, 1)):
                raise ValueError(
                    f"backward 要从一个数出发，这里的形状是 {tuple(self.data.shape)}；"
                    "先用 sum() 或 mean() 变成一个数，或者给出 grad"
                )
            grad = constant(1.0, self.data) if self.ndim == 0 else xp.ones_like(self.data)
        elif grad.shape != self.data.shape:
            raise ValueError(f"grad 的形状要是 {tuple(self.data.shape)}，得到{describe(grad)}")
        nodes = tape(self)
        for node in nodes:
            node.grad = None
        self.grad = grad if self.op or self.grad is None else self.grad + grad
        for node in reversed(nodes):
            inputs = node.inputs
            grads = OPS[node.op].backward(  # type: ignore[index]
                xp,
                [source.requires_grad for source in inputs],
                node.grad,
                node.kept,
                *[source.data for source in inputs],
                **node.attrs,
            )
            for source, part in zip(inputs, grads, strict=True):
                if source.requires_grad:
                    source.grad = part if source.grad is None else source.grad + part

    def zero_grad(self) -> None:
        """忘掉梯度。"""
        self.grad = None

    def __repr__(self) -> str:
        origin = f", op={self.op!r}" if self.op else ""
        origin += ", requires_grad=True" if self.requires_grad and not self.op else ""
        body = np.array2string(self.numpy(), separator=", ", precision=4, prefix="Tensor(")
        return f"Tensor({body}{origin})"


def apply(name: str, *inputs: Tensor, **attrs: Any) -> Tensor:
    """做一次有名字的运算，并记下它。所有运算都从这里过。"""
    operation = OPS[name]
    arrays = [source.data for source in inputs]
    xp = np if type(arrays[0]) is np.ndarray else array_namespace(arrays[0])
    try:
        data = kept = operation.forward(xp, *arrays, **attrs)
    except (ValueError, TypeError, IndexError, RuntimeError) as error:
        raise _explain(name, arrays, attrs, error) from error
    if operation.saves:
        data, kept = data
    result: Tensor = Tensor.__new__(Tensor)
    result.data = data
    result.grad = None
    if _recording:
        for source in inputs:
            if source.requires_grad:
                result.requires_grad = True
                result.op = name
                result.inputs = inputs
                result.attrs = attrs
                result.kept = kept
                result.number = _next_number()
                return result
    result.requires_grad = False
    result.op = None
    result.inputs = ()
    result.attrs = {}
    result.kept = None
    result.number = 0
    return result


def tape(result: Tensor) -> list[Tensor]:
    """得到 result 的每一步运算，按先后排列；最后一个是 result 自己。"""
    found = set()
    waiting = [result]
    while waiting:
        node = waiting.pop()
        if node.op is not None and node not in found:
            found.add(node)
            waiting += node.inputs
    return sorted(found, key=lambda node: node.number)


def is_float(array: Array) -> bool:
    dtype = array.dtype
    return dtype.kind == "f" if isinstance(dtype, np.dtype) else "float" in str(dtype)


def constant(value: float, like: Array) -> Array:
    """一个数，类型和设备跟 like 一样。"""
    # In NumPy 2.0, the one in the browser, the number that a sum returns has no `device`.
    place = getattr(like, "device", None)
    return array_namespace(like).asarray(value, dtype=like.dtype, device=place)


def _explain(
    name: str, arrays: list[Array], attrs: dict[str, Any], error: Exception
) -> ValueError | TypeError:
    kind = TypeError if isinstance(error, TypeError) else ValueError
    got = "；".join(describe(array) for array in arrays)
    extra = f"，属性 {attrs}" if attrs else ""
    return kind(f"运算 {name} 算不了这些输入：{got}{extra}（{error}）")

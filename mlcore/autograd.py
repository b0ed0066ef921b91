"""自动求导：一边算，一边记下每一步的名字；倒着走一遍，就得到所有的梯度。

每个由运算得到的 :class:`Tensor` 记着它从哪里来：运算的名字 ``op``、输入 ``inputs``、属性
``attrs``。它们都是普通数据，没有一个是函数，所以一次计算可以画出来、录下来、重放。
每种运算的导数在 :data:`mlcore.operations.OPS` 里。
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from numbers import Real
from typing import Any

import numpy as np

from mlcore.backend import Array, array_namespace, asarray, describe, get_backend, to_numpy
from mlcore.operations import OPS, Operation

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


class Tensor:
    """会记住自己从哪里来的数组。

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
        if requires_grad and not _is_float(data):
            raise TypeError(f"只有浮点数有梯度，得到{describe(data)}")
        self.data = data
        self.grad = None
        self.requires_grad = requires_grad
        self.op = None
        self.inputs: tuple[Tensor, ...] = ()
        self.attrs: dict[str, Any] = {}
        self.kept: Any = None
        self.number = 0

    # ---- 反向 ----

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
            grad = _constant(1.0, self.data) if self.ndim == 0 else xp.ones_like(self.data)
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

    # ---- 运算 ----

    def __add__(self, other: Any) -> Tensor:
        return apply("add", self, _lift(other, self))

    def __radd__(self, other: Any) -> Tensor:
        return apply("add", _lift(other, self), self)

    def __sub__(self, other: Any) -> Tensor:
        return apply("sub", self, _lift(other, self))

    def __rsub__(self, other: Any) -> Tensor:
        return apply("sub", _lift(other, self), self)

    def __mul__(self, other: Any) -> Tensor:
        return apply("mul", self, _lift(other, self))

    def __rmul__(self, other: Any) -> Tensor:
        return apply("mul", _lift(other, self), self)

    def __truediv__(self, other: Any) -> Tensor:
        return apply("div", self, _lift(other, self))

    def __rtruediv__(self, other: Any) -> Tensor:
        return apply("div", _lift(other, self), self)

    def __matmul__(self, other: Any) -> Tensor:
        return apply("matmul", self, _lift(other, self))

    def __rmatmul__(self, other: Any) -> Tensor:
        return apply("matmul", _lift(other, self), self)

    def __neg__(self) -> Tensor:
        return apply("neg", self)

    def __pow__(self, exponent: float) -> Tensor:
        if not isinstance(exponent, Real):
            raise TypeError(f"指数要是一个数，得到 {describe(exponent)}；可写 exp(log(x) * y)")
        return apply("pow", self, exponent=exponent)

    def __getitem__(self, key: Any) -> Tensor:
        """切片（整数、``:``、``...``）；要按下标数组取行，用 :meth:`take`。"""
        for part in key if isinstance(key, tuple) else (key,):
            if not (part is None or part is Ellipsis or isinstance(part, int | slice)):
                raise TypeError(f"切片里只能有整数、冒号和省略号，得到 {describe(part)}")
        return apply("slice", self, key=key)

    def take(self, index: Any) -> Tensor:
        """按下标取行：``index`` 是整数数组。"""
        return apply("take", self, index if isinstance(index, Tensor) else Tensor(asarray(index)))

    def exp(self) -> Tensor:
        return apply("exp", self)

    def log(self) -> Tensor:
        return apply("log", self)

    def sin(self) -> Tensor:
        return apply("sin", self)

    def abs(self) -> Tensor:
        return apply("abs", self)

    def tanh(self) -> Tensor:
        return apply("tanh", self)

    def sigmoid(self) -> Tensor:
        return apply("sigmoid", self)

    def relu(self) -> Tensor:
        return apply("relu", self)

    def leaky_relu(self, slope: float = 0.01) -> Tensor:
        return apply("leaky_relu", self, slope=slope)

    def softplus(self) -> Tensor:
        return apply("softplus", self)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return apply("sum", self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return apply("mean", self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """最大值；几个一样大时，它们平分梯度。"""
        return apply("max", self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: Any) -> Tensor:
        sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
        return apply("reshape", self, shape=tuple(sizes))

    def permute(self, *axes: int) -> Tensor:
        """把轴排成 axes 的顺序。"""
        return apply("permute", self, axes=axes)

    @property
    def T(self) -> Tensor:
        """转置：把轴的顺序倒过来。"""
        return apply("permute", self, axes=tuple(range(self.ndim))[::-1])

    # ---- 像数组一样看 ----

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.data.shape)

    @property
    def ndim(self) -> int:
        return len(self.data.shape)

    @property
    def dtype(self) -> Any:
        return self.data.dtype

    def __len__(self) -> int:
        return len(self.data)

    def item(self) -> float:
        """只有一个数的 Tensor 里的那个数。"""
        return float(self.data)

    def numpy(self) -> np.ndarray:
        return to_numpy(self.data)

    def detach(self) -> Tensor:
        """同样的数据，不记来历。"""
        return Tensor(self.data)

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


def _lift(value: Any, like: Tensor) -> Tensor:
    """把运算另一边的数或数组变成 Tensor；数的类型跟着 like。"""
    if type(value) is Tensor:
        return value
    if isinstance(value, Real) and not hasattr(value, "dtype"):
        return Tensor(
            _constant(float(value), like.data) if _is_float(like.data) else asarray(value)
        )
    return Tensor(value)


def _is_float(array: Array) -> bool:
    dtype = array.dtype
    return dtype.kind == "f" if isinstance(dtype, np.dtype) else "float" in str(dtype)


def _constant(value: float, like: Array) -> Array:
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

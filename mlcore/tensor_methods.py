"""Tensor 的写法：``a + b``、``x @ w``、``x.tanh()``，每一个都只是一次 ``apply``。

放在带子（:mod:`mlcore.autograd`）旁边，好让那里只剩下怎样记、怎样倒着走。
"""

# mypy: disable-error-code="arg-type"
# (Only Tensor is made of these methods, so `self` is one; mypy cannot know that.)

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from mlcore.backend import Array, asarray, describe, to_numpy

if TYPE_CHECKING:
    from mlcore.autograd import Tensor


class TensorMethods:
    """运算符和方法；:class:`mlcore.autograd.Tensor` 由它来。"""

    __slots__ = ()
    data: Array

    def __add__(self, other: Any) -> Tensor:
        return autograd.apply("add", self, lift(other, self))

    def __radd__(self, other: Any) -> Tensor:
        return autograd.apply("add", lift(other, self), self)

    def __sub__(self, other: Any) -> Tensor:
        return autograd.apply("sub", self, lift(other, self))

    def __rsub__(self, other: Any) -> Tensor:
        return autograd.apply("sub", lift(other, self), self)

    def __mul__(self, other: Any) -> Tensor:
        return autograd.apply("mul", self, lift(other, self))

    def __rmul__(self, other: Any) -> Tensor:
        return autograd.apply("mul", lift(other, self), self)

    def __truediv__(self, other: Any) -> Tensor:
        return autograd.apply("div", self, lift(other, self))

    def __rtruediv__(self, other: Any) -> Tensor:
        return autograd.apply("div", lift(other, self), self)

    def __matmul__(self, other: Any) -> Tensor:
        return autograd.apply("matmul", self, lift(other, self))

    def __rmatmul__(self, other: Any) -> Tensor:
        return autograd.apply("matmul", lift(other, self), self)

    def __neg__(self) -> Tensor:
        return autograd.apply("neg", self)

    def __pow__(self, exponent: float) -> Tensor:
        if not isinstance(exponent, Real):
            raise TypeError(f"指数要是一个数，得到 {describe(exponent)}；可写 exp(log(x) * y)")
        return autograd.apply("pow", self, exponent=exponent)

    def __getitem__(self, key: Any) -> Tensor:
        """切片（整数、``:``、``...``）；要按下标数组取行，用 :meth:`take`。"""
        for part in key if isinstance(key, tuple) else (key,):
            if not (part is None or part is Ellipsis or isinstance(part, int | slice)):
                raise TypeError(f"切片里只能有整数、冒号和省略号，得到 {describe(part)}")
        return autograd.apply("slice", self, key=key)

    def take(self, index: Any) -> Tensor:
        """按下标取行：``index`` 是整数数组。"""
        if not isinstance(index, autograd.Tensor):
            index = autograd.Tensor(asarray(index))
        return autograd.apply("take", self, index)

    def exp(self) -> Tensor:
        return autograd.apply("exp", self)

    def log(self) -> Tensor:
        return autograd.apply("log", self)

    def sin(self) -> Tensor:
        return autograd.apply("sin", self)

    def abs(self) -> Tensor:
        return autograd.apply("abs", self)

    def tanh(self) -> Tensor:
        return autograd.apply("tanh", self)

    def sigmoid(self) -> Tensor:
        return autograd.apply("sigmoid", self)

    def relu(self) -> Tensor:
        return autograd.apply("relu", self)

    def leaky_relu(self, slope: float = 0.01) -> Tensor:
        return autograd.apply("leaky_relu", self, slope=slope)

    def softplus(self) -> Tensor:
        return autograd.apply("softplus", self)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return autograd.apply("sum", self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return autograd.apply("mean", self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """最大值；几个一样大时，它们平分梯度。"""
        return autograd.apply("max", self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: Any) -> Tensor:
        sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
        return autograd.apply("reshape", self, shape=tuple(sizes))

    def permute(self, *axes: int) -> Tensor:
        """把轴排成 axes 的顺序。"""
        return autograd.apply("permute", self, axes=axes)

    @property
    def T(self) -> Tensor:
        """转置：把轴的顺序倒过来。"""
        return autograd.apply("permute", self, axes=tuple(range(self.ndim))[::-1])

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
        return autograd.Tensor(self.data)


def lift(value: Any, like: Tensor) -> Tensor:
    """把运算另一边的数或数组变成 Tensor；数的类型跟着 like。"""
    if type(value) is autograd.Tensor:
        return value
    if isinstance(value, Real) and not hasattr(value, "dtype") and autograd.is_float(like.data):
        value = autograd.constant(float(value), like.data)
    elif isinstance(value, Real) and not hasattr(value, "dtype"):
        value = asarray(value)
    return autograd.Tensor(value)


# At the end: `Tensor` is made of the class above, and needs it first.
from mlcore import autograd  # noqa: E402

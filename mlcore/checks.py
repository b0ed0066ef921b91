"""检查参数：名字、得到什么、要什么，用中文说清楚。"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from mlcore.backend import Array, array_namespace, asarray, describe


def whole_number(name: str, value: Any, low: int = 0, high: int | None = None) -> int:
    """检查一个整数在 [low, high] 里；布尔不算整数。"""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} 要是整数，得到 {describe(value)}")
    number = int(value)
    if number < low or (high is not None and number > high):
        wanted = f"至少是 {low}" if high is None else f"在 {low} 到 {high} 之间"
        raise ValueError(f"{name} 要{wanted}，得到 {number}")
    return number


def sizes(name: str, value: Any, count: int, low: int = 0) -> tuple[int, ...]:
    """检查 count 个整数，各至少是 low；只给一个整数时，每个都是它。"""
    if not isinstance(value, tuple | list):
        return (whole_number(name, value, low),) * count
    if len(value) != count:
        raise ValueError(f"{name} 要是一个整数或 {count} 个整数，得到 {describe(value)}")
    return tuple(whole_number(name, one, low) for one in value)


def real_number(
    name: str, value: Any, low: float = -math.inf, high: float = math.inf, *, above: bool = False
) -> float:
    """检查一个有限的实数在 [low, high] 里；``above=True`` 时要大于 low。"""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} 要是实数，得到 {describe(value)}")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name} 要是有限的数，得到 {number}")
    if number < low or number > high or (above and number == low):
        bounds = [f"大于 {low:g}" if above else f"至少是 {low:g}"] if low > -math.inf else []
        bounds += [f"至多是 {high:g}"] if high < math.inf else []
        raise ValueError(f"{name} 要{'、'.join(bounds)}，得到 {number:g}")
    return number


def float_array(name: str, x: Any, shape: tuple[int | None, ...] | None = None) -> Array:
    """换成浮点数组（数组留在原来的库里），检查形状，并且没有 NaN 和无穷大。

    ``shape`` 里的 None 是「多少都行」；不给 shape 就什么形状都行。
    """
    try:
        array = x if hasattr(x, "shape") and hasattr(x, "dtype") else asarray(x, "float64")
        xp = array_namespace(array)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}：{error}") from error
    if not xp.isdtype(array.dtype, "real floating"):
        if not xp.isdtype(array.dtype, ("integral", "bool")):
            raise TypeError(f"{name} 要是实数，得到{describe(array)}")
        array = xp.astype(array, xp.float64)
    if shape is not None and not _fits(array.shape, shape):
        wanted = ", ".join("n" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} 的形状要是 ({wanted})，得到 {tuple(array.shape)}")
    finite(name, array)
    return array


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        size is None or size == got for got, size in zip(shape, wanted, strict=True)
    )


def finite(name: str, array: Array) -> None:
    """检查数组里没有 NaN 和无穷大。"""
    xp = array_namespace(array)
    bad = ~xp.isfinite(array)
    if bool(xp.any(bad)):
        count = int(xp.sum(xp.astype(bad, xp.int64)))
        raise ValueError(f"{name} 里有 {count} 个 NaN 或无穷大；请先去掉它们")


def choice(name: str, value: Any, options: Any) -> Any:
    """检查 value 是 options（字典或序列）里的一个名字。"""
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name} 要是 {'、'.join(options)} 之一，得到 {value!r}")
    return value

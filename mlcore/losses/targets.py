"""目标的检查；对真的那些位置取平均。"""

from __future__ import annotations

import math
from typing import Any

from mlcore.autograd import Tensor
from mlcore.backend import Array, array_namespace, asarray, describe


def like(target: Any, output: Tensor) -> Tensor:
    """把 target 变成和 output 同样形状、同样类型的 Tensor；(n,) 与 (n, 1) 算同样。"""
    wanted = target if isinstance(target, Tensor) else Tensor(asarray(target, output.data.dtype))
    if wanted.data.dtype != output.data.dtype:
        wanted = Tensor(asarray(wanted.data, output.data.dtype))
    if wanted.data.shape == output.data.shape:
        return wanted
    if wanted.shape == output.shape[:1] and output.shape[1:] == (1,):
        return wanted.reshape(output.shape)
    # Broadcasting (n,) against (n, 1) would compare every sample with every other.
    raise ValueError(f"target 的形状要和输出一样是 {output.shape}，得到 {wanted.shape}")


def check_labels(name: str, labels: Array, classes: int | None = None) -> None:
    """检查类别标签：整数，不小于 0，小于 classes。"""
    xp = array_namespace(labels)
    if not xp.isdtype(labels.dtype, "integral"):
        raise TypeError(f"{name} 要是整数的类别，得到{describe(labels)}")
    if math.prod(labels.shape) == 0:
        raise ValueError(f"{name} 是空的")
    low, high = int(xp.min(labels)), int(xp.max(labels))
    if low < 0 or (classes is not None and high >= classes):
        wanted = "不小于 0" if classes is None else f"在 0 到 {classes - 1} 之间"
        raise ValueError(f"{name} 的类别要{wanted}，得到 {low} 到 {high}")


def real_steps(mask: Any, shape: tuple[int, ...], output: Tensor) -> Tensor:
    """检查 mask 是形状为 shape 的布尔数组，变成 output 那种类型的 0 和 1。"""
    array = mask.data if isinstance(mask, Tensor) else asarray(mask)
    xp = array_namespace(array)
    if not xp.isdtype(array.dtype, "bool"):
        raise TypeError(f"mask 要是布尔数组，True 是要算的，得到{describe(array)}")
    if tuple(array.shape) != tuple(shape):
        raise ValueError(f"mask 的形状要是 {tuple(shape)}，得到 {tuple(array.shape)}")
    if not bool(xp.any(array)):
        raise ValueError("mask 里没有一个 True，没有东西可以平均")
    return Tensor(xp.astype(array, output.dtype))


def masked_mean(values: Tensor, mask: Any) -> Tensor:
    """只对 mask 为 True 的地方取平均。

    Parameters
    ----------
    values : Tensor (N, T, …)
    mask : 布尔数组
        values 的前几个轴那么大，如 (N, T)；后面的轴整个算、或者整个不算。
    """
    array = mask.data if isinstance(mask, Tensor) else asarray(mask)
    axes = array.ndim
    real = real_steps(array, values.shape[:axes], values)
    rest = values.shape[axes:]
    count = real.sum() * float(math.prod(rest))
    return (values * real.reshape(*real.shape, *[1] * len(rest))).sum() / count

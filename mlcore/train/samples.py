"""样本：检查 x 和 y 配得上，认得出是不是同一份。"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from mlcore.backend import Array, array_namespace, asarray, describe, to_numpy
from mlcore.checks import finite
from mlcore.losses import check_labels


def check_samples(x: Any, y: Any, dtype: Any) -> tuple[Array, Array]:
    """检查样本，换成当前后端的数组；dtype 是 None 时，x 是整数的下标，不换类型。"""
    x, y = asarray(x, dtype), asarray(y)
    if x.ndim == 0 or x.shape[0] == 0:
        raise ValueError(f"x 里没有样本：得到{describe(x)}")
    if y.ndim == 0 or y.shape[0] != x.shape[0]:
        raise ValueError(f"x 和 y 的样本数要一样，得到{describe(x)}和{describe(y)}")
    xp = array_namespace(x)
    if dtype is None and not xp.isdtype(x.dtype, "integral"):
        raise TypeError(f"indices=True 时 x 要是整数，得到{describe(x)}")
    finite("x", x)
    if xp.isdtype(y.dtype, "real floating"):
        finite("y", y)
        return x, y if dtype is None else asarray(y, dtype)
    y = xp.astype(y, xp.int64)
    # In sequences a negative label may mark what does not count; the loss knows.
    if y.ndim == 1:
        check_labels("y", y)
    return x, y


def check_two_classes(y: Array) -> None:
    """类别至少要有两种，不然没有东西要分。"""
    xp = array_namespace(y)
    if xp.isdtype(y.dtype, "integral") and bool(xp.all(y == xp.max(y))):
        raise ValueError(f"y 只有一类（全是 {int(xp.max(y))}），没有东西要分；至少要有两类的点")


def fingerprint(array: Array) -> list[Any]:
    """类型、形状和校验和：续着训练时，看数据是不是原来那份。"""
    values = np.ascontiguousarray(to_numpy(array))
    return [values.dtype.str, list(values.shape), zlib.crc32(values.data)]

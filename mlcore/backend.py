"""数组从哪里来：NumPy、PyTorch（CPU 或 CUDA），都走 Python array API 标准。

函数收到什么数组，就用什么数组算（:func:`array_namespace`）；要凭空造数组时，用当前后端
（:func:`get_backend`）。后端由 :func:`set_backend` 选，或由环境变量 ``MLCORE_BACKEND`` 选
（``numpy``、``torch``、``torch:cpu``、``torch:cuda``）。
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np

Array = Any
"""任何遵守 array API 标准的数组。"""

FLOAT_TYPES = ("float32", "float64")


class Backend(NamedTuple):
    """造数组用的后端：名字、命名空间、设备、浮点类型。"""

    name: str
    xp: Any
    device: Any
    dtype: Any


_current: Backend | None = None


def array_namespace(*arrays: Array) -> Any:
    """返回这些数组共同的命名空间（``numpy``、``array_api_compat.torch`` …）。

    Raises
    ------
    TypeError
        有一个不是数组，或者它们来自不同的库。
    """
    found = None
    for array in arrays:
        xp = np if isinstance(array, np.ndarray | np.generic) else _foreign_namespace(array)
        if found is not None and xp is not found:
            raise TypeError(
                f"一次运算里的数组要来自同一个库，得到 {found.__name__} 和 {xp.__name__}；"
                "先用 mlcore.backend.asarray 把它们换成同一种"
            )
        found = xp
    if found is None:
        raise TypeError("array_namespace 至少要一个数组")
    return found


def _foreign_namespace(array: Array) -> Any:
    if hasattr(array, "__array_namespace__"):
        return array.__array_namespace__()
    if not _is_torch(array):
        raise TypeError(f"要一个数组（NumPy、PyTorch 或别的 array API），得到 {describe(array)}")
    return _torch_namespace()


def _is_torch(x: object) -> bool:
    # Told by name: asking torch itself would load it.
    return type(x).__module__.partition(".")[0] == "torch"


def _torch_namespace() -> Any:
    try:
        import array_api_compat.torch as xp
    except ImportError as error:
        raise ImportError(
            "torch 后端要装 torch 和 array-api-compat：pip install torch==2.13.0 array-api-compat"
        ) from error
    return xp


def set_backend(name: str, device: str = "auto", dtype: Any = None) -> Backend:
    """选定造数组用的后端，返回它。

    Parameters
    ----------
    name : {"numpy", "torch"}
    device : {"auto", "cpu", "cuda"}
        ``auto``：torch 看得见 GPU 就用 GPU。NumPy 只有 CPU。
    dtype : "float32"、"float64" 或命名空间里对应的类型，可选
        新造的浮点数组的类型，默认 float32。

    Raises
    ------
    ValueError
        名字、设备、类型不认识，或者要 GPU 而没有。
    ImportError
        要 torch 而没有装。
    """
    global _current
    if device not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device 要是 auto、cpu 或 cuda，得到 {device!r}")
    if name == "numpy":
        if device == "cuda":
            raise ValueError("NumPy 只有 CPU；要用 GPU，请 set_backend('torch', device='cuda')")
        xp: Any = np
        place: Any = "cpu"
    elif name == "torch":
        xp = _torch_namespace()
        place = _torch_device(device)
    else:
        raise ValueError(f"name 要是 numpy 或 torch，得到 {name!r}")
    type_name = "float32" if dtype is None else _dtype_name(dtype)
    if type_name not in FLOAT_TYPES:
        raise ValueError(f"dtype 要是 float32 或 float64，得到 {dtype!r}")
    _current = Backend(name, xp, place, getattr(xp, type_name))
    return _current


def _torch_device(device: str) -> Any:
    import torch

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    elif device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device='cuda'：torch 看不见 GPU；请用 device='cpu'")
    return torch.device(device)


def get_backend() -> Backend:
    """当前后端；第一次问起时看环境变量 ``MLCORE_BACKEND``，没有就是 NumPy、float32。"""
    if _current is None:
        name, _, device = os.environ.get("MLCORE_BACKEND", "numpy").partition(":")
        return set_backend(name.strip(), device.strip() or "auto")
    return _current


def asarray(x: Any, dtype: Any = None) -> Array:
    """把列表、数或别处来的数组换成当前后端的数组；能不复制就不复制。

    Parameters
    ----------
    x : 数、嵌套的列表，或任何数组
    dtype : 类型或它的名字，可选
        不给时：浮点数变成后端的浮点类型，整数与布尔保持原样。

    Raises
    ------
    TypeError
        x 里不全是数。
    ValueError
        x 是长短不齐的列表。
    """
    backend = get_backend()
    xp = backend.xp
    if backend.name == "torch" and _is_torch(x):
        array = x.to(backend.device)
    else:
        array = xp.asarray(_numpy_from(x), device=backend.device)
    if dtype is not None:
        wanted = getattr(xp, _dtype_name(dtype))
    elif xp.isdtype(array.dtype, "real floating"):
        wanted = backend.dtype
    else:
        return array
    return array if array.dtype == wanted else xp.astype(array, wanted)


def to_numpy(x: Any) -> np.ndarray:
    """换成 NumPy 数组（从 GPU 上取下来，脱离 torch 的计算图）；NumPy 数组原样返回。"""
    if _is_torch(x):
        return x.detach().cpu().numpy()  # type: ignore[no-any-return]
    if hasattr(x, "__array_namespace__") and not isinstance(x, np.ndarray | np.generic):
        return np.from_dlpack(x)
    return np.asarray(x)


def _numpy_from(x: Any) -> np.ndarray:
    try:
        array = to_numpy(x)
    except ValueError as error:
        raise ValueError(f"列表长短不齐，排不成数组：{error}") from error
    if array.dtype.kind not in "biuf":
        raise TypeError(f"要实数，得到 {describe(x)}（类型 {array.dtype}）")
    return array


def _dtype_name(dtype: Any) -> str:
    if isinstance(dtype, str):
        return dtype
    if _is_torch(dtype):
        return str(dtype).removeprefix("torch.")
    try:
        return str(np.dtype(dtype).name)
    except TypeError:
        # array-api-strict wraps NumPy's types; their text ends in the plain name.
        return str(dtype).rpartition(".")[2]


def describe(x: object) -> str:
    """用一句短话说 x 是什么，给错误消息用：「形状 (3, 2)、类型 float32 的数组」。"""
    shape = getattr(x, "shape", None)
    if shape is not None and hasattr(x, "dtype"):
        return f"形状 {tuple(shape)}、类型 {_dtype_name(x.dtype)} 的数组"
    text = repr(x)
    return f"{type(x).__name__} {text if len(text) <= 40 else text[:37] + '…'}"

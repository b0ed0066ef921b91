"""遮罩：哪些步是真的，哪些不许看。"""

from __future__ import annotations

from typing import Any

from mlcore.autograd import Tensor
from mlcore.backend import Array, array_namespace, asarray, describe, get_backend
from mlcore.checks import whole_number


def mask_from_lengths(lengths: Any, steps: int, batch_first: bool = False) -> Array:
    """长短不一的序列补成一样长以后，哪些步是真的。

    Parameters
    ----------
    lengths : 整数 (N,)
        每个序列真有几步，1 到 steps。
    steps : int
        补到多长，T。
    batch_first : bool

    Returns
    -------
    布尔数组 (T, N)，batch_first 时是 (N, T)
        True 是真的一步。
    """
    steps = whole_number("steps", steps, 1)
    lengths = plain(lengths)
    xp = array_namespace(lengths)
    if not xp.isdtype(lengths.dtype, "integral"):
        raise TypeError(f"lengths 要是整数，得到 {describe(lengths)}")
    if lengths.ndim != 1 or lengths.shape[0] == 0:
        raise ValueError(f"lengths 要有一个轴、至少一个数，得到 {describe(lengths)}")
    low, high = int(xp.min(lengths)), int(xp.max(lengths))
    if low < 1 or high > steps:
        raise ValueError(f"lengths 要在 1 到 {steps}（步数）之间，得到 {low} 到 {high}")
    times = xp.arange(steps, device=lengths.device)
    return times[None] < lengths[:, None] if batch_first else times[:, None] < lengths[None]


def causal_mask(steps: int) -> Array:
    """(T, T) 的布尔数组：第 t 行里，t 以后的是 True，不许看（PyTorch 多头注意力的约定）。"""
    backend = get_backend()
    times = backend.xp.arange(whole_number("steps", steps, 1), device=backend.device)
    return times[None] > times[:, None]


def check_mask(name: str, mask: Any, shape: tuple[int, ...]) -> Array:
    """检查遮罩是布尔数组，大小是 shape。"""
    mask = plain(mask)
    if not array_namespace(mask).isdtype(mask.dtype, "bool"):
        raise TypeError(f"{name} 要是布尔数组，得到 {describe(mask)}")
    if tuple(mask.shape) != tuple(shape):
        raise ValueError(f"{name} 的形状要是 {tuple(shape)}，得到 {describe(mask)}")
    return mask


def plain(x: Any) -> Array:
    """Tensor 里的数组；列表换成当前后端的数组。"""
    return x.data if isinstance(x, Tensor) else asarray(x)

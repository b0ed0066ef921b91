"""每种运算的几组输入，和 torch 里同样的计算；tests/test_autograd.py 拿它们逐个核对。

一类运算一个文件，里面有一张表 ``SAMPLES``：名字 → 几个 :class:`Sample`。
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import torch


class Sample(NamedTuple):
    """一种运算的一组输入，和 torch 里同样的计算。"""

    inputs: tuple[Any, ...]
    peer: Callable[..., torch.Tensor]
    attrs: dict[str, Any] = {}


_random = np.random.default_rng(0)


def normal(*shape: int) -> np.ndarray:
    return _random.normal(size=shape)


def positive(*shape: int) -> np.ndarray:
    return _random.uniform(0.2, 3.0, size=shape)


def collect() -> dict[str, list[Sample]]:
    """这个文件夹里所有的表，合成一张。"""
    found: dict[str, list[Sample]] = {}
    for module in pkgutil.iter_modules(__path__):
        found |= import_module(f"{__name__}.{module.name}").SAMPLES
    return found

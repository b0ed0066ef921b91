"""把一个函数写成表，让前端去查：数学只在这里算一遍，前端只插值。"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.backend import to_numpy
from mlcore.nn import ACTIVATIONS

KINKED = frozenset({"relu", "leaky_relu"})
"""有折角的激活函数：两段直线，表里只要三个点。"""


def table(function: Callable[[Any], Any], low: float, high: float, count: int) -> dict[str, Any]:
    """把一个光滑函数写成等距的表（值和斜率），前端用三次插值查它。"""
    at = np.linspace(low, high, count)
    near = 1e-5
    slopes = (function(at + near) - function(at - near)) / (2 * near)
    step = (high - low) / (count - 1)
    return {"low": low, "step": step, "values": to_numpy(function(at)), "slopes": to_numpy(slopes)}


def activation_table(name: str) -> dict[str, Any]:
    """``mlcore.nn.ACTIVATIONS`` 里一个激活函数的表，误差在 1e-5 以内。"""
    if name not in KINKED:
        return table(ACTIVATIONS[name], -24.0, 24.0, 385)
    values = to_numpy(ACTIVATIONS[name](np.array([-24.0, 0.0, 24.0])))
    return {"low": -24.0, "step": 24.0, "values": values, "slopes": None}

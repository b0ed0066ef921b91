"""标准正态分布的累积函数 Φ(x)：GELU 要用，NumPy 里没有。"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from mlcore.backend import Array
from mlcore.operations.base import is_torch

# erfc(z) is below the smallest double beyond this.
REACH = 26.0
DEGREE = 23


def normal_cdf(xp: Any, x: Array) -> Array:
    """Φ(x) = erfc(−x / √2) / 2，很靠左时也有全部有效数字。

    erfc(z) = t · exp(−z² + P(t))，t = 2 / (2 + z)（Press 等《Numerical Recipes》第 3 版 6.2.2）。P
    很平缓，用 Chebyshev 多项式逼近；系数由 Python 自己的 ``math.erfc`` 算出来。
    """
    if is_torch(xp):
        return xp.erfc(x * -math.sqrt(0.5)) * 0.5
    z = xp.abs(x) * math.sqrt(0.5)
    t = 2 / (2 + z)
    low = 2 / (2 + REACH)
    u = (t * 2 - (1 + low)) * (1 / (1 - low))
    before, last = xp.zeros_like(u), xp.zeros_like(u)
    for coefficient in reversed(_coefficients()[1:]):
        before, last = 2 * u * before - last + coefficient, before
    exponent = u * before - last + _coefficients()[0]
    tail = 0.5 * t * xp.exp(exponent - z * z)
    return xp.where(x < 0, tail, 1 - tail)


@cache
def _coefficients() -> list[float]:
    """P 在 Chebyshev 节点上的值，换成系数。"""
    low = 2 / (2 + REACH)
    angles = [math.pi * (k + 0.5) / (DEGREE + 1) for k in range(DEGREE + 1)]
    values = []
    for angle in angles:
        t = (math.cos(angle) * (1 - low) + 1 + low) / 2
        z = 2 / t - 2
        values.append(math.log(math.erfc(z) / t) + z * z)
    scale = 2 / (DEGREE + 1)
    sums = [
        scale * math.fsum(v * math.cos(j * a) for v, a in zip(values, angles, strict=True))
        for j in range(DEGREE + 1)
    ]
    return [sums[0] / 2, *sums[1:]]

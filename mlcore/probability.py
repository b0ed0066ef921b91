"""概率：归一、全概率、贝叶斯公式，以及优势和对数优势。

假设排在最后一维。函数接受遵守 array API 标准的数组（NumPy、PyTorch …）或列表，用 float64 计算，
结果和输入来自同一个库。不合格的概率当场抛出 ``ValueError``，不会悄悄归一或截断。
"""

from __future__ import annotations

import math
from typing import Any

from mlcore.backend import Array, array_namespace, asarray
from mlcore.checks import float_array

ROUNDING = 1e-9
"""概率之和离 1 比这还近，就算是 1：几个小数加起来的舍入误差。"""


def normalise(weights: Any) -> Array:
    """把一组不小于 0 的数按比例变成概率，最后一维的和是 1。

    Parameters
    ----------
    weights : (…, k)

    Raises
    ------
    ValueError
        有负数、NaN 或无穷大，或者有一组全是 0。
    """
    weights = _not_negative("weights", weights)
    xp = array_namespace(weights)
    # The largest becomes 1 first, so that neither huge nor tiny weights leave float64.
    largest = xp.max(weights, axis=-1, keepdims=True)
    if bool(xp.any(largest == 0)):
        raise ValueError("weights 有一组全是 0，没有东西可以分成概率；至少要有一个大于 0 的数")
    scaled = weights / largest
    return scaled / xp.sum(scaled, axis=-1, keepdims=True)


def distribution(name: str, probabilities: Any) -> Array:
    """检查这是概率：每个都在 0 到 1 之间，最后一维的和是 1；原样返回（float64）。

    ``name`` 只用来在出错时说清是哪个参数。

    Raises
    ------
    ValueError
        有负数、NaN 或无穷大，全是 0，或者和不是 1。
    """
    array = _not_negative(name, probabilities)
    xp = array_namespace(array)
    totals = xp.sum(array, axis=-1)
    if bool(xp.any(totals == 0)):
        raise ValueError(f"{name} 全是 0：没有一个假设分到概率，看多少证据也动不了它")
    far = xp.abs(totals - 1)
    if bool(xp.any(far > _rounding(probabilities))):
        at = int(xp.argmax(xp.reshape(far, (-1,))))
        total = float(xp.reshape(totals, (-1,))[at])
        raise ValueError(
            f"{name} 的概率加起来要是 1，得到 {total:.6g}；只知道比例时，先用 normalise 归一"
        )
    return array


def evidence(prior: Any, likelihood: Any) -> Array:
    """全概率公式：证据出现的概率 P(E) = Σ P(E | Hᵢ) P(Hᵢ)。

    Parameters
    ----------
    prior : (…, k)
        各个假设的先验，和是 1；假设互不相容，合起来包括了所有可能。
    likelihood : (…, k)
        每个假设下证据出现的概率（或概率密度），不小于 0；它们的和不必是 1。

    Returns
    -------
    (…)
        来源：``curriculum`` Y1 §7.3。
    """
    prior, likelihood = distribution("prior", prior), _not_negative("likelihood", likelihood)
    xp = array_namespace(prior, likelihood)
    _same_length(prior, likelihood)
    return xp.sum(prior * likelihood, axis=-1)


def posterior(prior: Any, likelihood: Any) -> Array:
    """贝叶斯公式：看到证据之后各个假设的概率 P(Hᵢ | E) = P(E | Hᵢ) P(Hᵢ) / P(E)。

    例如 ``posterior([0.01, 0.99], [0.95, 0.05])`` 的第一个是 95/590。

    Parameters
    ----------
    prior : (…, k)
        先验，和是 1。先验是 0 的假设，后验永远是 0。
    likelihood : (…, k)
        每个假设下证据出现的概率（或概率密度），不小于 0；形状可以和 prior 广播。

    Returns
    -------
    (…, k)
        后验，和是 1。来源：``curriculum`` Y1 §7.3。

    Raises
    ------
    ValueError
        先验的和不是 1 或全是 0；有负数、NaN、无穷大；或者证据在每一个先验大于 0 的假设下
        都不可能出现，这时没有后验可言。
    """
    prior, likelihood = distribution("prior", prior), _not_negative("likelihood", likelihood)
    xp = array_namespace(prior, likelihood)
    _same_length(prior, likelihood)
    possible = xp.where(prior > 0, likelihood, xp.zeros_like(likelihood))
    largest = xp.max(possible, axis=-1, keepdims=True)
    if bool(xp.any(largest == 0)):
        raise ValueError(
            "likelihood 在每个先验大于 0 的假设下都是 0：这件事按你的假设不可能发生，"
            "它却发生了，说明漏了一个假设"
        )
    # Only ratios matter, so the largest likelihood may be 1: long evidence does not underflow.
    weights = prior * (possible / largest)
    return weights / xp.sum(weights, axis=-1, keepdims=True)


def odds(probability: Any) -> Array:
    """概率 p → 优势 p / (1 − p)；p = 1 时是无穷大。"""
    p = _probability(probability)
    xp = array_namespace(p)
    rest = 1 - p
    safe = xp.where(rest > 0, rest, xp.ones_like(rest))
    return xp.where(rest > 0, p / safe, xp.full_like(p, math.inf))


def from_odds(ratio: Any) -> Array:
    """优势 o → 概率 o / (1 + o)。

    Raises
    ------
    ValueError
        优势是负数、NaN 或无穷大。
    """
    ratio = _not_negative("ratio", ratio, whole_axis=False)
    return ratio / (1 + ratio)


def log_odds(probability: Any) -> Array:
    """概率 p → 对数优势 ln p − ln(1 − p)；p = 0 和 1 时是负、正无穷大。"""
    p = _probability(probability)
    return _log(p) - _log(1 - p)


def from_log_odds(value: Any) -> Array:
    """对数优势 → 概率 1 / (1 + e⁻ˣ)，多大的数都不会溢出；无穷大得到 0 或 1。"""
    value = _floats("value", value, finite=False)
    xp = array_namespace(value)
    if bool(xp.any(xp.isnan(value))):
        raise ValueError("value 里有 NaN；对数优势要是一个数，或者无穷大")
    small = xp.exp(-xp.abs(value))
    return xp.where(value >= 0, 1 / (1 + small), small / (1 + small))


def weight_of_evidence(likelihood: Any, alternative: Any) -> Array:
    """一条证据在对数优势上走几步：ln P(E | H) − ln P(E | 非 H)。

    后验的对数优势 = 先验的对数优势 + 每条证据的这个数（给定 H 时各条证据互相独立）。
    只有一边不可能时是正、负无穷大：一条证据就定了案。

    Raises
    ------
    ValueError
        有负数、NaN、无穷大，或者两边都是 0（这条证据两种情况下都不会出现）。
    """
    here = _not_negative("likelihood", likelihood, whole_axis=False)
    there = _not_negative("alternative", alternative, whole_axis=False)
    xp = array_namespace(here, there)
    if bool(xp.any((here == 0) & (there == 0))):
        raise ValueError("likelihood 和 alternative 不能都是 0：这条证据哪种情况下都不会出现")
    return _log(here) - _log(there)


def _rounding(given: Any) -> float:
    """float32 的概率各自只准到第七位，和也只能准到那里。"""
    if not hasattr(given, "dtype"):
        return ROUNDING
    xp = array_namespace(given)
    if not xp.isdtype(given.dtype, "real floating"):
        return ROUNDING
    return max(ROUNDING, 100 * float(xp.finfo(given.dtype).eps))


def _log(x: Array) -> Array:
    """ln x，0 得到负无穷大，不惊动警告。"""
    xp = array_namespace(x)
    safe = xp.where(x > 0, x, xp.ones_like(x))
    return xp.where(x > 0, xp.log(safe), xp.full_like(x, -math.inf))


def _floats(name: str, x: Any, *, finite: bool = True) -> Array:
    if finite:
        array = float_array(name, x)
    else:
        array = x if hasattr(x, "shape") and hasattr(x, "dtype") else asarray(x, "float64")
    xp = array_namespace(array)
    return array if array.dtype == xp.float64 else xp.astype(array, xp.float64)


def _not_negative(name: str, x: Any, *, whole_axis: bool = True) -> Array:
    array = _floats(name, x)
    if whole_axis and (array.ndim == 0 or array.shape[-1] == 0):
        raise ValueError(f"{name} 要是一排数，一个假设一个，得到形状 {tuple(array.shape)}")
    xp = array_namespace(array)
    if bool(xp.any(array < 0)):
        raise ValueError(f"{name} 里不能有负数，得到的最小的是 {float(xp.min(array)):.6g}")
    return array


def _probability(x: Any) -> Array:
    p = _floats("probability", x)
    xp = array_namespace(p)
    if bool(xp.any((p < 0) | (p > 1))):
        worst = float(xp.min(p)) if bool(xp.any(p < 0)) else float(xp.max(p))
        raise ValueError(f"probability 要在 0 到 1 之间，得到 {worst:.6g}")
    return p


def _same_length(prior: Array, likelihood: Array) -> None:
    if prior.shape[-1] != likelihood.shape[-1]:
        raise ValueError(
            f"prior 有 {prior.shape[-1]} 个假设，likelihood 有 {likelihood.shape[-1]} 个，"
            "要一一对应"
        )

"""意外、熵、交叉熵、KL 散度、互信息，和最省的提问树：用是非题的个数来量一个分布。

函数都接受遵守 array API 标准的数组（NumPy、PyTorch …）或列表，用 float64 计算，结果和输入来自
同一个库。单位由 ``unit`` 说：``"bit"`` 以 2 为底，``"nat"`` 以 e 为底；1 nat = 1/ln 2 bit。
没有机会的结果（概率 0）不算进平均里，因为 p → 0 时 −p log p → 0。
"""

from __future__ import annotations

import heapq
import math
from typing import Any

from mlcore.backend import Array, array_namespace
from mlcore.checks import choice, float_array

UNITS = {"bit": math.log(2.0), "nat": 1.0}
"""一个单位是几 nat。"""
TOLERANCE = 1e-6
"""概率的和可以离 1 多远：舍入的误差远比它小，漏了一项远比它大。"""


def surprise(p: Any, unit: str = "bit") -> Array:
    """一个结果有多意外：−log p，也叫它的信息量。

    Parameters
    ----------
    p : 任意形状
        概率，0 到 1。
    unit : {"bit", "nat"}

    Returns
    -------
    和 p 同形
        必然的事是 0；不可能的事是 inf。

    Raises
    ------
    ValueError
        p 不在 0 到 1 之间，有 NaN，或者单位不认识。

    Notes
    -----
    Shannon, *A Mathematical Theory of Communication*, 1948。
    """
    p = _probabilities("p", p)
    return _unit(_minus_log(p), unit)


def entropy(p: Any, unit: str = "bit") -> Array:
    """熵 H(p) = −Σ pᵢ log pᵢ：意外的平均，也是平均至少要问几个是非题。

    Parameters
    ----------
    p : (…, n)
        最后一维是一个分布，非负，和是 1。
    unit : {"bit", "nat"}

    Returns
    -------
    (…)

    Raises
    ------
    ValueError
        有负数、NaN，和不是 1，或者单位不认识。

    Notes
    -----
    Shannon 1948，定理 2；课程 Y1 §8、B2 §6.8.2。
    """
    p = _distribution("p", p)
    return _unit(_mean(p, _minus_log(p)), unit)


def cross_entropy(p: Any, q: Any, unit: str = "bit") -> Array:
    """交叉熵 H(p, q) = −Σ pᵢ log qᵢ：结果照 p 来，问题照 q 设计，平均要问几个。

    （``mlcore.losses.cross_entropy`` 是它在训练里的样子：p 是标签，q 由 softmax 给出。）

    Parameters
    ----------
    p, q : (…, n)
        真的机会和以为的机会；形状相同，或者能广播到相同。
    unit : {"bit", "nat"}

    Returns
    -------
    (…)
        有一个结果会来（p > 0）而 q 说它不会来（q = 0）时是 inf。

    Raises
    ------
    ValueError
        有一个不是分布，长短不同，或者单位不认识。
    """
    p, q = _pair(p, q)
    return _unit(_mean(p, _minus_log(q)), unit)


def kl_divergence(p: Any, q: Any, unit: str = "bit") -> Array:
    """KL 散度 D(p‖q) = Σ pᵢ log(pᵢ / qᵢ)：用错了分布，平均多问几个。

    从不为负，只在 p = q 时是 0；D(p‖q) 和 D(q‖p) 一般不相等，所以它不是距离。

    Parameters
    ----------
    p, q : (…, n)
        真的机会和以为的机会。
    unit : {"bit", "nat"}

    Returns
    -------
    (…)
        有一个结果 p > 0 而 q = 0 时是 inf。

    Raises
    ------
    ValueError
        有一个不是分布，长短不同，或者单位不认识。

    Notes
    -----
    Kullback 与 Leibler, *On Information and Sufficiency*, 1951。
    """
    p, q = _pair(p, q)
    xp = array_namespace(p, q)
    safe = xp.where(p > 0, p, xp.ones_like(p))
    extra = _minus_log(q) + xp.log(safe)
    total = _mean(p, extra)
    # Rounding may leave −1e-17 where the two agree.
    return _unit(xp.where(total > 0, total, xp.zeros_like(total)), unit)


def mutual_information(joint: Any, unit: str = "bit") -> Array:
    """互信息 I(X; Y) = H(X) + H(Y) − H(X, Y)：知道一个，另一个少了多少意外。

    Parameters
    ----------
    joint : (r, c)
        两个变量的联合分布，全部的和是 1。
    unit : {"bit", "nat"}

    Returns
    -------
    ()
        互不相干时是 0，最大是 min(H(X), H(Y))。

    Raises
    ------
    ValueError
        不是二维，有负数，和不是 1，或者单位不认识。
    """
    joint = _probabilities("joint", joint, (None, None))
    xp = array_namespace(joint)
    flat = _distribution("joint", xp.reshape(joint, (-1,)))
    rows, columns = xp.sum(joint, axis=1), xp.sum(joint, axis=0)
    total = sum(_mean(one, _minus_log(one)) for one in (rows, columns))
    total = total - _mean(flat, _minus_log(flat))
    return _unit(xp.where(total > 0, total, xp.zeros_like(total)), unit)


def huffman(p: Any) -> list[str | None]:
    """最省的一棵提问树：每个结果要答的一串「是」（1）「否」（0）。

    反复把机会最小的两堆并成一堆，最后并的最先问。没有哪棵树的平均比它少；机会都是
    ½、¼、⅛ 这样的数时，它的平均正好是熵，否则多不到一个问题。

    Parameters
    ----------
    p : (n,)
        一个分布。

    Returns
    -------
    n 个字符串
        长度是要问的个数；没有机会的结果树上没有它，是 None；只有一种结果时不必问，是 ""。

    Raises
    ------
    ValueError
        p 不是一个分布。

    Notes
    -----
    Huffman, *A Method for the Construction of Minimum-Redundancy Codes*, 1952。
    """
    masses = [float(value) for value in _distribution("p", float_array("p", p, (None,)))]
    codes: list[str | None] = ["" if mass > 0 else None for mass in masses]
    # Of equal masses the shallower pile goes first, so that ties give the flatter tree.
    piles = [(mass, 0, [i]) for i, mass in enumerate(masses) if mass > 0]
    heapq.heapify(piles)
    while len(piles) > 1:
        pair = [heapq.heappop(piles), heapq.heappop(piles)]
        # "Yes" is the answer of the pile with fewer questions left, as one would ask in words.
        pair.sort(key=lambda pile: (pile[1], -pile[0], pile[2]))
        for (_, _, members), answer in zip(pair, "10", strict=True):
            for i in members:
                codes[i] = f"{answer}{codes[i]}"
        mass, members = pair[0][0] + pair[1][0], sorted(pair[0][2] + pair[1][2])
        heapq.heappush(piles, (mass, 1 + pair[1][1], members))
    return codes


def _minus_log(p: Array) -> Array:
    """−ln p；p = 0 的地方是 inf，不发警告。"""
    xp = array_namespace(p)
    safe = xp.where(p > 0, p, xp.ones_like(p))
    # 0.0 − x, so that a certain outcome has surprise 0 and not −0.
    return xp.where(p > 0, 0.0 - xp.log(safe), xp.full_like(p, math.inf))


def _mean(p: Array, values: Array) -> Array:
    """以 p 为权的平均；p = 0 的项不算，哪怕那里的值是 inf。"""
    xp = array_namespace(p, values)
    values = xp.where(p > 0, values, xp.zeros_like(values))
    return xp.sum(p * values, axis=-1)


def _unit(nats: Array, unit: str) -> Array:
    return nats / UNITS[choice("unit", unit, UNITS)]


def _pair(p: Any, q: Any) -> tuple[Array, Array]:
    p, q = _distribution("p", p), _distribution("q", q)
    if p.shape[-1] != q.shape[-1]:
        raise ValueError(f"p 和 q 说的要是同样的几种结果，得到 {p.shape[-1]} 种和 {q.shape[-1]} 种")
    xp = array_namespace(p, q)
    try:
        p, q = xp.broadcast_arrays(p, q)
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"p 的形状 {tuple(p.shape)} 和 q 的 {tuple(q.shape)} 对不上") from error
    return p, q


def _distribution(name: str, x: Any) -> Array:
    """最后一维是分布的 float64 数组。"""
    p = _probabilities(name, x)
    if p.ndim == 0 or p.shape[-1] == 0:
        raise ValueError(f"{name} 要是一排概率，得到形状 {tuple(p.shape)}")
    xp = array_namespace(p)
    totals = xp.sum(p, axis=-1)
    off = xp.abs(totals - 1.0)
    if bool(xp.any(off > TOLERANCE)):
        worst = xp.reshape(totals, (-1,))[int(xp.argmax(xp.reshape(off, (-1,))))]
        raise ValueError(f"{name} 的和要是 1，得到 {float(worst):.6g}；要不要先除以它们的和？")
    return p


def _probabilities(name: str, x: Any, shape: tuple[int | None, ...] | None = None) -> Array:
    """0 到 1 之间的 float64 数组。"""
    p = float_array(name, x, shape)
    xp = array_namespace(p)
    p = p if p.dtype == xp.float64 else xp.astype(p, xp.float64)
    for bad, want in ((p < 0, "不能是负的"), (p > 1 + TOLERANCE, "不能超过 1")):
        if bool(xp.any(bad)):
            first = float(p[bad][0]) if p.ndim else float(p)
            raise ValueError(f"{name} 里的概率{want}，得到 {first:.6g}")
    return p

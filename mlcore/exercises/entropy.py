"""「熵」里写代码的题怎样检查。

``check_entropy`` 拿到读者的函数，答对时返回 ``None``，是想得到的错法就返回那个误解的名字，
别的错法抛出 ``Unexplained``，用一组看得懂的数说明差在哪里。
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.exercises.verdict import Unexplained
from mlcore.information import entropy as right_entropy

# 不一样多，也不是 ½、¼、⅛：不同的错法给出不同的结果。
UNEVEN = np.array([0.6, 0.3, 0.1])
WITH_ZERO = np.array([0.6, 0.0, 0.3, 0.1])
EVEN = np.array([0.125] * 8)


def _value(entropy: Callable[..., Any], p: np.ndarray) -> float:
    # 0 的对数只提醒，不出错；提醒归提醒，看它给出的数。
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        got = entropy(p.copy())
    if got is None or got is ...:
        raise Unexplained("`entropy` 还没有返回东西。")
    if np.ndim(got) != 0:
        raise Unexplained(f"要返回一个数，得到的是 {np.asarray(got).tolist()}。")
    return float(got)


def check_entropy(entropy: Callable[..., Any]) -> str | None:
    """``entropy(p)`` 是不是 −Σ p log₂ p，机会是 0 的不算。"""
    got, wanted = _value(entropy, UNEVEN), float(right_entropy(UNEVEN))
    known = {
        "用了自然对数": wanted * math.log(2),
        "忘了变号": -wanted,
        "没有以机会为权": float(-np.mean(np.log2(UNEVEN))),
        "只数了有几种": math.log2(3),
    }
    for name, value in known.items():
        if math.isclose(got, value, rel_tol=1e-9):
            return name
    if not math.isclose(got, wanted, rel_tol=1e-9):
        raise Unexplained(f"p={UNEVEN.tolist()} 时应当是 {wanted:.4f}，你的是 {got:.4f}。")
    with_zero = _value(entropy, WITH_ZERO)
    if math.isnan(with_zero):
        return "零也取了对数"
    if not math.isclose(with_zero, wanted, rel_tol=1e-9):
        raise Unexplained(
            f"添上一种不会来的结果，熵不该变；p={WITH_ZERO.tolist()} 时你的是 {with_zero:.4f}。"
        )
    even = _value(entropy, EVEN)
    if not math.isclose(even, 3.0, rel_tol=1e-9):
        raise Unexplained(f"八种一样可能，应当是 3，你的是 {even:.4f}。")
    return None

"""「贝叶斯」里写代码的题怎样检查。

每个 ``check_<名字>`` 拿到读者的函数，答对时返回 ``None``，是想得到的错法就返回那个误解的
名字，别的错法抛出 ``Unexplained``，用一组看得懂的数说明差在哪里。
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore import probability
from mlcore.exercises.verdict import Unexplained

# 随手写下的数：似然的和不是 1，几种错法给出不同的结果。
PRIOR = np.array([0.2, 0.5, 0.3])
LIKELIHOOD = np.array([0.9, 0.1, 0.4])
PAIR = (np.array([0.01, 0.99]), np.array([0.95, 0.05]))

PRIOR_SICK, RESULTS, HIT, ALARM = 0.1, (True, False, True, True), 0.9, 0.2


def _close(got: Any, wanted: Any) -> bool:
    return np.shape(got) == np.shape(wanted) and bool(np.allclose(got, wanted, rtol=1e-9))


def check_bayes(posterior: Callable[..., Any]) -> str | None:
    """``posterior(prior, likelihood)`` 是不是贝叶斯公式。"""
    got = posterior(PRIOR.copy(), LIKELIHOOD.copy())
    if got is None or got is ...:
        raise Unexplained("`posterior` 还没有返回东西。")
    joint = PRIOR * LIKELIHOOD
    wanted = probability.posterior(PRIOR, LIKELIHOOD)
    known = {
        "没有除以总和": joint,
        "扔掉了先验": LIKELIHOOD / LIKELIHOOD.sum(),
        "把似然当成后验": LIKELIHOOD,
        "除以了似然的和": joint / LIKELIHOOD.sum(),
    }
    # A prior that does not sum to one tells apart the two ways of not normalising.
    if _close(got, joint):
        double = posterior(2 * PRIOR, LIKELIHOOD.copy())
        return "除以了先验的和" if _close(double, joint) else "没有除以总和"
    for name, value in known.items():
        if _close(got, value):
            return name
    if not _close(got, wanted):
        raise Unexplained(
            f"先验 {PRIOR.tolist()}、似然 {LIKELIHOOD.tolist()} 时，后验应当是 "
            f"{np.round(wanted, 3).tolist()}，你的是 {_shown(got)}。"
        )
    if not _close(posterior(*(part.copy() for part in PAIR)), probability.posterior(*PAIR)):
        raise Unexplained("三个假设时对了，两个假设时不对：不要把 3 写死在函数里。")
    return None


def check_walk(believe: Callable[..., Any]) -> str | None:
    """``believe(prior, results, hit, alarm)`` 是不是看完每一个结果之后的概率。"""
    got = believe(PRIOR_SICK, list(RESULTS), HIT, ALARM)
    if got is None or got is ...:
        raise Unexplained("`believe` 还没有返回东西。")
    odds = PRIOR_SICK / (1 - PRIOR_SICK)
    up = HIT / ALARM
    down = (1 - HIT) / (1 - ALARM)
    right = odds * up**3 * down
    known = {
        "阴性不算数": _chance(odds * up**3),
        "阴性退一步阳性的长度": _chance(odds * up**2),
        "停在优势上": right,
        "从概率而不是优势出发": _chance(PRIOR_SICK * up**3 * down),
        "只看最后一次": _chance(odds * up),
    }
    for name, value in known.items():
        if _close(got, value):
            return name
    if not _close(got, _chance(right)):
        raise Unexplained(
            f"先验 0.1，结果是阳、阴、阳、阳，hit=0.9，alarm=0.2 时，应当是 {_chance(right):.4f}，"
            f"你的是 {_shown(got)}。"
        )
    if not _close(believe(PRIOR_SICK, [], HIT, ALARM), PRIOR_SICK):
        raise Unexplained("一次也没查的时候，应当还是先验 0.1。")
    return None


def _chance(odds: float) -> float:
    return float(odds / (1 + odds))


def _shown(got: Any) -> str:
    try:
        return str(np.round(np.asarray(got, dtype=float), 4).tolist())
    except (ValueError, TypeError):
        return f"{type(got).__name__}"

"""贝叶斯公式、优势和对数优势，在 NumPy、torch 和 array-api-strict 上。"""

from __future__ import annotations

import math
from fractions import Fraction

import array_api_strict
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mlcore import probability
from mlcore.backend import array_namespace, to_numpy

LIBRARIES = {"numpy": np.asarray, "torch": torch.asarray, "strict": array_api_strict.asarray}
library = pytest.mark.parametrize("make", LIBRARIES.values(), ids=LIBRARIES.keys())

parts = st.integers(1, 1000)
inside = st.floats(1e-6, 1 - 1e-6)
rows = st.lists(st.tuples(parts, parts), min_size=2, max_size=6)


@given(rows)
def test_the_posterior_is_exactly_what_fractions_give(pairs):
    total = sum(weight for weight, _ in pairs)
    prior = [Fraction(weight, total) for weight, _ in pairs]
    likelihood = [Fraction(part, 1001) for _, part in pairs]
    joint = [p * q for p, q in zip(prior, likelihood, strict=True)]
    wanted = [float(one / sum(joint)) for one in joint]
    got = probability.posterior([float(p) for p in prior], [float(q) for q in likelihood])
    np.testing.assert_allclose(got, wanted, rtol=1e-13)
    np.testing.assert_allclose(
        probability.evidence([float(p) for p in prior], [float(q) for q in likelihood]),
        float(sum(joint)),
    )


@given(rows, rows)
def test_the_order_of_independent_evidence_does_not_matter(one, two):
    size = min(len(one), len(two))
    prior = probability.normalise([float(w) for w, _ in one[:size]])
    first, second = ([float(q) for _, q in pairs[:size]] for pairs in (one, two))
    forwards = probability.posterior(probability.posterior(prior, first), second)
    backwards = probability.posterior(probability.posterior(prior, second), first)
    together = probability.posterior(prior, np.asarray(first) * np.asarray(second))
    np.testing.assert_allclose(forwards, backwards, rtol=1e-12)
    np.testing.assert_allclose(forwards, together, rtol=1e-12)


@given(rows, st.floats(1e-200, 1e200))
def test_only_the_ratios_of_the_likelihood_matter(pairs, factor):
    prior = probability.normalise([float(w) for w, _ in pairs])
    likelihood = np.array([float(q) for _, q in pairs])
    np.testing.assert_allclose(
        probability.posterior(prior, likelihood * factor),
        probability.posterior(prior, likelihood),
        rtol=1e-12,
    )


def test_evidence_that_favours_nobody_changes_nothing():
    prior = [0.2, 0.3, 0.5]
    np.testing.assert_allclose(probability.posterior(prior, [0.4, 0.4, 0.4]), prior)


def test_a_prior_of_zero_is_never_moved():
    belief = np.array([0.0, 0.5, 0.5])
    for _ in range(50):
        belief = probability.posterior(belief, [0.999, 0.001, 0.002])
    assert belief[0] == 0.0
    assert belief.sum() == pytest.approx(1.0)


def test_long_evidence_does_not_vanish_below_the_smallest_number():
    got = probability.posterior([0.5, 0.5], [1e-310, 3e-310])
    np.testing.assert_allclose(got, [0.25, 0.75], rtol=1e-10)
    impossible_best = probability.posterior([0.0, 1.0], [1.0, 1e-320])
    np.testing.assert_array_equal(impossible_best, [0.0, 1.0])


def test_many_posteriors_are_computed_at_once():
    priors = np.array([[0.01, 0.99], [0.5, 0.5]])
    got = probability.posterior(priors, [0.95, 0.05])
    np.testing.assert_allclose(got[:, 0], [95 / 590, 0.95])
    np.testing.assert_allclose(probability.evidence(priors, [0.95, 0.05]), [0.059, 0.5])


@given(inside)
def test_odds_and_log_odds_lead_back_to_the_probability(p):
    assert float(probability.from_odds(probability.odds(p))) == pytest.approx(p, rel=1e-12)
    assert float(probability.from_log_odds(probability.log_odds(p))) == pytest.approx(p, rel=1e-9)


@given(inside, inside, inside)
def test_in_log_odds_the_formula_of_bayes_is_one_addition(p, here, there):
    walked = probability.log_odds(p) + probability.weight_of_evidence(here, there)
    formula = probability.posterior([p, 1 - p], [here, there])[0]
    assert float(probability.from_log_odds(walked)) == pytest.approx(float(formula), rel=1e-9)


def test_certainty_is_infinitely_many_strides_away():
    assert float(probability.log_odds(0.0)) == -math.inf
    assert float(probability.log_odds(1.0)) == math.inf
    assert float(probability.odds(1.0)) == math.inf
    assert float(probability.odds(0.0)) == 0.0
    assert float(probability.weight_of_evidence(0.3, 0.0)) == math.inf
    np.testing.assert_array_equal(
        probability.from_log_odds([-math.inf, -1e4, 0.0, 1e4, math.inf]), [0.0, 0.0, 0.5, 1.0, 1.0]
    )


@library
def test_arrays_stay_in_their_own_library(make):
    prior, likelihood = make([0.01, 0.99]), make([0.95, 0.05])
    for got in (
        probability.posterior(prior, likelihood),
        probability.normalise(likelihood),
        probability.evidence(prior, likelihood),
        probability.odds(prior),
        probability.from_odds(prior),
        probability.log_odds(prior),
        probability.from_log_odds(prior),
        probability.weight_of_evidence(prior, likelihood),
    ):
        xp = array_namespace(prior)
        assert array_namespace(got) is xp
        assert got.dtype == xp.float64
    got = to_numpy(probability.posterior(prior, likelihood))
    np.testing.assert_allclose(got, [95 / 590, 495 / 590], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: probability.posterior([0.5, 0.6], [1, 1]), "prior 的概率加起来要是 1，得到 1.1"),
        (lambda: probability.posterior([0.0, 0.0], [1, 1]), "prior 全是 0"),
        (lambda: probability.posterior([0.5, 0.5], [0, 0]), "漏了一个假设"),
        (lambda: probability.posterior([0.0, 1.0], [1, 0]), "漏了一个假设"),
        (lambda: probability.posterior([1.5, -0.5], [1, 1]), "prior 里不能有负数"),
        (lambda: probability.posterior([0.5, 0.5], [-0.1, 1]), "likelihood 里不能有负数"),
        (lambda: probability.posterior([0.5, math.nan], [1, 1]), "NaN"),
        (lambda: probability.posterior([0.5, 0.5], [math.inf, 1]), "无穷大"),
        (lambda: probability.posterior([0.5, 0.5], [0.1, 0.2, 0.3]), "一一对应"),
        (lambda: probability.posterior([], []), "一排数"),
        (lambda: probability.posterior(1.0, 1.0), "一排数"),
        (lambda: probability.evidence([0.9, 0.2], [1, 1]), "加起来要是 1"),
        (lambda: probability.normalise([0.0, 0.0]), "全是 0"),
        (lambda: probability.normalise([1.0, -1.0]), "负数"),
        (lambda: probability.odds(1.2), "0 到 1 之间，得到 1.2"),
        (lambda: probability.log_odds([-0.1, 0.5]), "0 到 1 之间，得到 -0.1"),
        (lambda: probability.from_odds(-1.0), "负数"),
        (lambda: probability.from_log_odds(math.nan), "NaN"),
        (lambda: probability.weight_of_evidence(0.0, 0.0), "都是 0"),
    ],
)
def test_bad_numbers_are_refused_with_a_sentence_that_says_why(call, said):
    with pytest.raises(ValueError, match=said):
        call()

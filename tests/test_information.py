"""意外、熵、交叉熵、KL 散度、互信息：闭式、SciPy、性质，在 NumPy、torch 和 array-api-strict 上。"""

from __future__ import annotations

import math

import array_api_strict
import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from mlcore.backend import array_namespace, to_numpy
from mlcore.information import (
    cross_entropy,
    entropy,
    huffman,
    kl_divergence,
    mutual_information,
    surprise,
)

LIBRARIES = {"numpy": np.asarray, "torch": torch.asarray, "strict": array_api_strict.asarray}
library = pytest.mark.parametrize("make", LIBRARIES.values(), ids=LIBRARIES.keys())


def distributions(least: int = 1, most: int = 9, zeros: bool = True):
    low = 0.0 if zeros else 0.01
    return (
        st.lists(st.floats(low, 1.0), min_size=least, max_size=most)
        .filter(lambda values: sum(values) > 0.05)
        .map(lambda values: np.array(values) / sum(values))
    )


def pairs(zeros: bool = False):
    return st.integers(1, 7).flatmap(
        lambda n: st.tuples(distributions(n, n, zeros), distributions(n, n, zeros))
    )


@pytest.mark.parametrize(
    ("p", "bits"),
    [
        ([1.0], 0.0),
        ([0.5, 0.5], 1.0),
        ([0.0, 1.0], 0.0),
        ([0.5, 0.25, 0.25], 1.5),
        ([1 / 32] * 32, 5.0),
        ([0.5, 0.25, 0.125, 0.0625] + [1 / 64] * 4, 2.0),
    ],
)
def test_entropy_has_the_values_that_can_be_counted_by_hand(p, bits):
    assert float(entropy(p)) == pytest.approx(bits, abs=1e-12)


def test_half_a_quarter_a_quarter_is_1_04_nat():
    assert float(entropy([0.5, 0.25, 0.25], unit="nat")) == pytest.approx(1.5 * math.log(2))


@given(distributions())
def test_entropy_is_scipys(p):
    assert float(entropy(p)) == pytest.approx(float(scipy.stats.entropy(p, base=2)), abs=1e-9)
    assert float(entropy(p, unit="nat")) == pytest.approx(float(scipy.stats.entropy(p)), abs=1e-9)


@given(pairs())
def test_kl_is_scipys_and_cross_entropy_is_entropy_plus_kl(pair):
    p, q = pair
    extra = float(kl_divergence(p, q))
    assert extra == pytest.approx(float(scipy.stats.entropy(p, q, base=2)), abs=1e-9)
    assert float(cross_entropy(p, q)) == pytest.approx(float(entropy(p)) + extra, abs=1e-9)


@given(pairs(zeros=True))
def test_kl_is_never_negative_and_never_nan(pair):
    extra = float(kl_divergence(*pair))
    assert extra >= 0
    assert not math.isnan(float(cross_entropy(*pair)))
    assert math.isinf(extra) == bool(np.any((pair[0] > 0) & (pair[1] == 0)))


@given(distributions())
def test_entropy_is_largest_for_the_uniform_distribution(p):
    assert -1e-12 <= float(entropy(p)) <= math.log2(len(p)) + 1e-9


@given(distributions(), distributions())
def test_independent_things_add_their_entropies(p, q):
    both = np.outer(p, q)
    assert float(entropy(both.ravel())) == pytest.approx(
        float(entropy(p)) + float(entropy(q)), abs=1e-9
    )
    assert float(mutual_information(both)) == pytest.approx(0.0, abs=1e-9)


@given(distributions(2), st.floats(0.0, 1.0))
def test_a_question_adds_its_own_entropy_to_the_mean_of_what_is_left(p, share):
    # Shannon's grouping rule: the last outcome split in two.
    split = np.concatenate([p[:-1], [p[-1] * share, p[-1] * (1 - share)]])
    expected = float(entropy(p)) + p[-1] * float(entropy([share, 1 - share]))
    assert float(entropy(split)) == pytest.approx(expected, abs=1e-9)


def test_mutual_information_of_a_copy_is_its_entropy():
    assert float(mutual_information([[0.5, 0.0], [0.0, 0.5]])) == pytest.approx(1.0)


@given(distributions(4, 4))
def test_mutual_information_is_the_kl_from_independence(p):
    joint = p.reshape(2, 2)
    apart = np.outer(joint.sum(1), joint.sum(0)).ravel()
    assert float(mutual_information(joint)) == pytest.approx(
        float(kl_divergence(p, apart / apart.sum())), abs=1e-8
    )


@given(distributions(2))
def test_the_best_tree_costs_at_least_the_entropy_and_less_than_one_more(p):
    codes = huffman(p)
    assert [code is None for code in codes] == [value == 0 for value in p]
    mean = sum(value * len(code) for value, code in zip(p, codes, strict=True) if code is not None)
    # 严格小于；可是熵小到 1e-310 时，加上 1 就看不见它了。
    assert float(entropy(p)) - 1e-9 <= mean <= float(entropy(p)) + 1
    assert mean < float(entropy(p)) + 1 or max(p) > 1 - 1e-15


@given(distributions(2, zeros=False))
def test_the_codes_of_the_best_tree_fill_it_and_none_begins_another(p):
    codes = [code for code in huffman(p) if code is not None]
    assert sum(2.0 ** -len(code) for code in codes) == 1.0
    for code in codes:
        assert sum(other.startswith(code) for other in codes) == 1


def test_with_odds_of_halves_the_best_tree_asks_as_often_as_the_odds_are_halved():
    p = [1 / 2, 1 / 4, 1 / 8, 1 / 16] + [1 / 64] * 4
    assert [len(code or "") for code in huffman(p)] == [1, 2, 3, 4, 6, 6, 6, 6]
    assert huffman([0.0, 1.0]) == [None, ""]


@given(st.lists(st.integers(1, 40), min_size=2, max_size=5))
def test_no_tree_at_all_is_better_than_the_best_one(weights):
    p = np.array(weights) / sum(weights)

    def cheapest(masses):
        """逐一试过每一种分成两堆的办法。"""
        if len(masses) == 1:
            return 0.0
        ways = range(1, 2 ** (len(masses) - 1))
        return sum(masses) + min(
            cheapest([m for i, m in enumerate(masses) if way >> i & 1])
            + cheapest([m for i, m in enumerate(masses) if not way >> i & 1])
            for way in ways
        )

    mean = sum(value * len(code or "") for value, code in zip(p, huffman(p), strict=True))
    assert mean == pytest.approx(cheapest(list(p)))


def test_surprise_of_what_must_come_is_zero_and_of_what_cannot_is_infinite():
    values = to_numpy(surprise([1.0, 0.5, 1 / 64, 0.0]))
    assert values.tolist() == [0.0, 1.0, 6.0, math.inf]
    assert math.copysign(1.0, values[0]) == 1.0


def test_a_row_is_a_distribution_and_the_rest_is_a_batch():
    rows = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(entropy(rows), [1.0, 0.0])
    np.testing.assert_allclose(cross_entropy(rows, [0.5, 0.25, 0.25]), [1.5, 1.0])


@library
def test_the_result_stays_in_the_library_of_the_input(make):
    p = make(np.array([0.5, 0.25, 0.25]))
    q = make(np.array([0.25, 0.5, 0.25]))
    for value in (entropy(p), surprise(p), cross_entropy(p, q), kl_divergence(p, q)):
        assert array_namespace(value) is array_namespace(p)
    assert float(kl_divergence(p, q)) == pytest.approx(0.25)
    joint = make(np.array([[0.25, 0.25], [0.5, 0.0]]))
    assert array_namespace(mutual_information(joint)) is array_namespace(joint)


def test_no_warning_is_given_for_a_zero(recwarn):
    entropy([1.0, 0.0])
    kl_divergence([0.5, 0.5], [1.0, 0.0])
    assert not recwarn.list


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: entropy([0.5, 0.4]), "p 的和要是 1，得到 0.9"),
        (lambda: entropy([1.5, -0.5]), "不能是负的，得到 -0.5"),
        (lambda: entropy([]), "一排概率"),
        (lambda: entropy(1.0), "一排概率"),
        (lambda: entropy([0.5, float("nan")]), "NaN"),
        (lambda: entropy([0.5, 0.5], unit="byte"), "bit、nat"),
        (lambda: surprise(1.2), "不能超过 1"),
        (lambda: kl_divergence([0.5, 0.5], [1.0]), "2 种和 1 种"),
        (lambda: cross_entropy([0.5, 0.5], [0.5, 0.6]), "q 的和要是 1"),
        (lambda: mutual_information([0.5, 0.5]), "形状"),
        (lambda: mutual_information([[0.5, 0.5], [0.5, 0.0]]), "joint 的和要是 1"),
    ],
)
def test_what_is_no_distribution_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_words_are_no_probabilities():
    with pytest.raises(TypeError):
        entropy(["一半", "一半"])

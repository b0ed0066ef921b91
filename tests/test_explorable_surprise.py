"""图「意外有多高」的事实：面积是熵，表查得准，曲线是两种结果的熵。"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore.explorables import Session
from mlcore.explorables.codec import pack
from mlcore.explorables.surprise import (
    EXAMPLES,
    MOST,
    SurpriseBars,
    binary_curve,
    padded,
    surprise_table,
)
from mlcore.information import surprise


def looked_up(p: float) -> float:
    """前端的办法：对折到 ½ 以上，查表（三次埃尔米特插值），每折一次加一份。"""
    given_table = surprise_table()
    top, folded = given_table["top"], 0.0
    while p < 0.5:
        p, folded = 2 * p, folded + given_table["halving"]
    place = (p - top["low"]) / top["step"]
    i = min(int(place), len(top["values"]) - 2)
    t = place - i
    s, (a, b), (da, db) = 1 - t, top["values"][i : i + 2], top["slopes"][i : i + 2]
    inside = s * s * (1 + 2 * t) * a + t * t * (3 - 2 * t) * b
    return folded + inside + top["step"] * s * t * (s * da - t * db)


@given(st.floats(1e-4, 1.0))
def test_the_table_of_the_page_is_the_surprise_of_the_engine(p):
    assert looked_up(p) == pytest.approx(float(surprise(p)), abs=1e-6)


@pytest.mark.parametrize("key", list(EXAMPLES))
def test_the_areas_of_the_bars_add_up_to_the_entropy(key):
    scene = SurpriseBars(example=key, p=padded(EXAMPLES[key].p)).view()
    assert float(np.dot(scene["p"], scene["surprise"])) == pytest.approx(scene["entropy"])
    assert len(scene["p"]) == len(EXAMPLES[key].p)
    assert np.all(np.diff(scene["surprise"]) >= -1e-12) or key == "lopsided"


def test_twice_as_many_equal_outcomes_are_one_bit_more():
    bits = [SurpriseBars(example=k, p=padded(EXAMPLES[k].p)).entropy for k in
            ("one", "two", "four", "eight")]  # fmt: skip
    assert bits == [0.0, 1.0, 2.0, 3.0]
    assert [EXAMPLES[k].lines for k in ("one", "two", "four", "eight")] == [0, 1, 2, 3]


def test_the_curve_is_zero_where_all_is_certain_and_one_bit_in_the_middle():
    curve = binary_curve()
    assert (curve[0], curve[-1]) == (0.0, 0.0)
    assert np.argmax(curve) == len(curve) // 2
    assert curve[len(curve) // 2] == pytest.approx(1.0)
    np.testing.assert_allclose(curve, curve[::-1], atol=1e-12)


def test_an_outcome_that_cannot_come_adds_nothing():
    with_it = SurpriseBars(example="three", p=padded((0.5, 0.5, 0.0)))
    assert len(with_it.p) == 3
    assert with_it.entropy == pytest.approx(1.0)
    assert np.all(np.isfinite(with_it.view()["surprise"]))


def test_the_enlarged_curve_speaks_the_chosen_unit():
    bits = SurpriseBars(example="even", p=padded((0.5, 0.5))).figure()
    nats = SurpriseBars(example="even", p=padded((0.5, 0.5)), unit="nat").figure()
    assert bits["data"][1]["y"][0] == pytest.approx(1.0)
    assert nats["data"][1]["y"][0] == pytest.approx(math.log(2))
    assert "奈特" in nats["layout"]["yaxis"]["title"]["text"]
    assert len(SurpriseBars().figure()["data"]) == 1


@pytest.mark.parametrize("p", [[0.5] * MOST, [0.0] * MOST, [1.0, 0.2] + [0.0] * 30])
def test_odds_that_are_no_distribution_are_refused_in_words_and_change_nothing(p):
    session = Session(SurpriseBars())
    with pytest.raises(ValueError, match="机会」的和要是 1"):
        session.set({"p": p})
    assert session.view()["entropy"] == pytest.approx(1.5)


def test_the_first_scene_is_small():
    assert len(pack([SurpriseBars().view()])) < 6_000

"""图「只问是非题」的事实：树就是树，最省的树没有别的树能赢，平均在期望的两边。"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore.explorables import Session
from mlcore.explorables.codec import inline, pack
from mlcore.explorables.questions import (
    HALVED,
    ODDS,
    ONE_BY_ONE,
    ROUNDS,
    SHAPES,
    GuessingGame,
    best_codes,
    codes_of,
    deal,
    depths_of,
    expected_questions,
    tree_of,
)
from mlcore.information import entropy

codes = st.lists(st.integers(0, 127), min_size=len(SHAPES), max_size=len(SHAPES))


@given(codes)
def test_any_row_of_numbers_is_a_tree_that_tells_all_shapes_apart(given_codes):
    depths = depths_of(tree_of(given_codes))
    assert sum(Fraction(1, 2**depth) for depth in depths) == 1
    assert max(depths) < len(SHAPES)


@given(codes)
def test_writing_a_tree_down_and_reading_it_gives_the_same_tree(given_codes):
    tree = tree_of(given_codes)
    assert tree_of(codes_of(tree)) == tree


@given(codes)
def test_the_expected_questions_are_the_chances_of_all_questions_added_up(given_codes):
    tree = tree_of(given_codes)
    for _, _, p, _ in ODDS:

        def masses(part, p=p):
            """每个问题被问到的机会，连同它下面的。"""
            if isinstance(part, int):
                return p[part], 0.0
            (a, below_a), (b, below_b) = masses(part[0]), masses(part[1])
            return a + b, a + b + below_a + below_b

        assert expected_questions(p, tree) == pytest.approx(masses(tree)[1])


@given(codes)
def test_no_tree_asks_less_than_the_entropy_nor_less_than_the_best_one(given_codes):
    for _, _, p, _ in ODDS:
        mean = expected_questions(p, tree_of(given_codes))
        best = expected_questions(p, tree_of(best_codes(p)))
        assert mean >= best - 1e-12
        assert best >= float(entropy(p)) - 1e-12


def test_halving_the_number_asks_three_whatever_the_odds():
    for _, _, p, _ in ODDS:
        assert expected_questions(p, tree_of(HALVED)) == pytest.approx(3.0)


def test_one_by_one_is_good_where_the_odds_halve_and_bad_where_they_are_even():
    means = {key: expected_questions(p, tree_of(ONE_BY_ONE)) for key, _, p, _ in ODDS}
    assert means["halves"] == pytest.approx(2 + 1 / 64)
    assert means["even"] == pytest.approx(4.375)


def test_the_hidden_shapes_come_as_often_as_their_odds_say():
    p = ODDS[0][2]
    drawn = np.bincount(deal(p, 40_000, 3), minlength=len(p)) / 40_000
    np.testing.assert_allclose(drawn, p, atol=0.01)


@pytest.mark.parametrize("key", [row[0] for row in ODDS])
def test_the_average_wanders_on_both_sides_of_the_expected_number(key):
    p = next(row[2] for row in ODDS if row[0] == key)
    tree = tree_of(ONE_BY_ONE)
    depths = np.array(depths_of(tree))
    ends = np.array([depths[deal(p, ROUNDS, batch)].mean() for batch in range(40)])
    expected = expected_questions(p, tree)
    assert np.any(ends < expected)
    assert np.any(ends > expected)
    assert np.mean(ends) == pytest.approx(expected, abs=0.1)


def test_the_scene_tells_the_rounds_that_are_shown():
    picture = GuessingGame(rounds=50, tree=best_codes(ODDS[0][2]))
    scene = picture.view()
    hidden = scene["odds"][0]["draws"][:50]
    assert scene["rounds"] == 50
    assert scene["average"] == pytest.approx(np.mean(scene["depths"][hidden]))
    assert scene["expected"] == pytest.approx(2.0)
    assert GuessingGame().view()["rounds"] == 0


def test_another_deal_hides_other_shapes_and_a_link_brings_them_back():
    session = Session(GuessingGame())
    before = session.view()["odds"][0]["draws"]
    session.act("again")
    session.set({"rounds": 20, "odds": "uneven"})
    assert not np.array_equal(session.view()["odds"][0]["draws"], before)
    again = Session(GuessingGame())
    for _ in again.replay(session.state()):
        pass
    assert inline(again.view()) == inline(session.view())


@pytest.mark.parametrize(
    ("control", "value", "words"),
    [
        ("tree", [0] * 7, "8 个数"),
        ("tree", [0.5] * 8, "整数"),
        ("tree", [200] * 8, "0 到 127"),
        ("rounds", -1, "0 到 200"),
        ("odds", "loaded", "没有"),
    ],
)
def test_bad_values_are_refused_in_words(control, value, words):
    with pytest.raises((ValueError, TypeError), match=words):
        Session(GuessingGame()).set({control: value})


def test_the_first_scene_is_small():
    assert len(pack([GuessingGame().view()])) < 4_000

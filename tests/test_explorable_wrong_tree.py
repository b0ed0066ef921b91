"""图「用错了的树」的事实：多问的是 KL 散度，机会对半的时候整数的树也正好，无穷不是 NaN。"""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from mlcore.explorables import Session
from mlcore.explorables.codec import inline, pack
from mlcore.explorables.wrong_tree import (
    NO_LEAF,
    PRESETS,
    SLIPS,
    WrongTree,
    all_trees,
    asked_wrongly,
    every_box,
    lengths,
)

BOXES = list(every_box())
box = st.sampled_from(BOXES)
halved = st.permutations([8, 4, 2, 2]) | st.just([4, 4, 4, 4]) | st.permutations([8, 8, 0, 0])


@given(box, box)
def test_the_extra_questions_are_scipys_relative_entropy(real, believed):
    read = asked_wrongly(real, believed)
    extra = scipy.stats.entropy(np.array(real) / SLIPS, np.array(believed) / SLIPS, base=2)
    if read["missing"]:
        assert np.isinf(extra)
        assert read["extra"] is None
        assert read["cross"] is None
    else:
        assert read["extra"] == pytest.approx(extra, abs=1e-9)
        assert read["cross"] == pytest.approx(read["entropy"] + extra, abs=1e-9)


@given(halved, halved)
def test_with_odds_of_halves_whole_trees_ask_exactly_the_kl_more(real, believed):
    read = asked_wrongly(real, believed)
    assume(not read["missing"])
    assert read["whole"] == pytest.approx(read["cross"])
    assert read["whole_extra"] == pytest.approx(read["extra"], abs=1e-12)


def test_with_other_odds_whole_trees_do_not():
    _, p, q = PRESETS[1]
    read = asked_wrongly(p, q)
    assert abs(read["whole_extra"] - read["extra"]) > 0.05


@given(box)
def test_the_right_tree_asks_nothing_more(slips):
    assert asked_wrongly(slips, slips)["extra"] == 0.0


def test_one_direction_can_be_endless_and_the_other_not():
    picture = WrongTree(p=(8, 8, 0, 0), q=(4, 4, 4, 4))
    scene = picture.view()
    assert scene["forward"]["extra"] == pytest.approx(1.0)
    assert scene["backward"]["extra"] is None
    assert scene["backward"]["missing"] == [2, 3]
    assert "NaN" not in inline(scene)
    assert "Infinity" not in inline(scene)
    assert "无穷" in picture.poster()


def test_the_trees_of_the_page_stand_in_the_order_in_which_it_counts():
    trees = all_trees()
    assert trees.shape == (969, 4)
    for row in (0, 100, 500, 968):
        assert list(trees[row]) == lengths(BOXES[row])
    assert list(trees[BOXES.index((16, 0, 0, 0))]) == [0, NO_LEAF, NO_LEAF, NO_LEAF]
    assert sorted(BOXES) == BOXES


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([4, 4, 4, 3], "一共 16 张，得到 15 张"),
        ([4.5, 3.5, 4, 4], "整数"),
        ([20, 0, 0, -4], "0 到 16"),
        ([16], "4 个数"),
    ],
)
def test_a_box_without_sixteen_slips_is_refused_in_words(value, words):
    session = Session(WrongTree())
    with pytest.raises(ValueError, match=words):
        session.set({"p": value})
    assert session.view()["p"] == [8, 4, 2, 2]


def test_the_first_scene_is_small():
    assert len(pack([WrongTree().view()])) < 4_000

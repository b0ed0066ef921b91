"""「一万个人来体检」和「把概率画成面积」的事实：人数、面积和贝叶斯公式说的是同一件事。"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore.explorables import Session
from mlcore.explorables.codec import inline
from mlcore.explorables.screening import PEOPLE, People, Square, screening, square
from mlcore.random import Generator

ROOT = Path(__file__).resolve().parents[1]
rates = st.floats(0.01, 1.0)
small = st.floats(0.001, 0.999)


@given(p=small, hit=rates, clear=st.floats(0.0, 1.0), repeat=st.floats(0.0, 1.0))
def test_everybody_is_counted_once_and_the_posterior_is_a_ratio_of_counts(p, hit, clear, repeat):
    got = screening(p, hit, clear, repeat)
    assert sum(got[:4]) == pytest.approx(PEOPLE)
    assert got.posterior == pytest.approx(
        got.sick_positive / (got.sick_positive + got.well_positive)
    )
    assert got.posterior_twice == pytest.approx(got.sick_twice / (got.sick_twice + got.well_twice))
    assert got.sick_twice <= got.sick_positive + 1e-9
    assert got.well_twice <= got.well_positive + 1e-9


def test_ten_thousand_simulated_people_agree_with_the_expected_counts():
    draw, n = Generator(4), 400_000
    sick = draw.uniform(n) < 0.1
    chance = np.where(sick, 0.9, 0.2)
    first = draw.uniform(n) < chance
    copied = draw.uniform(n) < 0.3
    second = np.where(copied, first, draw.uniform(n) < chance)
    got = screening(0.1, 0.9, 0.8, 0.3)
    scale = PEOPLE / n
    for mask, value in (
        (sick & first, got.sick_positive),
        (~sick & first, got.well_positive),
        (sick & first & second, got.sick_twice),
        (~sick & first & second, got.well_twice),
    ):
        # Five standard errors of a count out of n.
        share = value / PEOPLE
        assert mask.sum() * scale == pytest.approx(
            value, abs=5 * PEOPLE * np.sqrt(share * (1 - share) / n)
        )


@given(p=small, hit=rates, clear=st.floats(0.0, 0.999))
def test_a_second_test_that_only_copies_the_first_teaches_nothing(p, hit, clear):
    got = screening(p, hit, clear, 1.0)
    assert got.posterior_twice == pytest.approx(got.posterior)


def test_the_repeat_is_the_correlation_of_the_two_results_given_health():
    repeat, hit = 0.4, 0.8
    both = hit * (repeat + (1 - repeat) * hit)
    assert (both - hit**2) / (hit * (1 - hit)) == pytest.approx(repeat)


@given(p=st.floats(0.01, 0.98), hit=rates, clear=st.floats(0.0, 0.99))
def test_the_rarer_the_illness_the_less_a_positive_result_says(p, hit, clear):
    assert screening(p, hit, clear).posterior <= screening(p + 0.01, hit, clear).posterior + 1e-12


def test_without_false_alarms_a_positive_result_is_certain():
    assert screening(0.001, 0.5, 1.0).posterior == 1.0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((1.2, 0.9, 0.9), "prevalence"),
        ((0.1, -0.1, 0.9), "sensitivity"),
        ((0.1, 0.9, 0.9, 2.0), "repeat"),
        ((0.1, 0.0, 1.0), "漏了一个假设"),
        ((0.1, float("nan"), 1.0), "sensitivity"),
    ],
)
def test_rates_that_mean_nothing_are_refused(values, said):
    with pytest.raises(ValueError, match=said):
        screening(*values)


def test_everybody_has_a_seat_of_their_own():
    rows, columns, shifts = People().view()["seats"].astype(int)
    a, b = np.divmod(np.arange(PEOPLE), 100)
    seats = rows[b] * 100 + (columns[a] + shifts[b]) % 100
    assert len(set(seats)) == PEOPLE


@given(p=st.floats(0.01, 0.99), likely=rates, unlikely=st.floats(0.0, 1.0))
def test_the_areas_of_the_square_are_the_counts_of_the_people(p, likely, unlikely):
    areas, people = square(p, likely, unlikely), screening(p, likely, 1 - unlikely)
    assert areas["yes"] * PEOPLE == pytest.approx(people.sick_positive)
    assert areas["evidence"] == pytest.approx(areas["yes"] + areas["no"])
    assert areas["posterior"] == pytest.approx(people.posterior)


@given(p=st.floats(0.01, 0.99), likely=rates)
def test_two_edges_at_one_height_leave_the_prior_where_it_was(p, likely):
    assert square(p, likely, likely)["posterior"] == pytest.approx(p)


def test_a_square_without_any_evidence_is_refused():
    with pytest.raises(ValueError, match="漏了一个假设"):
        square(0.5, 0.0, 0.0)


def test_first_scenes_are_small_and_a_bad_control_changes_nothing():
    for cls in (People, Square):
        assert len(inline(cls().view())) < 8000
    session = Session(People())
    with pytest.raises(ValueError, match="患病率"):
        session.set({"prevalence": 0.0})
    assert session.controls["prevalence"] == 1.0


def test_the_enlarged_curve_goes_through_the_point_that_is_shown():
    figure = People(prevalence=3.0).figure()
    once, _twice, mark = figure["data"]
    at = np.interp(3.0, once["x"], once["y"])
    assert mark["y"][0] == pytest.approx(at, abs=0.5)
    assert figure["layout"]["xaxis"]["title"]["text"] == "患病率（%）"


node = pytest.mark.skipif(shutil.which("node") is None, reason="没有 Node")


def in_node(module: str, program: str) -> object:
    path = (ROOT / "front" / "src" / "lib" / module).as_uri()
    text = f"import * as it from '{path}'; console.log(JSON.stringify({program}));"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", text],
        capture_output=True, text=True, check=True, encoding="utf-8",
    )  # fmt: skip
    return json.loads(done.stdout)


@node
def test_the_picture_counts_the_people_as_mlcore_does():
    for p, hit, clear, repeat in ((1, 95, 95, 0), (0.3, 99, 90, 35), (50, 50, 100, 100)):
        values = {"prevalence": p, "sensitivity": hit, "specificity": clear, "repeat": repeat}
        got = in_node("people/reckon.js", f"it.reckon({json.dumps(values)}, {PEOPLE})")
        want = screening(p / 100, hit / 100, clear / 100, repeat / 100)
        names = ("hit", "miss", "alarm", "clear", "once", "hitTwice", "alarmTwice", "twice")
        np.testing.assert_allclose([got[name] for name in names], want, rtol=1e-9, atol=1e-9)


@node
def test_a_bet_is_judged_only_by_the_numbers_it_was_made_for():
    def said(**changes):
        values = {**People().controls_now, "guess": 50, "stage": 3, **changes}
        given = json.dumps(values)
        text = f"it.sentence({given}, it.reckon({given}, {PEOPLE}))"
        return in_node("people/reckon.js", f"[{text}, it.moved({given})]")

    text, moved = said()
    assert "你押 50%，高了一些。" in text
    assert moved == []
    text, moved = said(prevalence=10)
    assert moved == ["患病率 1%"]
    assert "67.9%。你的 50% 是照患病率 1% 押的，不和这个数比。" in text
    assert said(prevalence=10, specificity=99)[1] == ["患病率 1%", "特异度 95%"]
    # 「照抄」是第二次的事，押的是第一次。
    assert said(repeat=100)[1] == []
    text, moved = said(prevalence=10, bet_for=[10, 95, 95], guess=66)
    assert moved == []
    assert "押得很准" in text


def test_the_link_carries_what_the_bet_was_made_for():
    session = Session(People())
    session.set({"guess": 30, "bet_for": [2, 95, 90], "stage": 1, "prevalence": 10})
    again = Session.restored(json.loads(json.dumps(session.state())))
    assert again.controls["bet_for"] == [2, 95, 90]
    assert People.valued_controls()["bet_for"].spec()["local"] is True
    old = session.state()
    del old["start"]["bet_for"]
    assert Session.restored(old).controls["bet_for"] == [1, 95, 95]


@node
def test_the_pieces_keep_their_area_until_they_are_enlarged():
    three = {"prior": 0.2, "likely": 0.9, "unlikely": 0.3}
    want = square(0.2, 0.9, 0.3)
    for lift in (0, 0.25, 0.6, 1):
        pieces = in_node("square-parts.js", f"it.pieces({json.dumps(three)}, {lift}, [0,0], [2,0])")
        assert [p["w"] * p["h"] for p in pieces] == pytest.approx([want["yes"], want["no"]])
    blue, orange = in_node("square-parts.js", f"it.pieces({json.dumps(three)}, 2, [0,0], [2,0])")
    assert blue["w"] == pytest.approx(want["posterior"])
    assert blue["w"] + orange["w"] == pytest.approx(1)
    assert blue["h"] == orange["h"] == pytest.approx(1)

"""「贝叶斯」的正文和练习里写着的数，逐个由 mlcore 重新算出来，再到文字里去找。"""

from __future__ import annotations

from pathlib import Path

import nbformat
import numpy as np
import pytest

from mlcore import probability
from mlcore.exercises import exercise
from mlcore.explorables.belief import LIMIT, THETA, Belief, strides
from mlcore.explorables.doors import chances
from mlcore.explorables.mumble import TEMPLATES, WORDS, Mumble, decode
from mlcore.explorables.screening import PEOPLE, STORIES, screening, square

NOTEBOOK = Path(__file__).parents[1] / "nbs" / "1-origins" / "09-bayes.ipynb"
NAMES = [word for word, *_ in WORDS]


@pytest.fixture(scope="module")
def prose() -> str:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def test_the_people_who_step_forward_are_those_of_the_text(prose):
    c = screening(0.01, 0.95, 0.95)
    positive = c.sick_positive + c.well_positive
    words = f"{positive:.0f} 个阳性，真有病的只有 {c.sick_positive:.0f} 个，{percent(c.posterior)}"
    assert words in prose
    assert f"9900 个人的 5%，是 {c.well_positive:.0f} 个" in prose
    assert 5 < c.well_positive / c.sick_positive < 5.5
    assert 6 < 1 / c.posterior < 6.5
    assert f"忽然有 {percent(screening(0.1, 0.95, 0.95).posterior)} 可信" in prose
    assert screening(0.01, 1.0, 0.95).posterior - c.posterior < 0.01
    assert screening(0.01, 0.95, 1.0).posterior == 1.0


def test_the_spread_of_a_real_ten_thousand_is_that_of_the_text(prose):
    share = screening(0.01, 0.95, 0.95)
    p = (share.sick_positive + share.well_positive) / PEOPLE
    wide = 2 * np.sqrt(PEOPLE * p * (1 - p))
    assert "可能是 570 个，也可能是 610 个" in prose
    assert f"写着「真有病 {share.sick_twice:g} 人」" in prose
    assert f"{share.sick_twice % 1:g} 个人站不了队" in prose
    assert PEOPLE * p - wide < 570 < 610 < PEOPLE * p + wide


def test_the_areas_and_both_formulas_are_worked_out_right(prose):
    areas = square(0.01, 0.95, 0.05)
    assert f"0.95\\times0.01+0.05\\times0.99={areas['evidence']:.3f}" in prose
    assert (
        f"{areas['yes']:.4f}\\div{areas['evidence']:.3f}\\approx{areas['posterior']:.3f}" in prose
    )
    assert f"P(H\\mid E)\\approx {areas['posterior']:.3f}" in prose
    exam = next(numbers for value, *_, numbers in STORIES if value == "exam")
    assert exam == (0.01, 0.95, 0.05)
    prior, likely, unlikely = next(numbers for value, *_, numbers in STORIES if value == "noise")
    assert likely == unlikely
    assert square(prior, likely, unlikely)["posterior"] == pytest.approx(prior)


def test_each_positive_result_multiplies_the_odds_by_nineteen(prose):
    assert 0.95 / 0.05 == pytest.approx(19)
    for times, said in ((1, "一次阳性，$19:99$，就是 {}"), (2, "两次，$361:99$，{}"),
                        (3, "三次，$6859:99$，{}")):  # fmt: skip
        odds = 19.0**times / 99
        assert said.format(percent(float(probability.from_odds(odds)))) in prose
    start, step = (
        float(probability.log_odds(0.01)),
        float(probability.weight_of_evidence(0.95, 0.05)),
    )
    assert f"\\approx{start:.2f}$ 出发" in prose
    assert f"\\ln19\\approx{step:.2f}" in prose
    assert start + step < 0 < start + 2 * step
    assert screening(0.01, 0.95, 0.95, 1.0).posterior_twice == pytest.approx(95 / 590)


def test_the_strides_between_two_coins_are_those_of_the_text(prose):
    head, tail = strides(0.5, 0.7)
    assert f"\\ln\\frac{{0.7}}{{0.5}}\\approx{head:.3f}" in prose
    assert f"\\ln\\frac{{0.5}}{{0.3}}\\approx{-tail:.3f}" in prose


def test_the_stubborn_reader_ends_at_one_half_after_three_hundred_flips(prose):
    assert LIMIT == 300
    assert "看三百次也挪不过去" in prose
    picture = Belief(truth=0.7)
    picture.step(LIMIT)
    you, second, third = picture.beliefs()
    assert abs(you @ THETA - second @ THETA) < 0.02
    assert THETA[int(np.argmax(third))] == pytest.approx(0.5)
    assert third[THETA > 0.5 + 1e-9].max() == 0.0
    assert third[np.abs(THETA - 0.5) < 0.03].sum() > 0.95


def test_switching_wins_as_often_as_the_text_says(prose):
    assert "\\tfrac13+1\\times\\tfrac13=\\tfrac23" in prose
    rule = chances(3)
    assert (rule.stay, rule.switch) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    ignorant = chances(3, "rest", "random")
    assert ignorant.stay == ignorant.switch == pytest.approx(1 / 2)
    assert str(chances(10, "one").switch) == "9/80"


def test_the_word_flips_where_the_text_says(prose):
    heard = Mumble().controls_now["heard"]
    flips = []
    for k in range(6, 101):
        word = NAMES[decode(heard, k / 20).best]
        if not flips or flips[-1][1] != word:
            flips.append((k / 20, word))
    (_, first), (one, second), (two, third) = flips
    assert f"猜「{first}」。噪声加到 {one:g} 度，它改口说「{second}」；加到 {two:g} 度" in prose
    assert f"再改口说「{third}」" in prose
    assert NAMES[int(np.argmax(decode(heard, 1.0).prior))] == third
    share = decode(TEMPLATES[NAMES.index("事实")], 0.3).posterior
    assert f"{100 * share[0]:.0f}% 信「事实」" in prose
    assert share[0] + share[NAMES.index("适时")] > 0.999


def test_every_sentence_changes_the_guess_before_the_noise_is_turned():
    picture = Mumble()
    heard, noise = picture.controls_now["heard"], picture.controls_now["noise"]
    words = {NAMES[decode(heard, noise, s).best] for s in ("fact", "rule", "news", "plane", "coat")}
    assert words == {"事实", "实施", "时事", "失事", "试试"}


def test_the_answers_of_the_exercises_are_computed_too():
    rarer = screening(0.001, 0.95, 0.95)
    assert exercise("bayes.rarer").answer == pytest.approx(100 * rarer.posterior, abs=0.005)
    assert rarer.sick_positive + rarer.well_positive == pytest.approx(509)
    negative = probability.posterior([0.01, 0.99], [0.05, 0.95])[0]
    assert exercise("bayes.negative").answer == pytest.approx(100 * negative, abs=5e-5)
    once = probability.posterior([0.01, 0.99], [0.95, 0.05])
    back = probability.posterior(once, [0.05, 0.95])[0]
    assert exercise("bayes.cancel").answer == pytest.approx(100 * back)
    knobs = {
        "49%": screening(0.01, 0.95, 0.99),
        "27.9%": screening(0.02, 0.95, 0.95),
        "16.8%": screening(0.01, 1.0, 0.95),
    }
    solution = exercise("bayes.knob").solution
    for said, got in knobs.items():
        assert said in solution
        assert float(said.rstrip("%")) == pytest.approx(100 * got.posterior, abs=0.06)
    twins = decode(TEMPLATES[NAMES.index("事实")], 0.3, "coat")
    assert NAMES[twins.best] == "适时"
    assert f"约 {100 * twins.posterior[twins.best]:.1f}%" in exercise("bayes.twins").solution

"""「贝叶斯」的三个系统：调用图里的那些函数，和总表里的数比。"""

from __future__ import annotations

from fractions import Fraction

import pytest

from mlcore.explorables.doors import Doors, chances
from mlcore.explorables.mumble import TEMPLATES, WORDS, Mumble, decode
from mlcore.explorables.screening import People, screening
from tools.systems import expected


def test_a_positive_result_is_right_for_95_of_590() -> None:
    numbers = expected("Y1-10")
    counts = screening(0.01, 0.95, 0.95)
    assert counts == People().screening()
    assert counts.sick_positive == pytest.approx(numbers["sick_positive"])
    assert counts.well_positive == pytest.approx(numbers["well_positive"])
    assert counts.posterior == pytest.approx(numbers["posterior"], abs=5e-4)
    assert counts.posterior == pytest.approx(95 / 590)
    assert [counts.sick_twice, counts.well_twice] == pytest.approx(numbers["twice"])
    assert counts.posterior_twice == pytest.approx(numbers["posterior_twice"], abs=5e-4)
    assert screening(0.01, 0.95, 0.95, 1.0).posterior_twice == pytest.approx(counts.posterior)


def test_the_best_word_flips_with_the_noise_and_with_the_sentence() -> None:
    numbers = expected("Y1-11")
    names = [word for word, *_ in WORDS]
    heard = Mumble().controls_now["heard"]
    for sentence, steps in numbers["guesses"].items():
        found = []
        for k in range(6, 101):
            word = names[decode(heard, k / 20, sentence).best]
            if not found or found[-1][1] != word:
                found.append([k / 20, word])
        assert found == steps, sentence
    one, two = (names.index(word) for word in numbers["same_sound"])
    assert (TEMPLATES[one] == TEMPLATES[two]).all()
    share = decode(TEMPLATES[one], numbers["clear"]).posterior
    assert share[one] == pytest.approx(numbers["share"], abs=5e-3)


def test_switching_wins_two_games_of_three() -> None:
    numbers = expected("Y1-12")
    rule = chances(3, "rest", "knows")
    assert rule.stay == Fraction(*numbers["stay"])
    assert rule.switch == Fraction(*numbers["switch"])
    ignorant = chances(3, "rest", "random")
    assert ignorant.stay == ignorant.switch == Fraction(*numbers["ignorant"])
    for host, exact in (("knows", rule), ("random", ignorant)):
        picture = Doors(host=host)
        picture.step(numbers["games"])
        rates = picture.view()["rates"]
        assert picture.games == numbers["games"]
        assert rates == pytest.approx([exact.stay, exact.switch], abs=numbers["within"])

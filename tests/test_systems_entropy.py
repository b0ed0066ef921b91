"""「熵」的四个系统：调用图里的那些函数，和总表里的数比。"""

from __future__ import annotations

import numpy as np
import pytest

from mlcore.explorables.particles import Particles
from mlcore.explorables.surprise import EXAMPLES, SurpriseBars, binary_curve, padded
from mlcore.information import entropy
from tools.systems import expected


def shown(key: str) -> float:
    """图里选这个例子时画着的熵，bit。"""
    picture = SurpriseBars(example=key, p=padded(EXAMPLES[key].p))
    return float(picture.view()["entropy"])


def test_the_entropy_of_three_colours_in_bits_and_nats() -> None:
    numbers = expected("Y1-13")
    picture = SurpriseBars(p=padded(tuple(numbers["p"])))
    scene = picture.view()
    assert scene["entropy"] == pytest.approx(numbers["bits"])
    nats = scene["entropy"] * scene["units"]["nat"]
    assert nats == pytest.approx(numbers["nats"], abs=0.005)
    assert float(entropy(numbers["p"], unit="nat")) == pytest.approx(nats)
    curve = binary_curve(101)
    assert np.argmax(curve) / 100 == numbers["largest_at"]


def test_shards_spread_and_only_an_exact_reversal_gathers_them() -> None:
    numbers = expected("Y1-14")
    for hair, end in (("none", "reversed"), ("billionth", "with_a_hair")):
        picture = Particles(hair=hair)
        grid = picture.controls_now["grid"] - 1
        first = picture.origin.copy()
        assert picture.view()["now"]["ways"][grid] == pytest.approx(numbers["start"], abs=0.5)
        picture.step(numbers["steps"])
        assert picture.view()["now"]["ways"][grid] == pytest.approx(numbers["spread"], abs=0.5)
        picture.act("observe")
        seen = picture.view()["now"]
        assert seen["bits"][grid] == numbers["seen_bits"]
        assert seen["ways"][grid] == pytest.approx(numbers["spread"], abs=0.5)
        picture.act("reverse")
        picture.step(numbers["steps"])
        assert picture.view()["now"]["ways"][grid] == pytest.approx(numbers[end], abs=0.5)
        came_home = np.array_equal(picture.gas.here[: len(first)][:144], first[:144])
        assert came_home == (hair == "none")


def test_eight_variants_are_three_factors_and_the_curve_has_its_ends_and_top() -> None:
    numbers = expected("Y2-29")
    curve = binary_curve(101)
    assert (curve[0], curve[-1]) == (numbers["ends"], numbers["ends"])
    assert curve[50] == pytest.approx(numbers["middle"])
    keys = ("one", "two", "four", "eight")
    assert [len(EXAMPLES[key].p) for key in keys] == numbers["variants"]
    assert [EXAMPLES[key].lines for key in keys] == numbers["factors"]
    assert [shown(key) for key in keys] == pytest.approx(numbers["factors"])


def test_the_four_examples_have_their_entropies() -> None:
    for key, bits in expected("B2-08").items():
        picture = SurpriseBars(example=key, p=padded(EXAMPLES[key].p))
        assert picture.view()["entropy"] == pytest.approx(bits, abs=5e-4), key

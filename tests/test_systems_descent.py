"""「梯度下降」的系统：调用图里的那些函数，和总表里的数比。"""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from mlcore import optim
from mlcore.explorables.descent import CURVES, Valley, arrival, descend, fate, steps_needed
from mlcore.explorables.descent_map import PLANES, StepMap, quadratic_errors, strips
from mlcore.explorables.race import Race, directions
from mlcore.explorables.runners import RATES, RUNNERS, STEPS, first_step
from mlcore.explorables.surfaces import SURFACES
from tools.systems import expected


def test_the_trace_of_one_dimension_is_that_of_the_book() -> None:
    numbers = expected("B1-14")
    bowl, trace = CURVES["bowl"], numbers["trace"]
    picture = Valley(start=numbers["start"], learning_rate=numbers["rate"], walked=len(trace))
    np.testing.assert_allclose(picture.walk().x[1:], trace, atol=1e-12)
    for rate, steps in numbers["steps"].items():
        assert steps_needed(bowl, rate) == steps
    for rate, end in ((numbers["swings_at"], "swing"), (numbers["explodes_at"], "away")):
        walk = descend(bowl.slope, 3.0, rate, 40, 0.0, bowl.low, bowl.high)
        assert fate(walk, bowl) == end


def test_the_gradient_and_the_edge_of_the_long_bowl() -> None:
    numbers = expected("B1-15")
    surface = PLANES["long"].surface
    np.testing.assert_allclose(surface.gradient(np.array(numbers["point"])), numbers["gradient"])
    assert StepMap(ground="long").walk().x[0].tolist() == numbers["point"]
    steep = next(s for s in strips("long", np.array([0.1])) if s["label"] == "沿 y")
    assert steep["explodes"] == numbers["edge"]
    rates = np.array([numbers["fine"], numbers["edge"], numbers["too_large"]])
    fine, edge, flies = np.abs(quadratic_errors(steep["curvature"], 4.0, rates)).T
    assert np.all(np.diff(fine) < 0)
    assert set(edge.tolist()) == {4.0}
    assert np.all(np.diff(flies) > 0)


def test_the_bowl_has_its_bottom_where_it_is_said_to_be() -> None:
    numbers = expected("B1-16")
    picture = StepMap(ground="tilted", learning_rate=0.4, row=60)
    np.testing.assert_allclose(picture.walk().x[-1], numbers["minimum"], atol=1e-9)
    surface, path = picture.figure()["data"]
    assert surface["type"] == "surface"
    assert np.min(surface["z"]) >= numbers["value"]
    assert path["z"][-1] == pytest.approx(numbers["value"])


def test_the_start_decides_the_minimum_and_the_gradient_weighs_its_parts() -> None:
    numbers = expected("N-04")
    for start, minimum in numbers["minima"].items():
        picture = Valley(
            valley="wells", start=start, learning_rate=numbers["rate"], walked=300
        )
        assert picture.walk().x[-1] == pytest.approx(minimum, abs=0.005)
    here = directions(SURFACES["three-to-one"], numbers["point"])
    np.testing.assert_allclose(here["down"], -np.array(numbers["gradient"]))
    assert here["angle"] == pytest.approx(numbers["degrees"], abs=0.01)


def test_momentum_carries_the_ball_over_a_small_hill_or_too_far() -> None:
    numbers = expected("D-07")

    def ends(rate: float, momentum: float) -> Valley:
        return Valley(
            valley="wells", start=-2.6, learning_rate=rate, momentum=momentum, walked=300
        )

    assert ends(0.1, 0.0).walk().x[-1] == pytest.approx(numbers["stuck_at"], abs=0.005)
    assert arrival(ends(0.4, 0.8).walk(), CURVES["wells"].goal) == numbers["steps"]
    assert CURVES["wells"].goal == pytest.approx(numbers["goal"], abs=0.005)
    assert ends(0.7, 0.8).walk().x[-1] == pytest.approx(numbers["overshoots_to"], abs=0.005)


def test_the_order_of_the_race_depends_on_the_step_size() -> None:
    numbers = expected("Y2-10")
    names = list(RUNNERS)
    picture = Race()
    fair = picture.view()["fair"]["arrived"]
    assert {name: fair[names.index(name)] for name in numbers["fair"]} == numbers["fair"]
    for rate, order in numbers["same"].items():
        here = int(np.argmin(np.abs(RATES - rate)))
        arrived = picture.field.arrived[:, here]
        there = [names[k] for k in np.argsort(arrived, kind="stable") if arrived[k] <= STEPS]
        assert there == order
    saddle = Race(surface="saddle", start=list(SURFACES["saddle"].start))
    tenth = int(np.argmin(np.abs(RATES - 0.1)))
    slow = saddle.field.arrived[names.index("descent"), tenth]
    assert slow == numbers["saddle_at_a_tenth"]


def test_the_first_step_of_adam_has_the_size_of_its_step_size() -> None:
    numbers = expected("L-09")
    defaults = inspect.signature(optim.Adam).parameters
    for name in ("learning_rate", "betas", "eps"):
        wanted = numbers[name]
        found = defaults[name].default
        assert found == (tuple(wanted) if isinstance(wanted, list) else wanted)
    rate = numbers["learning_rate"]
    for slope in (1000.0, 3.0, -0.2, 1e-4):
        assert first_step("adam", slope, rate) == pytest.approx(-rate * np.sign(slope), rel=2e-4)
    assert first_step("adam", numbers["half_at"], rate) == pytest.approx(-rate / 2)

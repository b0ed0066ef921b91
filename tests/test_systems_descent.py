"""「梯度下降」的系统：调用图里的那些函数，和总表里的数比。"""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from mlcore import optim
from mlcore.explorables.batches import SIZES, Batches
from mlcore.explorables.descent import CURVES, Valley, arrival, descend, fate, steps_needed
from mlcore.explorables.descent_map import PLANES, StepMap, quadratic_errors, strips
from mlcore.explorables.race import Race, directions
from mlcore.explorables.runners import RATES, RUNNERS, STEPS, first_step
from mlcore.explorables.sampling import (
    COUNT,
    Walk,
    agreement,
    loss_surface,
    points,
    sample_gradients,
    sample_losses,
    sample_means,
    spread_of_mean,
)
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


def test_few_samples_start_fast_and_never_rest() -> None:
    numbers = expected("N-05")
    surface = loss_surface()
    start = Batches().controls_now["start"]
    for batch, heights in numbers["above"].items():
        walk = Walk(start, batch, numbers["rate"], numbers["seed"])
        for seen, height in zip(numbers["seen"], heights, strict=True):
            walk.step(seen // batch - walk.updates)
            assert surface.above(walk.position) == pytest.approx(height, abs=1e-5)
    picture = Batches(batch="32", learning_rate=numbers["rate"], seed=numbers["seed"])
    picture.step(18)
    assert picture.view()["above"] == pytest.approx(numbers["above"][32][0], abs=1e-5)


def test_each_sample_has_a_valley_of_its_own_and_their_mean_is_the_loss() -> None:
    numbers = expected("D-09")
    x, y = points()
    assert len(x) == numbers["count"] == COUNT
    surface = loss_surface()
    for place in ((0.0, 0.0), (-0.9, 2.4), (1.3, -0.4)):
        losses = sample_losses(place, x, y)
        assert losses.mean() == pytest.approx(float(surface.value(np.array(place))))
        # Along its own valley, a line, the loss of a sample is zero.
        slope = place[0]
        assert sample_losses((slope, y[0] - slope * x[0]), x[:1], y[:1])[0] < 1e-20
    arrows = sample_gradients(surface.minima[0], x, y)
    assert np.hypot(*arrows.mean(0)) < numbers["at_the_bottom_at_most"]
    lengths = np.hypot(arrows[:, 0], arrows[:, 1])
    assert lengths.mean() == pytest.approx(numbers["a_single_arrow_there"], abs=0.005)


def test_the_mean_of_drawn_balls_is_unbiased_and_its_error_shrinks_with_the_root() -> None:
    numbers = expected("B2-14")
    balls = np.arange(1.0, 1001.0)
    for size, deviation in numbers["deviation"].items():
        mean, variance = spread_of_mean(balls, size)
        assert mean[0] == numbers["mean"]
        assert variance[0, 0] ** 0.5 == pytest.approx(deviation, abs=0.005)
        tried = sample_means(balls, size, draws=300, seed=3)
        assert tried.std() == pytest.approx(deviation, rel=0.12, abs=1e-9)
        assert abs(tried.mean() - numbers["mean"]) <= 4 * deviation / 300**0.5


def test_the_noise_of_a_batch_falls_as_its_size_grows() -> None:
    sizes = expected("Y3-10")["sizes"]
    assert list(SIZES) == sizes
    picture = Batches()
    arrows = sample_gradients(picture.walk.position, picture.x, picture.y)
    whole = np.sqrt(np.trace(spread_of_mean(arrows, 1)[1]))
    for size in sizes:
        noise = np.sqrt(max(np.trace(spread_of_mean(arrows, size)[1]), 0.0))
        rest = ((COUNT - size) / (COUNT - 1)) ** 0.5
        assert noise == pytest.approx(whole * rest / size**0.5, abs=1e-9)
        walk = Walk(picture.controls_now["start"], size, 0.05, 1)
        walk.step(COUNT // size)
        assert COUNT - size < walk.seen <= COUNT


def test_arrows_of_samples_cancel_in_their_mean() -> None:
    numbers = expected("Y3-46")
    picture = Batches(batch=str(numbers["batch"]))
    following = picture.view()["next"]
    which = picture.walk.batch_indices()
    arrows = sample_gradients(picture.walk.position, picture.x[which], picture.y[which])
    np.testing.assert_allclose(following["mean"], arrows.mean(0))
    lengths = np.hypot(arrows[:, 0], arrows[:, 1])
    share = float(np.hypot(*arrows.mean(0)) / lengths.mean())
    assert following["agreement"] == pytest.approx(share)
    everything = sample_gradients(picture.walk.position, picture.x, picture.y)
    assert agreement(everything) == pytest.approx(numbers["all_at_the_start"], abs=0.005)
    at_rest = sample_gradients(loss_surface().minima[0], picture.x, picture.y)
    assert agreement(at_rest) == pytest.approx(numbers["all_at_the_bottom"], abs=1e-12)

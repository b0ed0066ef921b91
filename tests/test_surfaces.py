"""损失曲面：梯度和差分、和 torch 一样，最低点真的最低；选手和 torch 的优化器走同样的路。"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mlcore.explorables.runners import RATES, RUNNERS, first_step, race, walk
from mlcore.explorables.surfaces import (
    SURFACES,
    largest_step,
    quadratic,
    two_pits,
    two_pits_slope,
)

each_surface = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES.keys())


def spread(surface, count=200):
    random = np.random.default_rng(0)
    return surface.centre + surface.reach * random.uniform(-1.5, 1.5, (count, 2))


@each_surface
def test_the_gradient_is_that_of_finite_differences(surface):
    points, near = spread(surface), 1e-5
    for axis in (0, 1):
        side = np.zeros(2)
        side[axis] = near
        slope = (surface.value(points + side) - surface.value(points - side)) / (2 * near)
        np.testing.assert_allclose(
            surface.gradient(points)[:, axis], slope, atol=1e-6 * np.abs(slope).max()
        )


@each_surface
def test_minima_and_other_rests_are_flat_and_nothing_is_lower(surface):
    for point in (*surface.minima, *surface.others):
        np.testing.assert_allclose(surface.gradient(np.array(point)), 0.0, atol=1e-12)
    for point in surface.minima:
        assert surface.value(np.array(point)) == pytest.approx(surface.lowest, abs=1e-12)
    for point in surface.others:
        assert surface.value(np.array(point)) > surface.lowest + surface.goal
    assert surface.value(spread(surface, 20_000)).min() >= surface.lowest - 1e-12


@each_surface
def test_the_start_and_the_minima_can_be_seen(surface):
    for point in (*surface.minima, *surface.others, surface.start):
        assert np.abs(np.array(point) - surface.centre).max() < 0.95 * surface.reach


def test_the_formulas_are_those_of_the_captions():
    x, y = 1.3, -0.7
    p = np.array([x, y])
    assert SURFACES["long"].value(p) == pytest.approx(x**2 + 8 * y**2)
    assert SURFACES["tilted"].value(p) == pytest.approx(x**2 + y**2 + x * y + x + y + 1)
    assert SURFACES["three-to-one"].value(p) == pytest.approx(1.5 * x**2 + 0.5 * y**2)
    assert SURFACES["saddle"].value(p) == pytest.approx(x**2 / 2 + y**4 / 16 - y**2 / 2 + 1)
    assert SURFACES["bent"].value(p) == pytest.approx((1 - x) ** 2 + 5 * (y - x**2) ** 2)
    assert SURFACES["pits"].value(p) == pytest.approx(two_pits(x, 0.5) + two_pits(y, 0.8))


def test_the_tilted_bowl_is_lowest_at_minus_a_third_where_it_is_two_thirds():
    surface = SURFACES["tilted"]
    np.testing.assert_allclose(surface.minima, [(-1 / 3, -1 / 3)])
    assert surface.lowest == pytest.approx(2 / 3)


@given(st.floats(-1.9, 1.9))
def test_two_pits_have_a_deep_and_a_shallow_floor_and_a_ridge_between(ridge):
    assert two_pits(-2.0, ridge) == pytest.approx(0.0, abs=1e-12)
    assert two_pits(2.0, ridge) == pytest.approx(8 / 3 * ridge)
    for x in (-2.0, ridge, 2.0):
        assert two_pits_slope(x, ridge) == pytest.approx(0.0, abs=1e-12)


def test_the_largest_step_parts_shrinking_from_exploding():
    surface = SURFACES["long"]
    assert largest_step(surface) == 0.125
    at_the_edge = walk("descent", surface, (3.0, 4.0), 0.125, 6)
    np.testing.assert_array_equal(at_the_edge[:, 1], [4, -4, 4, -4, 4, -4, 4])
    assert np.all(np.diff(np.abs(walk("descent", surface, (3, 4), 0.124, 50)[:, 1])) < 0)
    assert np.all(np.diff(np.abs(walk("descent", surface, (3, 4), 0.126, 50)[:, 1])) > 0)
    with pytest.raises(ValueError, match="不是二次"):
        largest_step(SURFACES["bent"])


def test_only_a_symmetric_positive_matrix_makes_a_bowl():
    for matrix in (((1.0, 0.5), (0.0, 1.0)), ((1.0, 2.0), (2.0, 1.0))):
        with pytest.raises(ValueError, match="正定"):
            quadratic("碗", "", matrix, (0.0, 0.0), 0.0)


PEERS = {
    "descent": lambda p, rate: torch.optim.SGD(p, rate),
    "momentum": lambda p, rate: torch.optim.SGD(p, rate, momentum=0.8),
    "nesterov": lambda p, rate: torch.optim.SGD(p, rate, momentum=0.8, nesterov=True),
    "adagrad": lambda p, rate: torch.optim.Adagrad(p, rate),
    "rmsprop": lambda p, rate: torch.optim.RMSprop(p, rate),
    "adadelta": lambda p, rate: torch.optim.Adadelta(p, rate),
    "adam": lambda p, rate: torch.optim.Adam(p, rate),
}


@pytest.mark.parametrize("name", RUNNERS)
def test_every_runner_walks_the_way_of_torch(name):
    surface, start, rate = SURFACES["bent"], (-1.4, 2.2), 0.01
    point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    peer = PEERS[name]([point], rate)
    places = [start]
    for _ in range(50):
        peer.zero_grad()
        ((1 - point[0]) ** 2 + 5 * (point[1] - point[0] ** 2) ** 2).backward()
        peer.step()
        places.append(tuple(point.detach().tolist()))
    np.testing.assert_allclose(walk(name, surface, start, rate, 50, 0.8), places, rtol=1e-9)


def test_running_all_step_sizes_at_once_changes_none_of_them():
    surface = SURFACES["bent"]
    field = race(surface, (-1.0, 1.5), 0.7, RATES, 40)
    for k, name in enumerate(RUNNERS):
        for r in (0, 17, 30):
            alone = walk(name, surface, (-1.0, 1.5), RATES[r], 40, 0.7)
            np.testing.assert_array_equal(field.paths[:, k, r], alone)


def test_without_momentum_three_runners_are_one():
    paths = race(SURFACES["tilted"], (3.0, 1.0), 0.0, [0.1], 30).paths
    np.testing.assert_array_equal(paths[:, 0], paths[:, 1])
    np.testing.assert_array_equal(paths[:, 0], paths[:, 2])


def test_who_has_arrived_stays_and_the_best_step_arrives_first():
    for surface in SURFACES.values():
        field = race(surface, surface.start)
        outside = surface.above(field.paths) > surface.goal
        for k in range(len(RUNNERS)):
            for r in range(len(RATES)):
                step = field.arrived[k, r]
                assert not outside[step:, k, r].any()
                if 0 < step <= 100:
                    assert outside[step - 1, k, r]
            assert field.arrived[k, field.best[k]] == field.arrived[k].min()


def test_who_flies_is_stopped_without_nan():
    field = race(SURFACES["bent"], (-1.4, 2.2), 0.9)
    assert np.isfinite(field.paths).all()
    assert (field.left[:, -1] <= 100).sum() >= 5
    assert (field.left[:, 0] == 101).all()
    assert np.all(field.arrived[field.left <= 100] == 101)
    edge = field.largest_safe(range(7))
    assert (field.left[:, : edge + 1] == 101).all()
    assert (field.left[:, edge + 1] <= 100).any()


@given(st.floats(1e-3, 1e3), st.sampled_from([-1, 1]))
def test_the_first_step_of_adam_has_the_size_of_the_rate(slope, sign):
    assert first_step("adam", sign * slope, 0.001) == pytest.approx(-sign * 0.001, rel=1.1e-5)


def test_the_first_step_of_adam_is_half_where_the_slope_is_epsilon():
    assert first_step("adam", 1e-8, 0.001) == pytest.approx(-0.0005)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: race(SURFACES["long"], (0, 0), rates=[0.0]), "大于 0"),
        (lambda: race(SURFACES["long"], (0, 0), momentum=1.0), "momentum"),
        (lambda: race(SURFACES["long"], (0, float("nan"))), "start"),
        (lambda: race(SURFACES["long"], (0, 0, 0)), "start"),
        (lambda: race(SURFACES["long"], (0, 0), steps=0), "steps"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()

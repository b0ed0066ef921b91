"""「层：会弯的空间」的八个系统：调用图里的那些函数，和总表里的数比。"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlcore.explorables.hand import HandWarp, fewest_by_a_line, parts_of, warp
from mlcore.explorables.journey import Journey
from mlcore.explorables.nets import linear_layers, product
from mlcore.explorables.versus import Impossible
from tools.systems import expected

STILL = ((1.0, 0.0), (0.0, 1.0))
STEPS = 800


def trained(**controls: Any) -> Journey:
    picture = Journey(**controls)
    picture.step(STEPS)
    return picture


def wrong_by_seed(seeds: int, **controls: Any) -> list[int]:
    return [trained(seed=seed, **controls).view()["wrong"] for seed in range(1, seeds + 1)]


def test_each_operation_of_a_layer_does_its_own_part() -> None:
    numbers = expected("D-01")
    points = HandWarp().points
    lengths = np.linalg.norm(points, axis=1)

    def moved(**values: float) -> np.ndarray:
        picture = HandWarp(**values)
        return warp(picture.points, picture.effective(), (0.0, 0.0), bend=0.0)

    np.testing.assert_allclose(np.linalg.norm(moved(scale=2.0), axis=1), 2 * lengths)
    np.testing.assert_allclose(np.linalg.norm(moved(turn=37.0), axis=1), lengths)
    np.testing.assert_allclose(moved(turn=90.0), points @ [[0.0, 1.0], [-1.0, 0.0]], atol=1e-12)
    np.testing.assert_allclose(warp(points, STILL, (0.3, -1.0), bend=0.0), points + [0.3, -1.0])
    np.testing.assert_allclose(warp(points, STILL, (0.0, 0.0)), np.tanh(points))
    half = warp(points, STILL, (0.0, 0.0), bend=0.5)
    np.testing.assert_allclose(half, (points + np.tanh(points)) / 2)

    shear = parts_of(((1.0, 1.0), (0.0, 1.0)))
    assert shear["first_turn"] == pytest.approx(numbers["shear"]["first_turn"], abs=0.01)
    assert shear["stretch"] == pytest.approx(numbers["shear"]["stretch"], abs=1e-3)
    assert shear["last_turn"] == pytest.approx(numbers["shear"]["last_turn"], abs=0.01)
    assert not shear["flip"]
    recipe = parts_of(((0.0, 0.3), (1.0, 1.5)))
    assert recipe["flip"]
    assert recipe["determinant"] == pytest.approx(numbers["recipe_determinant"])


def test_two_curves_need_bending_and_enough_units() -> None:
    numbers, curves = expected("D-05"), {"data": "two_curves"}
    seeds = numbers["seeds"]
    for deep in ({"depth": 1, "width1": 6}, {"depth": 2}):
        assert wrong_by_seed(seeds, **curves, **deep) == [numbers["wide_wrong"]] * seeds
    narrow = wrong_by_seed(seeds, **curves, depth=1, width1=2)
    assert sum(wrong > 0 for wrong in narrow) >= numbers["narrow_failures_at_least"]
    straight = wrong_by_seed(2, **curves, activation="identity")
    assert min(straight) >= numbers["straight_wrong_at_least"]


def test_the_circle_is_parted_at_2_6_2_2() -> None:
    numbers = expected("D-11")
    wrong = wrong_by_seed(numbers["seeds"], data="circle", depth=2, width1=6, width2=2)
    assert wrong.count(0) >= numbers["perfect_at_least"]


def test_the_circle_is_parted_layer_by_layer_at_2_6_4_2_2() -> None:
    numbers = expected("N-14")
    shape = {"depth": 3, "width1": 6, "width2": 4, "width3": 2}
    wrong = wrong_by_seed(numbers["seeds"], **shape)
    assert wrong.count(0) == numbers["perfect"]
    picture = Journey(**shape)
    counts = [np.size(parameter.data) for parameter in picture.training.model.parameters()]
    assert sum(counts) == numbers["parameters"]
    drawn = picture.view()["net"]["layers"]
    for layer, (weight, bias) in zip(drawn, linear_layers(picture.training.model), strict=False):
        np.testing.assert_allclose(layer["weight"], weight)
        np.testing.assert_allclose(layer["bias"], bias)


def test_the_last_space_is_parted_by_the_line_that_is_drawn() -> None:
    numbers = expected("Y2-09")
    picture = trained(depth=2, width1=6, width2=2)
    scene = picture.view()
    at_the_input = fewest_by_a_line(scene["points"], scene["labels"])
    assert at_the_input >= numbers["wrong_by_any_line_at_the_input_at_least"]
    points = scene["points"]
    for layer in scene["net"]["layers"]:
        points = np.tanh(points @ layer["weight"].T + layer["bias"])
    seen = points @ scene["net"]["projections"][-1].T
    separator = scene["net"]["separator"]
    blue = seen @ separator["normal"] + separator["offset"] > 0
    assert np.sum(blue != (scene["labels"] == 1)) == numbers["wrong_in_the_last_space"]


def test_two_straight_layers_are_one_and_fail_on_the_circle() -> None:
    numbers = expected("B1-27")
    picture = trained(activation="identity", depth=1, width1=8)
    one = product(linear_layers(picture.training.model), picture.x)
    (w1, b1), (w2, b2) = linear_layers(picture.training.model)
    np.testing.assert_allclose(one["weight"], w2 @ w1, rtol=1e-5)
    np.testing.assert_allclose(one["bias"], w2 @ b1 + b2, rtol=1e-5, atol=1e-7)
    assert one["difference"] <= numbers["difference_at_most"]
    assert picture.view()["product"]["difference"] == one["difference"]
    assert picture.view()["wrong"] >= numbers["wrong_at_least"]


def test_any_number_of_straight_layers_is_exactly_one_matrix() -> None:
    numbers = expected("N-03")
    # Whole numbers are added and multiplied without rounding, so equality is exact.
    draw = np.random.default_rng(3)
    widths = [2, 5, 4, 6, 3, 2]
    layers = [
        (draw.integers(-4, 5, (after, before)).astype(float), draw.integers(-4, 5, after) * 1.0)
        for before, after in zip(widths[:-1], widths[1:], strict=True)
    ]
    assert len(layers) == numbers["layers"]
    points = draw.integers(-9, 10, (50, 2)).astype(float)
    assert product(layers, points)["difference"] == numbers["difference"]
    deep = Journey(activation="identity", depth=4, width1=8, width2=8, width3=8, width4=8)
    assert deep.view()["product"]["difference"] < 1e-5


def test_width_two_never_gets_all_of_the_area_and_width_three_does() -> None:
    numbers = expected("Y2-07")
    for seed in range(1, numbers["seeds"] + 1):
        picture = Impossible(kind="fresh", seed=seed)
        for _ in range(0, numbers["steps"], 250):
            picture.step(250)
            narrow, wide = (side["area_right"] for side in picture.view()["sides"])
            assert narrow < numbers["narrow_area_below"], seed
        assert wide == numbers["wide_area"], seed


def test_a_narrow_network_slips_through_a_gap_between_points_but_not_through_the_area() -> None:
    numbers = expected("Y2-07")["lucky"]
    picture = Impossible(kind="few", seed=numbers["seed"])
    picture.step(numbers["steps"])
    narrow = picture.view()["sides"][0]
    assert narrow["points_right"] == numbers["points_right"] == picture.view()["count"]
    assert narrow["area_right"] < numbers["area_below"]
    picture.act("drop")
    scene = picture.view()
    assert scene["sides"][0]["points_right"] < scene["count"]

"""「梯度下降」的前两幅图：山谷里的球，和所有学习率的图。"""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore import optim
from mlcore.autograd import Tensor
from mlcore.explorables import Session
from mlcore.explorables.codec import inline
from mlcore.explorables.descent import (
    CURVES,
    MOST_STEPS,
    NEAR,
    STEP_SIZES,
    Valley,
    arrival,
    descend,
    fate,
    steps_needed,
)
from mlcore.explorables.descent_map import (
    DARK,
    FAINT,
    GROUNDS,
    LEVELS,
    PLANES,
    ROWS,
    StepMap,
    curve_errors,
    ground_curve,
    inked,
    quadratic_errors,
    strips,
)

BOWL = CURVES["bowl"]
NAMES = sorted(CURVES)


@pytest.mark.parametrize("name", NAMES)
def test_the_slope_is_the_derivative_of_the_height(name):
    curve = CURVES[name]
    x = np.linspace(curve.low, curve.high, 301)
    by_hand = (curve.height(x + 1e-6) - curve.height(x - 1e-6)) / 2e-6
    np.testing.assert_allclose(curve.slope(x), by_hand, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_the_flag_stands_at_the_lowest_place_and_the_start_is_above_it(name):
    curve = CURVES[name]
    x = np.linspace(curve.low, curve.high, 20001)
    assert curve.height(curve.goal) <= curve.height(x).min() + 1e-12
    assert abs(curve.slope(curve.goal)) < 1e-12
    assert curve.low <= curve.start <= curve.high
    assert curve.height(curve.start) < curve.top


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_give_height_and_slope_between_their_points(name):
    """前端的插值照抄一遍：三次埃尔米特。"""
    curve = CURVES[name]
    for key, function in (("height", curve.height), ("slope", curve.slope)):
        baked = curve.data()[key]
        if baked is None:
            assert curve.curvature and key == "slope"
            continue
        x = np.linspace(curve.low, curve.high, 997)
        place = np.minimum((x - baked["low"]) / baked["step"], len(baked["values"]) - 1.000001)
        i, t = place.astype(int), place - place.astype(int)
        v, d = baked["values"], baked["slopes"] * baked["step"]
        s = 1 - t
        found = s**2 * (1 + 2 * t) * v[i] + t**2 * (3 - 2 * t) * v[i + 1]
        found += s * t * (s * d[i] - t * d[i + 1])
        assert np.abs(found - function(x)).max() < (1e-3 if key == "height" else 1e-4)


def test_a_parabola_multiplies_the_error_by_the_same_factor_every_step():
    for rate in (0.05, 0.3, 0.5, 0.9):
        walk = descend(BOWL.slope, 3.0, rate, 30)
        np.testing.assert_allclose(walk.x, 3 * (1 - 2 * rate) ** np.arange(31), atol=1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_ball_walks_as_the_optimiser_does(momentum):
    walk = descend(CURVES["wells"].slope, -2.6, 0.1, 25, momentum)
    x = Tensor(np.array([-2.6]), requires_grad=True)
    sgd = optim.SGD([x], 0.1, momentum=momentum)
    for place in walk.x[1:]:
        x.grad = CURVES["wells"].slope(x.data)
        sgd.step()
        assert x.data[0] == pytest.approx(place, abs=1e-9)


def test_doubling_the_step_helps_then_hurts_then_never_arrives():
    assert [steps_needed(BOWL, rate) for rate in (0.1, 0.2, 0.4, 0.8)] == [26, 12, 4, 12]
    assert steps_needed(BOWL, 0.5) == 1
    assert steps_needed(BOWL, 1.0) is None
    assert steps_needed(BOWL, 1.1) is None


def test_the_bet_quotes_the_steps_that_are_needed():
    label = Valley.valued_controls()["bet"].label
    for rate in (0.1, 0.2, 0.4):
        assert f"{rate} " in label and f" {steps_needed(BOWL, rate)} 步" in label


@settings(max_examples=25)
@given(st.floats(0.01, 10.0), st.floats(-4.5, 9.0), st.sampled_from(NAMES), st.floats(0.0, 0.95))
def test_no_walk_ever_holds_anything_but_numbers(rate, start, valley, momentum):
    picture = Valley(
        valley=valley, start=start, learning_rate=rate, momentum=momentum, walked=MOST_STEPS
    )
    inline(picture.view())
    walk, curve = picture.walk(), CURVES[valley]
    assert np.all((walk.x[:-1] >= curve.low) & (walk.x[:-1] <= curve.high))
    assert len(walk.move) == len(walk.x) - 1 == len(walk.slope) - 1


def test_each_fate_has_its_name():
    def end(rate, steps, name="bowl", momentum=0.0):
        curve = CURVES[name]
        walk = descend(
            curve.slope, curve.start, rate, steps, momentum, curve.low, curve.high
        )
        return fate(walk, curve, momentum)

    assert end(0.1, 5) == "walking"
    assert end(0.1, 26) == "there"
    assert end(1.0, 9) == "swing"
    assert end(10.0, 9) == "away"
    assert end(0.2, 60, "wells") == "stuck"
    assert end(0.4, 60, "wells", 0.8) == "there"


def test_a_step_of_ten_flies_out_at_once_and_stays_finite():
    picture = Valley(learning_rate=10.0, walked=MOST_STEPS)
    scene = picture.view()
    assert scene["walk"]["x"].tolist() == [3.0, -57.0]
    assert scene["fate"] == "away"
    inline(scene)


def test_the_goal_is_a_hundredth_away():
    assert NEAR == 0.01
    walk = descend(BOWL.slope, 3.0, 0.1, 26)
    assert arrival(walk, 0.0) == 26
    assert abs(walk.x[25]) > NEAR >= abs(walk.x[26])


def test_a_start_outside_the_valley_is_moved_to_its_end():
    assert Valley(valley="bowl", start=9.0).walk().x[0] == BOWL.high


def test_the_step_sizes_of_the_slider_rise_and_hold_the_famous_ones():
    assert list(STEP_SIZES) == sorted(set(STEP_SIZES))
    assert {0.1, 0.2, 0.4, 0.5, 0.8, 1.0, 1.1, 10.0} <= set(STEP_SIZES)


# —— 所有的学习率 ——


def test_the_edges_stand_where_theory_says():
    edges = {
        (name, strip["label"]): (strip["swings"], strip["explodes"])
        for name, _ in GROUNDS
        for strip in strips(name, np.array([0.1]))
    }
    assert edges["bowl", "离谷底"] == (0.5, 1.0)
    assert edges["long", "沿 x"] == (0.5, 1.0)
    assert edges["long", "沿 y"] == (0.0625, 0.125)
    assert edges["tilted", "沿缓的方向"] == pytest.approx((1.0, 2.0))
    assert edges["tilted", "沿陡的方向"] == pytest.approx((1 / 3, 2 / 3))


@given(st.floats(0.05, 20.0), st.floats(0.1, 4.0), st.floats(0.02, 3.0))
def test_errors_shrink_below_the_edge_swing_beyond_half_of_it_and_grow_above(c, error, share):
    """share 是学习率占 1/c 的几倍。"""
    found = quadratic_errors(c, error, np.array([share / c]), 20)[:, 0]
    if share < 1.999:
        assert abs(found[-1]) <= abs(error)
    if share > 2.001:
        assert abs(found[-1]) > abs(error)
    if 1.001 < share < 1.9:
        assert np.all(found[1:] * found[:-1] <= 0)


def test_at_the_edge_the_error_stays_for_ever():
    found = quadratic_errors(16.0, 4.0, np.array([0.125]), 500)[:, 0]
    assert set(found.tolist()) == {4.0, -4.0}


def test_the_map_is_made_of_the_walks_it_stands_for():
    for name in ("bowl", "wells"):
        curve = ground_curve(name)
        rates = np.array([0.05, 0.3, 0.55, 0.9, 1.15])
        errors = curve_errors(curve, rates)
        for k, rate in enumerate(rates):
            walk = descend(curve.slope, curve.start, rate, ROWS, 0.0, curve.low, curve.high)
            inside = len(walk.x) - (not curve.low <= walk.x[-1] <= curve.high)
            np.testing.assert_allclose(errors[:inside, k], walk.x[:inside] - curve.goal, atol=1e-9)


def test_the_ink_is_a_ladder_of_equal_factors():
    sizes = FAINT * (DARK / FAINT) ** (np.arange(LEVELS + 1) / LEVELS) * 0.999
    assert inked(sizes).tolist() == list(range(LEVELS + 1))
    assert inked(-sizes).tolist() == [-k for k in range(LEVELS + 1)]
    assert inked([0.0, 1e30, -1e30]).tolist() == [0, LEVELS, -LEVELS]


@pytest.mark.parametrize("name", sorted(PLANES))
def test_the_two_directions_of_a_plane_do_not_mix(name):
    plane = PLANES[name]
    values, directions = plane.axes()
    turned = directions @ np.array(plane.surface.matrix)
    np.testing.assert_allclose(turned, values[:, None] * directions, atol=1e-12)
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-12)


@settings(max_examples=25)
@given(st.floats(0.0, 10.0), st.integers(0, ROWS), st.sampled_from([name for name, _ in GROUNDS]))
def test_no_step_size_brings_anything_but_numbers(rate, row, ground):
    picture = StepMap(ground=ground, learning_rate=rate, row=row)
    inline({"path": picture.view()["path"]})
    assert len(picture.walk().x) <= row + 1


@pytest.mark.parametrize(("name", "kind"), [("bowl", "scatter"), ("tilted", "surface")])
def test_the_figure_names_its_axes_and_is_finite(name, kind):
    figure = StepMap(ground=name, learning_rate=10.0).figure()
    assert figure["data"][0]["type"] == kind
    inline(figure)


def test_the_first_scenes_are_light():
    import gzip

    for picture in (Valley(), StepMap()):
        assert len(gzip.compress(inline(picture.view()).encode(), 6)) < 15_000


@pytest.mark.parametrize("cls", [Valley, StepMap])
def test_a_link_brings_back_the_same_state(cls):
    session = Session(cls(learning_rate=0.3))
    other = {"valley": "wells"} if cls is Valley else {"ground": "tilted"}
    session.set(other)
    again = Session.restored(json.loads(json.dumps(session.state())))
    assert inline(again.view()) == inline(session.view())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"learning_rate": 0.0}, "0.01 到 10"),
        ({"learning_rate": 11.0}, "0.01 到 10"),
        ({"learning_rate": float("nan")}, "有限"),
        ({"momentum": 1.0}, "动量"),
        ({"valley": "山"}, "没有"),
        ({"walked": -1}, "走了几步"),
    ],
)
def test_values_out_of_range_are_refused(values, words):
    with pytest.raises(ValueError, match=words):
        Valley(**values)


def test_the_posters_say_what_is_seen():
    assert "走 1 步到了 0.6，那里的坡度是 1.2" in Valley().poster()
    assert "学习率 0.9，走 12 步，到了 0.206" in StepMap().poster()
    assert "到了 0.983，−0.311" in StepMap(ground="long", learning_rate=0.1, row=5).poster()


def test_the_edges_are_not_told_before_the_reader_asks():
    """正文先让读者找界线：开头既不标线，海报也不说在哪里。"""
    assert StepMap().controls_now["edges"] is False
    [bowl] = strips("bowl", np.array([0.5]))
    for edge in (bowl["swings"], bowl["explodes"]):
        assert f"{edge:g} 时" not in StepMap().poster()
        assert f"超过 {edge:g}" not in StepMap().poster()


def test_a_slow_end_near_the_lowest_place_is_not_called_a_wrong_valley():
    """悬崖只有一个谷：坡缓的时候它还在走，走得到。"""
    cliff = CURVES["cliff"]
    walk = descend(cliff.slope, cliff.start, 0.6, 15)
    assert abs(walk.x[-1] - cliff.goal) < 0.1
    assert fate(walk, cliff) == "walking"
    assert steps_needed(cliff, 0.6) == 34

"""谁先到谷底：方向和夹角、名次、飞出去的人、画面的大小和状态的来回。"""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book._ext.explorable import stops_of
from mlcore.explorables import Session
from mlcore.explorables.codec import inline, pack
from mlcore.explorables.race import MINE, Race, directions, ring
from mlcore.explorables.runners import FAR, RATES, RUNNERS, SETTLED, STEPS, race, walk
from mlcore.explorables.surfaces import SURFACES

NAMES = list(RUNNERS)
each_surface = pytest.mark.parametrize("name", SURFACES)


@pytest.fixture(scope="module")
def opening() -> dict:
    return Race().view()


def unpacked(scene, heat):
    """前端从整数还原出来的位置。"""
    return heat["paths"] * (scene["far"] / 32767) + np.array(scene["ground"]["centre"])


def test_the_steepest_way_down_does_not_point_to_the_valley():
    found = directions(SURFACES["long"], (3.0, 4.0))
    np.testing.assert_array_equal(found["down"], [-6, -64])
    np.testing.assert_array_equal(found["toward"], [-3, -4])
    expected = np.degrees(np.arctan2(64, 6) - np.arctan2(4, 3))
    assert found["angle"] == pytest.approx(expected)


def test_on_an_axis_of_a_bowl_it_does():
    for point in ((3.0, 0.0), (0.0, -2.0)):
        assert directions(SURFACES["long"], point)["angle"] == pytest.approx(0.0, abs=1e-6)


@each_surface
def test_where_it_is_flat_there_is_no_angle(name):
    surface = SURFACES[name]
    for point in (*surface.minima, *surface.others):
        assert directions(surface, point)["angle"] is None


@each_surface
def test_the_finish_is_a_level_line_around_the_valley(name):
    surface = SURFACES[name]
    for minimum in surface.minima:
        np.testing.assert_allclose(surface.above(ring(surface, minimum)), surface.goal, rtol=1e-6)


def test_packed_paths_are_those_of_the_runners(opening):
    for k, name in enumerate(NAMES):
        for heat in (opening["fair"], opening["same"]):
            rate = RATES[heat["chosen"][k]]
            exact = walk(name, SURFACES["long"], (3.0, 4.0), rate, STEPS, 0.9)
            np.testing.assert_allclose(
                unpacked(opening, heat)[k], exact, atol=FAR * SURFACES["long"].reach / 32767
            )


def test_the_order_changes_when_all_use_one_step_size(opening):
    fair, same = opening["fair"], opening["same"]
    assert fair["order"] != same["order"]
    assert NAMES[fair["order"][0]] == "adagrad"
    assert NAMES[same["order"][0]] == "descent"
    assert NAMES[same["order"][-1]] == "nesterov"
    assert same["left"][NAMES.index("nesterov")] <= STEPS
    for heat in (fair, same):
        steps = [heat["arrived"][k] for k in heat["order"]]
        assert steps == sorted(steps)


def test_nobody_is_faster_at_the_common_step_than_at_their_best(opening):
    for rate in (0.01, 0.1, 1.0):
        same = Race(rate=rate).view()["same"]
        assert all(np.array(same["arrived"]) >= np.array(opening["fair"]["arrived"]))


def test_no_runner_is_best_at_the_edge_of_the_sweep():
    for name, surface in SURFACES.items():
        field = Race(surface=name, start=list(surface.start)).field
        there = field.arrived[np.arange(len(NAMES)), field.best] <= STEPS
        assert np.all((field.best[there] > 0) & (field.best[there] < len(RATES) - 1)), name


@settings(max_examples=15, deadline=None)
@given(st.floats(-4.5, 4.5), st.floats(-4.5, 4.5))
def test_the_maps_move_a_path_with_its_start(x, y):
    picture = Race()
    scene = picture.view()
    lowest = np.array(SURFACES["long"].minima[0])
    moved = scene["maps"] @ (np.array([x, y]) - lowest) + lowest
    for k in range(3):
        rate = RATES[scene["fair"]["chosen"][k]]
        exact = walk(NAMES[k], SURFACES["long"], (x, y), rate, STEPS, 0.9)
        np.testing.assert_allclose(moved[k], exact, atol=2e-5)


def test_a_step_of_ten_is_told_and_there_is_a_way_back():
    session = Session(Race())
    assert session.view()["alert"] is None
    session.set({"rule": "same", "rate": 10.0})
    scene = session.view()
    inline(scene)
    assert scene["alert"]["kind"] == "diverged"
    assert "学习率 10" in scene["alert"]["text"]
    assert "梯度下降" in scene["alert"]["text"]
    session.set({"rate": float(RATES[scene["safe"][0]])})
    assert session.view()["alert"] is None
    session.set({"rule": "mine", "rate": 10.0})
    assert "你飞出去了" in session.view()["alert"]["text"]
    session.set({"rate": float(RATES[session.view()["safe"][1]])})
    assert session.view()["alert"] is None
    session.set({"rule": "fair", "rate": 10.0})
    assert session.view()["alert"] is None


def test_a_fitting_momentum_beats_plain_descent_on_the_long_bowl():
    scene = Race(rule="mine", momentum=0.23, rate=0.126).view()
    assert scene["same"]["arrived"][MINE] < scene["fair"]["arrived"][NAMES.index("descent")]


def test_in_the_pits_the_start_decides():
    near = Race(surface="pits", start=[-1.0, -1.0]).view()["fair"]["arrived"]
    far = Race(surface="pits", start=[2.5, 2.5]).view()["fair"]["arrived"]
    descent = NAMES.index("descent")
    assert near[descent] <= STEPS < far[descent]


def test_another_surface_begins_at_its_own_start_but_a_chosen_start_is_kept():
    session = Session(Race())
    session.set({"start": [0.5, 1.5]})
    session.set({"surface": "bent"})
    assert session.controls["start"] == list(SURFACES["bent"].start)
    session.set({"surface": "pits", "start": [0.5, 0.5]})
    assert session.controls["start"] == [0.5, 0.5]
    again = Session.restored(json.loads(json.dumps(session.state())))
    assert again.controls == session.controls
    assert again.view()["fair"]["order"] == session.view()["fair"]["order"]


@each_surface
def test_a_surface_asked_for_at_the_opening_is_as_one_changed_to_later(name):
    opened, changed = Session(Race(surface=name)), Session(Race())
    changed.set({"surface": name})
    assert opened.controls == changed.controls
    assert opened.controls["start"] == list(SURFACES[name].start)


def test_what_rounding_leaves_decides_no_place():
    surface = SURFACES["three-to-one"]
    field = race(surface, surface.start)
    last = surface.above(field.paths[-1])
    for k, best in enumerate(field.best):
        equal = np.flatnonzero(
            (field.arrived[k] == field.arrived[k, best]) & (last[k] <= max(SETTLED, last[k, best]))
        )
        assert best == equal[0]


@each_surface
def test_every_scene_is_free_of_nan_and_light(name):
    for values in ({}, {"rate": float(RATES[-1]), "rule": "same"}, {"momentum": 0.0}):
        inline(Race(surface=name, **values).view())


def test_a_start_at_the_bottom_or_on_the_saddle_is_no_accident():
    inline(Race(start=[0.0, 0.0]).view())
    scene = Race(surface="saddle", start=[0.0, 0.0]).view()
    assert scene["heading"]["angle"] is None
    inline(scene)


def test_the_frames_are_light():
    session, scenes = Session(Race()), []
    for rate in Race.stops:
        session.set({"rate": rate})
        scenes.append(session.view())
    assert len(pack({"values": list(Race.stops), "scenes": scenes})) < 100_000


def test_the_figure_has_the_surface_and_seven_paths():
    figure = Race(surface="bent").figure()
    kinds = [trace["type"] for trace in figure["data"]]
    assert kinds == ["surface", *["scatter3d"] * len(RUNNERS)]
    for trace in figure["data"]:
        assert np.isfinite(trace["z"]).all()
        assert np.abs(np.array(trace["x"])).max() <= 2.01
    assert Race.enlarges


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"rate": 0.0}, "学习率"),
        ({"rate": float("inf")}, "有限"),
        ({"momentum": 1.0}, "动量系数"),
        ({"start": [0.0, 9.0]}, "起点"),
        ({"surface": "moon"}, "地形"),
    ],
)
def test_values_out_of_range_are_refused(values, words):
    with pytest.raises(ValueError, match=words):
        Race(**values)


def test_the_poster_says_who_wins():
    assert "Adagrad" in Race().poster()
    assert "32 度" in Race().poster()


def test_the_frames_are_baked_at_the_step_sizes_of_the_sweep():
    assert stops_of(Race()) == list(RATES[::2])

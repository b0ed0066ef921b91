"""图 1「亲手弯一张橡皮膜」和图 2「把一个矩阵拆成三步」的事实。"""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore.explorables import Session
from mlcore.explorables.codec import decode, encode, inline
from mlcore.explorables.hand import (
    BENDS,
    PIECES,
    PRESETS,
    HandWarp,
    TakeApart,
    count_wrong,
    fewest_by_a_line,
    hill,
    line_values,
    parts_of,
    stage_path,
    warp,
)
from mlcore.explorables.tables import activation_table

HAND = HandWarp()
MONOTONE = ["tanh", "relu", "sigmoid", "leaky_relu"]
entries = st.floats(-3, 3, allow_nan=False)
matrices = st.tuples(st.tuples(entries, entries), st.tuples(entries, entries))
places = st.tuples(st.floats(-2, 2), st.floats(-2, 2))


def look_up(table: dict, x: np.ndarray) -> np.ndarray:
    """照前端 lib/table.js 的办法查表，另写一遍。"""
    values, slopes = np.asarray(table["values"]), table["slopes"]
    place = np.clip((x - table["low"]) / table["step"], 0, len(values) - 1)
    i = np.minimum(place.astype(int), len(values) - 2)
    t = place - i
    if slopes is None:
        return values[i] * (1 - t) + values[i + 1] * t
    slopes = np.asarray(slopes)
    return (
        (1 - t) ** 2 * (1 + 2 * t) * values[i]
        + t**2 * (3 - 2 * t) * values[i + 1]
        + table["step"] * t * (1 - t) * ((1 - t) * slopes[i] - t * slopes[i + 1])
    )


def wrong_by_hand(values, labels) -> int:
    """一个一个地数。"""
    counts = []
    for side in (1, -1):
        wrong = 0
        for value, label in zip(values, labels, strict=True):
            good = side * value > 1e-9 if label == 1 else side * value < -1e-9
            wrong += not good
        counts.append(wrong)
    return min(counts)


@settings(max_examples=60, deadline=None)
@given(matrix=matrices, offset=places, start=places, end=places)
def test_no_linear_map_and_no_line_part_disc_from_ring(matrix, offset, start, end):
    mapped = warp(HAND.points, np.array(matrix), np.array(offset), bend=0.0)
    blue, orange, _ = count_wrong(line_values(mapped, start, end), HAND.labels)
    # A line after a linear map is a line before it, so the best line bounds every map.
    assert blue + orange >= HAND.floor > 0


@settings(max_examples=60, deadline=None)
@given(
    matrix=matrices,
    offset=places,
    start=places,
    end=places,
    bend=st.floats(0, 1),
    activation=st.sampled_from(MONOTONE),
)
def test_no_single_bend_without_folding_parts_them(matrix, offset, start, end, bend, activation):
    mapped = warp(HAND.points, np.array(matrix), np.array(offset), activation, bend)
    blue, orange, _ = count_wrong(line_values(mapped, start, end), HAND.labels)
    assert blue + orange > 0


def test_a_bend_beats_the_best_line_but_only_the_lift_gets_to_zero():
    # Two nearly opposite units lay a strip over the disc; found by search, within reach.
    scene = HandWarp(
        powers=True,
        matrix=((-3.0, 1.4), (-3.0, 2.3)),
        offset=(-1.0, -0.2),
        bend=1.0,
        line_start=(-1.0, -0.95),
        line_end=(1.0, 1.539),
    ).view()
    lifted = HandWarp(cut="sheet", height=0.42, lift=1.0).view()
    assert 0 < scene["wrong"] < scene["floor"] / 3
    assert lifted["wrong"] == 0


def test_folding_is_no_bend_and_parts_them_in_the_plane():
    scene = HandWarp(
        powers=True,
        scale=2.0,
        offset=(1.57, 1.57),
        activation="sine",
        bend=1.0,
        line_start=(0.0, 1.211),
        line_end=(1.424, 0.0),
    ).view()
    assert scene["wrong"] == 0


def test_lifting_parts_them_and_pressing_flat_keeps_it():
    for lift in (1.0, 0.3, 0.0):
        for height in (hill(0.49), hill(0.71)):
            explorable = HandWarp(cut="sheet", height=float(height), lift=lift)
            assert explorable.view()["wrong"] == 0


def test_the_cut_is_a_circle_whatever_the_map():
    one = HandWarp(cut="sheet", height=0.3).view()
    other = HandWarp(cut="sheet", height=0.3, matrix=((0, 2), (1, 1)), offset=(1, -1)).view()
    assert one["wrong"] == other["wrong"]


@settings(max_examples=40, deadline=None)
@given(start=places, end=places, angle=st.floats(-180, 180), scale=st.floats(0.25, 3))
def test_counts_agree_with_counting_one_by_one(start, end, angle, scale):
    if math.dist(start, end) < 0.1:
        return
    scene = HandWarp(line_start=start, line_end=end, turn=angle, scale=scale).view()
    turn = math.radians(angle)
    rotated = scale * np.stack(
        [
            math.cos(turn) * HAND.points[:, 0] - math.sin(turn) * HAND.points[:, 1],
            math.sin(turn) * HAND.points[:, 0] + math.cos(turn) * HAND.points[:, 1],
        ],
        axis=1,
    )
    np.testing.assert_allclose(scene["mapped"], rotated, atol=1e-12)
    assert scene["wrong"] == wrong_by_hand(line_values(rotated, start, end), HAND.labels)
    assert scene["wrong"] == scene["wrong_blue"] + scene["wrong_orange"]


def test_the_fewest_by_a_line_agree_with_a_fine_sweep():
    points, labels = HAND.points[::5], HAND.labels[::5]
    fewest = len(points)
    for angle in np.linspace(0, math.pi, 1441):
        along = points @ np.array([math.cos(angle), math.sin(angle)])
        order = np.argsort(along)
        blue = labels[order] == 1
        left = np.concatenate([[0], np.cumsum(~blue)]) + (
            blue.sum() - np.concatenate([[0], np.cumsum(blue)])
        )
        fewest = min(fewest, left.min(), (len(points) - left).min())
    assert fewest_by_a_line(points, labels) == fewest


def test_points_on_the_line_count_as_wrong():
    labels = np.array([1, 0, 1, 0])
    assert sum(count_wrong(np.zeros(4), labels)[:2]) == 4
    assert count_wrong(np.array([1.0, -1.0, 2.0, -2.0]), labels) == (0, 0, 1)
    assert count_wrong(np.array([-1.0, 1.0, -2.0, 2.0]), labels) == (0, 0, -1)


@pytest.mark.parametrize("name", [name for name, _ in BENDS])
def test_the_table_that_the_picture_looks_up_is_the_activation(name):
    x = np.linspace(-20, 20, 4001)
    exact = warp(np.stack([x, x], axis=1), np.eye(2), np.zeros(2), name)[:, 0]
    np.testing.assert_allclose(look_up(activation_table(name), x), exact, atol=1e-5)


def test_the_other_tables_are_exact_to_drawing():
    tables = HAND.view()["tables"]
    degrees = np.linspace(-180, 180, 721)
    np.testing.assert_allclose(
        look_up(tables["cosine"], degrees), np.cos(np.radians(degrees)), atol=1e-6
    )
    np.testing.assert_allclose(
        look_up(tables["sine"], degrees), np.sin(np.radians(degrees)), atol=1e-6
    )
    radius = np.linspace(0, 2.9, 500)
    np.testing.assert_allclose(look_up(tables["hill"], radius), hill(radius), atol=1e-4)


def test_another_batch_of_points_is_new_and_reproducible():
    session, twin = Session(HandWarp()), Session(HandWarp())
    before = session.view()["points"]
    session.act("again")
    twin.act("again")
    after = session.view()["points"]
    assert np.array_equal(after, twin.view()["points"])
    assert not np.array_equal(before, after)
    again = Session.restored(json.loads(json.dumps(session.state())))
    assert np.array_equal(again.view()["points"], after)


def test_changing_a_control_keeps_the_points():
    session = Session(HandWarp())
    session.act("again")
    points = session.view()["points"]
    session.set({"matrix": [[2, 0], [0, 1]], "bend": 0.5})
    assert np.array_equal(session.view()["points"], points)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"matrix": ((1.0, 2.0), (0.5, 1.0))}, "压扁"),
        ({"line_start": (0.0, 0.0), "line_end": (0.0, 0.0)}, "重合"),
    ],
)
def test_a_degenerate_state_is_explained(values, word):
    scene = HandWarp(**values).view()
    assert word in scene["alert"]["text"]
    assert HandWarp().view()["alert"] is None


@pytest.mark.parametrize(
    ("values", "error", "word"),
    [
        ({"matrix": ((1, 2, 3), (4, 5, 6))}, ValueError, "矩阵"),
        ({"matrix": ((math.nan, 0), (0, 1))}, ValueError, "有限"),
        ({"matrix": "eye"}, TypeError, "矩阵"),
        ({"offset": (9, 0)}, ValueError, "平移"),
        ({"bend": 1.5}, ValueError, "弯"),
        ({"bend": True}, TypeError, "弯"),
        ({"activation": "gelu"}, ValueError, "怎么弯"),
        ({"powers": 1}, TypeError, "五种本事"),
    ],
)
def test_bad_input_is_named(values, error, word):
    with pytest.raises(error, match=word):
        HandWarp(**values)


def finite(value) -> bool:
    if isinstance(value, dict):
        return all(finite(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(finite(item) for item in value)
    if isinstance(value, np.ndarray):
        return bool(np.all(np.isfinite(value)))
    return not isinstance(value, float) or math.isfinite(value)


@pytest.mark.parametrize("name", [name for name, _ in BENDS])
def test_every_view_is_finite_and_travels(name):
    scene = HandWarp(activation=name, bend=1.0, matrix=((20, 20), (-20, 20)), scale=3.0).view()
    assert finite(scene)
    text, buffers = encode(scene)
    back = decode(text, buffers)
    assert np.array_equal(back["mapped"], scene["mapped"])
    json.loads(inline(scene))


# ---- 图 2 ----


def test_a_shear_is_turn_stretch_turn():
    parts = parts_of([[1, 1], [0, 1]])
    assert parts["first_turn"] == pytest.approx(-58.28, abs=0.01)
    assert parts["stretch"] == pytest.approx([(1 + 5**0.5) / 2, (5**0.5 - 1) / 2])
    assert parts["last_turn"] == pytest.approx(31.72, abs=0.01)
    assert not parts["flip"]


def test_the_recipe_hides_a_flip():
    parts = parts_of([[0, 0.3], [1, 1.5]])
    assert parts["flip"]
    assert parts["determinant"] == pytest.approx(-0.3)
    assert parts["stretch"] == pytest.approx([1.820, 0.165], abs=1e-3)


@settings(max_examples=80, deadline=None)
@given(matrix=matrices)
def test_the_walk_ends_at_the_matrix_and_numpy_agrees_on_the_stretches(matrix):
    parts = parts_of(matrix)
    path = parts["path"]
    np.testing.assert_allclose(path[0], [[1, 0], [0, 1], [0, 0]], atol=1e-12)
    np.testing.assert_allclose(path[-1], np.vstack([matrix, [[0, 0]]]), atol=1e-9)
    singular = np.linalg.svd(np.array(matrix), compute_uv=False)
    np.testing.assert_allclose(parts["stretch"], singular, atol=1e-9)
    determinant = np.prod(parts["stretch"]) * (-1 if parts["flip"] else 1)
    assert determinant == pytest.approx(np.linalg.det(np.array(matrix)), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(matrix=matrices)
def test_the_first_turn_lays_the_directions_along_the_axes(matrix):
    parts = parts_of(matrix)
    turned = parts["path"][PIECES][:2] @ parts["directions"].T
    np.testing.assert_allclose(turned, np.eye(2), atol=1e-9)
    stretched = parts["path"][2 * PIECES][:2] @ parts["directions"].T
    sign = -1 if parts["flip"] else 1
    np.testing.assert_allclose(
        stretched, np.diag(parts["stretch"] * np.array([1, sign])), atol=1e-9
    )


@settings(max_examples=60, deadline=None)
@given(matrix=matrices)
def test_the_walk_never_needlessly_collapses(matrix):
    least = np.linalg.svd(np.array(matrix), compute_uv=False)[-1]
    sizes = np.linalg.svd(stage_path(matrix), compute_uv=False)[:, -1]
    assert np.all(sizes >= min(1.0, least) - 1e-9)


def test_the_view_stands_where_the_slider_stands():
    for stage in (0.0, 0.31, 1.0, 1.74, 2.5, 3.0):
        scene = TakeApart(stage=stage, matrix=((0, 0.3), (1, 1.5))).view()
        exact = stage_path(((0, 0.3), (1, 1.5)))
        where = stage * PIECES
        below, above = exact[math.floor(where)], exact[math.ceil(where)]
        np.testing.assert_allclose(
            scene["now"], below + (where - math.floor(where)) * (above - below), atol=1e-12
        )


def test_every_preset_is_taken_apart_in_the_scene():
    scene = TakeApart().view()
    assert [preset["name"] for preset in scene["presets"]] == [name for name, _ in PRESETS]
    assert finite(scene)
    json.loads(inline(scene))
    assert "58.3" in TakeApart().poster().replace("−", "-")


def test_a_flattening_matrix_has_no_second_stretch():
    parts = parts_of([[1, 0.5], [0.6, 0.3]])
    assert parts["stretch"][1] == 0
    assert parts["determinant"] == 0
    assert parts_of([[0, 0], [0, 0]])["stretch"].tolist() == [0, 0]


def test_dragging_the_matrix_keeps_the_stage():
    session = Session(TakeApart())
    session.set({"stage": 1.5})
    session.set({"matrix": [[2, 0], [0, 1]]})
    scene = session.view()
    assert scene["stage"] == 1.5
    assert scene["stretch"] == pytest.approx([2, 1])

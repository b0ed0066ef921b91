"""一次看几个样本：平均不偏、雾按根号缩小、代价按样本数算、状态的来回。"""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore.explorables import Session
from mlcore.explorables.batches import SIZES, Batches, gradient_maps, haze, valley_ellipse
from mlcore.explorables.codec import decode, encode, inline, pack
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

START = (-0.9, 2.4)
places = st.tuples(st.floats(-2, 3), st.floats(-2, 3))


@given(places)
def test_the_mean_of_the_samples_losses_is_the_loss_and_so_with_their_gradients(place):
    x, y = points()
    surface = loss_surface()
    losses = sample_losses(place, x, y)
    assert losses.mean() == pytest.approx(surface.value(np.array(place)))
    gradients = sample_gradients(place, x, y)
    np.testing.assert_allclose(gradients.mean(0), surface.gradient(np.array(place)), atol=1e-12)
    a, b = torch.tensor(place, dtype=torch.float64, requires_grad=True)
    (whole,) = torch.autograd.grad(
        ((a * torch.tensor(x) + b - torch.tensor(y)) ** 2).mean(), a, retain_graph=True
    )
    assert gradients.mean(0)[0] == pytest.approx(float(whole), abs=1e-12)


def test_the_valley_is_where_least_squares_says():
    x, y = points()
    np.testing.assert_allclose(loss_surface().minima[0], np.polyfit(x, y, 1))


@given(places)
def test_a_samples_gradient_is_an_affine_map_of_the_place(place):
    x, y = points()
    maps = gradient_maps(x, y)
    matrices, vectors = maps[:, :4].reshape(-1, 2, 2), maps[:, 4:]
    expected = sample_gradients(place, x, y)
    np.testing.assert_allclose(matrices @ np.array(place) + vectors, expected, atol=1e-9)


def test_on_its_own_valley_a_sample_has_no_gradient():
    x, y = points()
    for i in (0, 17, 599):
        for slope in (-1.0, 0.5, 2.0):
            gradient = sample_gradients((slope, y[i] - slope * x[i]), x[i], y[i])
            np.testing.assert_allclose(gradient, 0.0, atol=1e-12)


def test_the_mean_of_a_batch_is_unbiased_and_its_spread_shrinks_with_the_root():
    balls = np.arange(1.0, 1001.0)
    for batch in (1, 10):
        mean, covariance = spread_of_mean(balls, batch)
        assert mean[0] == 500.5
        means = sample_means(balls, batch, 2000, seed=batch)
        assert means.mean() == pytest.approx(500.5, abs=4 * np.sqrt(covariance[0, 0] / 2000))
        assert means.std() == pytest.approx(np.sqrt(covariance[0, 0]), rel=0.05)
    single, ten = (np.sqrt(spread_of_mean(balls, m)[1][0, 0]) for m in (1, 10))
    assert single / ten == pytest.approx(np.sqrt(10), rel=0.005)
    assert spread_of_mean(balls, 1000)[1][0, 0] == 0.0


def test_the_haze_has_the_spread_of_the_batches():
    x, y = points()
    each = sample_gradients(START, x, y)
    mean, covariance = spread_of_mean(each, 10)
    random = np.random.default_rng(0)
    batches = np.array([each[random.permutation(COUNT)[:10]].mean(0) for _ in range(4000)])
    np.testing.assert_allclose(batches.mean(0), mean, atol=0.1)
    np.testing.assert_allclose(np.cov(batches.T), covariance, rtol=0.12, atol=0.05)
    ring = haze(covariance)
    distances = np.einsum("ni,ij,nj->n", ring, np.linalg.inv(covariance), ring)
    np.testing.assert_allclose(distances, 1.0)
    assert not haze(spread_of_mean(each, COUNT)[1]).any()


def test_every_level_line_is_the_same_ellipse_scaled():
    surface = loss_surface()
    for size in (0.5, 1.0, 3.0):
        edge = np.array(surface.minima[0]) + size * valley_ellipse()
        np.testing.assert_allclose(surface.above(edge), size * size)


@given(st.lists(places, min_size=1, max_size=20))
def test_agreement_is_between_zero_and_one(arrows):
    assert 0.0 <= agreement(np.array(arrows)) <= 1.0 + 1e-12


def test_arrows_cancel_more_the_nearer_the_valley_is():
    x, y = points()
    lowest = np.array(loss_surface().minima[0])
    shares = [
        agreement(sample_gradients(lowest + f * np.array([-2, 2]), x, y)) for f in (1, 0.3, 0)
    ]
    assert shares[0] > 0.6
    assert shares[0] > shares[1] > shares[2]
    assert shares[2] == pytest.approx(0.0, abs=1e-9)
    assert agreement(np.array([[1.0, 2.0], [-1.0, -2.0]])) == 0.0
    assert agreement(np.array([[1.0, 2.0], [2.0, 4.0]])) == pytest.approx(1.0)


@pytest.mark.parametrize("batch", SIZES)
def test_every_round_sees_every_sample_once(batch):
    walk = Walk(START, batch, 0.0, seed=3)
    seen = []
    while walk.seen < 3 * COUNT:
        seen.extend(walk.batch_indices().tolist())
        walk.step()
    for k in range(3):
        assert sorted(seen[k * COUNT : (k + 1) * COUNT]) == list(range(COUNT))
    other = Walk(START, 1, 0.0, seed=3)
    assert other.batch_indices()[0] == seen[0]


def test_the_full_batch_is_plain_descent_on_the_surface():
    walk = Walk(START, COUNT, 0.1, seed=1)
    place = np.array(START)
    for _ in range(20):
        walk.step()
        place = place - 0.1 * loss_surface().gradient(place)
        np.testing.assert_allclose(walk.position, place, atol=1e-12)


def test_a_batch_is_the_mean_of_three_arrows():
    walk = Walk(START, 3, 0.1, seed=1)
    x, y = points()
    which = walk.batch_indices()
    arrows = -0.1 * sample_gradients(START, x[which], y[which])
    walk.step()
    np.testing.assert_allclose(walk.position, START + arrows.mean(0), atol=1e-12)


def test_after_one_round_small_batches_are_lower_and_later_they_wander():
    """看过 600 个样本时小批的低得多；一直走下去，一批一个的停不下来，全部的一路降到底。"""
    surface, after = loss_surface(), {}
    for batch in (1, 32, COUNT):
        walk = Walk(START, batch, 0.1, seed=1)
        walk.step(COUNT // batch)
        early = float(surface.above(walk.position))
        walk.step({1: 3000, 32: 600, COUNT: 100}[batch])
        path, _ = walk.kept()
        after[batch] = early, float(surface.above(path[-20:]).mean())
    assert after[1][0] < 0.2 and after[32][0] < 0.2 < 2 < after[COUNT][0]
    assert after[COUNT][1] < 0.01 * after[32][1] < after[32][1] < after[1][1]


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(SIZES), st.integers(0, 30))
def test_a_long_walk_keeps_few_points_and_its_end(batch, extra):
    walk = Walk(START, batch, 0.01, seed=2)
    walk.step(1300 + extra)
    path, seen = walk.kept()
    assert len(path) <= 602
    np.testing.assert_array_equal(path[0], START)
    np.testing.assert_array_equal(path[-1], walk.position)
    assert seen[-1] == walk.seen == (1300 + extra) * batch
    assert np.all(np.diff(seen) > 0)


def test_changing_the_batch_keeps_the_walk_to_compare():
    session = Session(Batches())
    assert [walk["label"] for walk in session.view()["earlier"]] == ["每批全部"]
    session.step(30)
    session.set({"batch": "32"})
    scene = session.view()
    assert [walk["label"] for walk in scene["earlier"]] == ["每批全部", "每批 1"]
    assert (scene["updates"], scene["batch"]) == (0, 32)
    assert scene["steps"] == 30, "链接照旧数一共走了几步"
    for batch in ("3", "10", "100", "256", "1", "32"):
        session.step(5)
        session.set({"batch": batch})
    labels = [walk["label"] for walk in session.view()["earlier"]]
    assert len(labels) == 5
    assert "每批全部" in labels
    session.set({"start": [0.0, 0.0]})
    assert [walk["label"] for walk in session.view()["earlier"]] == ["每批全部"]


def same(one, other):
    text, buffers = encode(one)
    again, more = encode(other)
    return text == again and buffers == more


def test_a_snapshot_goes_on_to_the_very_same_bits():
    session = Session(Batches())
    session.step(40)
    session.set({"batch": "10"})
    session.step(700)
    again = Session.resumed(decode(*encode(session.snapshot())))
    for one in (session, again):
        one.step(33)
        one.set({"batch": "3", "learning_rate": 0.05})
        one.step(4)
    assert same(session.view(), again.view())


def test_a_link_replays_to_the_same_state():
    session = Session(Batches(seed=7))
    session.step(20)
    session.set({"batch": "10"})
    session.step(10)
    session.set({"learning_rate": 0.02})
    session.step(3)
    again = Session.restored(json.loads(json.dumps(session.state())))
    left, right = session.view(), again.view()
    left.pop("can_go_back"), right.pop("can_go_back")
    assert same(left, right)


def test_a_step_of_ten_flies_off_is_told_and_can_be_taken_back():
    session = Session(Batches())
    session.step(5)
    session.step(5)
    session.set({"learning_rate": 10.0})
    session.step(50)
    scene = session.view()
    inline(scene)
    assert session.explorable.stopped()
    assert scene["alert"]["stop"]
    assert "学习率 10" in scene["alert"]["text"]
    assert session.back()
    assert not session.explorable.stopped()
    assert session.view()["alert"] is None


def test_one_slice_walks_one_step_so_that_it_can_be_seen():
    session = Session(Batches())
    assert session.slice(50.0) == 1
    assert session.steps == 1


def test_the_frames_are_light_and_the_first_scene_small():
    session, scenes = Session(Batches()), []
    assert len(inline(session.view())) < 15_000
    for stop in Batches.stops:
        session.step(stop - session.steps)
        scenes.append(session.view())
    assert len(pack({"values": list(Batches.stops), "scenes": scenes})) < 60_000


def test_the_figure_shows_the_loss_and_every_walk():
    session = Session(Batches())
    session.step(10)
    figure = session.explorable.figure()
    assert [trace["type"] for trace in figure["data"]] == ["surface", "scatter3d", "scatter3d"]
    assert figure["data"][-1]["name"] == "每批 1 个（学习率 0.1）"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"batch": "7"}, "每批"),
        ({"learning_rate": 11.0}, "学习率"),
        ({"seed": 0}, "种子"),
        ({"start": [0.0, float("nan")]}, "有限"),
    ],
)
def test_values_out_of_range_are_refused(values, words):
    with pytest.raises(ValueError, match=words):
        Batches(**values)


@pytest.mark.parametrize("batch", [0, 601])
def test_a_batch_has_one_to_all_samples(batch):
    with pytest.raises(ValueError, match="batch"):
        spread_of_mean(np.arange(600.0), batch)


def test_the_poster_says_what_is_seen():
    assert "600 个点" in Batches().poster()

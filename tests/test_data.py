"""小数据集：形状、范围、类别和各自的几何。"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore.backend import set_backend, to_numpy
from mlcore.data import toy
from mlcore.random import Generator

every = pytest.mark.parametrize("name", toy.DATASETS)


def radius(x: np.ndarray) -> np.ndarray:
    return np.hypot(x[:, 0], x[:, 1])


@every
@given(n=st.integers(2, 60), seed=st.integers(0, 2**32 - 1))
def test_points_and_labels_have_the_promised_form(name, n, seed):
    x, y = toy.DATASETS[name](n, Generator(seed))
    assert x.shape == (n, 2) and x.dtype == np.float64
    assert y.shape == (n,) and y.dtype == np.int64
    assert int(y.sum()) == n // 2 and set(y.tolist()) == {0, 1}
    if name != "gaussian":
        assert np.abs(x).max() <= 1.2


@every
def test_a_seed_gives_the_same_points_again(name):
    first, second = (toy.DATASETS[name](50, Generator(3), noise=0.1) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    assert np.any(first[0] != toy.DATASETS[name](50, Generator(4), noise=0.1)[0])


@every
def test_noise_moves_every_point_by_about_its_size(name):
    plain, _ = toy.DATASETS[name](4000, Generator(3))
    moved, _ = toy.DATASETS[name](4000, Generator(3), noise=0.05)
    assert (moved - plain).std() == pytest.approx(0.05, rel=0.05)


@every
def test_torch_gets_the_same_points(name):
    ours, labels = toy.DATASETS[name](40, Generator(3), noise=0.01)
    set_backend("torch", device="cpu")
    try:
        theirs, other_labels = toy.DATASETS[name](40, Generator(3), noise=0.01)
        np.testing.assert_allclose(ours, to_numpy(theirs), atol=1e-12)
        np.testing.assert_array_equal(labels, to_numpy(other_labels))
    finally:
        set_backend("numpy")


def test_the_circle_of_convnetjs_has_its_radii_and_even_angles():
    x, y = toy.circle(100, Generator(1))
    assert radius(x[y == 1]).max() < 2 / 5
    outside = x[y == 0]
    assert 3 / 5 <= radius(outside).min() and radius(outside).max() < 1
    angle = np.unwrap(np.arctan2(outside[:, 1], outside[:, 0]))
    np.testing.assert_allclose(np.diff(angle), 2 * math.pi / 50)
    np.testing.assert_allclose(radius(toy.circle(4000, Generator(1))[0]).mean(), 0.5, atol=0.01)


def test_the_circle_of_the_playground_has_its_radii():
    x, y = toy.circle(400, Generator(1), style="playground")
    assert radius(x[y == 1]).max() < 0.5
    assert radius(x[y == 0]).min() >= 0.7


def test_disc_and_ring_are_filled_evenly_by_area():
    x, y = toy.disc_in_ring(20_000, Generator(1), inner=0.4, gap=0.1, outer=0.9)
    disc, ring = radius(x[y == 1]), radius(x[y == 0])
    assert disc.max() < 0.4 and 0.5 <= ring.min() and ring.max() < 0.9
    assert np.mean(disc < 0.2) == pytest.approx(0.25, abs=0.02)
    assert np.mean(ring**2 < (0.5**2 + 0.9**2) / 2) == pytest.approx(0.5, abs=0.02)


def test_xor_is_decided_by_the_signs():
    x, y = toy.xor(500, Generator(1), gap=0.2)
    np.testing.assert_array_equal(x[:, 0] * x[:, 1] < 0, y == 1)
    assert np.abs(x).min() >= 0.1
    quadrants = np.unique(np.sign(x), axis=0, return_counts=True)[1]
    assert len(quadrants) == 4 and quadrants.min() > 80


def test_the_arms_of_the_spiral_are_half_a_turn_apart():
    x, y = toy.spiral(200, Generator(1))
    np.testing.assert_allclose(x[y == 1], -x[y == 0], atol=1e-12)
    assert radius(x).max() == pytest.approx(1.0)


def test_the_two_curves_keep_their_distance():
    x, y = toy.two_curves(300, Generator(1), gap=0.4)
    height = x[:, 1] - 0.5 * np.cos(math.pi * x[:, 0])
    np.testing.assert_allclose(height, np.where(y == 1, -0.2, 0.2), atol=1e-12)


def test_the_moons_bite_into_each_other_without_touching():
    x, y = toy.moons(600, Generator(1))
    blue, orange = x[y == 1], x[y == 0]
    assert np.abs(blue[:, None] - orange[None]).max(axis=2).min() > 0.1
    assert blue[:, 1].max() > orange[:, 1].min()
    assert blue[:, 0].min() < orange[:, 0].max() and orange[:, 0].min() < blue[:, 0].max()


def test_the_two_clouds_stand_where_they_should():
    x, y = toy.gaussian(4000, Generator(1), spread=0.1)
    np.testing.assert_allclose(x[y == 1].mean(axis=0), [0.5, 0.5], atol=0.01)
    np.testing.assert_allclose(x[y == 0].mean(axis=0), [-0.5, -0.5], atol=0.01)
    np.testing.assert_allclose(x[y == 1].std(axis=0), [0.1, 0.1], rtol=0.05)


@pytest.mark.parametrize("name", ["circle", "xor", "spiral", "two_curves", "disc_in_ring", "moons"])
def test_no_straight_line_parts_the_two_classes(name):
    x, y = toy.DATASETS[name](400, Generator(2))
    turns = np.linspace(0, math.pi, 181)
    along = x @ np.stack([np.cos(turns), np.sin(turns)])
    blue, orange = along[y == 1], along[y == 0]
    apart = (blue.max(axis=0) < orange.min(axis=0)) | (orange.max(axis=0) < blue.min(axis=0))
    assert not apart.any()


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: toy.circle(1, Generator(0)), ValueError, "n 要至少是 2"),
        (lambda: toy.circle(10.0, Generator(0)), TypeError, "n 要是整数"),
        (lambda: toy.circle(10, Generator(0), style="round"), ValueError, "style.*'round'"),
        (lambda: toy.xor(10, Generator(0), noise=-1), ValueError, "noise"),
        (lambda: toy.disc_in_ring(10, Generator(0), gap=0.6), ValueError, "outer 要大于 1.1"),
        (lambda: toy.spiral(10, Generator(0), turns=math.nan), ValueError, "turns"),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()

"""初值：每一种的分布、大小和结构都是论文说的那样。"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore import nn
from mlcore.backend import set_backend, to_numpy
from mlcore.nn.initializers import (
    INITIALIZERS,
    fans,
    identity,
    lv3_truncated,
    orthogonal,
    sparse,
    truncated_normal,
)
from mlcore.random import Generator

# Standard deviation of a normal distribution cut at two standard deviations.
CUT = 0.87962566


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, device="cpu", dtype="float64")
    set_backend("numpy")


# (out, in) = (300, 200): fan_in 200, fan_out 300.
SPREADS = {
    "normal": 0.01,
    "uniform": 0.1 / math.sqrt(12),
    "truncated_normal": 0.1 * CUT,
    "xavier_uniform": math.sqrt(2 / 500),
    "xavier_normal": math.sqrt(2 / 500),
    "kaiming_uniform": math.sqrt(2 / 200),
    "kaiming_normal": math.sqrt(2 / 200),
    "lecun_normal": math.sqrt(1 / 200),
    "lv3_truncated": 0.1 * CUT / math.sqrt(300),
    "lv3_uniform": math.sqrt(5 / 3 / 200),
    "orthogonal": 1 / math.sqrt(300),
    "sparse": 0.01 * math.sqrt(0.1),
}


def test_every_initialiser_is_tested():
    assert SPREADS.keys() | {"identity", "zeros"} == INITIALIZERS.keys()


@pytest.mark.parametrize("init", SPREADS)
def test_initial_weights_have_the_spread_of_their_paper(init, backend):
    layer = nn.Linear(200, 300, generator=Generator(1), init=init)
    weight = to_numpy(layer.weight.data)
    spread = SPREADS[init]
    assert weight.dtype == np.float64
    assert weight.std() == pytest.approx(spread, rel=0.03)
    assert abs(weight.mean()) < 4 * spread / math.sqrt(weight.size)
    assert not to_numpy(layer.bias.data).any()
    if "uniform" in init:
        assert np.abs(weight).max() <= spread * math.sqrt(3)


@pytest.mark.parametrize("init", INITIALIZERS)
def test_the_same_seed_gives_the_same_weights_in_the_type_of_the_backend(init):
    first, second = (INITIALIZERS[init](Generator(4), (6, 5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.float32 and first.shape == (6, 5)


@given(st.integers(1, 9), st.integers(1, 9), st.lists(st.integers(1, 5), max_size=2))
def test_a_kernel_multiplies_what_goes_in_and_what_comes_out(n_out, n_in, kernel):
    cells = math.prod(kernel)
    assert fans((n_out, n_in, *kernel)) == (n_in * cells, n_out * cells)


def test_convolutions_count_the_cells_of_their_kernel():
    weight = nn.Conv2d(8, 400, 5, generator=Generator(0)).weight.data
    assert weight.std() == pytest.approx(math.sqrt(2 / (8 * 25)), rel=0.02)


def test_a_truncated_normal_stays_within_its_cut():
    values = truncated_normal(Generator(0), (200, 200), mean=1.0, std=0.5, cut=1.5)
    assert np.abs(values - 1.0).max() <= 0.75
    assert np.abs(values - 1.0).max() > 0.74


def test_way_one_of_the_notes_shrinks_with_the_number_of_outputs():
    assert np.abs(lv3_truncated(Generator(0), (400, 30))).max() <= 0.2 / math.sqrt(400)


@given(st.integers(1, 6), st.integers(1, 6), st.lists(st.integers(1, 3), max_size=2))
def test_orthogonal_rows_or_columns_have_the_length_that_was_asked(n_out, n_in, kernel):
    weight = orthogonal(Generator(3), (n_out, n_in, *kernel), gain=2.0).reshape(n_out, -1)
    rows, columns = weight.shape
    small = weight @ weight.T if rows <= columns else weight.T @ weight
    np.testing.assert_allclose(small, 4 * np.eye(min(rows, columns)), atol=1e-5)


def test_orthogonal_matrices_turn_and_flip_alike():
    signs = [np.linalg.det(orthogonal(Generator(seed), (2, 2))) > 0 for seed in range(100)]
    assert 30 < sum(signs) < 70


def test_each_input_of_a_sparse_layer_reaches_few_outputs(backend):
    weight = to_numpy(sparse(Generator(2), (20, 50), sparsity=0.83))
    np.testing.assert_array_equal((weight != 0).sum(axis=0), np.full(50, 20 - math.ceil(16.6)))
    assert len({tuple(row) for row in (weight != 0).T}) > 20


def test_identity_layers_change_nothing(backend):
    x = backend.xp.asarray(np.random.default_rng(0).normal(size=(2, 3, 5, 6)))
    layer = nn.Conv2d(3, 3, (3, 5), padding=(1, 2), generator=Generator(0), init="identity")
    np.testing.assert_array_equal(layer(x).numpy(), to_numpy(x))
    square = to_numpy(identity(Generator(0), (3, 5)))
    np.testing.assert_array_equal(square, np.eye(3, 5))


def test_a_function_of_ones_own_serves_as_an_initialiser():
    def halves(generator, shape):
        return generator.uniform(shape) * 0 + 0.5

    assert np.all(nn.Linear(3, 2, generator=Generator(0), init=halves).weight.data == 0.5)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: fans((3,)), ValueError, r"两个轴|（输出，输入）.*\(3,\)"),
        (lambda: fans((3, 0)), ValueError, "至少是 1"),
        (lambda: sparse(Generator(0), (2, 3, 3)), ValueError, r"只用于矩阵.*\(2, 3, 3\)"),
        (lambda: sparse(Generator(0), (2, 3), sparsity=1.5), ValueError, "sparsity"),
        (lambda: truncated_normal(Generator(0), (2,), cut=0.0), ValueError, "cut"),
        (
            lambda: nn.Linear(3, 2, generator=Generator(0), init=lambda g, s: g.normal((3, 2))),
            ValueError,
            r"init 要给形状 \(2, 3\).*\(3, 2\)",
        ),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()

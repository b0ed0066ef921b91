"""词向量表：和 torch 的一样，和独热向量乘矩阵一样；快的写法和照字面的写法一样。"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlcore import nn
from mlcore.autograd import Tensor, apply
from mlcore.backend import set_backend, to_numpy
from mlcore.operations.sequences import add_rows, add_rows_plainly
from mlcore.random import Generator


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, device="cpu", dtype="float64")
    set_backend("numpy")


@pytest.mark.parametrize("padding", [None, 3])
def test_vectors_and_gradients_are_those_of_torch(backend, padding):
    layer = nn.Embedding(6, 4, padding, generator=Generator(1))
    peer = torch.nn.Embedding(6, 4, padding, dtype=torch.float64)
    peer.load_state_dict({k: torch.tensor(v) for k, v in layer.state_dict().items()})
    words = np.array([[0, 3, 3], [5, 3, 0]])
    weight = np.random.default_rng(0).normal(size=(2, 3, 4))
    output, expected = layer(words), peer(torch.tensor(words))
    np.testing.assert_array_equal(output.numpy(), expected.detach())
    (output * backend.xp.asarray(weight)).sum().backward()
    (expected * torch.tensor(weight)).sum().backward()
    np.testing.assert_allclose(to_numpy(layer.weight.grad), peer.weight.grad, rtol=1e-12)


@given(
    index=hnp.arrays(np.int64, st.integers(0, 12), elements=st.integers(0, 4)),
    single=st.booleans(),
)
def test_sorting_first_adds_the_same_rows(index, single):
    rows = np.random.default_rng(0).normal(size=(len(index), 3))
    rows = rows.astype(np.float32) if single else rows
    totals = [np.zeros((5, 3), rows.dtype) for _ in range(3)]
    add_rows(np, totals[0], index, rows)
    add_rows_plainly(np, totals[1], index, rows)
    np.add.at(totals[2], index, rows)
    for total in totals[1:]:
        np.testing.assert_allclose(totals[0], total, rtol=1e-5 if single else 1e-12, atol=1e-6)
    assert totals[0].dtype == rows.dtype


def test_looking_up_is_multiplying_by_a_one_hot_vector(backend):
    layer = nn.Embedding(5, 3, generator=Generator(2))
    words = np.array([4, 0, 4])
    one_hot = Tensor(backend.xp.asarray(np.eye(5)[words]))
    weight = Tensor(layer.weight.data, requires_grad=True)
    looked, multiplied = layer(words), one_hot @ weight
    np.testing.assert_allclose(looked.numpy(), multiplied.numpy(), rtol=1e-12)
    (looked * looked).sum().backward()
    (multiplied * multiplied).sum().backward()
    np.testing.assert_allclose(
        to_numpy(layer.weight.grad), to_numpy(weight.grad), rtol=1e-12, atol=1e-12
    )


def test_the_vector_of_padding_is_zero_and_learns_nothing(backend):
    layer = nn.Embedding(4, 3, 0, generator=Generator(3))
    assert not layer.weight.numpy()[0].any()
    layer([0, 1, 0]).sum().backward()
    np.testing.assert_array_equal(
        to_numpy(layer.weight.grad), [[0] * 3, [1] * 3, [0] * 3, [0] * 3]
    )


def test_it_can_stand_first_in_a_sequence_of_layers():
    layers = nn.Sequential(nn.Embedding(4, 3, generator=Generator(4)), nn.Tanh())
    assert layers([[0, 3]]).shape == (1, 2, 3)
    assert nn.Sequential(layers, nn.Linear(3, 2, generator=Generator(5)))([0, 3]).shape == (2, 2)


def test_no_words_give_no_vectors():
    layer = nn.Embedding(4, 3, generator=Generator(4))
    output = layer(np.zeros((0, 2), np.int64))
    assert output.shape == (0, 2, 3)
    output.sum().backward()
    assert not layer.weight.grad.any()


def test_vectors_start_from_the_standard_normal_distribution():
    values = nn.Embedding(200, 50, generator=Generator(6)).weight.numpy()
    assert abs(values.mean()) < 0.05 and values.std() == pytest.approx(1, abs=0.05)


def test_parts_put_together_hand_each_its_gradient(backend):
    place = backend.xp.asarray
    parts = [
        Tensor(place(np.full((2, n), 1.0 * n)), requires_grad=True) for n in (1, 3, 2)
    ]
    joined = apply("concat", *parts, axis=-1)
    assert joined.shape == (2, 6)
    (joined * place(np.arange(12.0).reshape(2, 6))).sum().backward()
    np.testing.assert_array_equal(to_numpy(parts[0].grad), [[0], [6]])
    np.testing.assert_array_equal(to_numpy(parts[1].grad), [[1, 2, 3], [7, 8, 9]])
    np.testing.assert_array_equal(to_numpy(parts[2].grad), [[4, 5], [10, 11]])


def embedding() -> nn.Embedding:
    return nn.Embedding(5, 3, generator=Generator(0))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nn.Embedding(0, 3, generator=Generator(0)), ValueError, "num_embeddings"),
        (lambda: nn.Embedding(5, 3, 5, generator=Generator(0)), ValueError, "padding_idx.*0 到 4"),
        (lambda: nn.Embedding(5, 3, generator="x"), TypeError, "generator.*'x'"),
        (lambda: embedding()([0, 5]), ValueError, "0 到 4 之间.*0 到 5"),
        (lambda: embedding()([-1, 2]), ValueError, "0 到 4 之间.*-1 到 2"),
        (lambda: embedding()([0.0, 1.0]), TypeError, "编号要是整数.*float"),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()

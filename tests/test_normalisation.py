"""归一化、随机丢弃、残差和训练状态：和 torch 一样，停下再续也一样。"""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mlcore import nn
from mlcore.autograd import Tensor, no_grad
from mlcore.backend import set_backend, to_numpy
from mlcore.optim import Adam
from mlcore.random import Generator
from mlcore.train import Trainer

CLOSE = {"rtol": 1e-9, "atol": 1e-12}


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, device="cpu", dtype="float64")
    set_backend("numpy")


def state_of(peer: torch.nn.Module) -> dict[str, np.ndarray]:
    return {
        name: value.numpy().copy()
        for name, value in peer.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


@pytest.mark.parametrize(
    ("name", "shape"),
    [("BatchNorm1d", (6, 3)), ("BatchNorm1d", (2, 3, 5)), ("BatchNorm2d", (2, 3, 4, 5))],
)
def test_batch_normalisation_trains_and_serves_as_in_torch(backend, name, shape):
    ours = getattr(nn, name)(3, momentum=0.3)
    theirs = getattr(torch.nn, name)(3, momentum=0.3).double()
    random = np.random.default_rng(0)
    for batch in range(4):
        if batch == 3:
            ours.eval(), theirs.eval()
        x = random.normal(2.0, 3.0, size=shape)
        peer = torch.tensor(x, requires_grad=True)
        tensor = Tensor(backend.xp.asarray(x), requires_grad=True)
        result, expected = ours(tensor), theirs(peer)
        np.testing.assert_allclose(result.numpy(), expected.detach(), **CLOSE)
        upstream = random.normal(size=shape)
        ours.zero_grad(), theirs.zero_grad()
        result.backward(backend.xp.asarray(upstream))
        expected.backward(torch.tensor(upstream))
        np.testing.assert_allclose(to_numpy(tensor.grad), peer.grad, **CLOSE)
        for parameter, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose(to_numpy(parameter.grad), other.grad, **CLOSE)
        for key, value in state_of(theirs).items():
            np.testing.assert_allclose(ours.state_dict()[key], value, **CLOSE)


def test_the_running_average_moves_without_gradients_too():
    layer = nn.BatchNorm1d(2)
    with no_grad():
        layer([[1.0, 2.0], [3.0, 6.0]])
    np.testing.assert_allclose(layer.running_mean.data, [0.2, 0.4], rtol=1e-6)
    np.testing.assert_allclose(layer.running_var.data, [0.9 + 0.2, 0.9 + 0.8], rtol=1e-6)
    layer.eval()([[1.0, 2.0], [3.0, 6.0]])
    np.testing.assert_allclose(layer.running_mean.data, [0.2, 0.4], rtol=1e-6)


@given(st.floats(0.1, 100), st.floats(-100, 100))
def test_scale_and_shift_of_a_batch_do_not_matter(scale, shift):
    x = np.random.default_rng(0).normal(size=(8, 3))
    for layer in (nn.BatchNorm1d(3, eps=0.0), nn.LayerNorm(3, eps=0.0)):
        plain = layer(Tensor(x)).data
        np.testing.assert_allclose(layer(Tensor(x * scale + shift)).data, plain, rtol=1e-6)


def test_layer_normalisation_is_that_of_torch(backend):
    ours, theirs = nn.LayerNorm((4, 5)), torch.nn.LayerNorm((4, 5)).double()
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    expected = theirs(torch.tensor(x)).detach()
    np.testing.assert_allclose(ours(backend.xp.asarray(x)).numpy(), expected, **CLOSE)
    assert nn.LayerNorm(5)(backend.xp.asarray(x[0])).shape == (3, 4, 5)


def test_every_sample_of_layer_normalisation_has_mean_nought_and_spread_one():
    x = np.random.default_rng(1).normal(5.0, 3.0, size=(7, 50))
    normed = nn.LayerNorm(50)(Tensor(x)).data
    np.testing.assert_allclose(normed.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(normed.std(axis=1), 1, rtol=1e-5)


# ---- 随机丢弃 ----


@given(st.floats(0.0, 0.95))
def test_dropout_keeps_the_mean(p):
    layer = nn.Dropout(p, generator=Generator(7))
    kept = layer(np.ones((100, 100), np.float32)).data
    assert set(np.unique(kept)) <= {np.float32(0), np.float32(1 / (1 - p))}
    assert kept.mean() == pytest.approx(1.0, abs=5 * np.sqrt(p / (1 - p) / 1e4))


def test_dropout_passes_the_gradient_of_what_it_kept(backend):
    layer = nn.Dropout(0.4, generator=Generator(3))
    x = Tensor(backend.xp.asarray(np.ones((5, 6))), requires_grad=True)
    result = layer(x)
    result.sum().backward()
    np.testing.assert_array_equal(to_numpy(x.grad), result.numpy())
    np.testing.assert_array_equal(to_numpy(layer.mask), result.numpy())
    assert layer.eval()(x) is x
    assert not nn.Dropout(1.0, generator=Generator(0))(x).numpy().any()


def test_both_backends_drop_the_same_numbers():
    drops = []
    for name in ("numpy", "torch"):
        set_backend(name, device="cpu")
        drops.append(nn.Dropout(0.5, generator=Generator(9))(np.ones((4, 8))).numpy())
    set_backend("numpy")
    np.testing.assert_array_equal(*drops)


def test_a_restored_network_drops_the_same_numbers_again():
    network = nn.Sequential(nn.Dropout(generator=Generator(5, 2)), nn.BatchNorm1d(3))
    x = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    network(x)
    state = network.state_dict()
    assert state["0.generator"].tolist() == [5, 2, 18]
    assert state.keys() == {
        "0.generator", "1.weight", "1.bias", "1.running_mean", "1.running_var"
    }  # fmt: skip
    first, after = network(x).data, network.state_dict()
    other = nn.Sequential(nn.Dropout(generator=Generator(0)), nn.BatchNorm1d(3))
    other.load_state_dict(state)
    np.testing.assert_array_equal(other(x).data, first)
    for name, value in other.state_dict().items():
        np.testing.assert_array_equal(value, after[name])


def test_a_resumed_training_ends_with_the_same_bits():
    def trainer() -> Trainer:
        generator = Generator(0)
        network = nn.Sequential(
            nn.Linear(3, 8, generator=generator),
            nn.BatchNorm1d(8),
            nn.ReLU(),
            nn.Dropout(0.4, generator=Generator(0, 1)),
            nn.Linear(8, 2, generator=generator),
        )
        x, y = Generator(1).normal((40, 3)), np.arange(40) % 2
        optimizer = Adam(network.parameters(), 0.01)
        return Trainer(network, nn.cross_entropy, optimizer, x, y, 8, Generator(2))

    straight, first, second = trainer(), trainer(), trainer()
    straight.step(17)
    first.step(6)
    second.load_state_dict(first.state_dict())
    second.step(11)
    for name, value in straight.model.state_dict().items():
        np.testing.assert_array_equal(second.model.state_dict()[name], value)


# ---- 训练和使用 ----


def test_training_and_use_reach_every_part():
    inner = nn.Sequential(nn.Dropout(generator=Generator(0)), nn.Tanh())
    network = nn.Sequential(nn.Residual(inner), nn.BatchNorm1d(2))
    assert network.training and inner[0].training
    assert network.eval() is network
    assert not any(part.training for part in (network, network[0], inner, inner[0], network[1]))
    assert network.train() is network and inner[0].training


def test_modules_are_found_by_name():
    network = nn.Sequential(nn.Tanh(), nn.Residual(nn.Sequential(nn.ReLU())))
    names = [name for name, _ in network.named_modules()]
    assert names == ["", "0", "1", "1.body", "1.body.0", "1.shortcut"]


def test_buffers_are_not_parameters():
    layer = nn.BatchNorm2d(2)
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    assert [name for name, _ in layer.named_buffers()] == ["running_mean", "running_var"]


# ---- 残差、Maxout ----


def torch_block(n_in: int, n_out: int, stride: int) -> torch.nn.ModuleDict:
    def pair(channels: int, kernel: int, step: int) -> list[torch.nn.Module]:
        layer = torch.nn.Conv2d(channels, n_out, kernel, step, kernel // 2, bias=False)
        return [layer, torch.nn.BatchNorm2d(n_out)]

    body = [*pair(n_in, 3, stride), torch.nn.ReLU(), *pair(n_out, 3, 1)]
    parts = {"body": torch.nn.Sequential(*body)}
    if stride > 1 or n_in != n_out:
        parts["shortcut"] = torch.nn.Sequential(*pair(n_in, 1, stride))
    return torch.nn.ModuleDict(parts).double()


@pytest.mark.parametrize(("n_in", "n_out", "stride"), [(3, 3, 1), (2, 4, 1), (3, 3, 2)])
def test_a_residual_block_is_that_of_torch(backend, n_in, n_out, stride):
    peer = torch_block(n_in, n_out, stride)
    ours = nn.ResidualBlock(n_in, n_out, stride, generator=Generator(0))
    ours.load_state_dict(state_of(peer))
    x = np.random.default_rng(0).normal(size=(2, n_in, 6, 5))
    there, here = torch.tensor(x, requires_grad=True), Tensor(backend.xp.asarray(x), True)
    kept = peer["shortcut"](there) if "shortcut" in peer else there
    expected = torch.relu(peer["body"](there) + kept)
    result = ours(here)
    np.testing.assert_allclose(result.numpy(), expected.detach(), **CLOSE)
    expected.sum().backward()
    result.sum().backward()
    np.testing.assert_allclose(to_numpy(here.grad), there.grad, rtol=1e-8, atol=1e-10)


def test_a_residual_connection_starts_as_the_identity():
    body = nn.Linear(3, 3, generator=Generator(0), init="zeros")
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    np.testing.assert_array_equal(nn.Residual(body)(x).data, x)


def test_maxout_takes_the_largest_of_its_pieces(backend):
    layer = nn.Maxout(3, 4, pieces=5, generator=Generator(0))
    x = np.random.default_rng(0).normal(size=(6, 3))
    pieces = layer.linear(x).numpy().reshape(6, 4, 5)
    np.testing.assert_array_equal(layer(x).numpy(), pieces.max(axis=2))
    assert layer.linear.weight.shape == (20, 3)


def test_maxout_with_a_piece_of_nought_is_relu():
    layer = nn.Maxout(2, 1, generator=Generator(0))
    layer.linear.weight.data[1] = 0
    x = np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32)
    line = x @ layer.linear.weight.data[0]
    np.testing.assert_allclose(layer(x).data[:, 0], np.maximum(line, 0), rtol=1e-6)


def test_networks_can_be_copied():
    network = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(generator=Generator(1)))
    twin = copy.deepcopy(network)
    network(np.ones((3, 2), np.float32) * [[1.0], [2.0], [4.0]])
    assert np.any(network[0].running_mean.data != twin[0].running_mean.data)
    assert twin[1].generator.counter == 0


def images(*shape: int) -> Tensor:
    return Tensor(np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nn.BatchNorm1d(3)(images(1, 3)), ValueError, "至少要有两个数.*eval"),
        (lambda: nn.BatchNorm2d(3)(images(1, 3, 1, 1)), ValueError, "至少要有两个数"),
        (lambda: nn.BatchNorm2d(3)(images(4, 3)), ValueError, r"BatchNorm2d.*4 个轴.*\(4, 3\)"),
        (lambda: nn.BatchNorm1d(3)(images(4, 3, 2, 2)), ValueError, "2 或 3 个轴"),
        (lambda: nn.BatchNorm1d(3)(images(4, 2)), ValueError, r"3 个通道.*\(4, 2\)"),
        (lambda: nn.BatchNorm1d(3).eval()(images(4, 2)), ValueError, r"3 个通道.*\(4, 2\)"),
        (lambda: nn.BatchNorm1d(3, momentum=2), ValueError, "momentum"),
        (lambda: nn.LayerNorm((2, 3))(images(4, 3)), ValueError, r"最后几个轴要是 \(2, 3\)"),
        (lambda: nn.LayerNorm(0), ValueError, "normalized_shape.*至少是 1"),
        (lambda: nn.LayerNorm(()), ValueError, "normalized_shape 至少要有一个轴"),
        (lambda: nn.Dropout(1.5, generator=Generator(0)), ValueError, "p 要.*1.5"),
        (lambda: nn.Dropout(0.5, generator=3), TypeError, "generator.*int 3"),
        (lambda: nn.Tanh().train(1), TypeError, "mode.*int 1"),
        (
            lambda: nn.Residual(nn.Linear(2, 3, generator=Generator(0)))(images(4, 2)),
            ValueError,
            r"\(4, 3\).*\(4, 2\)",
        ),
        (lambda: nn.Residual(np.tanh), TypeError, "body 要是 Module"),
        (lambda: nn.Maxout(2, 3, 1, generator=Generator(0)), ValueError, "pieces.*至少是 2"),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()

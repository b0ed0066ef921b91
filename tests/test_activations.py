"""激活函数：和 torch 的一样，torch 没有的和公式一样；导数由差商核对。"""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from mlcore import nn
from mlcore.autograd import Tensor
from mlcore.backend import set_backend, to_numpy
from mlcore.operations.normal_cdf import normal_cdf
from mlcore.random import Generator

FORMULAS = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "leaky_relu": F.leaky_relu,
    "softplus": F.softplus,
    "sine": torch.sin,
    "identity": lambda x: x,
    "step": lambda x: torch.heaviside(x, torch.ones_like(x)),
    "arctan": torch.atan,
    "softsign": F.softsign,
    "hardtanh": F.hardtanh,
    "hardsigmoid": F.hardsigmoid,
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
    "bent_identity": lambda x: (torch.sqrt(x * x + 1) - 1) / 2 + x,
    "soft_exponential": lambda x: x,
    "sinc": lambda x: torch.sinc(x / math.pi),
    "gaussian": lambda x: torch.exp(-x * x),
}

RANGES = {
    "step": (0, 1),
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
    "arctan": (-math.pi / 2, math.pi / 2),
    "softsign": (-1, 1),
    "relu": (0, math.inf),
    "elu": (-1, math.inf),
    "softplus": (0, math.inf),
    "sine": (-1, 1),
    "sinc": (-0.2172336283, 1),
    "gaussian": (0, 1),
    "hardtanh": (-1, 1),
    "hardsigmoid": (0, 1),
    "mish": (-0.3088434, math.inf),
    "silu": (-0.2784646, math.inf),
}


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, device="cpu", dtype="float64")
    set_backend("numpy")


@pytest.mark.parametrize("name", nn.ACTIVATIONS)
def test_activations_are_those_of_torch_on_arrays_and_in_layers(name, backend):
    x = np.linspace(-6, 6, 41).reshape(1, -1)
    expected = FORMULAS[name](torch.tensor(x)).numpy()
    array = backend.xp.asarray(x)
    ours = to_numpy(nn.ACTIVATIONS[name](array))
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-15)
    layer = nn.ACTIVATION_LAYERS[name]()
    np.testing.assert_array_equal(layer(array).numpy(), ours)
    assert layer.parameters() == []


def test_every_activation_has_a_function_and_a_layer():
    assert nn.ACTIVATIONS.keys() == nn.ACTIVATION_LAYERS.keys() == FORMULAS.keys()


@pytest.mark.parametrize("name", nn.ACTIVATIONS)
def test_the_slope_is_the_limit_of_the_quotient(name):
    x = np.linspace(-4.9, 4.9, 50)  # no kink among them
    tensor = Tensor(x, requires_grad=True)
    nn.ACTIVATION_LAYERS[name]()(tensor).sum().backward()
    function, near = nn.ACTIVATIONS[name], 1e-6
    quotient = (function(x + near) - function(x - near)) / (2 * near)
    np.testing.assert_allclose(tensor.grad, quotient, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", RANGES)
def test_values_stay_in_their_range_and_reach_its_ends(name):
    low, high = RANGES[name]
    values = nn.ACTIVATIONS[name](np.linspace(-1000, 1000, 2_000_001)[::3])
    assert values.min() >= low - 1e-7 and values.max() <= high + 1e-7
    assert values.min() == pytest.approx(low, abs=2e-3)
    if high < math.inf:
        assert values.max() == pytest.approx(high, abs=2e-3)


@given(st.floats(-37.0, 8.0))
def test_the_normal_distribution_keeps_its_digits_far_to_the_left(x):
    expected = math.erfc(-x / math.sqrt(2)) / 2
    assert float(normal_cdf(np, np.array(x))) == pytest.approx(expected, rel=1e-11)


def test_selu_keeps_mean_nought_and_variance_one():
    values = nn.ACTIVATIONS["selu"](Generator(0).normal(400_000, dtype="float64"))
    assert values.mean() == pytest.approx(0, abs=0.01)
    assert values.var() == pytest.approx(1, abs=0.01)


def test_soft_exponential_runs_from_logarithm_to_exponential():
    x = np.linspace(1.1, 3.0, 5)
    for alpha, expected in (-1.0, np.log(x)), (0.0, x), (1.0, np.exp(x)):
        np.testing.assert_allclose(
            nn.SoftExponential(alpha)(Tensor(x)).data, expected, rtol=1e-12
        )


def test_softmax_layers_are_those_of_torch(backend):
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    for dim in (0, 1, -1):
        for ours, theirs in (nn.Softmax, torch.softmax), (nn.LogSoftmax, torch.log_softmax):
            result = ours(dim)(backend.xp.asarray(x)).numpy()
            np.testing.assert_allclose(result, theirs(torch.tensor(x), dim), rtol=1e-12)


# ---- 带参数的 ----


def srelu(x, t_left, a_left, t_right, a_right):
    left = torch.where(x <= t_left, t_left + a_left * (x - t_left), x)
    return torch.where(x >= t_right, t_right + a_right * (x - t_right), left)


def apl(x, a, b):
    return torch.relu(x) + sum(a[s] * torch.relu(b[s] - x) for s in range(len(a)))


LEARNED = {
    "PReLU": (lambda: nn.PReLU(3, 0.1), F.prelu),
    "PReLU-1": (lambda: nn.PReLU(), F.prelu),
    "SReLU": (lambda: nn.SReLU(3, -0.5, 0.3, 0.7, 1.5), srelu),
    "APL": (lambda: nn.APL(3, 4, generator=Generator(0)), apl),
}


@pytest.mark.parametrize("name", LEARNED)
def test_learned_activations_follow_their_formula_and_learn(name, backend):
    make, formula = LEARNED[name]
    layer = make()
    x = np.random.default_rng(0).normal(size=(6, 3)) * 2
    here = Tensor(backend.xp.asarray(x), requires_grad=True)
    there = torch.tensor(x, requires_grad=True)
    peers = [torch.tensor(p.numpy().copy(), requires_grad=True) for p in layer.parameters()]
    result, expected = layer(here), formula(there, *peers)
    np.testing.assert_allclose(result.numpy(), expected.detach(), rtol=1e-9)
    (result * result).sum().backward()
    expected.square().sum().backward()
    np.testing.assert_allclose(to_numpy(here.grad), there.grad, rtol=1e-9)
    for parameter, peer in zip(layer.parameters(), peers, strict=True):
        np.testing.assert_allclose(to_numpy(parameter.grad), peer.grad, rtol=1e-9)


@pytest.mark.parametrize("name", LEARNED)
def test_on_images_each_channel_has_its_own_shape(name):
    layer = LEARNED[name][0]()
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 5)).astype(np.float32)
    rows = layer(np.moveaxis(x, 1, -1).reshape(-1, 3)).data
    images = np.moveaxis(layer(x).data, 1, -1).reshape(-1, 3)
    np.testing.assert_array_equal(images, rows)


def test_random_slopes_become_their_mean_in_use():
    layer = nn.RReLU(0.1, 0.3, generator=Generator(0))
    x = -np.ones((100, 100), np.float32)
    slopes = -layer(x).data
    assert slopes.min() >= 0.1 and slopes.max() < 0.3 and slopes.dtype == np.float32
    assert slopes.mean() == pytest.approx(0.2, abs=0.003)
    np.testing.assert_allclose(layer.eval()(x).data, 0.2 * x, rtol=1e-6)
    np.testing.assert_array_equal(layer.train()(-x).data, -x)


def test_a_network_takes_any_activation_by_name():
    for name in nn.ACTIVATION_LAYERS:
        network = nn.mlp((2, 4, 1), name, generator=Generator(0))
        assert np.all(np.isfinite(network([[0.5, -0.3]]).data))


def rows(count: int) -> Tensor:
    return Tensor(np.zeros((4, count), np.float32))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nn.ELU(-1.0), ValueError, "alpha.*至少是 0"),
        (lambda: nn.GELU("erf"), ValueError, "approximate.*none、tanh.*'erf'"),
        (lambda: nn.Hardtanh(1, 1), ValueError, "min_val 要小于 max_val"),
        (lambda: nn.Softmax(1.5), TypeError, "dim.*1.5"),
        (lambda: nn.Softmax(2)(rows(3)), ValueError, "运算 softmax"),
        (lambda: nn.PReLU(0), ValueError, "num_parameters.*至少是 1"),
        (lambda: nn.PReLU(3)(rows(4)), ValueError, r"要有 3 个单元.*\(4, 4\)"),
        (lambda: nn.SReLU(3, 2.0, 1.0, 1.0), ValueError, "t_left 至多是 t_right"),
        (lambda: nn.RReLU(0.5, 0.1, generator=Generator(0)), ValueError, "lower 要小于 upper"),
        (lambda: nn.RReLU(generator=0), TypeError, "generator.*int 0"),
        (lambda: nn.APL(3, generator=0), TypeError, "generator.*int 0"),
        (lambda: nn.APL(3, 0, generator=Generator(0)), ValueError, "pieces.*至少是 1"),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()

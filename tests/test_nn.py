"""层、激活函数和损失：和 torch 的同名零件一样。"""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mlcore import nn
from mlcore.autograd import Tensor, tape
from mlcore.backend import set_backend, to_numpy
from mlcore.random import Generator


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, device="cpu", dtype="float64")
    set_backend("numpy")


def in_torch(network: nn.Sequential, activation: torch.nn.Module) -> torch.nn.Sequential:
    """同样结构、同样参数的 torch 网络。"""
    layers: list[torch.nn.Module] = []
    for layer in network:
        if isinstance(layer, nn.Linear):
            peer = torch.nn.Linear(layer.in_features, layer.out_features, dtype=torch.float64)
            peer.load_state_dict({k: torch.tensor(v) for k, v in layer.state_dict().items()})
            layers.append(peer)
        else:
            layers.append(activation)
    return torch.nn.Sequential(*layers)


def test_a_network_computes_what_torch_computes(backend):
    network = nn.mlp((2, 6, 4, 2, 2), "tanh", generator=Generator(1))
    peer = in_torch(network, torch.nn.Tanh())
    x = np.random.default_rng(0).normal(size=(7, 2))
    target = np.array([0, 1, 1, 0, 1, 0, 0])
    loss = nn.cross_entropy(network(x), target)
    expected = torch.nn.functional.cross_entropy(peer(torch.tensor(x)), torch.tensor(target))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-12)
    loss.backward()
    expected.backward()
    names = [name for name, _ in network.named_parameters()]
    assert names == [name for name, _ in peer.named_parameters()]
    for ours, theirs in zip(network.parameters(), peer.parameters(), strict=True):
        np.testing.assert_allclose(to_numpy(ours.grad), theirs.grad, rtol=1e-9, atol=1e-15)


def test_losses_are_those_of_torch(backend):
    random = np.random.default_rng(3)
    output, target = random.normal(size=(2, 6, 1))
    for ours, theirs in (
        (nn.mse_loss, torch.nn.functional.mse_loss),
        (
            nn.binary_cross_entropy_with_logits,
            torch.nn.functional.binary_cross_entropy_with_logits,
        ),
    ):
        expected = theirs(torch.tensor(output), torch.tensor(target)).item()
        place = Tensor(backend.xp.asarray(output))
        assert ours(place, target).item() == pytest.approx(expected, rel=1e-12)
        assert ours(place, target[:, 0]).item() == pytest.approx(expected, rel=1e-12)


def test_integer_labels_serve_as_probabilities():
    logits = Tensor(np.array([[0.3], [-2.0]], np.float32))
    assert nn.binary_cross_entropy_with_logits(logits, [1, 0]).dtype == np.float32


def test_a_uniform_guess_over_k_classes_costs_the_logarithm_of_k():
    for k in (2, 3, 10):
        loss = nn.cross_entropy(Tensor(np.zeros((4, k))), np.array([0, 1, 1, 0]))
        assert loss.item() == pytest.approx(math.log(k), rel=1e-15)


@given(shift=st.floats(-1000, 1000))
def test_cross_entropy_does_not_change_when_all_logits_shift(shift):
    logits = np.array([[0.5, -1.0, 2.0], [3.0, 0.0, -2.0]])
    plain = nn.cross_entropy(Tensor(logits), [2, 1]).item()
    assert nn.cross_entropy(Tensor(logits + shift), [2, 1]).item() == pytest.approx(plain)


def test_stacked_linear_layers_are_one_linear_layer():
    """W₂(W₁x + b₁) + b₂ = (W₂W₁)x + (W₂b₁ + b₂)，到舍入误差为止。"""
    set_backend("numpy", dtype="float64")
    try:
        generator = Generator(5)
        first, second = (
            nn.Linear(2, 6, generator=generator),
            nn.Linear(6, 3, generator=generator),
        )
        for layer in (first, second):
            layer.bias.data[...] = generator.normal(layer.out_features)
        single = nn.Linear(2, 3, generator=generator)
        single.weight.data = second.weight.data @ first.weight.data
        single.bias.data = second.weight.data @ first.bias.data + second.bias.data
        x = generator.normal((50, 2))
        stacked = nn.Sequential(first, nn.Identity(), second)
        np.testing.assert_allclose(stacked(x).data, single(x).data, atol=1e-14)
        assert np.abs(nn.Sequential(first, nn.Tanh(), second)(x).data - single(x).data).max() > 0.1
    finally:
        set_backend("numpy")


def test_the_networks_of_the_chapter_have_the_sizes_it_says():
    def size(*widths: int) -> int:
        network = nn.mlp(widths, generator=Generator(0))
        return sum(math.prod(p.shape) for p in network.parameters())

    assert size(2, 6, 4, 2, 2) == 62
    assert size(2, 4, 2, 1) == 25


def test_a_network_is_built_from_the_seed_alone():
    first, second = (nn.mlp((2, 6, 2), generator=Generator(4)).state_dict() for _ in range(2))
    other = nn.mlp((2, 6, 2), generator=Generator(5)).state_dict()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])
    assert np.any(first["0.weight"] != other["0.weight"])


def test_parameters_survive_a_round_trip_and_are_copies(backend):
    network = nn.mlp((2, 3, 2), generator=Generator(1))
    state = network.state_dict()
    before = network([[0.3, -0.7]]).numpy().copy()
    for parameter in network.parameters():
        parameter.data[...] = 0
    assert not network([[0.3, -0.7]]).numpy().any()
    assert state["0.weight"].any()
    network.load_state_dict(state)
    np.testing.assert_array_equal(network([[0.3, -0.7]]).numpy(), before)


def test_a_state_that_does_not_fit_changes_nothing():
    network = nn.mlp((2, 3, 2), generator=Generator(1))
    before = network.state_dict()
    missing = {k: v for k, v in before.items() if k != "0.bias"}
    with pytest.raises(ValueError, match=r"缺 0\.bias；多 无"):
        network.load_state_dict(missing)
    wrong = {k: v * 0 for k, v in before.items()} | {"2.bias": np.zeros(5)}
    with pytest.raises(ValueError, match=r"2\.bias.*\(2,\).*\(5,\)"):
        network.load_state_dict(wrong)
    for name, value in network.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_own_modules_find_their_parameters_and_those_of_their_parts():
    class Doubled(nn.Module):
        def __init__(self) -> None:
            self.scale = Tensor([2.0], requires_grad=True)
            self.inner = nn.Linear(2, 2, generator=Generator(0), bias=False)

        def forward(self, x: Tensor) -> Tensor:
            return self.inner(x) * self.scale

    module = Doubled()
    assert [name for name, _ in module.named_parameters()] == ["scale", "inner.weight"]
    module([[1.0, 2.0]]).sum().backward()
    assert all(p.grad is not None for p in module.parameters())
    module.zero_grad()
    assert all(p.grad is None for p in module.parameters())


def test_a_forward_pass_is_recorded_by_the_names_of_its_layers():
    network = nn.mlp((2, 6, 2, 2), "relu", generator=Generator(0))
    steps = [step.op for step in tape(nn.cross_entropy(network([[1.0, 2.0]]), [1]))]
    assert steps == ["linear", "relu", "linear", "relu", "linear", "softmax_cross_entropy"]


def test_a_network_describes_itself():
    network = nn.mlp((2, 3, 2), "relu", generator=Generator(0))
    assert repr(network) == "Sequential(Linear(2, 3), ReLU(), Linear(3, 2))"
    assert len(network) == 3 and isinstance(network[1], nn.ReLU)


def logits(*shape: int) -> Tensor:
    return Tensor(np.zeros(shape))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nn.Linear(0, 2, generator=Generator(0)), ValueError, "in_features.*至少是 1"),
        (lambda: nn.Linear(2, 2, generator=3), TypeError, "generator.*int 3"),
        (lambda: nn.Linear(2, 2, generator=Generator(0), init="he"), ValueError, "init.*'he'"),
        (lambda: nn.mlp((2,), generator=Generator(0)), ValueError, "sizes.*两个"),
        (lambda: nn.mlp((2, 2.5), generator=Generator(0)), TypeError, "sizes.*2.5"),
        (lambda: nn.mlp((2, 2), "swish", generator=Generator(0)), ValueError, "activation.*swish"),
        (lambda: nn.LeakyReLU(-1.0), ValueError, "negative_slope"),
        (lambda: nn.Sequential(nn.Tanh(), "tanh"), TypeError, "第 1 层.*'tanh'"),
        (lambda: nn.mlp((2, 2), generator=Generator(0))([[1, 2, 3]]), ValueError, "linear"),
        (lambda: nn.cross_entropy(logits(3, 2), [0, 1, 2]), ValueError, "0 到 1 之间.*0 到 2"),
        (lambda: nn.cross_entropy(logits(3, 2), [0, -1, 1]), ValueError, "-1 到 1"),
        (lambda: nn.cross_entropy(logits(3, 2), np.ones(3)), TypeError, "整数的类别.*float"),
        (lambda: nn.cross_entropy(logits(3, 2), [0, 1]), ValueError, r"\(3, 2\) 和 \(2,\)"),
        (lambda: nn.cross_entropy(logits(3), [0, 1, 1]), ValueError, "logits"),
        (
            lambda: nn.cross_entropy(logits(0, 2), np.zeros(0, np.int64)),
            ValueError,
            "target 是空的",
        ),
        (lambda: nn.mse_loss(logits(3, 2), [1.0, 2.0, 3.0]), ValueError, r"\(3, 2\).*\(3,\)"),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()

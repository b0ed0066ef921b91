"""优化器：和 torch 的同名优化器走同样的路。"""

import numpy as np
import pytest
import torch

from mlcore import optim
from mlcore.autograd import Tensor
from mlcore.backend import set_backend, to_numpy

CHOICES = {
    "sgd": (
        lambda p: optim.SGD(p, 0.1),
        lambda p: torch.optim.SGD(p, 0.1),
    ),
    "momentum": (
        lambda p: optim.SGD(p, 0.05, momentum=0.9),
        lambda p: torch.optim.SGD(p, 0.05, momentum=0.9),
    ),
    "l2": (
        lambda p: optim.SGD(p, 0.1, momentum=0.1, weight_decay=0.01),
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.1, weight_decay=0.01),
    ),
    "nesterov": (
        lambda p: optim.SGD(p, 0.02, momentum=0.9, nesterov=True),
        lambda p: torch.optim.SGD(p, 0.02, momentum=0.9, nesterov=True),
    ),
    "nesterov-l2": (
        lambda p: optim.SGD(p, 0.05, momentum=0.5, weight_decay=0.1, nesterov=True),
        lambda p: torch.optim.SGD(p, 0.05, momentum=0.5, weight_decay=0.1, nesterov=True),
    ),
    "adagrad": (
        lambda p: optim.Adagrad(p, 0.1),
        lambda p: torch.optim.Adagrad(p, 0.1),
    ),
    "adagrad-all": (
        lambda p: optim.Adagrad(p, 0.2, 0.1, 0.05, initial_accumulator_value=0.5, eps=1e-3),
        lambda p: torch.optim.Adagrad(p, 0.2, 0.1, 0.05, initial_accumulator_value=0.5, eps=1e-3),
    ),
    "rmsprop": (
        lambda p: optim.RMSprop(p, 0.02),
        lambda p: torch.optim.RMSprop(p, 0.02),
    ),
    "rmsprop-all": (
        lambda p: optim.RMSprop(p, 0.01, 0.9, 1e-3, 0.1, momentum=0.5, centered=True),
        lambda p: torch.optim.RMSprop(p, 0.01, 0.9, 1e-3, 0.1, momentum=0.5, centered=True),
    ),
    "adadelta": (
        lambda p: optim.Adadelta(p),
        lambda p: torch.optim.Adadelta(p),
    ),
    "adadelta-all": (
        lambda p: optim.Adadelta(p, 2.0, rho=0.7, eps=1e-4, weight_decay=0.1),
        lambda p: torch.optim.Adadelta(p, 2.0, rho=0.7, eps=1e-4, weight_decay=0.1),
    ),
    "adam": (
        lambda p: optim.Adam(p, 0.05),
        lambda p: torch.optim.Adam(p, 0.05),
    ),
    "adam-l2": (
        lambda p: optim.Adam(p, 0.05, betas=(0.5, 0.9), eps=1e-3, weight_decay=0.1),
        lambda p: torch.optim.Adam(p, 0.05, betas=(0.5, 0.9), eps=1e-3, weight_decay=0.1),
    ),
    "adamw": (
        lambda p: optim.AdamW(p, 0.05),
        lambda p: torch.optim.AdamW(p, 0.05),
    ),
    "adamw-all": (
        lambda p: optim.AdamW(p, 0.05, betas=(0.5, 0.9), eps=1e-3, weight_decay=0.3),
        lambda p: torch.optim.AdamW(p, 0.05, betas=(0.5, 0.9), eps=1e-3, weight_decay=0.3),
    ),
}
choices = pytest.mark.parametrize("ours, theirs", CHOICES.values(), ids=CHOICES.keys())


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, device="cpu", dtype="float64")
    set_backend("numpy")


@pytest.fixture
def double():
    yield set_backend("numpy", dtype="float64")
    set_backend("numpy")


def start(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.normal(size=shape) for shape in shapes]


def valley(parameters):
    """一个弯曲的损失，torch 和 mlcore 都认得。"""
    w, b = parameters
    return ((w @ w.T - 1) ** 2).sum() + ((b - 2) ** 2).sum() + (w * b).sin().sum()


@choices
def test_fifty_steps_are_those_of_torch(backend, ours, theirs):
    values = start((2, 3), (3,))
    mine = [Tensor(backend.xp.asarray(v.copy()), requires_grad=True) for v in values]
    peers = [torch.tensor(v, requires_grad=True) for v in values]
    optimizer, peer = ours(mine), theirs(peers)
    for _ in range(50):
        optimizer.zero_grad()
        valley(mine).backward()
        optimizer.step()
        peer.zero_grad()
        valley(peers).backward()
        peer.step()
    for tensor, expected in zip(mine, peers, strict=True):
        np.testing.assert_allclose(to_numpy(tensor.data), expected.detach(), rtol=1e-9)


@choices
def test_a_long_array_is_worked_through_in_pieces_alike(double, ours, theirs):
    (values,) = start((optim.BLOCK * 2 + 7,))
    mine, peer_parameter = Tensor(values.copy(), True), torch.tensor(values, requires_grad=True)
    optimizer, peer = ours([mine]), theirs([peer_parameter])
    for _ in range(3):
        mine.grad = np.cos(mine.data)
        peer_parameter.grad = torch.cos(peer_parameter.detach())
        optimizer.step()
        peer.step()
    np.testing.assert_allclose(mine.data, peer_parameter.detach(), rtol=1e-9)


@choices
def test_a_restored_optimiser_goes_on_bit_for_bit(double, ours, theirs):
    def run(optimizer, parameters, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            valley(parameters).backward()
            optimizer.step()

    first = [Tensor(v.copy(), requires_grad=True) for v in start((2, 3), (3,))]
    optimizer = ours(first)
    run(optimizer, first, 7)
    state, values = optimizer.state_dict(), [p.data.copy() for p in first]
    run(optimizer, first, 5)

    second = [Tensor(v, requires_grad=True) for v in values]
    other = ours(second)
    other.learning_rate = 123.0
    other.load_state_dict(state)
    run(other, second, 5)
    for left, right in zip(first, second, strict=True):
        np.testing.assert_array_equal(left.data, right.data)


def test_plain_descent_takes_the_step_of_the_formula(double):
    w = Tensor([1.0, -2.0], requires_grad=True)
    optimizer = optim.SGD([w], learning_rate=0.25)
    (w * w).sum().backward()
    optimizer.step()
    np.testing.assert_array_equal(w.data, [0.5, -1.0])


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_slope(double):
    for slope in (1e-3, 1.0, 1e3):
        w = Tensor([0.0], requires_grad=True)
        optimizer = optim.Adam([w], learning_rate=0.1, eps=1e-12)
        w.grad = np.array([slope])
        optimizer.step()
        assert w.data[0] == pytest.approx(-0.1, rel=1e-8)


WITH_L1 = {
    "sgd": lambda p, l1: optim.SGD(p, 0.05, 0.9, l1_decay=l1),
    "adagrad": lambda p, l1: optim.Adagrad(p, 0.1, l1_decay=l1),
    "rmsprop": lambda p, l1: optim.RMSprop(p, 0.02, l1_decay=l1),
    "adadelta": lambda p, l1: optim.Adadelta(p, l1_decay=l1),
    "adam": lambda p, l1: optim.Adam(p, 0.05, l1_decay=l1),
}


@pytest.mark.parametrize("make", WITH_L1.values(), ids=WITH_L1.keys())
def test_l1_decay_is_the_gradient_of_the_sum_of_absolute_values(backend, make):
    found = []
    for in_loss in (False, True):
        params = [Tensor(backend.xp.asarray(v), requires_grad=True) for v in start((2, 3), (3,))]
        optimizer = make(params, 0.0 if in_loss else 0.3)
        for _ in range(20):
            optimizer.zero_grad()
            loss = valley(params)
            if in_loss:
                loss = loss + 0.3 * sum(p.abs().sum() for p in params)
            loss.backward()
            optimizer.step()
        found.append([to_numpy(p.data) for p in params])
    for left, right in zip(*found, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-9)


def test_l1_pulls_small_weights_to_zero_and_l2_only_shrinks_them(double):
    ends = {}
    for name in ("weight_decay", "l1_decay"):
        w = Tensor([0.5, 2.0], requires_grad=True)
        optimizer = optim.SGD([w], 0.1, **{name: 1.0})
        for _ in range(8):
            w.grad = np.zeros(2)
            optimizer.step()
        ends[name] = w.data.copy()
    np.testing.assert_allclose(ends["weight_decay"], [0.5 * 0.9**8, 2 * 0.9**8])
    assert abs(ends["l1_decay"][0]) <= 0.1
    assert ends["l1_decay"][1] == pytest.approx(2 - 8 * 0.1)


def test_decay_of_adamw_does_not_care_about_the_slope_and_that_of_adam_does(double):
    shrunk = {}
    for kind in (optim.Adam, optim.AdamW):
        for slope in (1e-2, 1e2):
            ends = []
            for decay in (0.0, 0.5):
                w = Tensor([1.0], requires_grad=True)
                optimizer = kind([w], 0.01, weight_decay=decay)
                for _ in range(3):
                    w.grad = np.array([slope])
                    optimizer.step()
                ends.append(w.data[0])
            shrunk[kind, slope] = ends[0] - ends[1]
    assert shrunk[optim.AdamW, 1e-2] == pytest.approx(shrunk[optim.AdamW, 1e2], rel=1e-3)
    assert abs(shrunk[optim.Adam, 1e2]) < 0.01 * shrunk[optim.AdamW, 1e2]


def test_adamw_pulls_with_the_sign_too_and_not_through_its_moments(double):
    w = Tensor([3.0, -3.0], requires_grad=True)
    optimizer = optim.AdamW([w], 0.1, weight_decay=0.0, l1_decay=0.5)
    w.grad = np.zeros(2)
    optimizer.step()
    np.testing.assert_allclose(w.data, [2.95, -2.95])


def test_the_first_step_of_adagrad_is_the_learning_rate_whatever_the_slope(double):
    for slope in (-1e-3, 1.0, 1e3):
        w = Tensor([0.0], requires_grad=True)
        optimizer = optim.Adagrad([w], learning_rate=0.1)
        w.grad = np.array([slope])
        optimizer.step()
        assert w.data[0] == pytest.approx(-0.1 * np.sign(slope), rel=1e-6)


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_adadelta_walks_the_same_way_on_a_loss_in_other_units(double, scale):
    def walk(factor):
        w = Tensor([2.0], requires_grad=True)
        optimizer = optim.Adadelta([w], eps=1e-12)
        for _ in range(20):
            w.grad = factor * 2 * w.data
            optimizer.step()
        return w.data[0]

    assert walk(scale) == pytest.approx(walk(1.0), rel=1e-4)


def test_plain_momentum_looks_before_it_moves_and_nesterov_after(double):
    plain, ahead = Tensor([0.0], requires_grad=True), Tensor([0.0], requires_grad=True)
    optimizers = (
        optim.SGD([plain], 1.0, momentum=0.5),
        optim.SGD([ahead], 1.0, momentum=0.5, nesterov=True),
    )
    for _ in range(2):
        for w, optimizer in zip((plain, ahead), optimizers, strict=True):
            w.grad = np.array([1.0])
            optimizer.step()
    assert plain.data[0] == -(1 + 1.5)
    assert ahead.data[0] == -(1.5 + 1.75)


def test_the_learning_rate_may_change_between_steps(double):
    w = Tensor([0.0], requires_grad=True)
    optimizer = optim.SGD([w], learning_rate=1.0)
    for rate, expected in ((1.0, -1.0), (0.5, -1.5), (0.0, -1.5)):
        optimizer.learning_rate = rate
        w.grad = np.array([1.0])
        optimizer.step()
        assert w.data[0] == expected


def test_a_parameter_that_was_given_a_new_array_is_still_trained(double):
    w = Tensor([0.0, 0.0], requires_grad=True)
    optimizer = optim.SGD([w], learning_rate=1.0)
    w.data = np.array([5.0, 6.0])
    w.grad = np.array([1.0, 1.0])
    optimizer.step()
    np.testing.assert_array_equal(w.data, [4.0, 5.0])
    w.grad = np.array([1.0, 1.0])
    optimizer.step()
    np.testing.assert_array_equal(w.data, [3.0, 4.0])


def test_two_optimisers_may_share_a_parameter(double):
    w = Tensor([0.0], requires_grad=True)
    first, second = optim.SGD([w], 1.0), optim.SGD([w], 10.0)
    for optimizer in (first, second, first, second):
        w.grad = np.array([1.0])
        optimizer.step()
    assert w.data[0] == -22.0


def test_a_parameter_without_gradient_stands_still(double):
    used, unused = Tensor([1.0], requires_grad=True), Tensor([2.0], requires_grad=True)
    optimizer = optim.SGD([used, unused], learning_rate=1.0)
    used.grad = np.array([1.0])
    optimizer.step()
    assert (used.data[0], unused.data[0]) == (0.0, 2.0)


def parameter() -> Tensor:
    return Tensor([1.0], requires_grad=True)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: optim.SGD([], 0.1), ValueError, "params 是空的"),
        (lambda: optim.SGD([Tensor([1.0])], 0.1), TypeError, r"params\[0\].*requires_grad"),
        (lambda: optim.SGD([parameter()] * 2, 0.1), ValueError, "两次"),
        (
            lambda: optim.SGD([parameter(), Tensor(np.ones(1), requires_grad=True)], 0.1),
            TypeError,
            "浮点类型要一样",
        ),
        (lambda: optim.SGD([parameter()], -0.1), ValueError, "learning_rate.*-0.1"),
        (lambda: optim.SGD([parameter()], float("nan")), ValueError, "learning_rate.*nan"),
        (lambda: optim.SGD([parameter()], 0.1, momentum=1.5), ValueError, "momentum.*1.5"),
        (lambda: optim.SGD([parameter()], 0.1, weight_decay=-1), ValueError, "weight_decay"),
        (lambda: optim.SGD([parameter()], 0.1, l1_decay=-1.0), ValueError, "l1_decay.*-1"),
        (lambda: optim.AdamW([parameter()], weight_decay=-1.0), ValueError, "weight_decay.*-1"),
        (lambda: optim.Adam([parameter()], 0.1, betas=(0.9, 1.0)), ValueError, "betas"),
        (lambda: optim.Adam([parameter()], 0.1, betas=0.9), ValueError, "betas 要是两个数"),
        (lambda: optim.Adam([parameter()], 0.1, eps=0.0), ValueError, "eps 要大于 0"),
        (lambda: optim.SGD([parameter()], 0.1, nesterov=True), ValueError, "动量"),
        (lambda: optim.Adagrad([parameter()], lr_decay=-1.0), ValueError, "lr_decay"),
        (lambda: optim.RMSprop([parameter()], alpha=1.0), ValueError, "alpha 要小于 1"),
        (lambda: optim.Adadelta([parameter()], rho=float("nan")), ValueError, "rho.*nan"),
        (lambda: optim.SGD([parameter()], 0.1).step(), ValueError, "backward"),
        (
            lambda: optim.SGD([parameter()], 0.1).load_state_dict(
                optim.Adam([parameter()], 0.1).state_dict()
            ),
            ValueError,
            "不是 SGD 的",
        ),
        (
            lambda: optim.SGD([parameter()], 0.1).load_state_dict(
                optim.SGD([Tensor([1.0, 2.0], requires_grad=True)], 0.1).state_dict()
            ),
            ValueError,
            "velocity.*1 个数",
        ),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()

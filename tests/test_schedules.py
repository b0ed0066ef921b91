"""学习率的曲线、梯度裁剪、权重的滑动平均：和 torch 一样，合乎公式。"""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from mlcore import optim
from mlcore.autograd import Tensor
from mlcore.backend import set_backend, to_numpy
from mlcore.optim import WeightAverage, clip_grad_norm, clip_grad_value, schedules

RATE = 0.3


def theirs_warm(optimizer):
    first = lr_scheduler.LinearLR(optimizer, start_factor=0.25, total_iters=7)
    after = lr_scheduler.CosineAnnealingLR(optimizer, T_max=20, eta_min=0.01)
    return lr_scheduler.SequentialLR(optimizer, [first, after], milestones=[7])


SCHEDULES = {
    "step": (schedules.step(RATE, 7, 0.5), lambda o: lr_scheduler.StepLR(o, 7, 0.5)),
    "exponential": (
        schedules.exponential(RATE, 0.93),
        lambda o: lr_scheduler.ExponentialLR(o, 0.93),
    ),
    "cosine": (
        schedules.cosine(RATE, 20, 0.01),
        lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=20, eta_min=0.01),
    ),
    "warmup-constant": (
        schedules.warmup(schedules.constant(RATE), 9, 0.1),
        lambda o: lr_scheduler.LinearLR(o, start_factor=0.1, total_iters=9),
    ),
    "warmup-cosine": (
        schedules.warmup(schedules.cosine(RATE, 20, 0.01), 7, 0.25),
        theirs_warm,
    ),
}


@pytest.mark.parametrize("ours, theirs", SCHEDULES.values(), ids=SCHEDULES.keys())
def test_fifty_learning_rates_are_those_of_torch(ours, theirs):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], RATE)
    scheduler = theirs(optimizer)
    for step in range(50):
        assert ours(step) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9, abs=1e-15)
        optimizer.step()
        scheduler.step()


def test_a_warm_up_climbs_in_a_straight_line_to_where_the_rest_begins():
    schedule = schedules.warmup(schedules.step(0.8, 10), 4)
    assert [schedule(step) for step in range(5)] == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])
    assert schedule(13) == 0.8
    assert schedule(14) == pytest.approx(0.08)


def test_half_a_cosine_ends_at_its_minimum():
    schedule = schedules.cosine(1.0, 10, 0.2)
    assert (schedule(0), schedule(5), schedule(10)) == pytest.approx((1.0, 0.6, 0.2))


# ── 裁剪 ──────────────────────────────────────────────────────────────────────


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, device="cpu", dtype="float64")
    set_backend("numpy")


def with_gradients(backend, *grads):
    found = []
    for grad in grads:
        parameter = Tensor(backend.xp.zeros(np.shape(grad), dtype=backend.dtype), True)
        parameter.grad = backend.xp.asarray(grad)
        found.append(parameter)
    return found


@pytest.mark.parametrize("limit", [0.5, 2.0, 100.0])
def test_clipping_is_that_of_torch(backend, limit):
    random = np.random.default_rng(1)
    grads = [random.normal(size=(3, 4)), random.normal(size=5)]
    peers = []
    for grad in grads:
        peers.append(torch.zeros(grad.shape, dtype=torch.float64, requires_grad=True))
        peers[-1].grad = torch.tensor(grad)
    ours = with_gradients(backend, *grads)
    norm = clip_grad_norm(ours, limit)
    assert norm == pytest.approx(float(torch.nn.utils.clip_grad_norm_(peers, limit)), rel=1e-12)
    for mine, peer in zip(ours, peers, strict=True):
        np.testing.assert_allclose(to_numpy(mine.grad), peer.grad, rtol=1e-12)
    clip_grad_value(ours, limit / 10)
    torch.nn.utils.clip_grad_value_(peers, limit / 10)
    for mine, peer in zip(ours, peers, strict=True):
        np.testing.assert_allclose(to_numpy(mine.grad), peer.grad, rtol=1e-12)


@given(
    grad=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6),
    limit=st.floats(1e-3, 1e3),
)
@settings(max_examples=30)
def test_a_clipped_gradient_keeps_its_direction_and_is_no_longer_than_the_limit(grad, limit):
    parameter = Tensor(np.zeros(len(grad)), True)
    parameter.grad = np.array(grad)
    before = clip_grad_norm([parameter], limit)
    after = np.linalg.norm(parameter.grad)
    assert before == pytest.approx(np.linalg.norm(grad))
    assert after == pytest.approx(min(before, limit), rel=2e-3, abs=1e-12)
    assert after <= limit * (1 + 1e-12)
    np.testing.assert_allclose(parameter.grad * before, np.array(grad) * after, atol=1e-9 * before)


def test_clipping_leaves_what_shares_the_gradient_alone():
    shared = np.array([3.0, 4.0])
    clipped, other, without = (Tensor(np.zeros(2), True) for _ in range(3))
    clipped.grad = other.grad = shared
    assert clip_grad_norm([clipped, without], 1.0) == 5.0
    clip_grad_value([clipped, without], 0.7)
    np.testing.assert_allclose(clipped.grad, [0.6, 0.7], rtol=1e-6)
    np.testing.assert_array_equal(other.grad, [3.0, 4.0])
    assert without.grad is None


# ── 滑动平均 ──────────────────────────────────────────────────────────────────


def test_the_average_is_the_closed_form(backend):
    decay, steps = 0.8, 12
    w = Tensor(backend.xp.asarray([1.0, -2.0], dtype=backend.dtype), True)
    optimizer = optim.SGD([w], 0.1)
    average = WeightAverage([w], decay)
    seen = [to_numpy(w.data).copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        w.sin().sum().backward()
        optimizer.step()
        average.update()
        seen.append(to_numpy(w.data).copy())
    expected = decay**steps * seen[0]
    for i in range(1, steps + 1):
        expected = expected + (1 - decay) * decay ** (steps - i) * seen[i]
    with average.applied():
        np.testing.assert_allclose(to_numpy(w.data), expected, rtol=1e-12)
    np.testing.assert_array_equal(to_numpy(w.data), seen[-1])


def test_the_average_is_that_of_torch():
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    peer = torch.nn.Linear(2, 1, bias=False).double()
    w = Tensor(peer.weight.detach().numpy().copy(), True)
    theirs = AveragedModel(peer, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    theirs.update_parameters(peer)  # The first one only copies the start.
    ours = WeightAverage([w], 0.9)
    for step in range(50):
        with torch.no_grad():
            peer.weight += math.sin(step)
        w.data += math.sin(step)
        theirs.update_parameters(peer)
        ours.update()
    ours.swap()
    np.testing.assert_allclose(w.data, theirs.module.weight.detach(), rtol=1e-12)


def test_a_swapped_average_stays_in_the_arrays_of_the_optimiser():
    w = Tensor(np.zeros(1), True)
    optimizer = optim.SGD([w], 1.0)
    average = WeightAverage([w], 0.5)
    w.grad = np.array([-4.0])
    optimizer.step()
    average.update()
    average.swap()
    assert w.data[0] == 2.0
    optimizer.step()
    assert w.data[0] == 6.0


def test_a_restored_average_goes_on_bit_for_bit():
    def walked(average, w, steps):
        for step in steps:
            w.data += np.float32(math.sin(step))
            average.update()
        average.swap()
        return w.data.copy()

    first = Tensor(np.ones(3, dtype=np.float32), True)
    average = WeightAverage([first], 0.9)
    walked(average, first, range(5))
    average.swap()
    saved, values = average.state_dict(), first.data.copy()
    second = Tensor(values, True)
    other = WeightAverage([second], 0.1)
    other.load_state_dict(saved)
    expected, found = (walked(a, w, range(5, 9)) for a, w in ((average, first), (other, second)))
    np.testing.assert_array_equal(expected, found)


def swapped() -> WeightAverage:
    average = WeightAverage([Tensor(np.ones(2), True)], 0.5)
    average.swap()
    return average


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: schedules.step(0.1, 0), ValueError, "every 要至少是 1"),
        (lambda: schedules.step(-0.1, 5), ValueError, "learning_rate"),
        (lambda: schedules.exponential(0.1, float("nan")), ValueError, "gamma.*nan"),
        (lambda: schedules.cosine(0.1, 10, 0.2), ValueError, "minimum.*0.2"),
        (lambda: schedules.cosine(0.1, 2.5), TypeError, "steps 要是整数"),
        (lambda: schedules.warmup(0.1, 5), TypeError, "after 要是「步数 → 学习率」的函数.*0.1"),
        (lambda: schedules.warmup(schedules.constant(1.0), 5, 2.0), ValueError, "start.*2"),
        (lambda: clip_grad_norm([], 0.0), ValueError, "max_norm 要大于 0"),
        (lambda: clip_grad_value([], -1.0), ValueError, "clip_value"),
        (lambda: WeightAverage([], 0.9), ValueError, "params 是空的"),
        (lambda: WeightAverage([Tensor(np.ones(2), True)], 1.0), ValueError, "decay 要小于 1"),
        (lambda: swapped().update(), RuntimeError, "换回来"),
        (lambda: swapped().state_dict(), RuntimeError, "换回来"),
        (
            lambda: swapped().load_state_dict({"decay": 0.5, "averages": {"0": np.ones(3)}}),
            ValueError,
            r"形状要是 \[\(2,\)\]，得到 \[\(3,\)\]",
        ),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()

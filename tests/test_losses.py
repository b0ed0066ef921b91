"""损失：值和梯度都和 torch 的一样；略过的地方怎样都不影响结果。"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlcore import information, losses, nn
from mlcore.autograd import Tensor, tape
from mlcore.backend import asarray, set_backend, to_numpy


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, device="cpu", dtype="float64")
    set_backend("numpy")


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def same(ours, theirs, *arrays: np.ndarray) -> None:
    """两边的值和对每个数组的梯度都一样。"""
    tensors = [Tensor(asarray(a), requires_grad=True) for a in arrays]
    peers = [torch.tensor(a, requires_grad=True) for a in arrays]
    loss, expected = ours(*tensors), theirs(*peers)
    assert loss.shape == () and loss.item() == pytest.approx(expected.item(), rel=1e-9)
    loss.backward()
    expected.backward()
    for one, other in zip(tensors, peers, strict=True):
        np.testing.assert_allclose(to_numpy(one.grad), other.grad, rtol=1e-6, atol=1e-12)


LABELS = np.array([[0, 3, 1], [2, 2, 3]])
MASK = np.array([[True, True, False], [True, False, False]])


def test_the_cross_entropy_of_a_sequence_is_that_of_torch(backend):
    y = torch.tensor(LABELS)
    same(lambda x: nn.cross_entropy(x, LABELS),
         lambda x: F.cross_entropy(x.permute(0, 2, 1), y), normal(0, 2, 3, 4))  # fmt: skip


def test_steps_left_out_by_a_mask_or_by_their_label_do_not_count(backend):
    marked = np.where(MASK, LABELS, -100)
    y = torch.tensor(marked)
    for call in (
        lambda x: nn.cross_entropy(x, LABELS, mask=MASK),
        lambda x: nn.cross_entropy(x, marked, ignore_index=-100),
        lambda x: nn.cross_entropy(x, marked, mask=MASK),
        lambda x: nn.cross_entropy(x, Tensor(asarray(marked)), ignore_index=-100),
    ):
        same(call, lambda x: F.cross_entropy(x.permute(0, 2, 1), y), normal(0, 2, 3, 4))
    both = np.array(LABELS)
    both[0, 0] = 1
    expected = marked.copy()
    expected[0, 0] = -100
    same(lambda x: nn.cross_entropy(x, both, mask=MASK, ignore_index=1),
         lambda x: F.cross_entropy(x.permute(0, 2, 1), torch.tensor(expected)),
         normal(1, 2, 3, 4))  # fmt: skip


def test_a_single_axis_of_samples_can_be_masked_too(backend):
    y = np.array([1, 0, 2])
    mask = np.array([True, False, True])
    same(lambda x: nn.cross_entropy(x, y, mask=mask),
         lambda x: F.cross_entropy(x[mask], torch.tensor(y[mask])), normal(0, 3, 4))  # fmt: skip


@given(
    mask=hnp.arrays(bool, (3, 4)).filter(lambda mask: mask.any()),
    rest=st.sampled_from([(), (2,), (1, 3)]),
)
def test_a_masked_loss_is_the_loss_of_what_is_left(mask, rest):
    a, b = normal(0, 3, 4, *rest), normal(1, 3, 4, *rest)
    y = (b > 0) * 1.0
    for loss in (nn.mse_loss, nn.l1_loss):
        expected = loss(Tensor(a[mask]), b[mask]).item()
        assert loss(Tensor(a), b, mask).item() == pytest.approx(expected, rel=1e-12)
    expected = nn.binary_cross_entropy_with_logits(Tensor(a[mask]), y[mask]).item()
    masked = nn.binary_cross_entropy_with_logits(Tensor(a), y, mask)
    assert masked.item() == pytest.approx(expected, rel=1e-12)
    assert nn.masked_mean(Tensor(a), mask).item() == pytest.approx(a[mask].mean(), rel=1e-9)


def test_what_is_left_out_gets_no_gradient(backend):
    x = Tensor(asarray(normal(0, 2, 3, 4)), requires_grad=True)
    for loss in (
        nn.cross_entropy(x, LABELS, mask=MASK),
        nn.mse_loss(x, normal(1, 2, 3, 4), MASK),
        nn.l1_loss(x, normal(1, 2, 3, 4), MASK),
    ):
        x.zero_grad()
        loss.backward()
        grad = to_numpy(x.grad)
        assert not grad[~MASK].any() and (grad[MASK] != 0).all()


def test_everything_masked_in_is_the_plain_loss(backend):
    x, every = Tensor(asarray(normal(0, 2, 3, 4))), np.ones((2, 3), bool)
    expected = nn.cross_entropy(x, LABELS).item()
    assert nn.cross_entropy(x, LABELS, mask=every).item() == pytest.approx(expected, rel=1e-12)
    assert nn.cross_entropy(x, LABELS, ignore_index=-1).item() == pytest.approx(expected)


def test_the_absolute_error_is_that_of_torch(backend):
    same(nn.l1_loss, F.l1_loss, normal(0, 4, 3), normal(1, 4, 3))


@pytest.mark.parametrize("reduction", ["batchmean", "sum"])
def test_the_kl_divergence_is_that_of_torch(backend, reduction):
    p = np.array([[0.5, 0.5, 0.0], [0.1, 0.2, 0.7]])
    same(lambda x: nn.kl_div(x, p, reduction),
         lambda x: F.kl_div(x, torch.tensor(p), reduction=reduction),
         np.log(np.array([[0.2, 0.3, 0.5], [0.1, 0.2, 0.7]])))  # fmt: skip


def test_the_kl_divergence_is_the_one_of_the_chapter_on_information():
    p, q = np.array([0.5, 0.25, 0.25]), np.array([0.2, 0.3, 0.5])
    ours = nn.kl_div(Tensor(np.log(q)[None]), p[None]).item()
    assert ours == pytest.approx(float(information.kl_divergence(p, q)) * math.log(2))
    assert nn.kl_div(Tensor(np.log(p)[None]), p[None]).item() == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("margin", [1.0, 0.3])
def test_the_hinge_loss_punishes_what_is_within_the_margin(backend, margin):
    signs = np.array([1, -1, 1, -1, 1.0])
    y = torch.tensor(signs)
    same(lambda s: nn.hinge_loss(s, signs, margin),
         lambda s: F.relu(margin - s * y).mean(), normal(0, 5))  # fmt: skip
    same(lambda s: nn.hinge_loss(s, signs.astype(int), margin),
         lambda s: F.relu(margin - s[:, 0] * y).mean(), normal(1, 5, 1))  # fmt: skip
    safe = Tensor(asarray(signs * (margin + 0.1)))
    assert nn.hinge_loss(safe, signs, margin).item() == 0


@pytest.mark.parametrize("margin", [1.0, 0.2])
def test_the_triplet_loss_is_that_of_torch(backend, margin):
    points = [normal(k, 6, 3) for k in range(3)]
    same(lambda *p: nn.triplet_margin_loss(*p, margin),
         lambda *p: F.triplet_margin_loss(*p, margin=margin), *points)  # fmt: skip
    same(lambda *p: nn.triplet_margin_loss(*p, margin, squared=True),
         lambda a, p, n: F.relu(
             ((a - p) ** 2).sum(1) - ((a - n) ** 2).sum(1) + margin).mean(), *points)  # fmt: skip


def test_equal_points_have_a_finite_gradient():
    a = Tensor(np.ones((2, 3)), requires_grad=True)
    nn.triplet_margin_loss(a, Tensor(np.ones((2, 3))), Tensor(np.ones((2, 3)))).backward()
    assert np.isfinite(a.grad).all()


def test_single_precision_stays_single():
    x = Tensor(normal(0, 2, 3, 4).astype(np.float32), requires_grad=True)
    flat = x[0]
    for loss in (
        nn.cross_entropy(x, LABELS),
        nn.cross_entropy(x, LABELS, mask=MASK),
        nn.mse_loss(x, normal(1, 2, 3, 4), MASK),
        nn.l1_loss(x, normal(1, 2, 3, 4)),
        nn.kl_div(flat, np.full((3, 4), 0.25)),
        nn.hinge_loss(flat, np.ones((3, 4))),
        nn.triplet_margin_loss(flat, flat + 1, flat * 2),
    ):
        x.zero_grad()
        loss.backward()
        assert loss.dtype == x.grad.dtype == np.float32


def test_a_sequence_goes_through_the_plain_operation():
    x = Tensor(normal(0, 2, 3, 4), requires_grad=True)
    steps = [step.op for step in tape(nn.cross_entropy(x, LABELS))]
    assert steps == ["reshape", "softmax_cross_entropy"]


def zeros(*shape: int) -> Tensor:
    return Tensor(np.zeros(shape))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nn.cross_entropy(zeros(2, 3, 4), LABELS[:, :2]), ValueError,
         r"\(2, 3, 4\) 和 \(2, 2\)"),
        (lambda: nn.cross_entropy(zeros(2, 3, 3), LABELS), ValueError, "0 到 2 之间.*0 到 3"),
        (lambda: nn.cross_entropy(zeros(2, 3, 4), LABELS, mask=MASK[:1]), ValueError,
         r"mask.*\(2, 3\).*\(1, 3\)"),
        (lambda: nn.cross_entropy(zeros(2, 3, 4), LABELS, mask=MASK * 1), TypeError, "布尔.*int"),
        (lambda: nn.cross_entropy(zeros(2, 3, 4), LABELS, mask=~MASK & MASK), ValueError,
         "没有一个 True"),
        (lambda: nn.cross_entropy(zeros(2, 4), [1, 1], ignore_index=1), ValueError, "没有一处要算"),
        (lambda: nn.cross_entropy(zeros(2, 4), [1, -100]), ValueError, "-100 到 1"),
        (lambda: nn.cross_entropy(zeros(2, 4), [5, -1], ignore_index=-1), ValueError, "5 到 5"),
        (lambda: nn.cross_entropy(zeros(2, 4), [1, 0], ignore_index=0.5), TypeError, "整数"),
        (lambda: nn.mse_loss(zeros(2, 3), np.zeros((2, 3)), np.ones((3, 2), bool)), ValueError,
         r"mask.*\(2, 3\).*\(3, 2\)"),
        (lambda: nn.l1_loss(zeros(3, 2), [1.0, 2.0, 3.0]), ValueError, r"\(3, 2\).*\(3,\)"),
        (lambda: nn.kl_div(zeros(1, 2), [[-0.5, 1.5]]), ValueError, "负数.*-0.5"),
        (lambda: nn.kl_div(zeros(1, 2), [[0.5, 0.5]], "mean"), ValueError, "batchmean"),
        (lambda: nn.kl_div(zeros(0, 2), np.zeros((0, 2))), ValueError, r"\(0, 2\)"),
        (lambda: nn.hinge_loss(zeros(2), [0, 1]), ValueError, "−1 或 1，得到 0 到 1"),
        (lambda: nn.hinge_loss(zeros(2), [1, 1], 0.0), ValueError, "margin.*大于 0"),
        (lambda: nn.triplet_margin_loss(zeros(2, 3), zeros(2, 3), zeros(1, 3)), ValueError,
         r"\(1, 3\)"),
        (lambda: nn.triplet_margin_loss(zeros(3), zeros(3), zeros(3)), ValueError, r"\(n, d\)"),
        (lambda: losses.check_labels("y", np.array([2]), 2), ValueError, "y.*0 到 1"),
    ],
)  # fmt: skip
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()

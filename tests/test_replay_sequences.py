"""循环层、词向量、注意力重放时的就地写法：和普通的步一样，不要新的内存。"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore import nn, optim
from mlcore.autograd import Tensor, apply
from mlcore.backend import set_backend
from mlcore.random import Generator
from mlcore.replay import Replay, kernels_losses, kernels_recurrent, record
from mlcore.replay.run_numpy import Step
from tests.replaying import assert_replayed_as_eager, peak_of_a_step

TOLERANCE = 1e-10
LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


@pytest.fixture(autouse=True)
def double():
    set_backend("numpy", dtype="float64")
    yield
    set_backend("numpy")


class Recurrent(nn.Module):
    """循环层的每一步，连同最后的状态；前面乘一个数，好让输入也有梯度。"""

    def __init__(self, kind, width, hidden, mask=None, **options):
        generator = Generator(1)
        self.scale = Tensor(generator.normal(1), requires_grad=True)
        self.layer = LAYERS[kind](width, hidden, generator=generator, **options)
        self.mask = mask

    def forward(self, x):
        out, state = self.layer(x * self.scale, mask=self.mask)
        last = state[0] + state[1] if isinstance(state, tuple) else state
        return out.sum(axis=0) + last.sum()


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from([*LAYERS]), st.integers(1, 5), st.integers(1, 3), st.integers(1, 4),
    st.integers(1, 2), st.booleans(), st.booleans(), st.sampled_from([2, 1 << 15]),
)  # fmt: skip
def test_recurrent_layers_of_any_shape(kind, steps, count, hidden, layers, both, masked, chunk):
    """T = 1、N = 1、叠几层、两个方向、有掩码；一次算的长短不改变结果。"""
    x = Generator(2).normal((steps, count, 3))
    mask = None
    if masked:
        lengths = np.minimum(1 + np.arange(count), steps)
        mask = np.arange(steps)[:, None] < lengths
    before, kernels_recurrent.CHUNK = kernels_recurrent.CHUNK, chunk
    try:
        model = Recurrent(kind, 3, hidden, mask, num_layers=layers, bidirectional=both)
        assert_replayed_as_eager(model, x, TOLERANCE)
    finally:
        kernels_recurrent.CHUNK = before


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_plain_recurrent_layer_with_either_activation(activation):
    model = Recurrent("rnn", 3, 4, nonlinearity=activation)
    assert_replayed_as_eager(model, Generator(2).normal((4, 3, 3)), TOLERANCE)


class Language(nn.Module):
    """编号 (T, N) → 每一步每个字的分数。"""

    def __init__(self, kind="gru", hidden=6, **options):
        generator = Generator(3)
        self.table = nn.Embedding(11, 4, generator=generator, **options)
        self.memory = LAYERS[kind](4, hidden, generator=generator, num_layers=2)
        self.guess = nn.Linear(hidden, 11, generator=generator)

    def forward(self, x):
        scores = self.guess.forward(self.memory.forward(self.table.forward(x))[0])
        return scores.reshape(-1, 11)


def ignoring(logits, target):
    return nn.cross_entropy(logits, target, ignore_index=3)


def asked(seed, low=0, high=11):
    dice = Generator(seed)
    return dice.integers((5, 4), low, high), dice.integers(20, 0, 11)


@pytest.mark.parametrize("wanted", [nn.cross_entropy, ignoring])
@pytest.mark.parametrize("kind", [*LAYERS])
def test_a_language_model_learns_the_same_weights(kind, wanted):
    """这一步用到的词，下一步不一定用到：没用到的，梯度是 0，不是上一步的。"""
    eager, replayed = Language(kind), Language(kind)
    one, other = (optim.Adam(model.parameters(), 0.05) for model in (eager, replayed))
    replay = Replay(replayed, wanted, other)
    for seed, (low, high) in enumerate([(0, 11), (0, 4), (6, 11), (2, 3)]):
        x, y = asked(seed, low, high)
        value = wanted(eager(x), Tensor(y))
        one.zero_grad()
        value.backward()
        one.step()
        assert replay.run(x, y) == pytest.approx(value.item(), rel=1e-9)
    for mine, theirs in zip(replayed.parameters(), eager.parameters(), strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-7, atol=1e-9)


def test_the_gradient_of_a_padding_row_is_zero():
    model = Language(padding_idx=2)
    x, y = asked(0)
    step = assert_replayed_as_eager(model, x, TOLERANCE, nn.cross_entropy, y)
    grad = step.arrays[step.program.named("∂table.weight").id]
    assert (x == 2).any() and not grad[2].any() and grad[x[x != 2]].any()


def test_a_number_that_is_no_row_is_an_error_while_replaying():
    """重放时也要查：越界的编号不能悄悄取了别的行。"""
    model = Language()
    x, y = asked(0)
    optimizer = optim.SGD(model.parameters(), 0.1)
    step = Step(record(model, nn.cross_entropy, optimizer, x, y), optimizer, model)
    before = [parameter.numpy().copy() for parameter in model.parameters()]
    x[2, 1] = 11
    with pytest.raises(ValueError, match="11"):
        step.run(x, y)
    for old, parameter in zip(before, model.parameters(), strict=True):
        np.testing.assert_array_equal(old, parameter.numpy())


@pytest.mark.parametrize("block", [1, 1 << 10, 1 << 18])
def test_the_loss_over_many_classes_in_blocks_of_rows(block, monkeypatch):
    """类别多到一次只能算几行，损失和梯度还是那样；标签出了界，重放时也要说。"""
    monkeypatch.setattr(kernels_losses, "BLOCK", block)
    classes = kernels_losses.MANY + 44
    model = nn.Linear(6, classes, generator=Generator(6))
    x, y = Generator(7).normal((9, 6)), Generator(8).integers(9, 0, classes)
    step = assert_replayed_as_eager(model, x, TOLERANCE, nn.cross_entropy, y)
    for label in (-1, classes):
        with pytest.raises(ValueError, match=str(label)):
            step.gradients(x, np.where(np.arange(9) == 4, label, y))


class Pieces(nn.Module):
    """取行、切片、拼接、换次序、softmax、注意力的权重，各用一次。"""

    def __init__(self):
        self.weight = Tensor(Generator(4).normal((6, 5)), requires_grad=True)

    def forward(self, x):
        rows = self.weight.take(np.array([[5, 0, 5], [1, 1, -1]]))  # (2, 3, 5)
        cut = rows[:, 1:, ::2]  # (2, 2, 3)
        joined = apply("concat", cut, x * 1.0, cut.permute(1, 0, 2), axis=1)  # (2, 6, 3)
        shares = apply("softmax", joined, axis=-1)
        return apply("attention_weights", shares, joined, scale=0.5) @ joined


def test_rows_slices_pieces_and_attention():
    assert_replayed_as_eager(Pieces(), Generator(2).normal((2, 2, 3)), TOLERANCE)


@pytest.mark.parametrize("kind", [*LAYERS])
def test_a_running_step_asks_for_no_memory(kind):
    model = Language(kind, hidden=128)
    optimizer = optim.SGD(model.parameters(), 0.1)
    dice = Generator(0)
    x, y = dice.integers((20, 32), 0, 11), dice.integers(640, 0, 11)
    step = Step(record(model, nn.cross_entropy, optimizer, x, y), optimizer, model)
    # The states of one layer alone would be 655 kB; NumPy's buffers of 8192 numbers pass through.
    assert peak_of_a_step(step, x, y) < 200_000

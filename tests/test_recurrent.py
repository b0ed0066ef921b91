"""循环层：输出、最后的状态、所有的梯度，都和 torch 的一样；一步一步写开也一样。"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore import nn
from mlcore.autograd import Tensor, tape
from mlcore.backend import asarray, set_backend, to_numpy
from mlcore.optim import Adam
from mlcore.random import Generator
from mlcore.replay import Replay
from mlcore.train import Trainer

LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
PEERS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
CELLS = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, device="cpu", dtype="float64")
    set_backend("numpy")


@pytest.fixture
def double():
    yield set_backend("numpy", dtype="float64")
    set_backend("numpy")


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def in_torch(layer: nn.RNN | nn.LSTM | nn.GRU, **options) -> torch.nn.Module:
    """同样大小、同样参数的 torch 层。"""
    kind = type(layer).__name__.lower()
    peer = PEERS[kind](
        layer.input_size, layer.hidden_size, layer.num_layers, bias=layer.bias,
        batch_first=layer.batch_first, bidirectional=layer.bidirectional,
        dtype=torch.float64, **options, **layer.attrs,
    )  # fmt: skip
    peer.load_state_dict({k: torch.tensor(v) for k, v in layer.state_dict().items()})
    return peer


def pieces(state) -> list:
    return list(state) if isinstance(state, tuple) else [state]


def compare(layer, shape, *, lengths=None, states=True, mask=None) -> None:
    """一次往前、一次往后，两边的一切都一样。"""
    peer = in_torch(layer)
    x = normal(0, *shape)
    steps, count = shape[:2][::-1] if layer.batch_first else shape[:2]
    starts = [
        normal(1 + k, layer.num_layers * layer.directions, count, layer.hidden_size)
        for k in range(2 if layer.cells else 1)
    ]
    place = [Tensor(asarray(a), requires_grad=True) for a in (x, *starts)]
    theirs = [torch.tensor(a, requires_grad=True) for a in (x, *starts)]
    state = None if not states else tuple(place[1:]) if layer.cells else place[1]
    their_state = None if not states else tuple(theirs[1:]) if layer.cells else theirs[1]

    output, last = layer(place[0], state, lengths=lengths, mask=mask)
    if lengths is None:
        expected, expected_last = peer(theirs[0], their_state)
    else:
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            theirs[0], torch.tensor(lengths), layer.batch_first, enforce_sorted=False
        )
        expected, expected_last = peer(packed, their_state)
        expected, _ = torch.nn.utils.rnn.pad_packed_sequence(
            expected, layer.batch_first, total_length=steps
        )
    results = [output, *pieces(last)]
    wanted = [expected, *pieces(expected_last)]
    loss = their_loss = 0
    for number, (one, other) in enumerate(zip(results, wanted, strict=True)):
        assert one.shape == tuple(other.shape)
        np.testing.assert_allclose(one.numpy(), other.detach(), rtol=1e-6, atol=1e-12)
        weight = normal(9 + number, *one.shape)
        loss = (one * asarray(weight)).sum() + loss
        their_loss = (other * torch.tensor(weight)).sum() + their_loss
    loss.backward()
    their_loss.backward()
    for tensor, other in zip(place[: 1 + states * len(starts)], theirs, strict=False):
        close(tensor.grad, other.grad)
    for (name, ours), (their_name, other) in zip(
        layer.named_parameters(), peer.named_parameters(), strict=True
    ):
        assert name == their_name
        close(ours.grad, other.grad)


def close(ours, theirs) -> None:
    np.testing.assert_allclose(to_numpy(ours), theirs, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_outputs_states_and_gradients_are_those_of_torch(backend, kind, bidirectional):
    layer = LAYERS[kind](3, 4, 2, bidirectional=bidirectional, generator=Generator(1))
    compare(layer, (5, 2, 3))
    layer.zero_grad()
    compare(layer, (5, 2, 3), states=False)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padded_steps_count_as_if_they_were_not_there(backend, kind, bidirectional):
    layer = LAYERS[kind](3, 4, 2, bidirectional=bidirectional, generator=Generator(1))
    compare(layer, (5, 3, 3), lengths=[3, 5, 1])


@given(
    kind=st.sampled_from(sorted(LAYERS)),
    sizes=st.tuples(*[st.integers(1, 4)] * 4),
    layers=st.integers(1, 3),
    options=st.fixed_dictionaries(
        {name: st.booleans() for name in ("bias", "batch_first", "bidirectional")}
    ),
    data=st.data(),
)
@settings(max_examples=40)
def test_every_shape_and_option_agrees_with_torch(kind, sizes, layers, options, data):
    set_backend("numpy", dtype="float64")
    try:
        steps, count, width, hidden = sizes
        layer = LAYERS[kind](width, hidden, layers, generator=Generator(2), **options)
        shape = (count, steps, width) if layer.batch_first else (steps, count, width)
        lengths = data.draw(
            st.none() | st.lists(st.integers(1, steps), min_size=count, max_size=count)
        )
        compare(layer, shape, lengths=lengths)
    finally:
        set_backend("numpy")


def test_the_rectified_layer_is_that_of_torch(backend):
    layer = nn.RNN(3, 4, bidirectional=True, nonlinearity="relu", generator=Generator(3))
    compare(layer, (6, 2, 3))
    layer.zero_grad()
    compare(layer, (6, 2, 3), lengths=[4, 6])


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("size", [4, 1])
def test_cells_step_by_step_are_the_layer(backend, kind, size):
    layer = LAYERS[kind](3, size, generator=Generator(4))
    cell = CELLS[kind](3, size, generator=Generator(5))
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    x = Tensor(asarray(normal(0, 6, 2, 3)), requires_grad=True)
    y = Tensor(x.data, requires_grad=True)
    output, last = layer(x)
    state, outputs = None, []
    for t in range(6):
        state = cell(y[t], state)
        outputs.append(pieces(state)[0])
    for t, one in enumerate(outputs):
        close(output.data[t], one.numpy())
    for one, other in zip(pieces(last), pieces(state), strict=True):
        close(one.data[0], other.numpy())
    weight = normal(7, 6, 2, size)
    (output * asarray(weight)).sum().backward()
    sum((one * asarray(weight[t]) for t, one in enumerate(outputs)), 0.0).sum().backward()
    close(x.grad, to_numpy(y.grad))
    for ours, other in zip(layer.parameters(), cell.parameters(), strict=True):
        close(ours.grad, to_numpy(other.grad))


@pytest.mark.parametrize("kind", LAYERS)
def test_cells_are_those_of_torch(kind, double):
    cell = CELLS[kind](3, 4, generator=Generator(6))
    peer = getattr(torch.nn, type(cell).__name__)(3, 4, dtype=torch.float64)
    peer.load_state_dict({k: torch.tensor(v) for k, v in cell.state_dict().items()})
    x = normal(0, 5, 3)
    ours, theirs = cell(x), peer(torch.tensor(x))
    for one, other in zip(pieces(ours), pieces(theirs), strict=True):
        close(one.data, other.detach())


@pytest.mark.parametrize("kind", LAYERS)
def test_a_mask_says_what_lengths_say_and_also_holes(backend, kind):
    """空洞里的步像没有一样：去掉它们的序列走出同样的状态。"""
    layer = LAYERS[kind](3, 4, bidirectional=True, generator=Generator(7))
    x = normal(0, 5, 1, 3)
    real = np.array([False, True, True, False, True])
    output, last = layer(x, mask=real[:, None])
    short, short_last = layer(x[real])
    close(output.data[asarray(real)], short.numpy())
    assert not output.numpy()[~real].any()
    for one, other in zip(pieces(last), pieces(short_last), strict=True):
        close(one.data, other.numpy())
    first = np.arange(5)[:, None] < np.array([4])
    by_length, by_mask = layer(x, lengths=[4])[0], layer(x, mask=first)[0]
    np.testing.assert_array_equal(by_length.numpy(), by_mask.numpy())


@pytest.mark.parametrize("kind", LAYERS)
def test_what_stands_in_the_padding_does_not_matter(kind, double):
    layer = LAYERS[kind](2, 3, 2, bidirectional=True, generator=Generator(8))
    x = normal(0, 4, 2, 2)
    other = x.copy()
    other[2:, 0] = 100.0
    for one, two in zip(*(layer(y, lengths=[2, 4])[0].numpy() for y in (x, other)), strict=True):
        np.testing.assert_array_equal(one, two)


def test_two_layers_are_one_layer_after_the_other(double):
    both = nn.GRU(3, 4, 2, bidirectional=True, generator=Generator(9))
    state = both.state_dict()
    first = nn.GRU(3, 4, bidirectional=True, generator=Generator(0))
    second = nn.GRU(8, 4, bidirectional=True, generator=Generator(0))
    first.load_state_dict({k: v for k, v in state.items() if "_l0" in k})
    second.load_state_dict({k.replace("l1", "l0"): v for k, v in state.items() if "_l1" in k})
    x = normal(0, 5, 2, 3)
    np.testing.assert_array_equal(both(x)[0].data, second(first(x)[0])[0].data)


def test_between_the_layers_some_of_the_output_is_dropped_in_training_alone(double):
    whole = nn.GRU(3, 4, 2, dropout=0.5, generator=Generator(9))
    parts = [nn.GRU(width, 4, generator=Generator(0)) for width in (3, 4)]
    for k, part in enumerate(parts):
        part.load_state_dict({
            name: value if name not in whole.state_dict() else whole.state_dict()[
                name.replace("_l0", f"_l{k}")]
            for name, value in part.state_dict().items()
        })  # fmt: skip
    x = normal(0, 5, 2, 3)
    between = parts[0](x)[0]
    dropped = whole(x)[0]
    mask = whole.dropout.mask
    assert set(np.unique(mask)) == {0.0, 2.0}
    close(dropped.data, parts[1](between * mask)[0].numpy())
    whole.eval()
    close(whole(x)[0].data, parts[1](between)[0].numpy())


@pytest.mark.parametrize("kind", LAYERS)
def test_a_state_handed_on_continues_the_sequence(backend, kind):
    layer = LAYERS[kind](3, 4, 2, generator=Generator(14))
    x = normal(0, 6, 2, 3)
    whole, end = layer(x)
    first, state = layer(x[:4])
    second, last = layer(x[4:], state)
    close(whole.data[:4], first.numpy())
    close(whole.data[4:], second.numpy())
    for one, other in zip(pieces(end), pieces(last), strict=True):
        close(one.data, other.numpy())


class NextWord(nn.Module):
    """最小的语言模型：词向量、GRU、线性层。"""

    def __init__(self, words: int) -> None:
        generator = Generator(15)
        self.embedding = nn.Embedding(words, 8, generator=generator)
        self.recurrent = nn.GRU(8, 16, batch_first=True, generator=generator)
        self.output = nn.Linear(16, words, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.output.forward(self.recurrent(self.embedding.forward(x))[0])


def test_a_language_model_learns_what_needs_a_memory():
    """0 0 1 1 0 0 1 1 …：只看眼前的词，下一个词是 0 还是 1 各一半；记得上一个，就都猜得中。"""
    text = np.tile([0, 0, 1, 1], 8)
    x = np.stack([text[k : k + 12] for k in range(4)])
    y = np.stack([text[k + 1 : k + 13] for k in range(4)])
    model = NextWord(2)
    mask = np.ones((4, 12), bool)
    mask[:, 0] = False  # at the first word there is nothing to remember yet
    optimizer = Adam(model.parameters(), learning_rate=0.02)
    for _ in range(60):
        loss = nn.cross_entropy(model(x), y, mask=mask)
        model.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1 < np.log(2)
    assert (model(x).numpy().argmax(axis=-1) == y)[mask].all()
    trainer = Trainer(model, nn.cross_entropy, optimizer, x, y, 2, Generator(0), indices=True)
    assert trainer.step(2) < np.log(2)


class Tagger(nn.Module):
    """给每个词一个标签：词向量、两层双向的循环层、线性层。"""

    def __init__(self, kind: str) -> None:
        generator = Generator(16)
        self.embedding = nn.Embedding(5, 3, generator=generator)
        self.recurrent = LAYERS[kind](3, 4, 2, bidirectional=True, generator=generator)
        self.output = nn.Linear(8, 5, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.output.forward(self.recurrent(self.embedding.forward(x))[0])


def ignoring(logits: Tensor, target) -> Tensor:
    return nn.cross_entropy(logits, target, ignore_index=2)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("loss", [nn.cross_entropy, ignoring])
def test_a_recorded_step_does_what_the_step_does(backend, kind, loss):
    """标签里哪些不算，每一批都不同；录下的步照样认得。"""
    eager, replayed = Tagger(kind), Tagger(kind)
    optimizer = Adam(eager.parameters(), learning_rate=0.05)
    replay = Replay(replayed, loss, Adam(replayed.parameters(), learning_rate=0.05))
    for seed in range(4):
        x, y = asarray(np.random.default_rng(seed).integers(0, 5, (2, 6, 3)))
        value = loss(eager(x), y)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        assert replay.run(x, y) == pytest.approx(value.item(), rel=1e-9)
    for one, other in zip(eager.parameters(), replayed.parameters(), strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-7, atol=1e-9)


def test_the_gate_of_y3_is_the_complement_of_ours(double):
    """u = 1 − z：变号的权重；b_hn = 0；r 在乘法之后。照 Y3 的公式走，结果一样。"""
    layer = nn.GRU(3, 4, generator=Generator(10))
    layer.bias_hh_l0.data[8:] = 0
    w, v, b, d = (p.data for p in layer.parameters())
    bias = b + d
    x, h = normal(0, 5, 3), np.zeros(4)
    for step in x:
        r = 1 / (1 + np.exp(-(w[:4] @ step + bias[:4] + v[:4] @ h)))
        u = 1 / (1 + np.exp(-(-w[4:8] @ step - bias[4:8] - v[4:8] @ h)))
        new = np.tanh(w[8:] @ step + bias[8:] + r * (v[8:] @ h))
        h = (1 - u) * h + u * new
    close(layer(x[:, None])[1].data[0, 0], h)


def test_a_forgotten_gate_keeps_everything_it_has(double):
    """遗忘门开着、输入门关着：c 原样传过去，多远都行。"""
    layer = nn.LSTM(2, 3, forget_bias=50.0, generator=Generator(11))
    layer.bias_ih_l0.data[:3] = -50.0
    start = normal(0, 1, 1, 3)
    _, (_, cells) = layer(normal(1, 100, 1, 2), (np.zeros((1, 1, 3)), start))
    close(cells.data, start)
    assert (layer.bias_ih_l0.data[3:6] == 50).all() and not layer.bias_hh_l0.data[3:6].any()


@pytest.mark.parametrize("kind", LAYERS)
def test_one_layer_is_one_operation_and_single_precision_stays_single(kind):
    set_backend("numpy")
    layer = LAYERS[kind](3, 4, bidirectional=True, generator=Generator(12))
    output, _ = layer(normal(0, 5, 2, 3), lengths=[5, 2])
    assert [step.op for step in tape(output)].count(kind) == 1
    (output * output).sum().backward()
    assert output.dtype == np.float32
    assert all(p.grad.dtype == np.float32 for p in layer.parameters())


def test_initial_weights_lie_within_one_over_the_root_of_the_size():
    for (kind, layer), cells in itertools.product(LAYERS.items(), (False, True)):
        made = (CELLS[kind] if cells else layer)(5, 16, generator=Generator(13))
        values = np.concatenate([p.numpy().ravel() for p in made.parameters()])
        assert 0.24 < np.abs(values).max() <= 0.25


def test_layers_and_cells_describe_themselves():
    assert repr(nn.GRU(2, 3, generator=Generator(0))) == (
        "GRU(2, 3, num_layers=1, bidirectional=False)"
    )
    assert repr(nn.LSTMCell(2, 3, generator=Generator(0))) == "LSTMCell(2, 3)"


def lstm(**options) -> nn.LSTM:
    return nn.LSTM(3, 4, generator=Generator(0), **options)


X = np.zeros((5, 2, 3))
ONES = np.ones((5, 2), bool)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nn.GRU(0, 4, generator=Generator(0)), ValueError, "input_size.*至少是 1"),
        (lambda: nn.GRU(3, 4, generator=1), TypeError, "generator.*int 1"),
        (lambda: nn.GRUCell(3, 4, generator=None), TypeError, "generator.*None"),
        (lambda: nn.RNN(3, 4, nonlinearity="sin", generator=Generator(0)), ValueError, "tanh"),
        (lambda: lstm(dropout=0.5), ValueError, "只有一层"),
        (lambda: lstm(bias=False, forget_bias=1.0), ValueError, "bias=False"),
        (lambda: lstm()(X[0]), ValueError, r"\(T, N, I\).*I = 3.*\(2, 3\)"),
        (lambda: lstm(batch_first=True)(X[..., :2]), ValueError, r"\(N, T, I\).*\(5, 2, 2\)"),
        (lambda: lstm()(X[:0]), ValueError, r"至少要有一步.*\(0, 2, 3\)"),
        (lambda: lstm()(X, np.zeros((1, 2, 4))), TypeError, r"一对 \(h_0, c_0\)"),
        (lambda: nn.RNN(3, 4, generator=Generator(0))(X, np.zeros((2, 4))), ValueError,
         r"\(1, 2, 4\).*\(2, 4\)"),
        (lambda: lstm()(X, lengths=[5, 0]), ValueError, "1 到 5.*0 到 5"),
        (lambda: lstm()(X, lengths=[6, 1]), ValueError, "1 到 5.*1 到 6"),
        (lambda: lstm()(X, lengths=[5, 5, 5]), ValueError, "2 个数"),
        (lambda: lstm()(X, lengths=[5.0, 5.0]), TypeError, "整数.*float"),
        (lambda: lstm()(X, lengths=[[5], [5]]), ValueError, "一个轴"),
        (lambda: lstm()(X, lengths=[5, 5], mask=ONES), ValueError, "只要给一个"),
        (lambda: lstm()(X, mask=ONES.T), ValueError, r"\(5, 2\).*\(2, 5\)"),
        (lambda: lstm()(X, mask=np.ones((5, 2))), TypeError, "布尔.*float"),
        (lambda: lstm(batch_first=True)(X, mask=ONES.T), ValueError, r"\(5, 2\).*\(2, 5\)"),
        (lambda: nn.LSTMCell(3, 4, generator=Generator(0))(X), ValueError, r"\(N, I\).*I = 3"),
    ],
)  # fmt: skip
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()

"""自动求导：每一种运算的梯度都和 torch.autograd 一样；计算图只由数据组成。"""

import math
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from mlcore.autograd import OPS, Tensor, apply, no_grad, tape
from mlcore.backend import set_backend, to_numpy
from tests.samples import Sample, collect, normal, positive

BACKENDS = [
    "numpy",
    "torch:cpu",
    pytest.param(
        "torch:cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="没有 GPU")
    ),
]


@pytest.fixture(params=BACKENDS)
def backend(request):
    name, _, device = request.param.partition(":")
    yield set_backend(name, device=device or "auto", dtype="float64")
    set_backend("numpy")


# Far from zero too: there a sloppy sigmoid or softplus overflows or loses its digits.
WIDE = np.array([[-800.0, -40.0, -3.0, -1e-3], [1e-3, 2.5, 30.0, 800.0]])
TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])



def recurrent(gates: int, directions: int, states: int = 1) -> tuple[np.ndarray, ...]:
    """循环层的输入：x (5, 2, 3)、大小 4 的状态、每个方向四个参数。"""
    rows = 4 * gates
    weights = ((rows, 3), (rows, 4), (rows,), (rows,)) * directions
    starts = ((directions, 2, 4),) * states
    return tuple(normal(*shape) for shape in ((5, 2, 3), *starts, *weights))


def torch_lstm(x: torch.Tensor, h: torch.Tensor, c: torch.Tensor, *w: Any) -> torch.Tensor:
    """输出，最后多一行：走到头的 c。"""
    output, _, last = torch.lstm(x, (h, c), w, True, 1, 0.0, False, len(w) == 8, False)
    return torch.cat((output, torch.cat(tuple(last), -1)[None]))


SAMPLES: dict[str, list[Sample]] = {
    "add": [
        Sample((normal(3, 4), normal(3, 4)), lambda a, b: a + b),
        Sample((normal(3, 1), normal(4)), lambda a, b: a + b),
        Sample((normal(2, 3, 4), normal()), lambda a, b: a + b),
    ],
    "sub": [
        Sample((normal(3, 4), normal(3, 4)), lambda a, b: a - b),
        Sample((normal(4), normal(2, 3, 1)), lambda a, b: a - b),
    ],
    "mul": [
        Sample((normal(3, 4), normal(3, 4)), lambda a, b: a * b),
        Sample((normal(1, 4), normal(3, 1)), lambda a, b: a * b),
    ],
    "div": [
        Sample((normal(3, 4), positive(3, 4)), lambda a, b: a / b),
        Sample((normal(3, 4), positive(4)), lambda a, b: a / b),
        Sample((normal(), positive(3, 4)), lambda a, b: a / b),
    ],
    "neg": [Sample((normal(3, 4),), lambda x: -x)],
    "pow": [
        Sample((normal(3, 4),), lambda x: x**3, {"exponent": 3}),
        Sample((positive(3, 4),), lambda x: x**0.5, {"exponent": 0.5}),
        Sample((positive(3, 4),), lambda x: x**-1.5, {"exponent": -1.5}),
    ],
    "exp": [Sample((normal(3, 4),), torch.exp)],
    "log": [Sample((positive(3, 4),), torch.log)],
    "sin": [Sample((normal(3, 4) * 5,), torch.sin)],
    "abs": [Sample((normal(3, 4),), torch.abs), Sample((np.array([-2.0, 0.0, 3.0]),), torch.abs)],
    "tanh": [Sample((normal(3, 4),), torch.tanh), Sample((WIDE,), torch.tanh)],
    "sigmoid": [Sample((normal(3, 4),), torch.sigmoid), Sample((WIDE,), torch.sigmoid)],
    "relu": [
        Sample((normal(3, 4),), torch.relu),
        Sample((np.array([-2.0, 0.0, 3.0]),), torch.relu),
    ],
    "leaky_relu": [
        Sample((normal(3, 4),), lambda x: F.leaky_relu(x, 0.1), {"slope": 0.1}),
        Sample((np.array([-2.0, 0.0, 3.0]),), lambda x: F.leaky_relu(x, 0.2), {"slope": 0.2}),
    ],
    "softplus": [
        Sample((normal(3, 4),), lambda x: F.softplus(x, threshold=1e4)),
        Sample((WIDE,), lambda x: torch.logaddexp(x, torch.zeros_like(x))),
    ],
    "matmul": [
        Sample((normal(3, 4), normal(4, 2)), torch.matmul),
        Sample((normal(5, 3, 4), normal(4, 2)), torch.matmul),
        Sample((normal(1, 5, 3, 4), normal(2, 1, 4, 2)), torch.matmul),
    ],
    "linear": [
        Sample((normal(5, 3), normal(2, 3), normal(2)), F.linear),
        Sample((normal(5, 3), normal(2, 3)), F.linear),
        Sample((normal(4, 5, 3), normal(2, 3), normal(2)), F.linear),
        Sample((normal(3), normal(2, 3), normal(2)), F.linear),
    ],
    "permute": [
        Sample((normal(3, 4),), lambda x: x.T, {"axes": (1, 0)}),
        Sample((normal(2, 3, 4),), lambda x: x.permute(2, 0, 1), {"axes": (2, 0, 1)}),
        Sample((normal(2, 3, 4),), lambda x: x.permute(1, 2, 0), {"axes": (-2, -1, 0)}),
    ],
    "reshape": [Sample((normal(3, 4),), lambda x: x.reshape(2, 6), {"shape": (2, -1)})],
    "slice": [
        Sample((normal(5, 4),), lambda x: x[1:4, 0], {"key": (slice(1, 4), 0)}),
        Sample((normal(5, 4),), lambda x: x[..., None, 1:], {"key": (..., None, slice(1, None))}),
        Sample((normal(5, 4),), lambda x: x[2], {"key": 2}),
    ],
    "take": [
        Sample((normal(5, 4), np.array([0, 3, 3, 1])), lambda x, i: x[i]),
        Sample((normal(5, 4), np.array([[0, 3], [3, 3]])), lambda x, i: x[i]),
    ],
    "concat": [
        Sample((normal(2, 3), normal(1, 3)), lambda a, b: torch.cat((a, b)), {"axis": 0}),
        Sample((normal(2, 1, 3), normal(2, 2, 3), normal(2, 1, 3)),
               lambda *parts: torch.cat(parts, 1), {"axis": -2}),
    ],
    "embedding": [
        Sample((normal(5, 4), np.array([[0, 3, 3], [1, 0, 3]])), lambda w, i: F.embedding(i, w),
               {"padding_idx": None}),
        Sample((normal(5, 4), np.array([3, 2, 3])), lambda w, i: F.embedding(i, w, 3),
               {"padding_idx": 3}),
    ],
    "attention_weights": [
        Sample((normal(2, 3, 4), normal(2, 5, 4)),
               lambda q, k: torch.softmax(q @ k.mT * 0.5, -1), {"scale": 0.5}),
        Sample((normal(3, 4), normal(3, 4), np.log(np.tri(3) + 1e-300)),
               lambda q, k, b: torch.softmax(q @ k.mT * 2 + b.detach(), -1), {"scale": 2.0}),
    ],
    "rnn": [
        Sample(recurrent(1, 1), lambda x, h, *w: torch.rnn_tanh(
            x, h, w, True, 1, 0.0, False, False, False)[0], {"nonlinearity": "tanh"}),
        Sample(recurrent(1, 2), lambda x, h, *w: torch.rnn_relu(
            x, h, w, True, 1, 0.0, False, True, False)[0], {"nonlinearity": "relu"}),
    ],
    "lstm": [Sample(recurrent(4, 1, 2), torch_lstm), Sample(recurrent(4, 2, 2), torch_lstm)],
    "gru": [
        Sample(recurrent(3, directions), lambda x, h, *w: torch.gru(
            x, h, w, True, 1, 0.0, False, len(w) == 8, False)[0])
        for directions in (1, 2)
    ],
    "sum": [
        Sample((normal(3, 4),), torch.sum),
        Sample((normal(2, 3, 4),), lambda x: x.sum(1), {"axis": 1}),
        Sample((normal(2, 3, 4),), lambda x: x.sum((0, 2)), {"axis": (0, -1)}),
        Sample(
            (normal(2, 3),),
            lambda x: x.sum(1, keepdim=True),
            {"axis": -1, "keepdims": True},
        ),
    ],
    "mean": [
        Sample((normal(3, 4),), torch.mean),
        Sample((normal(2, 3, 4),), lambda x: x.mean((0, 2)), {"axis": (0, 2)}),
        Sample(
            (normal(2, 3),),
            lambda x: x.mean(0, keepdim=True),
            {"axis": 0, "keepdims": True},
        ),
    ],
    "max": [
        Sample((normal(3, 4),), torch.amax),
        Sample((normal(3, 4),), lambda x: x.amax(1), {"axis": 1}),
        Sample((TIES,), lambda x: x.amax(1, keepdim=True), {"axis": 1, "keepdims": True}),
        Sample((TIES,), torch.amax),
    ],
    "softmax_cross_entropy": [
        Sample((normal(5, 3), np.array([0, 2, 1, 1, 0])), F.cross_entropy),
        Sample((WIDE, np.array([3, 0])), F.cross_entropy),
    ],
    "masked_cross_entropy": [
        Sample((normal(2, 3, 4), np.array([[0, 3, 1], [2, -1, 3]])),
               lambda x, y: F.cross_entropy(x.permute(0, 2, 1), y, ignore_index=-1),
               {"ignore_index": -1}),
        Sample((normal(3, 4), np.array([0, 3, 9]), np.array([1.0, 1.0, 0.0])),
               lambda x, y, m: F.cross_entropy(x[:2], y[:2]), {"ignore_index": None}),
    ],
    "sigmoid_binary_cross_entropy": [
        Sample((normal(5, 1), positive(5, 1) / 3), F.binary_cross_entropy_with_logits),
        Sample((WIDE, np.ones_like(WIDE) / 4), F.binary_cross_entropy_with_logits),
    ],
    "mse": [
        Sample((normal(5, 2), normal(5, 2)), F.mse_loss),
        Sample((normal(7), normal(7)), F.mse_loss),
    ],
    **collect(),
}

CASES = [
    pytest.param(name, sample, id=f"{name}-{number}")
    for name, samples in SAMPLES.items()
    for number, sample in enumerate(samples)
]


def test_every_operation_has_a_sample():
    assert SAMPLES.keys() == OPS.keys()


@pytest.mark.parametrize(("name", "sample"), CASES)
def test_value_and_gradient_are_those_of_torch(backend, name, sample):
    peers = [torch.tensor(x, requires_grad=x.dtype == np.float64) for x in sample.inputs]
    expected = sample.peer(*peers)
    upstream = np.random.default_rng(1).normal(size=expected.shape)
    expected.backward(torch.tensor(upstream))

    place = {"dtype": None, "device": backend.device}
    inputs = [
        Tensor(backend.xp.asarray(x, **place), requires_grad=x.dtype == np.float64)
        for x in sample.inputs
    ]
    result = apply(name, *inputs, **sample.attrs)
    np.testing.assert_allclose(to_numpy(result.data), expected.detach(), rtol=1e-6, atol=1e-300)
    result.backward(backend.xp.asarray(upstream, **place))
    for tensor, peer in zip(inputs, peers, strict=True):
        if peer.grad is None:
            assert tensor.grad is None
            continue
        assert tensor.grad.dtype == backend.xp.float64
        assert tuple(tensor.grad.shape) == tensor.shape
        np.testing.assert_allclose(to_numpy(tensor.grad), peer.grad, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(("name", "sample"), CASES)
def test_single_precision_stays_single(name, sample):
    """float32 进，float32 出；一个不小心的 Python 常数会让一切慢一倍。"""
    single = [x.astype(np.float32) if x.dtype == np.float64 else x for x in sample.inputs]
    inputs = [Tensor(x, requires_grad=x.dtype == np.float32) for x in single]
    with np.errstate(all="ignore"):
        result = apply(name, *inputs, **sample.attrs)
        result.backward(np.ones(result.shape, np.float32))
    assert result.dtype == np.float32
    for tensor in inputs:
        assert tensor.grad is None or tensor.grad.dtype == np.float32


@pytest.mark.parametrize(("name", "sample"), CASES)
def test_an_operation_leaves_its_inputs_alone_but_those_it_says_it_writes(name, sample):
    inputs = [Tensor(x.copy(), requires_grad=x.dtype == np.float64) for x in sample.inputs]
    result = apply(name, *inputs, **sample.attrs)
    upstream = np.ones(result.shape)
    result.backward(upstream)
    for position, (tensor, before) in enumerate(zip(inputs, sample.inputs, strict=True)):
        assert np.array_equal(tensor.data, before) == (position not in OPS[name].writes)
    np.testing.assert_array_equal(upstream, np.ones(result.shape))


def a_network(x: Any, w: Any, b: Any, v: Any) -> Any:
    """一个什么都用到一点的计算，torch 和 mlcore 都认得。"""
    hidden = (x @ w + b).tanh()
    gate = (hidden * 2 - 1).sigmoid() / (hidden.abs() + 1.5)
    mixed = (1 - gate) * hidden + (-gate).exp() ** 2 + hidden[:, :1] * gate.relu().T.T
    return ((mixed @ v).sin().sum() + (2 / (1 + hidden * hidden)).log().mean()) * 3


def test_a_whole_computation_has_the_gradient_of_torch(backend):
    arrays = [normal(5, 3), normal(3, 4), normal(4), normal(4, 2)]
    peers = [torch.tensor(x, requires_grad=True) for x in arrays]
    a_network(*peers).backward()
    place = {"dtype": None, "device": backend.device}
    ours = [Tensor(backend.xp.asarray(x, **place), requires_grad=True) for x in arrays]
    a_network(*ours).backward()
    for tensor, peer in zip(ours, peers, strict=True):
        np.testing.assert_allclose(to_numpy(tensor.grad), peer.grad, rtol=1e-6)


@given(
    shape=st.lists(st.integers(1, 4), min_size=0, max_size=3),
    ones=st.lists(st.booleans(), min_size=3, max_size=3),
    dropped=st.integers(0, 3),
)
def test_a_broadcast_input_gets_the_sum_over_its_copies(shape, ones, dropped):
    small = [1 if one else size for size, one in zip(shape, ones, strict=False)][dropped:]
    x = Tensor(np.ones(small), requires_grad=True)
    (x * Tensor(np.ones(shape))).sum().backward()
    copies = math.prod(shape) // max(math.prod(small), 1)
    np.testing.assert_array_equal(x.grad, np.full(small, copies))


def test_gradients_of_leaves_add_up_until_they_are_cleared():
    x = Tensor([2.0], requires_grad=True)
    for times in (1, 2, 3):
        (x * x).sum().backward()
        np.testing.assert_array_equal(x.grad, [4.0 * times])
    x.zero_grad()
    assert x.grad is None


def test_walking_back_twice_adds_the_same_gradient_twice():
    x = Tensor([2.0], requires_grad=True)
    y = x * x
    z = (y * y).sum()
    z.backward()
    z.backward()
    np.testing.assert_array_equal(x.grad, [2 * 4 * 2.0**3])
    np.testing.assert_array_equal(y.grad, [2 * 2.0**2])


def test_a_value_that_is_used_twice_collects_both_gradients():
    x = Tensor([3.0], requires_grad=True)
    y = x * 2
    (y + y * y + x).sum().backward()
    np.testing.assert_array_equal(x.grad, [2 + 2 * 6 * 2 + 1])


def test_backward_from_a_parameter_itself_gives_one():
    x = Tensor(3.0, requires_grad=True)
    x.backward()
    assert float(x.grad) == 1.0


def test_a_very_long_chain_does_not_overflow_the_stack():
    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y + 1
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0])


def test_the_tape_lists_the_steps_by_name_and_in_order():
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    result = ((x @ x.T).tanh() + 1.0).mean(axis=0, keepdims=True).sum()
    steps = tape(result)
    assert [step.op for step in steps] == ["permute", "matmul", "tanh", "add", "mean", "sum"]
    assert steps[-1] is result
    for position, step in enumerate(steps):
        for source in step.inputs:
            assert source.op is None or source in steps[:position]


def test_the_tape_holds_data_and_no_functions():
    plain = int | float | bool | str | slice | type(None) | type(...)
    for name, samples in SAMPLES.items():
        for sample in samples:
            inputs = [Tensor(x, requires_grad=x.dtype == np.float64) for x in sample.inputs]
            result = apply(name, *inputs, **sample.attrs)
            assert result.op == name
            assert all(type(source) is Tensor for source in result.inputs)
            for value in result.attrs.values():
                parts = value if isinstance(value, tuple) else (value,)
                assert all(isinstance(part, plain) for part in parts)


def test_the_table_remembers_nothing_between_calls():
    for operation in OPS.values():
        for function in (operation.forward, operation.backward):
            assert function.__closure__ is None


def test_nothing_is_recorded_without_need():
    x = Tensor([1.0], requires_grad=True)
    with no_grad():
        y = x * 2
    assert y.op is None and not y.requires_grad and tape(y) == []
    z = Tensor([1.0]) * 2
    assert z.op is None and not z.requires_grad
    assert (x * 2).op == "mul"


def test_no_grad_ends_with_an_error_too():
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert (Tensor([1.0], requires_grad=True) * 2).requires_grad


def test_an_input_without_gradient_gets_none():
    x, w = Tensor(np.ones((2, 3))), Tensor(np.ones((4, 3)), requires_grad=True)
    apply("linear", x, w).sum().backward()
    assert x.grad is None
    np.testing.assert_array_equal(w.grad, np.full((4, 3), 2.0))


def test_numbers_and_arrays_mix_with_tensors_on_both_sides():
    x = Tensor(np.array([1.0, 2.0], np.float32), requires_grad=True)
    for result in (3 * x, x * 3, np.full(2, 3, np.float32) * x, x * np.full(2, 3, np.float32)):
        assert type(result) is Tensor and result.dtype == np.float32
        np.testing.assert_array_equal(result.data, [3.0, 6.0])
    np.testing.assert_array_equal((1 - x).data, [0.0, -1.0])
    np.testing.assert_array_equal((Tensor(np.array([1, 2])) * 0.5).data, [0.5, 1.0])
    np.testing.assert_array_equal((2 / x).data, [2.0, 1.0])
    np.testing.assert_array_equal((1 + x).data, [2.0, 3.0])
    np.testing.assert_array_equal((np.ones((1, 2), np.float32) @ x.reshape(2, 1)).data, [[3.0]])


def test_lists_become_floats_and_arrays_stay_what_they_are():
    assert Tensor([1, 2]).dtype == np.float32
    assert Tensor(np.array([1, 2])).dtype == np.int64
    data = np.ones(3)
    assert Tensor(data).data is data
    assert Tensor(Tensor(data)).data is data


def test_a_tensor_can_be_looked_at_like_an_array():
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    assert (x.shape, x.ndim, len(x)) == ((2, 3), 2, 2)
    assert x.sum().item() == 6.0
    assert repr(Tensor([1.0, 2.0], requires_grad=True)) == "Tensor([1., 2.], requires_grad=True)"
    assert repr(x.sum()) == "Tensor(6., op='sum')"
    assert not x.detach().requires_grad and x.detach().data is x.data
    assert type(x.numpy()) is np.ndarray
    np.testing.assert_array_equal(x.take([1, 1, 0]).sum(axis=1).data, [3.0, 3.0, 3.0])
    np.testing.assert_array_equal(x.permute(1, 0).max(axis=0).data, x.reshape((2, 3)).data[:, 0])


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: Tensor(np.arange(3), requires_grad=True), TypeError, "只有浮点数有梯度.*int64"),
        (lambda: Tensor(["一"]), TypeError, "要实数"),
        (lambda: Tensor([[1], [1, 2]]), ValueError, "长短不齐"),
        (lambda: Tensor(1.0).backward(), ValueError, "没有梯度可传"),
        (
            lambda: Tensor([1.0, 2.0], requires_grad=True).backward(),
            ValueError,
            r"从一个数出发.*\(2,\)",
        ),
        (
            lambda: Tensor([1.0], requires_grad=True).backward(np.ones(3)),
            ValueError,
            r"grad 的形状要是 \(1,\).*\(3,\)",
        ),
        (
            lambda: Tensor(np.ones((2, 3))) @ Tensor(np.ones((2, 3))),
            ValueError,
            r"运算 matmul.*\(2, 3\).*\(2, 3\)",
        ),
        (lambda: Tensor(np.ones(3)) @ Tensor(np.ones((3, 2))), ValueError, "至少二维"),
        (lambda: Tensor(np.ones(3)) + Tensor(np.ones(4)), ValueError, r"运算 add.*\(3,\).*\(4,\)"),
        (lambda: Tensor(np.ones(4)).reshape(3), ValueError, r"运算 reshape.*\(4,\).*\(3,\)"),
        (lambda: Tensor(np.ones(4)).sum(axis=2), ValueError, "运算 sum.*axis"),
        (lambda: Tensor(np.ones(4))[7], ValueError, "运算 slice"),
        (lambda: Tensor(np.ones(4))[[0, 1]], TypeError, "整数、冒号和省略号"),
        (lambda: Tensor(np.ones((4, 2))).take([4]), ValueError, "运算 take"),
        (lambda: Tensor([1.0]) ** Tensor([2.0]), TypeError, "指数要是一个数"),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()

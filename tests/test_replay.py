"""录下再重放：和普通的步走同样的路，不要新的内存，写得成数据。"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore import nn, optim
from mlcore.autograd import Tensor
from mlcore.backend import set_backend, to_numpy
from mlcore.random import Generator
from mlcore.replay import NotRecordable, Program, Replay, record
from mlcore.replay.memory import plan
from mlcore.replay.run_numpy import Step
from tests.replaying import peak_of_a_step

OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, 0.1),
    "momentum": lambda p: optim.SGD(p, 0.05, momentum=0.9),
    "nesterov-l2": lambda p: optim.SGD(p, 0.05, 0.9, weight_decay=0.01, nesterov=True),
    "adagrad": lambda p: optim.Adagrad(p, 0.1, lr_decay=0.01),
    "rmsprop": lambda p: optim.RMSprop(p, 0.01, momentum=0.5, centered=True),
    "adadelta": lambda p: optim.Adadelta(p, 1.0),
    "adam": lambda p: optim.Adam(p, 0.02),
    "adam-l2": lambda p: optim.Adam(p, 0.02, weight_decay=0.01),
    "adamw-l1": lambda p: optim.AdamW(p, 0.02, l1_decay=0.001),
    "sgd-l1": lambda p: optim.SGD(p, 0.1, l1_decay=0.001),
}
LOSSES = {
    "cross_entropy": nn.cross_entropy,
    "mse": nn.mse_loss,
    "bce": nn.binary_cross_entropy_with_logits,
}


def batch(generator: Generator, n: int, inputs: int, outputs: int, loss: str):
    x = generator.normal((n, inputs))
    if loss == "cross_entropy":
        return x, generator.integers(n, 0, outputs)
    if loss == "mse":
        return x, generator.normal((n, outputs))
    return x, generator.uniform((n, outputs))


def eager_step(model, loss, optimizer, x, y) -> float:
    value = loss(model(Tensor(x)), Tensor(y))
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


def pair(sizes, activation, make, seed=0):
    made = []
    for _ in range(2):
        model = nn.mlp(sizes, activation, generator=Generator(seed))
        made.append((model, make(model.parameters())))
    return made


def assert_same_weights(first, second, tolerance=1e-9):
    for (name, a), (_, b) in zip(first.named_parameters(), second.named_parameters(), strict=True):
        np.testing.assert_allclose(
            to_numpy(a.data), to_numpy(b.data), rtol=tolerance, atol=tolerance, err_msg=name
        )


@pytest.fixture
def double():
    set_backend("numpy", dtype="float64")
    yield
    set_backend("numpy")


@pytest.fixture(params=["numpy", "torch"])
def either(request):
    set_backend(request.param, "cpu", "float64")
    yield
    set_backend("numpy")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_replayed_steps_give_the_weights_of_fifty_eager_ones(name, either):
    (model, optimizer), (twin, other) = pair((3, 8, 5, 2), "tanh", OPTIMIZERS[name])
    replay = Replay(model, nn.cross_entropy, optimizer)
    generator = Generator(7)
    for _ in range(50):
        x, y = batch(generator, 20, 3, 2, "cross_entropy")
        ours, wanted = replay.run(x, y), eager_step(twin, nn.cross_entropy, other, x, y)
        assert ours == pytest.approx(wanted, rel=1e-9)
    assert_same_weights(model, twin)
    assert optimizer.steps == other.steps == 50
    assert len(replay.steps) == 1
    for state in optimizer.state_names:
        ours, wanted = (to_numpy(one._state[state]) for one in (optimizer, other))
        np.testing.assert_allclose(ours, wanted, atol=1e-9)


@given(
    widths=st.lists(st.integers(1, 9), min_size=2, max_size=4),
    n=st.integers(1, 12),
    activation=st.sampled_from(sorted(nn.ACTIVATIONS)),
    loss=st.sampled_from(sorted(LOSSES)),
    name=st.sampled_from(sorted(OPTIMIZERS)),
    single=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=30, deadline=None)
def test_any_network_is_replayed_as_it_is_trained(widths, n, activation, loss, name, single, seed):
    set_backend("numpy", dtype="float32" if single else "float64")
    try:
        (model, optimizer), (twin, other) = pair(tuple(widths), activation, OPTIMIZERS[name], seed)
        replay = Replay(model, LOSSES[loss], optimizer)
        generator = Generator(seed + 1)
        for size in (n, n, n + 1, n):
            x, y = batch(generator, size, widths[0], widths[-1], loss)
            ours, wanted = replay.run(x, y), eager_step(twin, LOSSES[loss], other, x, y)
            assert ours == pytest.approx(wanted, rel=2e-3 if single else 1e-7, abs=1e-5)
        # Adadelta and Adagrad divide rounding by rounding where a gradient is nearly zero.
        if not single:
            assert_same_weights(model, twin, 1e-5)
        assert len(replay.steps) == 2
    finally:
        set_backend("numpy")


def recorded(n=6, name="adam", sizes=(2, 5, 3), loss="cross_entropy", activation="tanh"):
    model = nn.mlp(sizes, activation, generator=Generator(1))
    optimizer = OPTIMIZERS[name](model.parameters())
    x, y = batch(Generator(2), n, sizes[0], sizes[-1], loss)
    return model, optimizer, record(model, LOSSES[loss], optimizer, x, y), x, y


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop"])
def test_every_slot_that_is_read_was_written_before(loss, name):
    _, _, program, _, _ = recorded(name=name, loss=loss)
    written = {
        slot.id for slot in program.slots if slot.kind in ("data", "parameter", "state", "scalar")
    }
    for step in program.instructions:
        assert set(step.reads) <= written, step
        written |= set(step.writes)
    assert written == {slot.id for slot in program.slots}


def test_recording_moves_nothing():
    model = nn.mlp((2, 4, 2), generator=Generator(3))
    optimizer = optim.Adam(model.parameters(), 0.1)
    before = model.state_dict()
    record(model, nn.cross_entropy, optimizer, np.ones((4, 2)), np.array([0, 1, 1, 0]))
    assert optimizer.steps == 0
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_parameters_gradients_and_moments_stand_in_the_same_order():
    model, optimizer, program, _, _ = recorded()
    names = [name for name, _ in model.named_parameters()]
    assert [slot.name for slot in program.of_kind("parameter")] == names
    assert [slot.name for slot in program.of_kind("gradient")] == [f"∂{name}" for name in names]
    total = sum(slot.size for slot in program.of_kind("parameter"))
    assert [slot.shape for slot in program.of_kind("state")] == [(total,), (total,)]
    *_, last = program.instructions
    assert last.op == "Adam"
    assert [program.slots[i].kind for i in last.reads[:2]] == ["parameter", "parameter"]
    scalars = [slot.name for slot in program.of_kind("scalar")]
    assert scalars[:2] == ["steps", "learning_rate"]


def test_a_recorded_step_survives_json_and_runs_the_same():
    model, optimizer, program, x, y = recorded()
    again = Program.from_json(program.to_json())
    assert again == program
    start = model.state_dict()
    first = [Step(program, optimizer).run(x, y) for _ in range(3)]
    model.load_state_dict(start)
    optimizer.steps = 0
    for state in optimizer._state.values():
        state[...] = 0
    assert [Step(again, optimizer).run(x, y) for _ in range(3)] == first


def test_the_printed_step_names_buffers_kinds_and_operations():
    _, _, program, _, _ = recorded()
    text = str(program)
    for word in ("0.weight", "∂0.weight", "tanh.backward", "Adam", "参数", "梯度", "(6, 2)", "%0"):
        assert word in text
    assert "条指令" in text.splitlines()[0]


def test_the_graph_joins_what_is_read_and_written():
    _, _, program, _, _ = recorded()
    graph = program.graph()
    ids = {node["id"] for node in graph["nodes"]}
    assert len(ids) == len(graph["nodes"]) == len(program.slots) + len(program.instructions)
    assert all(edge["from"] in ids and edge["to"] in ids for edge in graph["edges"])
    first = program.instructions[0]
    joined = {edge["from"] for edge in graph["edges"] if edge["to"] == "step0"}
    assert joined == {f"slot{i}" for i in first.reads}


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", ["sgd", "nesterov-l2", "adam-l2"])
def test_a_running_step_asks_for_no_memory(activation, loss, name):
    sizes = (20, 300, 300, 4)
    model, optimizer, program, x, y = recorded(400, name, sizes, loss, activation)
    step = Step(program, optimizer)
    # One activation alone would be 480 kB; NumPy's buffer of 8192 numbers passes through.
    assert peak_of_a_step(step, x, y) < 40_000


def test_dead_buffers_are_used_again():
    _, _, program, _, _ = recorded(50, sizes=(2, 30, 30, 30, 30, 3))
    found = plan(program)
    assert found.size < 0.5 * found.naive
    alive: dict[int, tuple[int, int]] = {}
    for i, step in enumerate(program.instructions):
        for slot in (*step.reads, *step.writes):
            alive[slot] = (alive.get(slot, (i, i))[0], i)
    ranges = {
        slot: (start, start + program.slots[slot].size * 4) for slot, start in found.offset.items()
    }
    for a, (low, high) in ranges.items():
        for b, (start, stop) in ranges.items():
            if a < b and low < stop and start < high and found.offset[a] != found.offset[b]:
                assert alive[a][1] < alive[b][0] or alive[b][1] < alive[a][0], (a, b)


def test_knobs_are_turned_without_recording_again():
    (model, optimizer), (twin, other) = pair((2, 5, 2), "relu", OPTIMIZERS["sgd"])
    replay = Replay(model, nn.cross_entropy, optimizer)
    x, y = batch(Generator(5), 8, 2, 2, "cross_entropy")
    for rate, momentum, decay in [(0.1, 0.0, 0.0), (0.5, 0.9, 0.0), (0.01, 0.5, 0.1), (0.2, 0, 0)]:
        for one in (optimizer, other):
            one.learning_rate, one.momentum, one.weight_decay = rate, momentum, decay
        for _ in range(3):
            replay.run(x, y)
            eager_step(twin, nn.cross_entropy, other, x, y)
    assert_same_weights(model, twin, 1e-4)
    assert len(replay.steps) == 1


def test_eager_and_replayed_steps_can_take_turns():
    (model, optimizer), (twin, other) = pair((2, 5, 2), "tanh", OPTIMIZERS["adam"])
    replay = Replay(model, nn.cross_entropy, optimizer)
    x, y = batch(Generator(5), 8, 2, 2, "cross_entropy")
    for k in range(10):
        if k % 3:
            replay.run(x, y)
        else:
            eager_step(model, nn.cross_entropy, optimizer, x, y)
        eager_step(twin, nn.cross_entropy, other, x, y)
    assert_same_weights(model, twin, 1e-4)


class Wired(nn.Module):
    """残差、共享权重、切片和四则混在一起：没有专门写法的运算也要对。"""

    def __init__(self, generator: Generator) -> None:
        self.inner = nn.Linear(4, 4, generator=generator)
        self.outer = nn.Linear(4, 3, generator=generator)
        self.unused = Tensor(generator.normal(3), requires_grad=True)

    def forward(self, x: Tensor) -> Tensor:
        h = self.inner.forward(x)
        h = h + (self.inner.forward(h.tanh()) * h).exp() * 0.1
        h = h - h.mean(axis=1, keepdims=True)
        left, right = h[:, :2], h[:, 2:]
        joined = (left * right + left).abs() + left / (right * right + 1.0)
        wide = h.reshape(-1, 2, 2).permute(0, 2, 1).reshape(-1, 4)
        out = self.outer.forward(wide) + joined.sum(axis=1, keepdims=True)
        return out - out.max(axis=1, keepdims=True)


@pytest.mark.parametrize("loss", LOSSES)
def test_any_tape_is_replayed(loss, either):
    made = []
    for _ in range(2):
        model = Wired(Generator(4))
        made.append((model, optim.SGD(model.parameters(), 0.01, momentum=0.5)))
    (model, optimizer), (twin, other) = made
    replay = Replay(model, LOSSES[loss], optimizer)
    generator = Generator(9)
    for _ in range(10):
        x, y = batch(generator, 7, 4, 3, loss)
        x *= 0.3
        assert replay.run(x, y) == pytest.approx(eager_step(twin, LOSSES[loss], other, x, y))
    assert_same_weights(model, twin)


def test_labels_of_another_type_are_cast_in_the_step():
    (model, optimizer), (twin, other) = pair((2, 4, 1), "tanh", OPTIMIZERS["sgd"])
    loss = nn.binary_cross_entropy_with_logits
    replay = Replay(model, loss, optimizer)
    generator = Generator(2)
    for _ in range(10):
        x, y = generator.normal((9, 2)), generator.integers(9, 0, 2)
        assert replay.run(x, y) == pytest.approx(eager_step(twin, loss, other, x, y), rel=1e-5)


def test_frozen_parameters_stay():
    model = nn.mlp((2, 4, 2), generator=Generator(0))
    optimizer = optim.SGD(model[2].parameters(), 0.5)
    before = model[0].weight.numpy().copy()
    x, y = batch(Generator(1), 8, 2, 2, "cross_entropy")
    replay = Replay(model, nn.cross_entropy, optimizer)
    losses = [replay.run(x, y) for _ in range(20)]
    assert losses[-1] < losses[0]
    np.testing.assert_array_equal(model[0].weight.numpy(), before)


def masked_by_hand(output: Tensor, target: Tensor) -> Tensor:
    weights = Tensor(2.0 * target.data.astype(np.float32)[:, None])
    return (output * output * weights).mean()


def branching(output: Tensor, target: Tensor) -> Tensor:
    return (output if target.data[0] else -output * 2.0).sum()


class Drawing(nn.Module):
    def __init__(self) -> None:
        self.generator = Generator(0)
        self.inner = nn.Linear(2, 2, generator=Generator(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.inner.forward(x * Tensor(self.generator.uniform(x.shape)))


def test_what_cannot_be_recorded_is_refused():
    x, y = batch(Generator(1), 8, 2, 2, "cross_entropy")
    model = nn.mlp((2, 2), generator=Generator(0))
    optimizer = optim.SGD(model.parameters(), 0.5)
    with pytest.raises(NotRecordable, match="随数据变，却不是由带子上的运算得到"):
        record(model, masked_by_hand, optimizer, x, y)
    with pytest.raises(NotRecordable, match="运算就不一样了"):
        record(model, branching, optimizer, x, np.array([0] * 4 + [1] * 4))
    with pytest.raises(NotRecordable, match="返回由参数算出的一个数"):
        record(model, lambda output, target: output, optimizer, x, y)
    drawing = Drawing()
    with pytest.raises(NotRecordable, match="带子以外"):
        record(drawing, nn.cross_entropy, optim.SGD(drawing.parameters(), 0.1), x, y)
    assert drawing.generator.counter == 0


def test_wrong_shapes_and_other_optimizers_are_named():
    _, optimizer, program, x, y = recorded()
    step = Step(program, optimizer)
    with pytest.raises(ValueError, match=r"录的是 x \(6, 2\).*\(5, 2\)"):
        step.run(x[:5], y[:5])
    other = nn.mlp((2, 4, 3), generator=Generator(1))
    with pytest.raises(ValueError, match="参数和录下的步不一样"):
        Step(program, optim.Adam(other.parameters()))
    same = nn.mlp((2, 5, 3), generator=Generator(1))
    with pytest.raises(ValueError, match="录的时候用的是 Adam，得到 SGD"):
        Step(program, optim.SGD(same.parameters(), 0.1))

"""录下再重放有卷积、汇聚和批归一化的网络：和普通的步一样，滑动平均也一样。"""

import numpy as np
import pytest

from mlcore import nn, optim
from mlcore.autograd import Tensor
from mlcore.backend import set_backend
from mlcore.random import Generator
from mlcore.replay import NotRecordable, Program, Replay, record


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, device="cpu", dtype="float64")
    set_backend("numpy")


def images_network() -> nn.Sequential:
    generator = Generator(1)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, bias=False, generator=generator),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.ResidualBlock(4, 6, 2, generator=generator),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.LayerNorm(6),
        nn.Linear(6, 3, generator=generator),
    )


def test_a_replayed_network_for_images_goes_the_way_of_the_eager_one(backend):
    networks = [images_network() for _ in range(2)]
    eager, replayed = (optim.Adam(network.parameters(), 0.01) for network in networks)
    replay = Replay(networks[1], nn.cross_entropy, replayed)
    generator = Generator(3)
    for _ in range(6):
        x, y = generator.normal((5, 2, 8, 8)), generator.integers(5, 0, 3)
        loss = nn.cross_entropy(networks[0](Tensor(x)), Tensor(y))
        eager.zero_grad()
        loss.backward()
        eager.step()
        assert replay.run(x, y) == pytest.approx(loss.item(), rel=1e-9)
    states = [network.state_dict() for network in networks]
    assert any(name.endswith("running_var") for name in states[0])
    for name, value in states[0].items():
        np.testing.assert_allclose(states[1][name], value, rtol=1e-7, atol=1e-10)


def test_recording_moves_no_running_average_and_the_program_says_who_does():
    network = images_network()
    before = network.state_dict()
    x, y = Generator(0).normal((4, 2, 8, 8)), np.array([0, 1, 2, 1])
    optimizer = optim.SGD(network.parameters(), 0.1)
    program = record(network, nn.cross_entropy, optimizer, x, y)
    for name, value in network.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    buffers = {slot.id: slot.name for slot in program.of_kind("buffer")}
    assert {"1.running_mean", "1.running_var"} <= set(buffers.values())
    writing = [step for step in program.instructions if set(step.writes) & buffers.keys()]
    assert {step.op for step in writing} == {"batch_norm"}
    assert "缓冲" in str(program)
    assert Program.from_json(program.to_json()) == program


def test_training_and_use_are_recorded_apart():
    network = nn.Sequential(nn.Linear(2, 2, generator=Generator(0)), nn.BatchNorm1d(2))
    replay = Replay(network, nn.mse_loss, optim.SGD(network.parameters(), 0.1))
    x = np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)
    replay.run(x, x)
    moved = network[1].running_mean.data.copy()
    network.eval()
    replay.run(x, x)
    np.testing.assert_array_equal(network[1].running_mean.data, moved)


class Counting(nn.Module):
    def __init__(self) -> None:
        self.inner = nn.Linear(2, 2, generator=Generator(0))
        self.calls = Tensor(np.zeros(1, np.float32))

    def forward(self, x: Tensor) -> Tensor:
        self.calls.data[...] += 1
        return self.inner.forward(x)


def test_hidden_changes_are_refused():
    x, y = np.ones((4, 2), np.float32), np.array([0, 1, 1, 0])
    counting = Counting()
    slopes = nn.Sequential(
        nn.Linear(2, 2, generator=Generator(0)), nn.RReLU(generator=Generator(1))
    )
    for model in counting, slopes:
        with pytest.raises(NotRecordable, match="带子以外"):
            record(model, nn.cross_entropy, optim.SGD(model.parameters(), 0.1), x, y)
    assert counting.calls.data[0] == 0
    assert slopes[1].generator.counter == 0


def dropping_network() -> nn.Sequential:
    generator = Generator(1)
    return nn.Sequential(
        nn.Dropout(0.2, generator=generator),
        nn.Linear(4, 6, generator=generator),
        nn.Tanh(),
        nn.Dropout(0.5, generator=generator),
        nn.Linear(6, 3, generator=generator),
    )


def test_a_replayed_step_drops_what_the_eager_one_drops(backend):
    networks = [dropping_network() for _ in range(2)]
    eager, replayed = (optim.SGD(network.parameters(), 0.1) for network in networks)
    replay = Replay(networks[1], nn.cross_entropy, replayed)
    generator = Generator(3)
    for _ in range(6):
        x, y = generator.normal((5, 4)), generator.integers(5, 0, 3)
        loss = nn.cross_entropy(networks[0](Tensor(x)), Tensor(y))
        eager.zero_grad()
        loss.backward()
        eager.step()
        assert replay.run(x, y) == pytest.approx(loss.item(), rel=1e-9)
    states = [network.state_dict() for network in networks]
    assert states[0]["0.generator"][2] > 6 * 5 * 10
    for name, value in states[0].items():
        np.testing.assert_allclose(states[1][name], value, rtol=1e-7, atol=1e-10)


def test_a_program_says_when_it_draws():
    network = dropping_network()
    counter = network[0].generator.counter
    x, y = np.ones((4, 4), np.float32), np.array([0, 1, 2, 1])
    program = record(network, nn.cross_entropy, optim.SGD(network.parameters(), 0.1), x, y)
    assert network[0].generator.counter == counter
    draws = [step for step in program.instructions if step.op == "draw"]
    assert [step.attrs["module"] for step in draws] == ["0", "3"]
    assert [slot.shape for slot in program.of_kind("random")] == [(4, 4), (4, 6)]
    assert Program.from_json(program.to_json()) == program

"""重放的训练：和普通的步走同样的路，停得下、续得上，录不了就说清楚。"""

import numpy as np
import pytest

from mlcore import nn, optim, replay
from mlcore.autograd import Tensor, apply
from mlcore.backend import asarray, set_backend, to_numpy
from mlcore.data import toy
from mlcore.optim import schedules
from mlcore.random import Generator
from mlcore.train import Divergence, EarlyStopping, Trainer, fit, metrics, restore, save


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, "cpu", "float64")
    set_backend("numpy")


@pytest.fixture
def double():
    yield set_backend("numpy", dtype="float64")
    set_backend("numpy")


def images(generator: Generator):
    """17 张小图，三类：最后一批短一些。"""
    x = generator.normal((17, 1, 6, 6))
    return x, asarray(np.arange(17) % 3)


def image_network() -> nn.Sequential:
    # Before a batch norm the gradient of a bias is rounding, which Adam would make a step of.
    generator = Generator(1)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1, bias=False, generator=generator),
        nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Dropout(0.3, generator=Generator(2)), nn.Linear(27, 3, generator=generator),
    )  # fmt: skip


def image_trainer(replay: bool, **options) -> Trainer:
    generator = Generator(5)
    x, y = images(generator)
    model = image_network()
    return Trainer(
        model, nn.cross_entropy, optim.Adam(model.parameters(), 0.01, weight_decay=0.01), x, y, 7,
        generator, schedule=schedules.warmup(schedules.cosine(0.02, 30), 5), average=0.9,
        validation=(x[:9], y[:9]), metrics={"accuracy": metrics.accuracy},
        stopping=EarlyStopping(1000), replay=replay, **options,
    )  # fmt: skip


def assert_same_run(ours: Trainer, wanted: Trainer) -> None:
    np.testing.assert_allclose(ours.history, wanted.history, rtol=1e-9)
    np.testing.assert_allclose(
        ours.history.valid["loss"], wanted.history.valid["loss"], rtol=1e-9
    )
    for part in ("model", "optimizer"):
        ours_part, wanted_part = ours.state_dict()[part], wanted.state_dict()[part]
        for name, value in wanted_part.items():
            if isinstance(value, np.ndarray):
                np.testing.assert_allclose(ours_part[name], value, rtol=1e-8, atol=1e-11)
            else:
                assert ours_part[name] == value
    for ours_average, average in zip(ours.average._averages, wanted.average._averages, strict=True):
        np.testing.assert_allclose(to_numpy(ours_average), to_numpy(average), rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("numpy", {}),
        ("numpy", {"clip_norm": 0.5}),
        ("numpy", {"clip_value": 0.01}),
        ("torch", {"clip_norm": 0.5, "clip_value": 0.1}),
    ],
)
def test_a_replayed_run_is_the_eager_one_to_rounding(name, limits, double):
    set_backend(name, "cpu", "float64")
    ours, wanted = (image_trainer(replay, **limits) for replay in (True, False))
    for trainer in ours, wanted:
        trainer.step(20)
    assert_same_run(ours, wanted)
    # Two sizes of a batch, so two recorded steps.
    assert len(ours._way.replay.steps) == 2


def test_eager_and_replayed_steps_may_take_turns(double):
    wanted, mixed, eager = (image_trainer(replay) for replay in (False, True, False))
    wanted.step(12)
    mixed.step(5)
    eager.load_state_dict(mixed.state_dict())
    eager.step(4)
    mixed.load_state_dict(eager.state_dict())
    mixed.step(3)
    assert_same_run(mixed, wanted)


@pytest.mark.parametrize("before", [1, 3, 8])
def test_a_replayed_run_goes_on_from_its_file_bit_for_bit(tmp_path, before):
    whole = image_trainer(True)
    whole.step(before)
    save(whole, tmp_path / "a.npz")
    whole.step(9)
    again = image_trainer(True)
    again.step(2)
    restore(again, tmp_path / "a.npz")
    again.step(9)
    for name, value in whole.state_dict()["model"].items():
        np.testing.assert_array_equal(again.state_dict()["model"][name], value)
    assert list(again.history) == list(whole.history)


def test_indices_are_replayed_and_need_not_be_announced(backend):
    def trained(replay: bool) -> Trainer:
        generator = Generator(3)
        words = generator.integers((30, 4), 0, 6)
        model = nn.Sequential(
            nn.Embedding(6, 3, generator=generator), nn.Flatten(),
            nn.Linear(12, 6, generator=generator),
        )  # fmt: skip
        return fit(
            model, nn.cross_entropy, optim.Adam(model.parameters(), 0.05), words, words[:, 3],
            epochs=4, batch_size=8, generator=Generator(4), progress=False, replay=replay,
        )  # fmt: skip

    ours, wanted = trained(True), trained(False)
    assert ours.indices
    np.testing.assert_allclose(ours.history, wanted.history, rtol=1e-9)
    assert ours.history[-1] < ours.history[0]


class NextCharacter(nn.Module):
    """(N, T) 的编号 → (N, T, V) 的分数。"""

    def __init__(self) -> None:
        generator = Generator(6)
        self.table = nn.Embedding(5, 4, generator=generator)
        self.memory = nn.GRU(4, 6, batch_first=True, generator=generator)
        self.head = nn.Linear(6, 5, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.head.forward(self.memory.forward(self.table.forward(x))[0])


def test_whole_sequences_are_samples(backend):
    runs = []
    for replayed in (True, False):
        text = Generator(8).integers((13, 7), 0, 5)
        model = NextCharacter()
        runs.append(Trainer(
            model, nn.cross_entropy, optim.SGD(model.parameters(), 0.5, 0.9), text[:, :-1],
            text[:, 1:], 5, Generator(9), replay=replayed, clip_norm=1.0,
        ))  # fmt: skip
        runs[-1].step(10)
    np.testing.assert_allclose(runs[0].history, runs[1].history, rtol=1e-9)


def test_the_augmented_batch_is_what_is_learned(backend):
    def trained(replay: bool) -> Trainer:
        generator = Generator(3)
        x, y = toy.circle(20, generator)
        model = nn.mlp((2, 4, 2), generator=generator)
        trainer = Trainer(
            model, nn.cross_entropy, optim.SGD(model.parameters(), 0.1), x, y, 8, generator,
            replay=replay, augment=lambda batch, dice: batch + dice.normal(batch.shape, std=0.1),
        )
        trainer.step(9)
        return trainer

    ours, wanted = trained(True), trained(False)
    np.testing.assert_allclose(ours.history, wanted.history, rtol=1e-9)
    assert ours.generator.counter == wanted.generator.counter > 2 * 9


def test_a_divergence_is_seen_before_the_update():
    def trainer(rate: float, replay: bool) -> Trainer:
        generator = Generator(1)
        x, y = toy.circle(40, generator)
        model = nn.mlp((2, 8, 8, 2), "relu", generator=generator)
        optimizer = optim.SGD(model.parameters(), rate)
        return Trainer(model, nn.cross_entropy, optimizer, x, y, 10, generator, replay=replay)

    seen = []
    for replayed in (True, False):
        one = trainer(1e30, replayed)
        with pytest.raises(Divergence) as caught:
            one.step(50)
        seen.append(caught.value.step)
        before = one.model.state_dict()
        assert one.optimizer.steps == one.steps == caught.value.step - 1
        with pytest.raises(Divergence):
            one.step()
        for name, value in one.model.state_dict().items():
            np.testing.assert_array_equal(value, before[name])
    assert seen[0] == seen[1]


class Branching(nn.Module):
    """走哪条路看数据的正负。"""

    def __init__(self) -> None:
        self.inner = nn.Linear(2, 2, generator=Generator(0))

    def forward(self, x: Tensor) -> Tensor:
        output = self.inner.forward(x)
        return apply("tanh", output) if float(x.data.sum()) > 0 else output


def test_a_step_that_cannot_be_recorded_says_so_and_is_not_taken_silently():
    model = Branching()
    x = np.full((6, 2), -0.5, np.float32)
    x[0] = 0.25
    trainer = Trainer(
        model, nn.cross_entropy, optim.SGD(model.parameters(), 0.1), x, np.arange(6) % 2, 6,
        Generator(0), replay=True,
    )  # fmt: skip
    with pytest.raises(replay.NotRecordable, match="分支.*去掉 replay=True"):
        trainer.step()
    assert trainer.steps == 0 and list(trainer.history) == []


def test_integer_batches_from_numpy_are_brought_to_torch():
    set_backend("torch", "cpu")
    try:
        model = nn.mlp((2, 3), generator=Generator(0))
        run = replay.Replay(model, nn.cross_entropy, optim.SGD(model.parameters(), 0.1)).run
        assert run(np.ones((3, 2)), np.array([0, 1, 2])) > 0
    finally:
        set_backend("numpy")

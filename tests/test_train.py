"""训练循环：每一轮每个样本一次，能原样续上，发散了说清楚。"""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore import nn, optim, train
from mlcore.autograd import Tensor
from mlcore.backend import set_backend, to_numpy
from mlcore.data import toy
from mlcore.optim import schedules
from mlcore.random import Generator
from mlcore.train import Divergence, EarlyStopping, Trainer, evaluate, fit, metrics, run


def circle_trainer(
    seed: int = 1, batch_size: int = 10, rate: float = 0.1, adam: bool = False, n: int = 100,
    **options,
) -> Trainer:
    generator = Generator(seed)
    x, y = toy.circle(n, generator)
    model = nn.mlp((2, 6, 2, 2), generator=generator)
    optimizer = (
        optim.Adam(model.parameters(), rate)
        if adam
        else optim.SGD(model.parameters(), rate, momentum=0.5, weight_decay=0.001)
    )
    return Trainer(model, nn.cross_entropy, optimizer, x, y, batch_size, generator, **options)


def test_the_circle_is_learned():
    trainer = circle_trainer(adam=True, rate=0.03)
    trainer.step(1000)
    guess = trainer.model(trainer.x).numpy().argmax(axis=1)
    assert np.mean(guess == trainer.y) == 1.0
    assert np.mean(trainer.history[-10:]) < 0.1 < trainer.history[0]


def test_training_stays_in_single_precision():
    trainer = circle_trainer()
    trainer.step(3)
    assert trainer.x.dtype == np.float32
    for parameter in trainer.model.parameters():
        assert parameter.data.dtype == parameter.grad.dtype == np.float32


@given(n=st.integers(2, 40), batch_size=st.integers(1, 50), epochs=st.integers(1, 3))
@settings(max_examples=25)
def test_every_epoch_shows_every_sample_once(n, batch_size, epochs):
    seen: list[float] = []

    def spy(output: Tensor, target: Tensor) -> Tensor:
        seen.extend(target.data.ravel().tolist())
        return nn.mse_loss(output, target)

    model = nn.mlp((1, 1), generator=Generator(0))
    x = np.linspace(-1, 1, n).reshape(-1, 1)
    optimizer = optim.SGD(model.parameters(), 0.0)
    trainer = Trainer(model, spy, optimizer, x, np.arange(n) / n, batch_size, Generator(1))
    orders = []
    for epoch in range(epochs):
        assert trainer.epoch == epoch
        trainer.step(trainer.batches)
        order, seen[:] = list(seen), []
        np.testing.assert_allclose(sorted(order), np.arange(n) / n, rtol=1e-6)
        orders.append(tuple(order))
    if n > 10:
        assert len(set(orders)) == epochs


@given(
    before=st.integers(0, 35), after=st.integers(1, 35), adam=st.booleans(), seed=st.integers(0, 99)
)
@settings(max_examples=20)
def test_a_restored_run_goes_on_bit_for_bit(before, after, adam, seed):
    first = circle_trainer(seed, 8, 0.05, adam)
    if before:
        first.step(before)
    state = pickle.loads(pickle.dumps(first.state_dict()))
    first.step(after)

    second = circle_trainer(seed, 8, 0.05, adam)
    second.step(3)
    second.load_state_dict(state)
    assert (second.steps, second.epoch) == (before, before // 13)
    second.step(after)
    assert second.history == first.history
    for left, right in zip(first.model.parameters(), second.model.parameters(), strict=True):
        np.testing.assert_array_equal(left.data, right.data)
    assert second.generator.counter == first.generator.counter


def test_a_loss_that_draws_from_the_same_generator_is_resumed_too():
    def noisy(trainer: Trainer):
        return lambda output, target: nn.cross_entropy(
            output + Tensor(trainer.generator.normal(output.shape)), target
        )

    first, second = circle_trainer(), circle_trainer()
    for trainer in (first, second):
        trainer.loss = noisy(trainer)
    first.step(17)
    second.load_state_dict(first.state_dict())
    first.step(20)
    second.step(20)
    assert first.history == second.history


def test_steps_in_one_call_or_in_many_are_the_same():
    one, many = circle_trainer(), circle_trainer()
    one.step(30)
    for _ in range(30):
        many.step()
    assert one.history == many.history


def test_numpy_and_torch_walk_together_for_fifty_steps():
    histories = []
    for name in ("numpy", "torch"):
        set_backend(name, device="cpu")
        try:
            trainer = circle_trainer(rate=0.05)
            trainer.step(50)
            weights = [to_numpy(p.data) for p in trainer.model.parameters()]
            histories.append((trainer.history, weights))
        finally:
            set_backend("numpy")
    (left, left_weights), (right, right_weights) = histories
    np.testing.assert_allclose(left, right, rtol=1e-5)
    for ours, theirs in zip(left_weights, right_weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5 * np.abs(ours).max())


@pytest.mark.parametrize("rate", [30.0, 1000.0, 1e30])
def test_a_learning_rate_that_is_far_too_large_is_reported(rate):
    trainer = circle_trainer(rate=rate)
    with pytest.raises(Divergence, match=r"第 \d+ 步发散：损失从 0\.\d+ .*学习率太大") as caught:
        trainer.step(300)
    assert caught.value.step == trainer.steps + 1 == len(trainer.history) + 1
    assert caught.value.start == trainer.history[0]
    with pytest.raises(Divergence):
        trainer.step()


def test_a_sound_learning_rate_is_never_called_divergent():
    for seed in range(5):
        for batch_size in (1, 10, 100):
            for adam, rate in ((True, 0.03), (False, 0.3)):
                circle_trainer(seed, batch_size, rate, adam).step(200)


@pytest.mark.parametrize("n", range(2, 41))
def test_a_model_that_does_not_move_never_diverges(n):
    """一批一个样本，学习率是 0：第一个恰好碰得准，后面的大几百倍，也不叫发散。"""
    model = nn.mlp((1, 1), generator=Generator(0))
    optimizer = optim.SGD(model.parameters(), 0.0)
    x = np.linspace(-1, 1, n).reshape(-1, 1)
    trainer = Trainer(model, nn.mse_loss, optimizer, x, np.arange(n) / n, 1, Generator(1))
    trainer.step(4 * n)
    assert trainer.divergence is None


def test_one_can_step_back_to_before_a_divergence():
    trainer = circle_trainer(rate=0.1)
    trainer.step(20)
    state = trainer.state_dict()
    trainer.optimizer.learning_rate = 1e6
    with pytest.raises(Divergence):
        trainer.step(100)
    trainer.load_state_dict(state)
    assert trainer.divergence is None and trainer.optimizer.learning_rate == 0.1
    trainer.step(20)
    reference = circle_trainer(rate=0.1)
    reference.step(40)
    assert trainer.history == reference.history


def test_a_regression_that_explodes_is_reported_with_its_step():
    x = np.linspace(-1, 1, 20).reshape(-1, 1)
    model = nn.mlp((1, 1), generator=Generator(0))
    optimizer = optim.SGD(model.parameters(), 5.0)
    trainer = Trainer(model, nn.mse_loss, optimizer, x, 3 * x, 20, Generator(0))
    with pytest.raises(Divergence) as caught:
        trainer.step(500)
    assert caught.value.loss > 10 * caught.value.start
    assert all(np.isfinite(p.data).all() for p in model.parameters())


def test_a_divergence_survives_pickling():
    error = pickle.loads(pickle.dumps(Divergence(3, float("nan"), 0.5)))
    assert error.step == 3 and "第 3 步发散：损失从 0.5 变成了无穷大或 NaN" in str(error)


def test_nothing_is_printed_when_numbers_overflow():
    with np.errstate(all="raise"), pytest.raises(Divergence):
        circle_trainer(rate=1e30).step(50)


@pytest.mark.parametrize("progress", [False, True])
def test_fit_trains_whole_epochs_with_and_without_a_bar(progress, capsys):
    generator = Generator(2)
    x, y = toy.gaussian(30, generator)
    model = nn.mlp((2, 2), generator=generator)
    optimizer = optim.SGD(model.parameters(), 0.5)
    trainer = fit(
        model,
        nn.cross_entropy,
        optimizer,
        x,
        y,
        epochs=4,
        batch_size=7,
        generator=generator,
        progress=progress,
    )
    assert trainer.steps == 4 * 5 and trainer.epoch == 4
    assert trainer.history[-1] < trainer.history[0]
    output = capsys.readouterr()
    assert output.out == "" and bool(output.err) == progress


def test_binary_labels_fit_one_output():
    generator = Generator(3)
    x, y = toy.gaussian(40, generator)
    model = nn.mlp((2, 1), generator=generator)
    optimizer = optim.SGD(model.parameters(), 1.0)
    loss = nn.binary_cross_entropy_with_logits
    trainer = Trainer(model, loss, optimizer, x, y, 10, generator)
    trainer.step(200)
    assert np.mean((model(x).numpy()[:, 0] > 0) == y) == 1.0


# ── 学习率、裁剪、滑动平均 ────────────────────────────────────────────────────


def test_every_step_takes_the_learning_rate_of_its_number():
    seen = []

    def schedule(step: int) -> float:
        seen.append(step)
        return 0.1 / (1 + step)

    trainer = circle_trainer(schedule=schedule)
    trainer.step(25)
    assert seen == list(range(25))
    assert trainer.optimizer.learning_rate == 0.1 / 25


def test_a_warm_up_from_zero_leaves_the_weights_where_they_are_at_first():
    trainer = circle_trainer(schedule=schedules.warmup(schedules.constant(0.1), 5))
    before = trainer.model.state_dict()
    trainer.step()
    for name, values in trainer.model.state_dict().items():
        np.testing.assert_array_equal(values, before[name])
    trainer.step()
    assert any((v != before[name]).any() for name, v in trainer.model.state_dict().items())


@pytest.mark.parametrize("limits", [{"clip_norm": 1e-3}, {"clip_value": 1e-4}])
def test_a_clipped_step_is_short(limits):
    x = np.linspace(-1, 1, 20).reshape(-1, 1)
    model = nn.mlp((1, 1), generator=Generator(0))
    optimizer = optim.SGD(model.parameters(), 1.0)
    trainer = Trainer(model, nn.mse_loss, optimizer, x, 50 * x, 20, Generator(0), **limits)
    for _ in range(5):
        before = np.concatenate([v.ravel() for v in model.state_dict().values()])
        trainer.step()
        moved = np.concatenate([v.ravel() for v in model.state_dict().values()]) - before
        assert 0 < np.linalg.norm(moved) <= 1.001e-3


def test_validation_sees_the_averaged_weights_and_training_does_not():
    plain = circle_trainer()
    averaged = circle_trainer(average=0.9, validation=(plain.x, plain.y))
    plain.step(30)
    averaged.step(30)
    assert plain.history == averaged.history
    with averaged.average.applied():
        expected = averaged.evaluate(plain.x, plain.y)
    assert averaged.history.valid["loss"][-1] == expected["loss"]
    assert expected["loss"] != averaged.evaluate(plain.x, plain.y)["loss"]


# ── 验证和早停 ────────────────────────────────────────────────────────────────


def test_scores_of_batches_are_those_of_the_whole():
    trainer = circle_trainer(n=53)
    trainer.step(20)
    named = {"accuracy": metrics.accuracy}
    found = [
        evaluate(trainer.model, nn.cross_entropy, trainer.x, trainer.y, named, batch_size=size)
        for size in (7, 53, 1000)
    ]
    output = trainer.model(trainer.x)
    assert found[0]["loss"] == pytest.approx(found[1]["loss"], rel=1e-6)
    assert found[1]["loss"] == found[2]["loss"] == nn.cross_entropy(output, trainer.y).item()
    assert {one["accuracy"] for one in found} == {metrics.accuracy(output.data, trainer.y)}


def test_evaluation_leaves_no_trace():
    first, second = circle_trainer(), circle_trainer()
    first.step(5)
    second.step(5)
    second.evaluate(second.x, second.y)
    assert second.model.training
    first.step(20)
    second.step(20)
    assert first.history == second.history


def test_validation_drops_nothing_and_moves_no_running_mean():
    generator = Generator(4)
    x, y = toy.circle(40, generator)
    model = nn.Sequential(
        nn.Linear(2, 6, generator=generator), nn.BatchNorm1d(6), nn.Tanh(),
        nn.Dropout(0.5, generator=generator), nn.Linear(6, 2, generator=generator),
    )  # fmt: skip
    optimizer = optim.SGD(model.parameters(), 0.1)
    trainer = Trainer(
        model, nn.cross_entropy, optimizer, x, y, 10, generator, validation=(x, y)
    )
    trainer.step(4)
    before = model.state_dict()
    model.eval()
    expected = nn.cross_entropy(model(x), y).item()
    model.train()
    assert trainer.history.valid["loss"] == [pytest.approx(expected, rel=1e-6)]
    assert trainer.evaluate(x, y) == trainer.evaluate(x, y)
    for name, values in model.state_dict().items():
        np.testing.assert_array_equal(values, before[name])


def test_every_epoch_is_validated_once():
    reference = circle_trainer(2)
    trainer = circle_trainer(
        validation=(reference.x, reference.y), metrics={"accuracy": metrics.accuracy}
    )
    trainer.step(34)
    assert trainer.history.steps == [10, 20, 30]
    assert trainer.history.valid.keys() == {"loss", "accuracy"}
    assert len(trainer.history.valid["accuracy"]) == 3


def scripted_stop(values, patience, **options) -> EarlyStopping:
    stopping = EarlyStopping(patience, **options)
    for step, value in enumerate(values):
        if stopping.update(value, step, {"w": np.array(step)}):
            break
    return stopping


def test_stopping_waits_as_long_as_its_patience_and_keeps_the_best():
    found = scripted_stop([3.0, 2.0, 2.5, 1.0, 1.5, 1.0, 1.2, 0.1], 3)
    assert found.stopped
    assert (found.best, found.best_step, found.waited, found.weights["w"]) == (1.0, 3, 3, 3)
    assert not scripted_stop([3.0, 2.0, 2.5, 1.0, 1.5, 1.0], 3).stopped


def test_stopping_may_look_for_the_largest_and_ignore_small_gains_and_nan():
    found = scripted_stop([0.5, 0.9, 0.8, 0.95], 3, larger_is_better=True)
    assert (found.best, found.best_step) == (0.95, 3)
    found = scripted_stop([1.0, 0.995, 0.992], 2, min_delta=0.01)
    assert found.stopped and found.best == 1.0
    found = scripted_stop([float("nan"), 1.0, float("nan")], 2)
    assert (found.best, found.waited) == (1.0, 1)


def overfitting(**options) -> Trainer:
    """训练集里的标签是乱的，所以验证的损失先降后升。"""
    generator = Generator(5)
    x = to_numpy(generator.uniform((30, 2), -1, 1))
    y = (x[:, 0] > 0).astype(np.int64)
    y[::5] = 1 - y[::5]
    x_valid = to_numpy(generator.uniform((100, 2), -1, 1))
    y_valid = (x_valid[:, 0] > 0).astype(np.int64)
    model = nn.mlp((2, 24, 24, 2), generator=generator)
    optimizer = optim.Adam(model.parameters(), 0.02)
    return Trainer(
        model, nn.cross_entropy, optimizer, x, y, 10, generator,
        validation=(x_valid, y_valid), stopping=EarlyStopping(4), **options,
    )  # fmt: skip


def test_an_overfitting_run_stops_early_with_its_best_weights():
    trainer = run(overfitting(), 100, progress=False)
    losses = trainer.history.valid["loss"]
    assert trainer.stopped and trainer.epoch < 100
    best = int(np.argmin(losses))
    assert len(losses) == best + 5
    assert trainer.stopping.best_step == trainer.history.steps[best]
    assert trainer.evaluate(*trainer.validation)["loss"] == losses[best] < losses[-1]


@pytest.mark.parametrize("before", [1, 5, 12])
def test_a_restored_run_stops_at_the_same_step(before):
    whole = run(overfitting(average=0.8), 100, progress=False)
    first = overfitting(average=0.8)
    first.step(before)
    second = overfitting(average=0.8)
    second.load_state_dict(pickle.loads(pickle.dumps(first.state_dict())))
    run(second, 100, progress=False)
    assert second.history == whole.history
    assert second.history.valid == whole.history.valid
    for left, right in zip(whole.model.parameters(), second.model.parameters(), strict=True):
        np.testing.assert_array_equal(left.data, right.data)


def test_torch_stops_and_restores_like_numpy_and_reads_its_checkpoints(tmp_path):
    path = tmp_path / "a.npz"
    set_backend("torch", device="cpu")
    try:
        whole, first, second = (overfitting(average=0.8, clip_norm=1.0) for _ in range(3))
        first.step(14)
        train.save(first, path)
        train.restore(second, path)
        for trainer in (whole, second):
            run(trainer, 100, progress=False)
    finally:
        set_backend("numpy")
    assert whole.stopped and second.history == whole.history
    for left, right in zip(whole.model.parameters(), second.model.parameters(), strict=True):
        np.testing.assert_array_equal(to_numpy(left.data), to_numpy(right.data))
    here = overfitting(average=0.8, clip_norm=1.0)
    train.restore(here, path)
    here.step()
    assert here.history[:14] == whole.history[:14]
    assert here.history[14] == pytest.approx(whole.history[14], rel=1e-5)


# ── 画出来 ────────────────────────────────────────────────────────────────────


def test_the_history_draws_both_curves():
    reference = circle_trainer(2)
    trainer = circle_trainer(
        validation=(reference.x, reference.y), metrics={"accuracy": metrics.accuracy}
    )
    trainer.step(30)
    trained, valid = trainer.history.figure()["data"]
    np.testing.assert_allclose(trained["y"], trainer.history)
    np.testing.assert_array_equal(trained["x"], np.arange(1, 31))
    assert valid["x"].tolist() == [10, 20, 30]
    (only,) = trainer.history.figure("accuracy")["data"]
    assert only["y"].tolist() == trainer.history.valid["accuracy"]
    assert trainer.history.figure("accuracy")["layout"]["yaxis"]["title"]["text"] == "准确率"
    figure = trainer.history.plot()
    assert [trace.name for trace in figure.data] == ["训练", "验证"]
    with pytest.raises(ValueError, match="没有记过 f1；记过的是 loss、accuracy"):
        trainer.history.figure("f1")


def test_a_long_history_is_drawn_in_means_that_keep_its_mean():
    history = train.History(np.arange(12345.0))
    (curve,) = history.figure()["data"]
    assert len(curve["x"]) == len(curve["y"]) == 500
    assert curve["x"][-1] == 12345
    widths = np.diff(curve["x"], prepend=0)
    assert np.average(curve["y"], weights=widths) == pytest.approx(np.mean(history))
    assert train.History().figure()["data"][0]["y"].size == 0


def test_integers_reach_the_network_as_they_are_when_they_are_indices():
    class Counter(nn.Module):
        def __init__(self) -> None:
            self.table = Tensor(np.zeros((5, 2), dtype=np.float32), requires_grad=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.table.take(x)

    model = Counter()
    x = np.array([0, 1, 2, 3, 4, 0])
    optimizer = optim.SGD(model.parameters(), 1.0)
    trainer = Trainer(
        model, nn.cross_entropy, optimizer, x, x % 2, 3, Generator(0),
        indices=True, validation=(x, x % 2), metrics={"accuracy": metrics.accuracy},
    )  # fmt: skip
    trainer.step(20)
    assert trainer.history.valid["accuracy"][-1] == 1.0


def trainer_on(x, y, batch_size=2, generator=None, **options) -> Trainer:
    model = nn.mlp((2, 2), generator=Generator(0))
    optimizer = optim.SGD(model.parameters(), 0.1)
    generator = generator or Generator(0)
    return Trainer(model, nn.cross_entropy, optimizer, x, y, batch_size, generator, **options)


POINTS = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: trainer_on(np.zeros((0, 2)), np.zeros(0, int)), ValueError, "x 里没有样本"),
        (lambda: trainer_on(POINTS, [0, 1]), ValueError, r"样本数要一样.*\(3, 2\).*\(2,\)"),
        (lambda: trainer_on(POINTS * np.nan, [0, 1, 1]), ValueError, "x 里有 6 个 NaN"),
        (lambda: trainer_on(POINTS, [0.0, np.inf, 1.0]), ValueError, "y 里有 1 个 NaN 或无穷大"),
        (lambda: trainer_on(POINTS, [1, 1, 1]), ValueError, "y 只有一类（全是 1）.*两类"),
        (lambda: trainer_on(POINTS, [0, -1, 1]), ValueError, "y 的类别.*-1"),
        (lambda: trainer_on(POINTS, ["红", "蓝", "蓝"]), TypeError, "要实数"),
        (lambda: trainer_on(POINTS, [0, 1, 1], batch_size=0), ValueError, "batch_size"),
        (lambda: trainer_on(POINTS, [0, 1, 1], batch_size=2.0), TypeError, "batch_size"),
        (lambda: trainer_on(POINTS, [0, 1, 1], generator=7), TypeError, "generator.*int 7"),
        (lambda: trainer_on(POINTS, [0, 1, 5], 3).step(), ValueError, "softmax_cross_entropy"),
        (lambda: trainer_on(POINTS[:, :1], [0, 1, 1]).step(), ValueError, "运算 linear"),
        (lambda: trainer_on(POINTS, [0, 1, 1]).step(0), ValueError, "n 要至少是 1"),
        (lambda: trainer_on(POINTS, [0, 1, 1]).load_state_dict({}), ValueError, "state 缺"),
        (
            lambda: trainer_on(POINTS, [0, 1, 1]).load_state_dict(
                trainer_on(POINTS, [0, 1, 1], average=0.5).state_dict()
            ),
            ValueError,
            "average 一边有、一边没有",
        ),
        (lambda: trainer_on(POINTS, [0, 1, 1], indices=True), TypeError, "x 要是整数"),
        (lambda: trainer_on(POINTS, [0, 1, 1], average=1.0), ValueError, "decay 要小于 1"),
        (lambda: trainer_on(POINTS, [0, 1, 1], clip_norm=0.0), ValueError, "clip_norm 要大于 0"),
        (lambda: trainer_on(POINTS, [0, 1, 1], clip_value=-1.0), ValueError, "clip_value"),
        (
            lambda: trainer_on(POINTS, [0, 1, 1], stopping=EarlyStopping(3)),
            ValueError,
            "早停要有验证集",
        ),
        (
            lambda: trainer_on(
                POINTS, [0, 1, 1], validation=(POINTS, [0, 1, 1]),
                stopping=EarlyStopping(3, metric="f1"),
            ),
            ValueError,
            "stopping.metric 要是 loss 之一，得到 'f1'",
        ),
        (
            lambda: trainer_on(POINTS, [0, 1, 1], validation=(POINTS, [0, 1])),
            ValueError,
            "样本数要一样",
        ),
        (lambda: EarlyStopping(0), ValueError, "patience 要至少是 1"),
        (lambda: run(trainer_on(POINTS, [0, 1, 1]), 0), ValueError, "epochs 要至少是 1"),
        (lambda: run(trainer_on(POINTS, [0, 1, 1]), 1, every=0), ValueError, "every"),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_the_windows_of_the_alarm_are_those_the_text_says():
    assert (train.EXPLOSION, train.WINDOW) == (10.0, 10)

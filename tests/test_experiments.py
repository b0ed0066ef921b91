"""实验：每一个都在小数据上跑一遍，停得下、续得上，记录说得清来历；三元模型的概率加起来是 1。"""

import json

import numpy as np
import pytest

from mlcore.backend import set_backend
from mlcore.data.images import Images, digits
from mlcore.experiments import NAMES, command, experiment
from mlcore.experiments.classification import flip, shift
from mlcore.experiments.job import Interrupted, Job
from mlcore.ngram import KneserNey
from mlcore.random import Generator

POEMS = [line * 4 for line in ("白日依山尽上高", "黄河入海流天下", "欲穷千里目更上")] * 20


def pictures(name: str) -> Images:
    layout = "flat" if name == "mnist-mlp" else "channels"
    x, y, names = digits("float32", layout)
    if name == "cifar-cnn":
        x = np.repeat(x, 3, axis=1)
    return Images(x[:240], y[:240], x[240:300], y[240:300], names)


def given(name: str):
    return POEMS if name == "poem-lm" else pictures(name)


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_ends_with_a_table_and_a_record(name, tmp_path, monkeypatch, capsys):
    module = experiment(name)
    monkeypatch.setattr(module, "load", lambda: given(name))
    words = [name, "--epochs", "2", "--seed", "3", "--backend", "numpy", "--no-progress"]
    try:
        assert command.main([*words, "--record", str(tmp_path / "a.json")]) == 0
    finally:
        set_backend("numpy")
    found = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert (found["experiment"], found["seed"], found["epochs"]) == (name, 3, 2)
    assert found["data"]["sha256"] == module.SOURCE.sha256
    assert {"date", "command", "versions", "hardware", "commit", "seconds"} <= found.keys()
    printed = capsys.readouterr().out
    assert all(line in printed for line in found["result"])
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_stopped_run_goes_on_to_the_same_result(tmp_path, monkeypatch):
    module, data = experiment("mnist-mlp"), pictures("mnist-mlp")
    whole = module.run(data, Job(1, 12, progress=False))
    path = tmp_path / "run.npz"
    pressed = iter([False, False, True])
    with monkeypatch.context() as patch:
        patch.setattr("threading.Event.is_set", lambda self: next(pressed, True))
        with pytest.raises(Interrupted, match="走了 .* 步；断点在"):
            module.run(data, Job(1, 12, checkpoint=path, progress=False))
    again = Job(1, 12, checkpoint=path, progress=False)
    assert module.run(data, again) == whole
    assert again.resumed > 0


def test_bad_words_and_missing_data_are_told(tmp_path, monkeypatch, capsys):
    for words in (["mnist"], ["mnist-mlp", "--seed", "-1"], ["mnist-mlp", "--epochs", "0"]):
        with pytest.raises(SystemExit) as stop:
            command.main(words)
        assert stop.value.code == 2
    assert "正整数" in capsys.readouterr().err


def test_only_a_rate_is_shown_as_a_percentage():
    shown = command.table({"测试准确率": 0.8085, "测试损失": 0.5584, "步数": 5736})
    assert [line.split()[-1] for line in shown.splitlines()[1:-1]] == ["80.85%", "0.5584", "5736"]


def test_shifting_moves_and_flipping_mirrors():
    x = np.arange(2 * 16, dtype=np.float32).reshape(2, 1, 4, 4) + 1
    for seed in range(10):
        moved = shift(x, Generator(seed), 1)
        assert set(moved.ravel()) <= {0.0, *x.ravel()} and (moved > 0).sum() >= 2 * 9
    sides = {tuple(flip(x, Generator(seed))[0, 0, 0]) for seed in range(10)}
    assert sides == {(1, 2, 3, 4), (4, 3, 2, 1)}


# ── 三元模型 ──────────────────────────────────────────────────────────────────


def test_a_bigram_worked_by_hand():
    # Start a b, start a c: c(a) = 2 after the start; b and c once each after a. D = 1/2.
    model = KneserNey([[0, 1], [0, 2]], 3, 2, discount=0.5)
    # Three different pairs, each ending once: p(w) = (1 - 1/2)/3 + (3/2)/3 · 1/3 = 1/3.
    np.testing.assert_allclose(model.next_probabilities([]), [0.75 + 0.25 / 3, 1 / 12, 1 / 12])
    # After a: (1 - 1/2)/2 + (1/2 + 1/2)/2 · 1/3 for b and for c.
    np.testing.assert_allclose(model.next_probabilities([0]), [1 / 6, 5 / 12, 5 / 12])


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_probabilities_after_any_context_sum_to_one(order):
    text = Generator(order).integers((40, 6), 0, 7)
    model = KneserNey(text, 9, order)
    for context in ([], [1], [8, 8], [2, 3, 4, 5]):
        odds = model.next_probabilities(context)
        assert odds.sum() == pytest.approx(1) and odds.min() > 0


def test_bad_text_is_named_in_chinese():
    for text, kind in (([[0, 9]], ValueError), ([[0.5]], TypeError), ([0, 1], ValueError)):
        with pytest.raises(kind, match="编号"):
            KneserNey(text, 3)

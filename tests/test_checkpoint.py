"""检查点：什么时候被杀掉都续得上，一位不差；坏了的文件认得出来，旧的不丢。"""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore import checkpoint, nn, optim
from mlcore.checkpoint import CheckpointError, load, save
from mlcore.data import toy
from mlcore.random import Generator
from mlcore.train import EarlyStopping, Trainer, fit, restore
from mlcore.train import save as save_trainer

STATE = {
    "steps": 7,
    "rate": 0.1 + 0.2,
    "kind": "Adam，中文",
    "worst": float("inf"),
    "nothing": None,
    "flag": True,
    "betas": [0.9, 0.999],
    "model": {
        "0.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
        "empty": np.zeros((0, 3)),
        "one": np.array(5, dtype=np.int64),
    },
}


def same(left, right) -> bool:
    """逐位相同，类型也一样。"""
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.shape == right.shape and (
            left.tobytes() == right.tobytes()
        )
    return type(left) is type(right) and left == right


def test_what_is_saved_comes_back_bit_for_bit(tmp_path):
    save(tmp_path / "a.npz", STATE)
    assert same(load(tmp_path / "a.npz"), STATE)
    assert os.listdir(tmp_path) == ["a.npz"]


def test_anyone_can_open_the_file_with_numpy_and_json(tmp_path):
    save(tmp_path / "a.npz", STATE)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["state/model/0.weight"], STATE["model"]["0.weight"])
        metadata = json.loads(file["metadata"].tobytes())
    assert metadata["format"] == checkpoint.FORMAT
    assert metadata["state"]["kind"] == "Adam，中文"


def test_any_changed_byte_is_noticed_or_harmless(tmp_path):
    path = tmp_path / "a.npz"
    save(path, {"weights": np.arange(4.0), "steps": 3})
    whole = path.read_bytes()
    noticed = 0
    for position in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[position] ^= 0x55
        path.write_bytes(damaged)
        try:
            assert same(load(path), {"weights": np.arange(4.0), "steps": 3})
        except CheckpointError as error:
            assert "a.npz" in str(error)
            noticed += 1
    assert noticed > 0.4 * len(whole) / 3


@given(share=st.floats(0, 0.999))
@settings(max_examples=20)
def test_a_file_that_was_cut_off_is_refused(share, tmp_path_factory):
    path = tmp_path_factory.mktemp("cut") / "a.npz"
    save(path, STATE)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(CheckpointError, match="坏了，或者不是 .npz 文件"):
        load(path)


def swap_array(path: Path, **changes: np.ndarray) -> None:
    with np.load(path) as file:
        content = {name: file[name] for name in file.files}
    np.savez(path, **(content | changes))


def test_contents_that_do_not_fit_their_digest_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    save(path, STATE)
    swap_array(path, **{"state/model/empty": np.zeros((0, 4))})
    with pytest.raises(CheckpointError, match="散列对不上"):
        load(path)


def test_a_damaged_file_gives_way_to_the_one_before_and_never_covers_it(tmp_path):
    path = tmp_path / "a.npz"
    for step in (1, 2):
        save(path, {"steps": step})
    path.write_bytes(b"PK rubbish")
    with pytest.warns(UserWarning, match="坏了.*改读上一份 .*a.npz.previous"):
        assert load(path) == {"steps": 1}
    assert (tmp_path / "a.npz.damaged").read_bytes() == b"PK rubbish"
    assert checkpoint.exists(path) and load(path) == {"steps": 1}
    save(path, {"steps": 3})
    assert load(path) == {"steps": 3}
    assert checkpoint._read(tmp_path / "a.npz.previous") == {"steps": 1}


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, failing):
    path = tmp_path / "a.npz"
    save(path, {"steps": 1})

    def fail(*args):
        raise OSError("磁盘满了")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.os, failing, fail)
        with pytest.raises(OSError, match="磁盘满了"):
            save(path, {"steps": 2})
    assert os.listdir(tmp_path) == ["a.npz"]
    assert load(path) == {"steps": 1}


def test_leftovers_of_a_killed_write_go_once_nobody_writes_them(tmp_path):
    old, new = tmp_path / ".a.npz.1.tmp", tmp_path / ".a.npz.2.tmp"
    for one in (old, new):
        one.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * checkpoint.STALE,) * 2)
    save(tmp_path / "a.npz", STATE)
    assert not old.exists() and new.exists()


def foreign(path: Path) -> None:
    np.savez(path, weights=np.ones(3))


def from_the_future(path: Path) -> None:
    content = {"metadata": np.frombuffer(b'{"format": "mlcore checkpoint 9"}', dtype=np.uint8)}
    digest = np.frombuffer(checkpoint._digest(content), dtype=np.uint8)
    np.savez(path, **content, sha256=digest)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "没有检查点 .*a.npz"),
        (lambda path: path.mkdir(), "打不开"),
        (lambda path: path.write_bytes(b""), "坏了，或者不是"),
        (lambda path: path.write_text("hello"), "坏了，或者不是"),
        (lambda path: np.save(path.open("wb"), np.ones(3)), "坏了，或者不是"),
        (lambda path: np.savez(path, x=np.array([{}])), "坏了，或者不是"),
        (foreign, "不是 mlcore 存的检查点：里面是 weights"),
        (from_the_future, "格式是 'mlcore checkpoint 9'，这里只认 'mlcore checkpoint 1'"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_foreign_file_is_named_in_chinese(tmp_path, make, message):
    make(tmp_path / "a.npz")
    with pytest.raises(CheckpointError, match=message):
        load(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"a": {1, 2}}, "state/a 存不了：set"),
        ({"a": {"b": np.array([{}])}}, "state/a/b 不是数的数组"),
        ({"a/b": 1}, "不含 .* 的字符串.*a/b"),
        ({1: 1}, "不含 .* 的字符串.*int 1"),
    ],
)
def test_what_cannot_be_saved_is_named_in_chinese(tmp_path, state, message):
    with pytest.raises(TypeError, match=message):
        save(tmp_path / "a.npz", state)
    assert os.listdir(tmp_path) == []


# ── 训练 ──────────────────────────────────────────────────────────────────────


def trainer_of(seed: int = 1, n: int = 40, batch_size: int = 7) -> Trainer:
    generator = Generator(seed)
    x, y = toy.circle(n, generator)
    model = nn.Sequential(
        nn.Linear(2, 5, generator=generator), nn.BatchNorm1d(5), nn.Tanh(),
        nn.Dropout(0.3, generator=generator), nn.Linear(5, 2, generator=Generator(seed)),
        nn.Dropout(0.1, generator=Generator(seed, stream=1)),
    )  # fmt: skip
    optimizer = optim.Adam(model.parameters(), 0.01)
    return Trainer(
        model, nn.cross_entropy, optimizer, x, y, batch_size, generator,
        average=0.9, validation=(x, y), stopping=EarlyStopping(1000),
    )  # fmt: skip


@pytest.mark.parametrize("before", [0, 3, 6, 20])
def test_a_trainer_goes_on_from_its_file_bit_for_bit(tmp_path, before):
    first = trainer_of()
    if before:
        first.step(before)
    save_trainer(first, tmp_path / "a.npz")
    first.step(15)
    second = trainer_of()
    second.step(2)
    restore(second, tmp_path / "a.npz")
    assert second.steps == before
    second.step(15)
    assert same(second.state_dict(), first.state_dict())


@pytest.mark.parametrize("other", [{"seed": 2}, {"batch_size": 8}, {"n": 41}])
def test_a_checkpoint_of_other_data_is_refused(tmp_path, other):
    save_trainer(trainer_of(), tmp_path / "a.npz")
    with pytest.raises(ValueError, match="用别的数据或批量练的"):
        restore(trainer_of(**other), tmp_path / "a.npz")


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    save(tmp_path / "a.npz", STATE)
    with pytest.raises(ValueError, match="不是一个 Trainer"):
        restore(trainer_of(), tmp_path / "a.npz")


def test_fit_goes_on_where_it_stopped_and_is_done_when_it_is_done(tmp_path):
    def fitted(epochs: int, path: Path) -> Trainer:
        generator = Generator(3)
        x, y = toy.circle(30, generator)
        model = nn.mlp((2, 4, 2), generator=generator)
        optimizer = optim.SGD(model.parameters(), 0.1, 0.9)
        return fit(
            model, nn.cross_entropy, optimizer, x, y, epochs=epochs, batch_size=8,
            generator=generator, progress=False, checkpoint=path, every=3,
        )  # fmt: skip

    whole = fitted(5, tmp_path / "whole.npz")
    assert fitted(2, tmp_path / "parts.npz").steps == 8
    parts = fitted(5, tmp_path / "parts.npz")
    again = fitted(5, tmp_path / "parts.npz")
    assert parts.steps == again.steps == 20
    for one in (parts, again):
        assert same(one.state_dict(), whole.state_dict())


# It prints the number of each step, then waits for a line to go on; at the end of the input it no
# longer waits. So it cannot be done before it is killed.
CHILD = """
import sys
from mlcore import nn, optim
from mlcore.data import toy
from mlcore.optim import schedules
from mlcore.random import Generator
from mlcore.train import EarlyStopping, Trainer, metrics, run

path, replay = sys.argv[1], sys.argv[2] == "replay"
generator = Generator(1)
x, y = toy.circle(40, generator)
model = nn.Sequential(
    nn.Linear(2, 6, generator=generator), nn.BatchNorm1d(6), nn.Tanh(),
    nn.Dropout(0.2, generator=Generator(2)), nn.Linear(6, 2, generator=generator),
)

def noise(batch, generator):
    print(trainer.steps, flush=True)
    sys.stdin.readline()
    return batch + 0.1 * generator.normal(batch.shape)

trainer = Trainer(
    model, nn.cross_entropy, optim.AdamW(model.parameters(), 0.01), x, y, 7, generator,
    schedule=schedules.warmup(schedules.cosine(0.02, 240), 50), clip_norm=0.5, average=0.95,
    validation=(x[::3], y[::3]), metrics={"accuracy": metrics.accuracy},
    stopping=EarlyStopping(1000, metric="accuracy", larger_is_better=True),
    augment=noise, replay=replay,
)
run(trainer, 40, checkpoint=path, every=2, progress=False)
print("done", *[p.data.tobytes().hex() for p in model.parameters()], flush=True)
"""


def child(path: Path, way: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(path), way]
    return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("way", "kills"), [("eager", 5), ("replay", 5)])
def test_training_that_is_killed_again_and_again_ends_with_the_same_bits(tmp_path, way, kills):
    expected = child(tmp_path / "whole.npz", way).communicate()[0].splitlines()
    assert expected[-1].startswith("done")
    assert len(expected) == 40 * 6 + 1

    path = tmp_path / "killed.npz"
    dice = random.Random()
    starts = []
    for _ in range(kills):
        with child(path, way, subprocess.PIPE) as running:
            starts.append(int(running.stdout.readline()))
            steps = dice.randrange(1, 240 // kills - 2)
            running.stdin.write("\n" * steps)
            running.stdin.flush()
            for _ in range(dice.randrange(steps)):
                running.stdout.readline()
            time.sleep(dice.uniform(0, 0.01))
            running.kill()
            running.communicate()
            assert running.returncode != 0
    lines = child(path, way).communicate()[0].splitlines()
    assert lines[-1] == expected[-1]
    assert starts == sorted(starts) and starts[0] == 0 < int(lines[0])
    assert same(load(path), load(tmp_path / "whole.npz"))

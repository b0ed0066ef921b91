"""训练一步要多久：PyTorch 普通的步（autograd、损失、优化器都在内）比 mlcore 重放的步。

同一个进程里交替着跑，各跑许多小轮，取各自最快的一轮：机器上别的活只会让一轮变慢。两边每一步都从
数据里按行号取一批，都用两个线程。``detail`` 里有中位数的比值和每轮比值的四分位距。
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import nets
from benchmarks.browser import ROOT
from benchmarks.nets import Work
from benchmarks.table import Row
from mlcore import nn, optim
from mlcore.backend import set_backend
from mlcore.random import Generator
from mlcore.replay import Replay
from mlcore.train import fit

THREADS = 2
MEMORY_STEPS = 60
TORCH = "（torch 后端）"
MEMORY = "训练时多用的内存（顶点）"
CLASSIFIER = "MLPClassifier 784-128-32-10，三轮"
Step = Callable[[], object]


def measure(quick: bool, only: str = "") -> Iterator[Row]:
    """量好一行给一行；``quick`` 时少走几轮，``only`` 是要量的行名字里有的字。"""
    import torch

    torch.set_num_threads(THREADS)
    print(f"PyTorch {torch.__version__}，两边各 {THREADS} 个线程", flush=True)
    for work in nets.WORKS:
        if only in work.name + TORCH:
            yield from work_rows(work, quick)
    if only in MEMORY:
        yield memory_row()
    if only in CLASSIFIER:
        yield classifier_row(quick)


# ── 一步一步地比 ──────────────────────────────────────────────────────────────


def work_rows(work: Work, quick: bool) -> list[Row]:
    steps = {
        "PyTorch": torch_step(work),
        "NumPy": replayed(work, "numpy"),
        "torch": replayed(work, "torch"),
    }
    rounds, budget = (9, 0.03) if quick else (25, 0.1)
    times = alternate(list(steps.values()), rounds, budget)
    peer = times[0]
    found = []
    for name, ours, target in (("NumPy", times[1], work.target), ("torch", times[2], 0.85)):
        label = work.name if name == "NumPy" else work.name + TORCH
        found.append(
            Row(label, min(ours) * 1e6, min(peer) * 1e6, "µs", target=target,
                detail=spread(peer, ours))
        )  # fmt: skip
    return found


def alternate(steps: Sequence[Step], rounds: int, budget: float) -> list[list[float]]:
    """每一轮里各做约 budget 秒；返回每一轮里一步的秒数。"""
    counts = []
    for step in steps:
        for _ in range(3):
            step()
        counts.append(max(1, round(budget / max(min(timed(step, 2) for _ in range(3)), 1e-7))))
    times: list[list[float]] = [[] for _ in steps]
    for _ in range(rounds):
        for step, count, taken in zip(steps, counts, times, strict=True):
            taken.append(timed(step, count))
    return times


def timed(step: Step, count: int) -> float:
    begun = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - begun) / count


def spread(peer: Sequence[float], ours: Sequence[float]) -> str:
    ratios = sorted(a / b for a, b in zip(peer, ours, strict=True))
    low, _, high = statistics.quantiles(ratios, n=4)
    middle = statistics.median(peer) / statistics.median(ours)
    return f"中位数之比 {middle:.2f}，各轮 {low:.2f}–{high:.2f}"


def samples(work: Work) -> tuple[np.ndarray, np.ndarray]:
    return work.draw(Generator(0))


def torch_step(work: Work) -> Step:
    import torch

    x, y = (torch.from_numpy(array) for array in samples(work))
    torch.manual_seed(0)
    model = work.peer(torch)
    kind = getattr(torch.optim, work.optimizer)
    optimizer = kind(model.parameters(), lr=nets.RATES[work.optimizer])
    loss = torch.nn.MSELoss() if work.loss == "mse" else torch.nn.CrossEntropyLoss()
    batch_axis = 1 if x.ndim == 3 else 0
    rows = torch.arange(x.shape[batch_axis])

    def step() -> float:
        value = loss(model(x.index_select(batch_axis, rows)), y[rows])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return float(value.detach())

    return step


def replayed(work: Work, backend: str) -> Step:
    set_backend(backend, "cpu")
    try:
        generator = Generator(0)
        x, y = work.draw(generator)
        model = work.ours(generator)
        optimizer = nets.our_optimizer(work, model)
        one = Replay(model, nets.our_loss(work), optimizer).step(x, y)
    finally:
        set_backend("numpy")
    if x.ndim == 3:
        return lambda: one.run(x, y)  # Time comes first: the batch is copied, not gathered.
    rows: Any = np.arange(len(x))
    if backend == "torch":
        import torch

        rows = torch.from_numpy(rows)

    def step() -> float:
        loss = one.gather(x, y, rows)
        one.update()
        return float(loss)

    return step


# ── 内存 ──────────────────────────────────────────────────────────────────────


def memory_row() -> Row:
    """各在自己的进程里训练 784-500-500-10，量载入之后到结束，内存的顶点比开头高多少。"""
    ours, peer = (
        float(
            subprocess.run(
                [sys.executable, "-c", f"from benchmarks.cpu import grown; grown({name!r})"],
                cwd=ROOT, capture_output=True, text=True, check=True,
            ).stdout.split()[-1]
        )
        for name in ("numpy", "pytorch")
    )  # fmt: skip
    detail = f"PyTorch {peer:.1f} MB 的 1.3 倍；784-500-500-10 b128，Adam"
    return Row(MEMORY, ours, 1.3 * peer, "MB", detail=detail)


def grown(name: str) -> None:
    import resource

    if name == "pytorch":
        import torch

        torch.set_num_threads(THREADS)
    work = nets.WORKS[4]
    samples(work)
    before = resident()
    step = torch_step(work) if name == "pytorch" else replayed(work, "numpy")
    for _ in range(MEMORY_STEPS):
        step()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(peak - before)


def resident() -> float:
    """这个进程现在占多少 MB。"""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise SystemExit("这一行要 Linux 的 /proc")


# ── scikit-learn ──────────────────────────────────────────────────────────────


def classifier_row(quick: bool) -> Row:
    """MLPClassifier 和 fit 各训练三轮 784-128-32-10（Adam，批 100），准确率要一样。"""
    from sklearn.neural_network import MLPClassifier

    name, x, y, test_x, test_y = images()
    if quick:
        x, y = x[:10000], y[:10000]
    peers, ours, scores = [], [], []
    for seed in range(1 if quick else 3):
        peer = MLPClassifier((128, 32), batch_size=100, max_iter=3, random_state=seed, tol=0)
        begun = time.perf_counter()
        quiet(peer.fit, x, y)
        peers.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        generator = Generator(seed)
        model = nn.mlp((x.shape[1], 128, 32, 10), "relu", generator=generator)
        optimizer = optim.Adam(model.parameters(), 1e-3)
        fit(model, nn.cross_entropy, optimizer, x, y, epochs=3, batch_size=100,
            generator=generator, progress=False)  # fmt: skip
        ours.append(time.perf_counter() - begun)
        guess = model(test_x).numpy().argmax(axis=1)
        scores.append((float(np.mean(guess == test_y)), float(peer.score(test_x, test_y))))
    mine, theirs = (float(np.mean([score[i] for score in scores])) for i in (0, 1))
    detail = f"{name}，准确率 {mine:.1%}，scikit-learn {theirs:.1%}"
    if mine < theirs - 0.005:
        detail += "（不一样，不算）"
        return Row(CLASSIFIER, min(ours), 0.0, "s", target=2.0,
                   detail=detail)  # fmt: skip
    return Row(CLASSIFIER, min(ours), min(peers), "s", target=2.0,
               detail=detail)  # fmt: skip


def images() -> tuple[str, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    from mlcore import data

    try:
        found, name = data.mnist("float32", "flat"), "MNIST"
    except data.Unavailable:
        small = data.digits("float32", "flat")
        return ("digits（取不到 MNIST）", small.x[:1500], small.y[:1500],
                small.x[1500:], small.y[1500:])  # fmt: skip
    return name, found.train_x, found.train_y, found.test_x, found.test_y


def quiet(call: Callable[..., object], *given: Any) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It says that three epochs have not converged.
        call(*given)

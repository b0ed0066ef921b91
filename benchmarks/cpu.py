"""训练一步要多久：mlcore 重放录下的一步，同 PyTorch 平常的一步，在一个进程里轮流量。

一步从头到尾都算在内：取来一批、前向、损失、反向、优化器。一轮里两边各走几步，好几轮之后比最快的
那一轮：机器忙起来只会变慢，最快的最接近它本来的样子。每一行是「PyTorch 的时间 / 我们的」，
``target`` 是至少要到多少。
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.table import Row

THREADS = 2


class Work(NamedTuple):
    """一种网络、一种优化器；``target`` 是 NumPy 上要快多少倍。"""

    sizes: tuple[int, ...]
    batch: int
    optimizer: str
    target: float

    @property
    def name(self) -> str:
        return f"{'-'.join(map(str, self.sizes))} b{self.batch} {self.optimizer}"


WORKS = (
    Work((2, 8, 8, 1), 200, "Adam", 6.0),
    Work((784, 16, 16, 10), 32, "SGD", 5.0),
    Work((784, 128, 32, 10), 100, "Adam", 1.4),
    Work((39, 1000, 1000, 48), 64, "SGD", 1.1),
    Work((784, 500, 500, 10), 128, "Adam", 1.1),
)
ON_TORCH = 0.85  # 在 torch 的 CPU 上重放，至少要到 PyTorch 平常的几成


def measure(quick: bool) -> Iterator[Row]:
    """量好一行给一行；``quick`` 时少走几轮。"""
    import torch

    torch.set_num_threads(THREADS)
    rounds = 6 if quick else 20
    for work in WORKS:
        sides = {"torch": torch_step(work), "numpy": our_step(work, "numpy"),
                 "on_torch": our_step(work, "torch")}  # fmt: skip
        times = alternate(sides, rounds, 0.05 if quick else 0.15)
        best = {name: min(taken) for name, taken in times.items()}
        wanted = (("numpy", "NumPy", work.target), ("on_torch", "torch", ON_TORCH))
        for name, where, target in wanted:
            ratios = [peer / ours for peer, ours in zip(times["torch"], times[name], strict=True)]
            low, high = np.percentile(ratios, [25, 75])
            yield Row(
                f"{work.name}，{where}", 1e6 * best[name], 1e6 * best["torch"], "µs",
                target=target, detail=f"要 {target:g}；各轮的比值多在 {low:.2f} 到 {high:.2f}",
            )  # fmt: skip


def alternate(
    sides: dict[str, Callable[[], Any]], rounds: int, seconds: float
) -> dict[str, list[float]]:
    """各边轮流走，每轮约 ``seconds`` 秒，返回每一轮里一步平均多少秒。"""
    counts = {}
    for name, step in sides.items():
        for _ in range(5):
            step()
        begun = time.perf_counter()
        step()
        counts[name] = max(1, int(seconds / max(1e-6, time.perf_counter() - begun)))
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, step in sides.items():
            begun = time.perf_counter()
            for _ in range(counts[name]):
                step()
            times[name].append((time.perf_counter() - begun) / counts[name])
    return times


def samples(work: Work) -> tuple[np.ndarray, np.ndarray]:
    """一批随便的数：量的是时间。一个输出时是 0 或 1，几个输出时是类别。"""
    from mlcore.random import Generator

    generator = Generator(0)
    x = np.asarray(generator.normal((work.batch, work.sizes[0])), np.float32)
    labels = np.arange(work.batch) % max(2, work.sizes[-1])
    return x, labels.astype(np.float32)[:, None] if work.sizes[-1] == 1 else labels


def torch_step(work: Work) -> Callable[[], Any]:
    """PyTorch 平常的写法：torch.nn、自动求导、它自己的优化器。"""
    import torch

    layers: list[Any] = []
    for n_in, n_out in zip(work.sizes, work.sizes[1:], strict=False):
        layers += [torch.nn.ReLU()] * bool(layers) + [torch.nn.Linear(n_in, n_out)]
    model = torch.nn.Sequential(*layers)
    optimizer = getattr(torch.optim, work.optimizer)(model.parameters(), lr=0.001)
    one = work.sizes[-1] == 1
    loss = torch.nn.BCEWithLogitsLoss() if one else torch.nn.CrossEntropyLoss()
    x, y = (torch.from_numpy(array) for array in samples(work))

    def step() -> float:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return float(value.detach())

    return step


def our_step(work: Work, backend: str) -> Callable[[], Any]:
    """同样的网络，录下一步，在 ``backend`` 上重放。"""
    from mlcore import nn, optim
    from mlcore.backend import asarray, get_backend, set_backend
    from mlcore.random import Generator
    from mlcore.replay import Replay

    before = get_backend()
    set_backend(backend, device="cpu")
    try:
        model = nn.mlp(work.sizes, "relu", generator=Generator(1))
        optimizer = getattr(optim, work.optimizer)(model.parameters(), 0.001)
        one = work.sizes[-1] == 1
        loss = nn.binary_cross_entropy_with_logits if one else nn.cross_entropy
        x, y = (asarray(array) for array in samples(work))
        recorded = Replay(model, loss, optimizer).step(x, y)
    finally:
        set_backend(before.name)
    return lambda: recorded.run(x, y)

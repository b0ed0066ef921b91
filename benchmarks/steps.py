"""两边的一步：PyTorch 普通的步，mlcore 重放的步；怎样交替着量它们。

每一步都从数据里按行号取一批，算损失、梯度，更新，再把损失读成一个数（在 GPU 上，这就等它算完）。
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import nets
from benchmarks.nets import Work
from mlcore.backend import set_backend
from mlcore.random import Generator
from mlcore.replay import Replay

Step = Callable[[], object]
REST = 0.25
"""换一边之前歇这么多秒：BLAS 和 OpenMP 的线程做完之后还要空转一阵子（OpenBLAS 一二百毫秒），
不等它们睡下，后跑的一边就和前一边的空转抢着用同一个核。"""


def alternate(
    steps: Sequence[Step], rounds: int, budget: float, rest: float = REST
) -> list[list[float]]:
    """每一轮里各做约 budget 秒，之前歇 rest 秒；返回每一轮里一步的秒数。"""
    counts = []
    for step in steps:
        time.sleep(rest)
        for _ in range(3):
            step()
        counts.append(max(1, round(budget / max(min(timed(step, 2) for _ in range(3)), 1e-7))))
    times: list[list[float]] = [[] for _ in steps]
    for _ in range(rounds):
        for step, count, taken in zip(steps, counts, times, strict=True):
            time.sleep(rest)
            step()
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


def torch_step(work: Work, device: str = "cpu") -> Step:
    import torch

    x, y = (torch.from_numpy(array).to(device) for array in samples(work))
    torch.manual_seed(0)
    model = work.peer(torch).to(device)
    kind = getattr(torch.optim, work.optimizer)
    optimizer = kind(model.parameters(), lr=nets.RATES[work.optimizer])
    loss = torch.nn.MSELoss() if work.loss == "mse" else torch.nn.CrossEntropyLoss()
    batch_axis = 1 if x.ndim == 3 else 0
    rows = torch.arange(x.shape[batch_axis], device=device)

    def step() -> float:
        value = loss(model(x.index_select(batch_axis, rows)), y[rows])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return float(value.detach())

    return step


def replayed(work: Work, backend: str, device: str = "cpu") -> Step:
    set_backend(backend, device)
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

        rows = torch.from_numpy(rows).to(device)

    def step() -> float:
        loss = one.gather(x, y, rows)
        one.update()
        return float(loss)

    return step

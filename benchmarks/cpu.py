"""训练一步要多久：PyTorch 普通的步（autograd、损失、优化器都在内）比 mlcore 重放的步。

同一个进程里交替着跑，各跑许多小轮，取各自最快的一轮：机器上别的活只会让一轮变慢。两边都用两个
线程。``detail`` 里有中位数的比值和每轮比值的四分位距。之后是训练时的内存，和 scikit-learn 的
分类器。
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import classifier, memory, nets
from benchmarks.nets import Work
from benchmarks.steps import alternate, replayed, spread, torch_step
from benchmarks.table import Row

THREADS = 2
TORCH = "（torch 后端）"
TORCH_TARGET = 0.85


def measure(quick: bool, only: str = "") -> Iterator[Row]:
    """量好一行给一行；``quick`` 时少走几轮，``only`` 是要量的行名字里有的字。"""
    import torch

    torch.set_num_threads(THREADS)
    print(f"PyTorch {torch.__version__}，两边各 {THREADS} 个线程", flush=True)
    for work in nets.WORKS:
        if only in work.name + TORCH:
            yield from work_rows(work, quick)
    for name in memory.WORKS:
        if only in memory.LABEL + name:
            yield memory.row(name)
    if only in classifier.LABEL:
        yield classifier.row(quick)


def work_rows(work: Work, quick: bool) -> list[Row]:
    steps = [torch_step(work), replayed(work, "numpy"), replayed(work, "torch")]
    rounds, budget = (9, 0.03) if quick else (25, 0.1)
    peer, *others = alternate(steps, rounds, budget)
    kinds = zip(("", TORCH), others, (work.target, TORCH_TARGET), strict=True)
    return [
        Row(work.name + kind, min(ours) * 1e6, min(peer) * 1e6, "µs", target=target,
            detail=spread(peer, ours))
        for kind, ours, target in kinds
    ]  # fmt: skip

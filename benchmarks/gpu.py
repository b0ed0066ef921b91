"""同 cpu，在 GPU 上：PyTorch 普通的步，比捕获成 CUDA 图的步。没有 GPU 就说一句，不算通过。"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import nets
from benchmarks.steps import alternate, replayed, spread, torch_step
from benchmarks.table import Row

SMALL = ("2-8-8-1", "784-16-16-10", "784-128-32-10", "LeNet")
"""小的那些：算得快，PyTorch 的时间大半花在一个个地发命令上。"""
SMALL_TARGET = 3.0


def measure(quick: bool, only: str = "") -> Iterator[Row]:
    import torch

    if not torch.cuda.is_available():
        raise SystemExit("这里没有 PyTorch 看得见的 GPU，什么也没有量。")
    print(f"PyTorch {torch.__version__}，{torch.cuda.get_device_name()}", flush=True)
    # Both sides multiply in full single precision, as on the CPU.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    rounds, budget = (9, 0.03) if quick else (25, 0.1)
    for work in nets.WORKS:
        if only not in work.name:
            continue
        steps = [torch_step(work, "cuda"), replayed(work, "torch", "cuda")]
        peer, ours = alternate(steps, rounds, budget)
        target = SMALL_TARGET if work.name.startswith(SMALL) else 1.0
        yield Row(work.name, min(ours) * 1e6, min(peer) * 1e6, "µs", target=target,
                  detail=spread(peer, ours))  # fmt: skip

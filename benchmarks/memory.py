"""训练时的内存：各在自己的进程里训练，量载入之后到结束，顶点比开头高多少。"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks import nets
from benchmarks.browser import ROOT
from benchmarks.steps import replayed, torch_step
from benchmarks.table import Row

ALLOWED = 1.3
STEPS = 60
LABEL = "训练时多用的内存，"
WORKS = {
    work.name: work
    for work in nets.WORKS
    if work.name.startswith(("784-500-500-10", "LeNet", "CIFAR"))
}


def row(name: str) -> Row:
    ours, peer = (
        float(
            subprocess.run(
                [sys.executable, "-c",
                 f"from benchmarks.memory import grown; grown({side!r}, {name!r})"],
                cwd=ROOT, capture_output=True, text=True, check=True,
            ).stdout.split()[-1]
        )
        for side in ("numpy", "pytorch")
    )  # fmt: skip
    detail = f"PyTorch {peer:.1f} MB 的 {ALLOWED} 倍"
    return Row(LABEL + name, ours, ALLOWED * peer, "MB", detail=detail)


def grown(side: str, name: str) -> None:
    """训练 name，打印顶点高出多少 MB。"""
    if side == "pytorch":
        import torch

        torch.set_num_threads(2)
    make = torch_step if side == "pytorch" else lambda work: replayed(work, "numpy")
    # A step of a tiny network first: what the libraries load once is not the training's.
    make(replace(nets.WORKS[0], optimizer=WORKS[name].optimizer))()
    work = WORKS[name]
    before = status("VmRSS")
    step = make(work)
    for _ in range(STEPS):
        step()
    # Not getrusage: its peak is that of the process that started this one, if that was greater.
    print(status("VmHWM") - before)


def status(name: str) -> float:
    """这个进程现在（VmRSS）或至多（VmHWM）占多少 MB。"""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise SystemExit("这一行要 Linux 的 /proc")

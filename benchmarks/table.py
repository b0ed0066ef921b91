"""一行测量是什么样的，怎样排成表。"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """一项测量。

    ``ratio`` 越大越好：量的是时间和字节时是「允许的 / 我们的」，量的是速度时反过来；
    ``peer`` 是允许的上限，或由同一次运行里的同类算出的上限。
    """

    work: str
    ours: float
    peer: float
    unit: str
    larger_is_better: bool = False
    target: float = 1.0
    detail: str = ""

    @property
    def ratio(self) -> float:
        above, below = (self.ours, self.peer) if self.larger_is_better else (self.peer, self.ours)
        return above / below if below else float("inf")

    @property
    def met(self) -> bool:
        return self.ratio >= self.target

    def as_dict(self) -> dict[str, object]:
        return {
            "work": self.work,
            "ours": round(self.ours, 4),
            "peer": round(self.peer, 4),
            "ratio": round(self.ratio, 4),
            "target": self.target,
            "unit": self.unit,
            "detail": self.detail,
        }


def missed(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if not row.met]


def width(text: str) -> int:
    """在终端里占几格：汉字两格。"""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def pad(text: str, cells: int, right: bool = False) -> str:
    space = " " * (cells - width(text))
    return space + text if right else text + space


def render(rows: Sequence[Row]) -> str:
    head = ("项目", "我们", "允许", "允许/我们", "")
    body = [
        (
            row.work,
            f"{row.ours:.4g} {row.unit}",
            f"{row.peer:.4g} {row.unit}",
            f"{row.ratio:.2f}",
            ("✓ " if row.met else "✗ ") + row.detail,
        )
        for row in rows
    ]
    cells = [max(width(line[k]) for line in (head, *body)) for k in range(5)]
    lines = [
        "  ".join(pad(text, cells[k], right=k in (1, 2, 3)) for k, text in enumerate(line)).rstrip()
        for line in (head, *body)
    ]
    return "\n".join([lines[0], "─" * width(max(lines, key=width)), *lines[1:]])


def record() -> str:
    """在什么上量的：版本和线程数。"""
    packages = " ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "playwright")
    )
    threads = os.environ.get("OMP_NUM_THREADS") or os.environ.get("OPENBLAS_NUM_THREADS")
    load = f"，负载 {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"Python {platform.python_version()} {packages}；{platform.system()} "
        f"{platform.machine()}，{os.cpu_count()} 核，BLAS 线程 {threads or '默认'}{load}"
    )

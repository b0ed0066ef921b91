"""全书的章（``book/chapters.yml``）：地址、题目、开头的问题、收下的系统。"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "book" / "chapters.yml"


@dataclass(frozen=True)
class Chapter:
    """一章；``address`` 是 ``部/章``。"""

    address: str
    part: str
    title: str
    question: str
    systems: tuple[str, ...]

    @property
    def notebook(self) -> Path:
        """这一章的笔记本（也许还没有写）。"""
        return ROOT / "nbs" / f"{self.address}.ipynb"

    @property
    def module(self) -> str:
        """这一章的练习和交互图用的模块名：``03-layers-bend-space`` → ``layers_bend_space``。"""
        return self.address.rpartition("/")[2].partition("-")[2].replace("-", "_")


def chapters(file: Path = FILE) -> dict[str, Chapter]:
    """地址 → 章，照书的次序。"""
    found = {}
    for folder, part in yaml.safe_load(file.read_text(encoding="utf-8")).items():
        for slug, raw in part["chapters"].items():
            address = f"{folder}/{slug}"
            found[address] = Chapter(
                address, part["title"], raw["title"], raw["question"], tuple(raw.get("systems", ()))
            )
    return found

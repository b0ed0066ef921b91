"""书里的系统（``book/systems.yml``）：编号 → 在哪一章、哪幅图或哪个函数、哪个测试、要复现什么。"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "book" / "systems.yml"


@dataclass(frozen=True)
class System:
    """一个系统。

    ``explorable`` 和 ``function`` 是 ``模块:名字``，至少有一个；``test`` 是 pytest 的节点；
    ``expected`` 是测试要读的数，``shows`` 是给读者看的一句话。
    """

    id: str
    name: str
    chapter: str
    shows: str
    test: str
    explorable: str
    function: str
    expected: dict[str, Any]


def systems(file: Path = FILE) -> dict[str, System]:
    """编号 → 系统，照文件里的次序；缺了哪一项就抛出 ``ValueError``。"""
    found = {}
    for id, raw in yaml.safe_load(file.read_text(encoding="utf-8")).items():
        missing = [key for key in ("name", "chapter", "shows", "test") if not raw.get(key)]
        if not (raw.get("explorable") or raw.get("function")):
            missing.append("explorable 或 function")
        if missing:
            raise ValueError(f"{file.name} 的 {id} 缺少 {'、'.join(missing)}")
        found[id] = System(
            id, raw["name"], raw["chapter"], raw["shows"], raw["test"],
            raw.get("explorable", ""), raw.get("function", ""), raw.get("expected", {}),
        )  # fmt: skip
    return found


def expected(id: str) -> dict[str, Any]:
    """测试要读的数。"""
    return systems()[id].expected

"""书里的系统（``book/systems.yml``）：编号 → 在哪一章、哪幅图或哪个函数、哪个测试、要复现什么。"""

from __future__ import annotations

import ast
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.chapters import chapters

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


def faults(table: dict[str, System]) -> list[str]:
    """指向空处的条目，每个一句话；全都对就是空的。"""
    found = []
    for id, row in table.items():
        found += [f"{id}：{fault}" for fault in _faults(row)]
    return found


def _faults(row: System) -> list[str]:
    found = []
    chapter = chapters().get(row.chapter)
    if chapter is None:
        found.append(f"没有 {row.chapter} 这一章")
    elif row.id not in chapter.systems:
        found.append(f"这个系统不归 {row.chapter}（见 book/chapters.yml）")
    elif chapter.notebook.exists() and row.explorable:
        name = row.explorable.rpartition(":")[2]
        if name not in chapter.notebook.read_text(encoding="utf-8"):
            found.append(f"{row.chapter} 里没有用到 {name}")
    for path in filter(None, (row.explorable, row.function)):
        module, _, name = path.partition(":")
        try:
            there = hasattr(importlib.import_module(module), name)
        except ImportError:
            there = False
        if not there:
            found.append(f"{path} 不存在")
    return found + _test_faults(row)


def _test_faults(row: System) -> list[str]:
    """测试要存在，要读这一条里的数，要用到这一条里的函数或交互图。"""
    file, _, name = row.test.partition("::")
    path = ROOT / file
    if not name or not path.is_file():
        return [f"没有测试 {row.test}"]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    body = bodies.get(name.partition("[")[0])
    if body is None:
        return [f"没有测试 {row.test}"]
    names = _names_in(body, bodies)
    asked = [node.args[0].value for node in ast.walk(body)
             if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "expected"
             and node.args and isinstance(node.args[0], ast.Constant)]  # fmt: skip
    found = []
    if row.expected and row.id not in asked:
        found.append(f"{row.test} 没有读 expected(\"{row.id}\")")
    wanted = {p.rpartition(":")[2] for p in (row.explorable, row.function) if p}
    if not wanted & names:
        found.append(f"{row.test} 没有用到 {'、'.join(sorted(wanted))}")
    return found


def _names_in(body: ast.FunctionDef, bodies: dict[str, ast.FunctionDef]) -> set[str]:
    """一个函数用到的名字，连同它在同一文件里调用的函数用到的。"""
    names: set[str] = set()
    waiting = [body]
    while waiting:
        for node in ast.walk(waiting.pop()):
            name = getattr(node, "id", "") or getattr(node, "attr", "")
            if name and name not in names:
                names.add(name)
                waiting += [bodies[name]] if name in bodies else []
    return names

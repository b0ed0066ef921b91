"""书的术语表 ``book/glossary.yml``：一个意思一个词，和它的原文、一句解释、不用的译法。"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "book" / "glossary.yml"


@dataclass(frozen=True)
class Term:
    """一个术语；``chapter`` 是第一次细讲它的章。"""

    term: str
    english: str
    means: str
    chapter: str
    rivals: tuple[str, ...]


def terms(file: Path = FILE) -> list[Term]:
    """全部术语，照文件里的次序。"""
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [
        Term(raw["term"], raw["english"], raw["means"], raw.get("chapter", ""),
             tuple(raw.get("rivals", ())))
        for raw in data
    ]  # fmt: skip


def rivals(file: Path = FILE) -> dict[str, str]:
    """不用的译法 → 本书的译法。"""
    return {rival: term.term for term in terms(file) for rival in term.rivals}

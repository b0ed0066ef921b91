"""书的术语表 ``book/glossary.yml``：一个意思一个词，和它的原文、一句解释、不用的译法。"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "book" / "glossary.yml"


@dataclass(frozen=True)
class Term:
    """一个术语；``chapter`` 是细讲它的章，``first`` 是第一个用到它的章。

    ``unlike`` 是含着这几个字、说的却是别的事的词。
    """

    term: str
    english: str
    means: str
    chapter: str
    first: str
    rivals: tuple[str, ...]
    unlike: tuple[str, ...]


def terms(file: Path = FILE) -> list[Term]:
    """全部术语，照文件里的次序。"""
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [
        Term(raw["term"], raw["english"], raw["means"], raw["chapter"],
             raw.get("first", raw["chapter"]),
             tuple(raw.get("rivals", ())), tuple(raw.get("unlike", ())))
        for raw in data
    ]  # fmt: skip


def rivals(file: Path = FILE) -> dict[str, str]:
    """不用的译法 → 本书的译法。"""
    return {rival: term.term for term in terms(file) for rival in term.rivals}

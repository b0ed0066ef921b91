"""唐诗和宋词，简体，按体裁分好；第一次用时去取。

原文是繁体，一个字一个字地换成简体；有几百个词要整个换（「乾坤」的乾不是「干」）。
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from mlcore.checks import choice
from mlcore.data.source import Arrays, Files, Source, Way, load

FORMS = ("五绝", "七绝", "五律", "七律", "五言", "七言", "其他", "词")
"""绝句四句，律诗八句；五言、七言是句数不是四也不是八的；其他是句子长短不齐的；词另有词牌。"""


class Poems(NamedTuple):
    """诗的正文、题目（词是词牌）、作者、体裁，各是一个装着字符串的 NumPy 数组。"""

    text: Any
    title: Any
    author: Any
    form: Any


def poems(form: str | None = None) -> Poems:
    """唐诗（《全唐诗》）和宋词（《全宋词》），简体，一首一个字符串，带标点，不分行。

    体裁只看句数和每句的字数，不看平仄，所以「五绝」里也有五言古绝。有缺字（□）的、带注的、
    重复的已经去掉；只剩一联的残句还在。次序就是原书的次序：先诗后词。

    Parameters
    ----------
    form : str, optional
        只要一种体裁，:data:`FORMS` 里的一个；不给就全要。

    来源：chinese-poetry 2.0.1（MIT），字词对照表出自 OpenCC（Apache-2.0）；诗词本身早已没有
    版权。
    """
    if form is not None:
        choice("form", form, FORMS)
    stored = load(POEMS)
    columns = [np.array(_lines(stored[name]), dtype=object) for name in Poems._fields]
    if form is not None:
        kept = columns[-1] == form
        columns = [column[kept] for column in columns]
    return Poems(*columns)


# ── 读 ────────────────────────────────────────────────────────────────────────

HAN = r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff〇]"
STOPS = "，。！？；："
WHOLE = re.compile(rf"(?:(?:{HAN}|、)+[{STOPS}])+")
"""一首完整的诗：只有汉字和标点，以标点收尾。"""


def form_of(text: str) -> str:
    """诗的体裁，由句数和每句的字数决定。

    >>> form_of("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。")
    '五绝'
    """
    lengths = [len(line) for line in re.split(f"[{STOPS}]", text)[:-1]]
    size = {5: "五", 7: "七"}.get(lengths[0]) if len(set(lengths)) == 1 else None
    return size + {4: "绝", 8: "律"}.get(len(lengths), "言") if size else "其他"


class Simplifier:
    """繁体换成简体：先换词，别的字一个一个地换。

    Parameters
    ----------
    characters, phrases : str
        对照表，每行是繁体、制表符、简体；简体有几种写法时，第一种为准。
    """

    def __init__(self, characters: str, phrases: str) -> None:
        self.characters = {ord(old): new for old, new in _pairs(characters) if len(old) == 1}
        self.phrases = dict(_pairs(phrases))
        longest_first = sorted(self.phrases, key=len, reverse=True)
        self.pattern = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")

    def __call__(self, text: str) -> str:
        return "".join(
            self.phrases.get(piece) or piece.translate(self.characters)
            for piece in self.pattern.split(text)
        )


def _pairs(table: str) -> Iterator[tuple[str, str]]:
    for line in table.splitlines():
        old, tab, new = line.partition("\t")
        if tab:
            yield old, new.split()[0]


def read_poems(files: Files) -> Arrays:
    """唐诗、宋词的 JSON 和对照表换成四列文字。"""
    simplified = Simplifier(files["TSCharacters.txt"].decode(), files["TSPhrases.txt"].decode())
    columns: dict[str, list[str]] = {name: [] for name in Poems._fields}
    seen: set[str] = set()
    for book, title in (("poet.tang", "title"), ("ci.song", "rhythmic")):
        for poem in _book(files, book):
            text = simplified("".join(poem["paragraphs"]))
            if text in seen or not WHOLE.fullmatch(text):
                continue
            seen.add(text)
            columns["text"].append(text)
            columns["title"].append(simplified(" ".join(poem[title].split())))
            columns["author"].append(simplified(" ".join(poem["author"].split())))
            columns["form"].append("词" if book == "ci.song" else form_of(text))
    return {
        name: np.frombuffer("\n".join(column).encode(), np.uint8)
        for name, column in columns.items()
    }


def _book(files: Files, book: str) -> Iterator[dict[str, Any]]:
    """一部书的诗，按文件的编号依次（poet.tang.0、poet.tang.1000、poet.tang.2000 …）。"""
    numbered = re.compile(re.escape(book) + r"\.(\d+)\.json")
    found = (numbered.fullmatch(name) for name in files)
    for number in sorted(int(match[1]) for match in found if match):
        yield from json.loads(files[f"{book}.{number}.json"])


def _lines(stored: np.ndarray[Any, Any]) -> list[str]:
    return stored.tobytes().decode().split("\n")


POEMS = Source(
    "poems", "唐诗宋词", "85 MB",
    "708fc76b5936bfcdf0c656f7ed50194c51ded25922225e408a7c42769a019930",
    (
        Way(
            {
                "npm:chinese-poetry@2.0.1":
                    "25b549e46919c3a0569db6b68ddc96956b04a484ea4518ad2bbd4f137e307e86",
                "pip:opencc-python-reimplemented==0.1.7":
                    "41b3b92943c7bed291f448e9c7fad4b577c8c2eae30fcfe5a74edf8818493aa6",
            },
            read_poems,
            ("*/quantangshi/poet.tang.*.json", "*/songci/ci.song.*.json",
             "*/TSCharacters.txt", "*/TSPhrases.txt"),
        ),
    ),
)  # fmt: skip

"""练习是数据：题目、答案、解答，和每个想得到的错法；一章一个 TOML 文件，就在这个文件夹里。

``layers_bend_space.toml`` 里名叫 ``mirror`` 的一题，编号是 ``layers_bend_space.mirror``。
写代码的题，检查的函数在同名的 ``layers_bend_space.py`` 里，叫 ``check_<名字>``。
怎样写一题见 ``Exercise``；读的时候全部查过，写错了就说清是哪一题的哪一项。
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

KINDS = ("choice", "number", "code")
NEEDS = ("explorable", "code")
LEAST_WRONG = 3
LETTERS = "ABCDEFGH"


@dataclass(frozen=True)
class Wrong:
    """一个想得到的错法。

    ``misconception`` 是背后的误解的名字，``hint`` 是给这个误解的话；其余的说的是怎样认出它：
    选择题是第几个选项，数字题是一段 [low, high]，代码题是一份埋着这个错的源码。
    """

    misconception: str
    hint: str
    option: int = -1
    low: float = 0.0
    high: float = 0.0
    source: str = ""


@dataclass(frozen=True)
class Exercise:
    """一道题。

    Attributes
    ----------
    id
        在整本书里唯一：``<章的模块>.<题的名字>``。
    kind
        ``choice``（四选一）、``number``（填一个数）或 ``code``（写一个函数）。
    level
        1 到 3，由易到难。
    needs
        ``"explorable"`` 表示要回去动一动图，``"code"`` 表示要算一算或写一写。
    question, solution
        题目和解答，标记见 ``markup``。
    wrong
        至少三个错法。
    options, right
        选择题：各个选项，和对的是第几个。
    answer, tolerance, unit, nudge
        数字题：答案、允许的误差、单位；``nudge`` 是没认出误解时的提示。
    function, starter, source
        代码题：函数的名字、给读者的开头、解答的源码。
    """

    id: str
    chapter: str
    kind: str
    level: int
    needs: tuple[str, ...]
    question: str
    solution: str
    wrong: tuple[Wrong, ...]
    options: tuple[str, ...] = ()
    right: int = -1
    answer: float = 0.0
    tolerance: float = 0.0
    unit: str = ""
    nudge: str = ""
    function: str = ""
    starter: str = ""
    source: str = ""

    @property
    def module(self) -> str:
        """这一题所在的模块（也是数据文件的名字）。"""
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        """这一题在本章里的名字。"""
        return self.id.partition(".")[2]

    def wrong_named(self, misconception: str) -> Wrong:
        """名叫 ``misconception`` 的错法；没有就抛出 ``KeyError``。"""
        for wrong in self.wrong:
            if wrong.misconception == misconception:
                return wrong
        raise KeyError(f"{self.id} 没有叫「{misconception}」的错法")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from mlcore.exercises.page import element, plain

        return {"text/plain": plain(self), "text/html": element(self)}


def modules() -> list[str]:
    """有练习的章，按名字排好。"""
    folder = resources.files("mlcore.exercises")
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )


@cache
def chapter(module: str) -> dict[str, Exercise]:
    """一章的练习：名字 → 题，照文件里的次序。

    Raises
    ------
    KeyError
        没有这一章的数据。
    ValueError
        数据写错了；消息说明是哪一题的哪一项。
    """
    file = resources.files("mlcore.exercises") / f"{module}.toml"
    if not module.isidentifier() or not file.is_file():
        raise KeyError(f"没有 {module!r} 这一章的练习，有的是：{'、'.join(modules())}")
    return parse(module, file.read_text(encoding="utf-8"))


def find(id: str) -> Exercise:
    """编号为 ``id`` 的题；没有就抛出 ``KeyError``，并列出有的。"""
    module, _, name = id.partition(".")
    exercises = chapter(module)
    if name not in exercises:
        raise KeyError(f"没有练习 {id!r}，{module} 里有的是：{'、'.join(exercises)}")
    return exercises[name]


def parse(module: str, text: str) -> dict[str, Exercise]:
    """由 TOML 文字造出一章的练习，全部查过。"""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{module}.toml 不是合格的 TOML：{error}") from error
    address = data.get("chapter")
    if not isinstance(address, str) or "/" not in address:
        raise ValueError(f"{module}.toml 开头要有 chapter = \"部/章\"，得到的是 {address!r}")
    found: dict[str, Exercise] = {}
    for raw in data.get("exercise", []):
        exercise = _exercise(module, address, raw)
        if exercise.name in found:
            raise ValueError(f"练习 {exercise.id} 出现了两次")
        found[exercise.name] = exercise
    if not found:
        raise ValueError(f"{module}.toml 里一道题也没有")
    return found


def _exercise(module: str, address: str, raw: Mapping[str, Any]) -> Exercise:
    name = raw.get("name")
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"{module}.toml 里有一题的 name 不是合格的名字：{name!r}")
    id = f"{module}.{name}"
    kind, needs = raw.get("kind"), raw.get("needs", [])
    if kind not in KINDS:
        raise ValueError(f"{id} 的 kind 要是 {'、'.join(KINDS)} 之一，得到的是 {kind!r}")
    if any(need not in NEEDS for need in needs):
        raise ValueError(f"{id} 的 needs 只能有 {'、'.join(NEEDS)}，得到的是 {needs!r}")
    level = raw.get("level")
    if level not in (1, 2, 3):
        raise ValueError(f"{id} 的 level 要是 1、2 或 3，得到的是 {level!r}")
    common = {
        "id": id,
        "chapter": address,
        "kind": kind,
        "level": level,
        "needs": tuple(needs),
        "question": _text(id, raw, "question"),
        "solution": _text(id, raw, "solution"),
    }
    special = {"choice": _choice, "number": _number, "code": _code}[kind](id, raw)
    exercise = Exercise(**common, **special)
    names = [wrong.misconception for wrong in exercise.wrong]
    if len(names) < LEAST_WRONG:
        raise ValueError(f"{id} 至少要写 {LEAST_WRONG} 个错法，现在只有 {len(names)} 个")
    hints = [wrong.hint for wrong in exercise.wrong]
    if len(set(names)) < len(names) or len(set(hints)) < len(hints):
        raise ValueError(f"{id} 的错法要各有各的名字和提示，不能重复")
    return exercise


def _text(id: str, raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{id} 缺少 {key}")
    return value.strip()


def _real(id: str, raw: Mapping[str, Any], key: str) -> float:
    value = raw.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{id} 的 {key} 要是一个数，得到的是 {value!r}")
    return float(value)


def _choice(id: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    options = raw.get("option", [])
    rights = [index for index, option in enumerate(options) if option.get("right")]
    if len(rights) != 1 or not 2 <= len(options) <= len(LETTERS):
        raise ValueError(f"{id} 要有二到八个选项，恰好一个写着 right = true")
    wrong = tuple(
        Wrong(_text(id, option, "misconception"), _text(id, option, "hint"), option=index)
        for index, option in enumerate(options)
        if index != rights[0]
    )
    texts = tuple(_text(id, option, "text") for option in options)
    return {"options": texts, "right": rights[0], "wrong": wrong}


def _number(id: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    answer, tolerance = _real(id, raw, "answer"), _real(id, raw, "tolerance")
    wrong = []
    for item in raw.get("wrong", []):
        if "value" in item:
            value = _real(id, item, "value")
            reach = _real(id, item, "tolerance") if "tolerance" in item else tolerance
            low, high = value - reach, value + reach
        else:
            low, high = _real(id, item, "low"), _real(id, item, "high")
        name = _text(id, item, "misconception")
        if low > high or (low <= answer + tolerance and answer - tolerance <= high):
            raise ValueError(f"{id} 的错法「{name}」的范围不对，或盖住了答案")
        wrong.append(Wrong(name, _text(id, item, "hint"), low=low, high=high))
    return {
        "answer": answer,
        "tolerance": tolerance,
        "unit": str(raw.get("unit", "")),
        "nudge": _text(id, raw, "nudge"),
        "wrong": tuple(wrong),
    }


def _code(id: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    wrong = tuple(
        Wrong(
            _text(id, item, "misconception"),
            _text(id, item, "hint"),
            source=_text(id, item, "source"),
        )
        for item in raw.get("wrong", [])
    )
    return {
        "function": _text(id, raw, "function"),
        "starter": _text(id, raw, "starter"),
        "source": _text(id, raw, "source"),
        "wrong": wrong,
    }

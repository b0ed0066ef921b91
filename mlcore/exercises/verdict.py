"""一个答案对不对：网页上的 ``exercise.js`` 照同样的数据做同样的判断。"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from mlcore.exercises.markup import plain
from mlcore.exercises.model import LETTERS, Exercise


@dataclass(frozen=True)
class Verdict:
    """判断的结果：对不对、认出的误解的名字（没认出就是空的）、给读者的话。

    读者的函数运行时出了错，``error`` 就是那个错误。
    """

    right: bool
    misconception: str
    text: str
    error: Exception | None = None

    def __str__(self) -> str:
        return self.text


class Unexplained(Exception):
    """代码题答错了，又不是哪个想得到的错法；消息就是给读者的话。"""


def judge(exercise: Exercise, answer: Any) -> Verdict:
    """判断一个答案。

    选择题的答案是字母 ``"A"``、``"B"``…，数字题是一个数（也可以写成 ``"11%"``），代码题是一个函数；
    类型不对时抛出 ``TypeError``，没有这个选项时抛出 ``ValueError``。
    """
    return {"choice": _choice, "number": _number, "code": _code}[exercise.kind](exercise, answer)


def _hint(exercise: Exercise, misconception: str) -> Verdict:
    wrong = exercise.wrong_named(misconception)
    return Verdict(False, misconception, f"还不对。{plain(wrong.hint)}")


def _choice(exercise: Exercise, answer: Any) -> Verdict:
    letters = LETTERS[: len(exercise.options)]
    if not isinstance(answer, str) or answer.upper() not in list(letters):
        raise ValueError(f"这一题的答案要是 {'、'.join(letters)} 之一，得到的是 {answer!r}")
    index = letters.index(answer.upper())
    if index == exercise.right:
        return Verdict(True, "", "对了。")
    wrong = next(wrong for wrong in exercise.wrong if wrong.option == index)
    return _hint(exercise, wrong.misconception)


def _percent(exercise: Exercise, text: str) -> float | None:
    """``"11%"`` 是 0.11，单位本来就是 % 的题里是 11；别的文字不是数，返回 None。"""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain.endswith("%"):
        return None
    try:
        number = float(plain[:-1].replace("−", "-"))
    except ValueError:
        return None
    return number if exercise.unit == "%" else number / 100


def _number(exercise: Exercise, answer: Any) -> Verdict:
    if isinstance(answer, str):
        read = _percent(exercise, answer)
        answer = answer if read is None else read
    if isinstance(answer, bool) or not isinstance(answer, (int, float)):
        raise TypeError(f"这一题的答案要是一个数，得到的是 {answer!r}")
    if abs(answer - exercise.answer) <= exercise.tolerance:
        return Verdict(True, "", "对了。")
    for wrong in exercise.wrong:
        if wrong.low <= answer <= wrong.high:
            return _hint(exercise, wrong.misconception)
    return Verdict(False, "", f"还不对。{plain(exercise.nudge)}")


def _code(exercise: Exercise, answer: Any) -> Verdict:
    if not callable(answer):
        raise TypeError(f"这一题的答案要是函数 {exercise.function}，得到的是 {answer!r}")
    module = import_module(f"mlcore.exercises.{exercise.module}")
    test: Callable[[Callable[..., Any]], str | None] = getattr(module, f"check_{exercise.name}")
    try:
        misconception = test(answer)
    except Unexplained as reason:
        return Verdict(False, "", f"还不对。{reason}")
    except Exception as error:  # 读者的函数里什么都可能出错，都要变成一句话。
        return Verdict(False, "", f"运行 {exercise.function} 时出错：{_said(error)}", error)
    if misconception is None:
        return Verdict(True, "", "对了。")
    return _hint(exercise, misconception)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"

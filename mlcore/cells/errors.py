"""读者的代码出了错：是哪一格的哪一行，错误说了什么，一句中文的提示。"""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from mlcore.cells.hints import hint

FILE = re.compile(r"<代码 (.+)·\d+>")


def remember(label: str, source: str, version: int) -> str:
    """编译一格用的文件名：由它认得出错误落在哪一格的哪一行，Python 自己的回溯也找得到源码。

    同一格改过再跑是另一个 ``version``，先前那一份里的函数出错时，说的仍是当时的那一行。
    """
    name = f"<代码 {label}·{version}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return name


def explain(
    error: BaseException, namespace: Mapping[str, Any], where_defined: Callable[[str], str]
) -> dict[str, Any]:
    """给页面的一个错误。

    ``where_defined`` 由名字说出它是在哪一格里定下的（没有就是空），NameError 的提示用它。
    """
    places = _syntax_place(error) or _places(error.__traceback__)
    line = places[-1]["text"] if places else ""
    return {
        "name": type(error).__name__,
        "message": _message(error),
        "places": places,
        "hint": hint(error, line, namespace, where_defined),
    }


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return str(error.msg)
    if isinstance(error, KeyError) and len(error.args) == 1:
        return repr(error.args[0])
    return str(error)


def _syntax_place(error: BaseException) -> list[dict[str, Any]]:
    if not isinstance(error, SyntaxError) or error.lineno is None:
        return []
    found = FILE.fullmatch(error.filename or "")
    if found is None:
        return []
    text = (error.text or linecache.getline(str(error.filename), error.lineno)).rstrip("\n")
    place = _place(found[1], error.lineno, text)
    if error.offset:
        place["column"] = max(0, error.offset - 1 - (len(text) - len(text.lstrip())))
    return [place]


def _places(traceback: TracebackType | None) -> list[dict[str, Any]]:
    """从外到里，落在读者自己代码里的各处；库里面的不说。同一处连着出现只说一次。"""
    places: list[dict[str, Any]] = []
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        found = FILE.fullmatch(name)
        if found:
            text = linecache.getline(name, traceback.tb_lineno)
            place = _place(found[1], traceback.tb_lineno, text)
            if not places or places[-1] != place:
                places.append(place)
        traceback = traceback.tb_next
    return [*places[:1], *places[-3:]] if len(places) > 4 else places


def _place(label: str, line: int, text: str) -> dict[str, Any]:
    return {"cell": label, "line": line, "text": text.strip()}

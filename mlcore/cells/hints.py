"""最常见的错误各给一句中文提示：读者看得懂错在哪里，下一步做什么。

认不出的错误没有提示，只有 Python 自己的话；那也比一句不着边际的好。消息已经是中文的
（``mlcore`` 自己的错误）不用再说。
"""

from __future__ import annotations

import builtins
import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

FULL = "（），：；“”‘’【】＝＋－＊／＜＞！。、｛｝　"
FULL_WIDTH = dict(zip(FULL, "(),:;\"\"''[]=+-*/<>!.,{} ", strict=True))
ELSEWHERE = {"torch": "PyTorch", "plotly": "plotly", "matplotlib": "matplotlib", "pandas": "pandas",
             "sklearn": "scikit-learn", "scipy": "SciPy", "ipywidgets": "ipywidgets"}  # fmt: skip


@cache
def known() -> list[tuple[type[BaseException], re.Pattern[str], str]]:
    """认得出的错误：类型、消息里的样子、提示。"""
    text = (resources.files("mlcore.cells") / "hints.toml").read_text(encoding="utf-8")
    return [
        (getattr(builtins, row["type"]), re.compile(row["pattern"]), row["text"])
        for row in tomllib.loads(text)["hint"]
    ]


def hint(
    error: BaseException,
    line: str,
    namespace: Mapping[str, Any],
    where_defined: Callable[[str], str],
) -> str:
    """一句提示；认不出来就是空的。``line`` 是出错的那一行。"""
    if isinstance(error, ModuleNotFoundError):
        return _module(error)
    if isinstance(error, NameError):
        return _name(error, namespace, where_defined)
    if isinstance(error, SyntaxError):
        found = _full_width(error, line)
        if found:
            return found
    message = str(error.msg if isinstance(error, SyntaxError) else error)
    if re.search(r"[\u4e00-\u9fff]{2}", message) and not isinstance(error, KeyError | SyntaxError):
        return ""
    for kind, pattern, text in known():
        found_in = pattern.search(message)
        if isinstance(error, kind) and found_in:
            return text.format(*(part or "" for part in found_in.groups()))
    if isinstance(error, SyntaxError):
        return "这一行 Python 读不懂：看看括号、引号、逗号和冒号。"
    return ""


def _name(
    error: NameError, namespace: Mapping[str, Any], where_defined: Callable[[str], str]
) -> str:
    name = error.name or ""
    label = where_defined(name)
    if label:
        return (f"`{name}` 是在代码 {label} 里定下的，那一格还没有运行。"
                "按「运行到这里」，把上面的都跑一遍。")  # fmt: skip
    if isinstance(error, UnboundLocalError):
        return f"函数里后面给 `{name}` 赋了值，所以它在这里是函数自己的名字，可还没有值。"
    for names in (namespace, vars(builtins)):  # 读者自己的名字优先
        mine = [one for one in names if not one.startswith("_")]
        near = difflib.get_close_matches(name, mine, 1, 0.7)
        if near:
            return f"没有叫 `{name}` 的东西。是不是想写 `{near[0]}`？"
    if name in ("np", "numpy"):
        return "先写上 `import numpy as np`。"
    return f"没有叫 `{name}` 的东西。检查拼写；如果它是一段文字，要加引号。"


def _module(error: ModuleNotFoundError) -> str:
    top = (error.name or "").partition(".")[0]
    if top in ELSEWHERE:
        return (f"网页上没有 {ELSEWHERE[top]}，只有 NumPy 和 mlcore。"
                "下载这一章的笔记本，在自己的电脑上跑。")  # fmt: skip
    return f"没有叫 {top} 的包。网页上能用的是 Python 自带的、NumPy 和 mlcore。"


def _full_width(error: SyntaxError, line: str) -> str:
    """这一行里引号和注释之外的全角标点。"""
    if line.startswith(("%", "!")):
        return "以 % 或 ! 开头的是 Jupyter 的命令，不是 Python，在网页上不能用。"
    bare = re.sub(r"\"[^\"]*\"|'[^']*'|#.*", "", line)
    found = [one for one in bare if one in FULL_WIDTH]
    if not found:
        return ""
    half = FULL_WIDTH[found[0]]
    if found[0] == "　":
        return "这一行有全角的空格，代码里要用半角的。先切换到英文输入法。"
    return f"这一行有全角的 `{found[0]}`，代码里要用半角的 `{half}`。先切换到英文输入法。"

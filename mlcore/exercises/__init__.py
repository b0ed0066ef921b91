"""书里的练习：一题一份数据，在网页、笔记本和 pytest 里用同样的办法判断。

    from mlcore.exercises import check, exercise

    exercise("layers_bend_space.mirror")          # 笔记本的一格：显示题目
    check("layers_bend_space.mirror", -0.3)       # 作答：打印判断和提示
"""

from __future__ import annotations

from typing import Any

from mlcore.exercises.model import Exercise, Wrong, chapter, find, modules
from mlcore.exercises.verdict import Unexplained, Verdict, judge

__all__ = [
    "Exercise",
    "Unexplained",
    "Verdict",
    "Wrong",
    "chapter",
    "check",
    "exercise",
    "find",
    "judge",
    "modules",
]


def exercise(id: str) -> Exercise:
    """编号为 ``id`` 的题，放在一格的最后一行就会显示出来。

    Raises
    ------
    KeyError
        没有这一题；消息列出有的。
    """
    return find(id)


def check(id: str, answer: Any) -> None:
    """判断一个答案，打印「对了」或者给这个错法的提示。

    ``answer`` 是选项的字母、一个数或一个函数，看题目的种类；不合格时抛出
    ``TypeError`` 或 ``ValueError``。
    """
    print(judge(find(id), answer))

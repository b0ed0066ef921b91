"""一章的模板：八个部分都在，每一处〔…〕换成自己的话就成了一章。"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.chapters import Chapter

ROOT = Path(__file__).resolve().parents[1]
Write = Callable[[Path, NotebookNode], None]


def new_chapter(chapter: Chapter, title: str, read_write: Write) -> list[Path]:
    """写出笔记本，和还没有的练习、检查函数；返回写出的文件。"""
    chapter.notebook.parent.mkdir(parents=True, exist_ok=True)
    read_write(chapter.notebook, notebook_of(chapter, title))
    written = [chapter.notebook]
    folder = ROOT / "mlcore" / "exercises"
    for suffix, text in ((".toml", exercises_text(chapter, title)), (".py", check_text(title))):
        path = folder / f"{chapter.module}{suffix}"
        if not path.exists():
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
    return written


def notebook_of(chapter: Chapter, title: str) -> NotebookNode:
    """八个部分的骨架。"""
    module, slug = chapter.module, chapter.address.rpartition("/")[2][3:]
    parts = [
        ("question", "md", f"""# {title}

{chapter.question}〔写成读者会答错的一件具体的事，先让他猜。猜之前什么也不要讲。〕"""),
        ("picture", "code", f"""# from mlcore.explorables.{module} import 〔类名〕
# from mlcore.widgets import show
# show(〔类名〕(), id="{slug}")"""),
        ("look", "md", "〔一句话：看哪里，做什么。任务，不是「拖动滑杆看看」。〕"),
        ("example", "md", """## 〔一个例子〕

〔先讲刚才图里发生的那一个例子，用具体的数；再说一般的样子。一段一个意思。〕"""),
        ("formula", "md", """## 〔公式〕

〔例子和描述之后才写公式。每个记号第一次出现就说明它是什么。〕

$$y = a(Wx + b)$$

〔立刻拿一个例子代进去，数由下一格算出来。〕"""),
        ("code", "code", """import numpy as np

# 〔十五行以内，只用 mlcore 公开的函数；打印的数自己先四舍五入〕
print(np.round(np.array([1.0, 2.0]).mean(), 3))"""),
        ("conclusion", "md", "> 〔结论，一两句话，读者愿意抄在卡片上的那种。〕"),
        ("mislead", "md", """## 哪里会骗人

〔比方在哪里断掉，这个办法在哪里失灵，常见的说法错在哪里。〕"""),
        ("self-test", "md", "## 自测"),
        ("self-test-1", "code", f"""from mlcore.exercises import check, exercise

exercise("{module}.guess")"""),
        ("self-test-2", "code", f'exercise("{module}.look")'),
        ("self-test-3", "code", f'exercise("{module}.write")'),
        ("answer-3", "code", f"""def double(x):
    ...  # 在这里写

check("{module}.write", double)"""),
        ("further", "md", """## 延伸

〔原始的论文或书，一两句话说值得看哪一段；下一章是什么。〕"""),
    ]  # fmt: skip
    cells = [
        new_markdown_cell(text, id=id) if kind == "md" else new_code_cell(text, id=id)
        for id, kind, text in parts
    ]
    result = new_notebook(cells=cells)
    result.metadata = nbformat.from_dict({
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    })  # fmt: skip
    return result


def exercises_text(chapter: Chapter, title: str) -> str:
    """三道题的骨架：选择、填数、写代码。"""
    options = "".join(
        f"""[[exercise.option]]
text = "〔错的选项 {n}〕"
misconception = "〔误解 {n} 的名字〕"
hint = "〔给误解 {n} 的话：指一件能看到的事，不要直接说答案〕"
"""
        for n in (1, 2, 3)
    )
    numbers = "".join(
        f"""[[exercise.wrong]]
value = {n}
misconception = "〔误解 {n} 的名字〕"
hint = "〔给误解 {n} 的话〕"
"""
        for n in (2, 3, 4)
    )
    sources = "".join(
        f'''[[exercise.wrong]]
misconception = "{name}"
source = """
def double(x):
    return {code}
"""
hint = "〔给「{name}」的话〕"
'''
        for name, code in (("加了二", "x + 2"), ("平方", "x * x"), ("原样返回", "x"))
    )
    return f'''# 「{title}」的练习；怎样写见 mlcore/exercises/model.py。
chapter = "{chapter.address}"

[[exercise]]
name = "guess"
kind = "choice"
level = 1
question = "〔回到开头的问题〕"
solution = "〔为什么〕"
[[exercise.option]]
text = "〔对的选项〕"
right = true
{options}
[[exercise]]
name = "look"
kind = "number"
level = 2
needs = ["explorable"]
answer = 1
tolerance = 0.01
question = "〔离不开图的一题：调到什么时候，读出几？〕"
nudge = "〔没认出误解时的提示〕"
solution = "〔为什么〕"
{numbers}
[[exercise]]
name = "write"
kind = "code"
level = 3
needs = ["code"]
function = "double"
question = "〔写一个函数，说清参数和返回的形状〕"
solution = "〔为什么〕"
starter = """
def double(x):
    ...
"""
source = """
def double(x):
    return 2 * x
"""
{sources}'''


def check_text(title: str) -> str:
    """检查函数的骨架。"""
    return f'''"""「{title}」里写代码的题怎样检查。"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlcore.exercises.verdict import Unexplained


def check_write(double: Callable[..., Any]) -> str | None:
    """答对返回 None，想得到的错法返回误解的名字，别的错法抛出 ``Unexplained``。"""
    got = double(3.0)
    known = {{"加了二": 5.0, "平方": 9.0, "原样返回": 3.0}}
    for name, value in known.items():
        if got == value:
            return name
    if got != 6.0:
        raise Unexplained(f"double(3) 应是 6，你的是 {{got}}。")
    return None
'''

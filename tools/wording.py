"""读者在书里看得见的字：一道题的、一幅图的、一整章的。"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat

from mlcore.exercises import Exercise, find
from mlcore.explorables import Button, Explorable, load_class

PICTURE = re.compile(r'data-explorable="([\w.:]+)"')
ASK = re.compile(r"""\bexercise\(\s*["']([\w.]+)["']""")
FURTHER = re.compile(r"^##\s+延伸\s*$", re.MULTILINE)


def of_exercise(item: Exercise) -> list[str]:
    """一道题的题目、选项和解答；答错才看到的提示不在内。"""
    return [item.question, *item.options, item.solution]


def of_explorable(cls: type[Explorable]) -> list[str]:
    """一幅图的题目、任务和控件的名字。"""
    words = [cls.title, cls.task]
    for control in cls.controls:
        words.append(control.label)
        if not isinstance(control, Button):
            words += [name for _, name in getattr(control, "options", ())]
    return words


def of_chapter(path: Path) -> str:
    """一章的正文、图和练习；到「延伸」为止，那里说的是别人的文章和以后的章。"""
    words: list[str] = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            body = FURTHER.split(cell.source)[0]
            words.append(body)
            if body != cell.source:
                break
            continue
        for id in ASK.findall(cell.source):
            words += of_exercise(find(id))
        for output in cell.get("outputs", ()):
            for name in PICTURE.findall(output.get("data", {}).get("text/html", "")):
                words += of_explorable(load_class(name))
    return "\n\n".join(words)

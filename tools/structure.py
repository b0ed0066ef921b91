"""一章写得合不合全书的约定：八个部分齐不齐，输出在不在，文字有没有问题。"""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode

from mlcore.exercises import chapter as exercises_of
from mlcore.exercises import modules
from tools import glossary, wording
from tools.chapters import Chapter, chapters
from tools.language import problems, prose_length

ROOT = Path(__file__).resolve().parents[1]
LEAST_PROSE, MOST_PROSE = 1200, 6000
"""约 1500 到 4000 字；有四幅图的长章可以再多一些。"""
BEFORE_PICTURE = 400
"""第一幅图之前最多多少个汉字：它要在第一、二屏里。"""
MOST_LINES = 15
LEAST_EXERCISES = 3
SECTIONS = ("哪里会骗人", "自测", "延伸")
SHOW = re.compile(r"\bshow\(")
KERNEL_TAG = "kernel"
"""标着它的格只在内核里运行；网页上它留着存下的结果，并说为什么。"""
BEYOND_PAGE = {"torch": " PyTorch", "plotly": " plotly", "ipywidgets": "笔记本的小部件",
               "matplotlib": " matplotlib", "sklearn": " scikit-learn", "pandas": " pandas",
               "gymnasium": " gymnasium"}  # fmt: skip
"""网页上没有的包，和怎样称呼它们。"""
IMPORT = re.compile(r"^\s*(?:from|import)\s+(\w+)", re.MULTILINE)
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")


def check_notebook(path: Path, notebook: NotebookNode) -> list[str]:
    """全部问题，每个一句话；没有问题就是空的。"""
    found = _house(path) + _structure(notebook) + _exercises(path, notebook)
    return found + _page_cells(notebook) + _outputs(notebook) + _language(notebook)


def chapter_of(path: Path) -> Chapter | None:
    """一个笔记本是哪一章；不在表里就是 None。"""
    return chapters().get(f"{path.parent.name}/{path.stem}")


def _house(path: Path) -> list[str]:
    if not path.is_relative_to(ROOT / "nbs"):
        return []
    found = []
    if chapter_of(path) is None:
        found.append("地址不在 book/chapters.yml 里")
    entry = f"nbs/{path.parent.name}/{path.stem}"
    if not re.search(rf"file:\s*{re.escape(entry)}\s*$", _toc(), re.MULTILINE):
        found.append(f"_toc.yml 里没有 file: {entry}")
    return found


def _toc() -> str:
    return (ROOT / "_toc.yml").read_text(encoding="utf-8")


def _structure(notebook: NotebookNode) -> list[str]:
    cells = list(notebook.cells)
    if not cells or cells[0].cell_type != "markdown" or not cells[0].source.startswith("# "):
        return ["第一格要是 Markdown，以「# 题目」开头"]
    found = []
    shows = [i for i, c in enumerate(cells) if c.cell_type == "code" and SHOW.search(c.source)]
    first = shows[0] if shows else len(cells)
    opening = "\n".join(cell.source for cell in cells[:first] if cell.cell_type == "markdown")
    if "？" not in opening.partition("\n")[2]:
        found.append("开头要有一个读者会答错的问题（第一幅图之前要有问句）")
    if not shows:
        found.append("一幅交互图也没有：要有一格以 show(…, id=\"…\") 结尾")
    elif prose_length(opening) > BEFORE_PICTURE:
        found.append(f"第一幅图来得太晚：前面有 {prose_length(opening)} 个字，"
                     f"至多 {BEFORE_PICTURE} 个")  # fmt: skip
    found += _sections(cells)
    total = sum(prose_length(cell.source) for cell in cells if cell.cell_type == "markdown")
    if not LEAST_PROSE <= total <= MOST_PROSE:
        found.append(f"正文有 {total} 个字，要在 {LEAST_PROSE} 到 {MOST_PROSE} 之间")
    if not any("$" in cell.source for cell in cells if cell.cell_type == "markdown"):
        found.append("一个公式也没有：例子和描述之后要写出公式")
    for number, cell in enumerate(cells, 1):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        if cell.cell_type == "code" and len(lines) > MOST_LINES:
            found.append(f"第 {number} 格有 {len(lines)} 行代码，至多 {MOST_LINES} 行")
    return found


def _sections(cells: list[NotebookNode]) -> list[str]:
    """「哪里会骗人」「自测」「延伸」依次出现，结论的引用块在它们之前。"""
    found, places = [], []
    for name in SECTIONS:
        pattern = re.compile(rf"^##\s+{name}\s*$", re.MULTILINE)
        here = [i for i, c in enumerate(cells)
                if c.cell_type == "markdown" and pattern.search(c.source)]  # fmt: skip
        if not here:
            found.append(f"缺少一节「## {name}」")
        places += here[:1]
    if places != sorted(places):
        found.append("「哪里会骗人」「自测」「延伸」要依次出现")
    end = places[0] if places else len(cells)
    quotes = [i for i, c in enumerate(cells) if c.cell_type == "markdown"
              and re.search(r"^> \S", c.source, re.MULTILINE)]  # fmt: skip
    if not any(place <= end for place in quotes):
        found.append("「哪里会骗人」之前要有结论：一两句话，写成引用块（> …）")
    return found


def _exercises(path: Path, notebook: NotebookNode) -> list[str]:
    asked = [id for cell in notebook.cells if cell.cell_type == "code"
             for id in wording.ASK.findall(cell.source)]  # fmt: skip
    found = []
    if len(asked) < LEAST_EXERCISES:
        found.append(f"自测至少要有 {LEAST_EXERCISES} 道题，现在有 {len(asked)} 道")
    known = {item.id: item for module in modules() for item in exercises_of(module).values()}
    for id in asked:
        if id not in known:
            found.append(f"没有练习 {id}")
    if len(set(asked)) < len(asked):
        found.append("有一道题出现了两次")
    items = [known[id] for id in asked if id in known]
    if items and not any("explorable" in item.needs for item in items):
        found.append("至少要有一道题离不开交互图（needs 里写 explorable）")
    if items and not any(item.kind == "code" for item in items):
        found.append("至少要有一道写代码的题")
    chapter = chapter_of(path)
    for item in known.values():
        if chapter and item.chapter == chapter.address:
            if item.id not in asked:
                found.append(f"练习 {item.id} 写好了，但没有放进这一章")
            words = [*wording.of_exercise(item), item.nudge]
            words += [word for wrong in item.wrong for word in (wrong.hint, wrong.misconception)]
            said = [problem.text for problem in problems("\n\n".join(words), glossary.rivals())]
            if len(said) > 3:
                said[3:] = [f"……还有 {len(said) - 3} 处"]
            found += [f"练习 {item.id}：{text}" for text in said]
    return found


def needs_kernel(source: str) -> str:
    """一格代码为什么不能在网页上运行：它用的那个包；看不出来就说「完整的内核」。"""
    used = [name for name in IMPORT.findall(source) if name in BEYOND_PAGE]
    return "、".join(dict.fromkeys(BEYOND_PAGE[name] for name in used)) or "完整的内核"


def _page_cells(notebook: NotebookNode) -> list[str]:
    """用了网页上没有的包，就要标着 kernel。"""
    found = []
    for number, cell in enumerate(notebook.cells, 1):
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or KERNEL_TAG in tags:
            continue
        for name in IMPORT.findall(cell.source):
            if name in BEYOND_PAGE:
                found.append(f"第 {number} 格用了 {name}，网页上没有它：给这一格加上标签 kernel")
    return found


def _outputs(notebook: NotebookNode) -> list[str]:
    found = []
    codes = [(n, c) for n, c in enumerate(notebook.cells, 1) if c.cell_type == "code"]
    codes = [(n, c) for n, c in codes if c.source.strip()]
    if [c.execution_count for _, c in codes] != list(range(1, len(codes) + 1)):
        found.append("没有从头到尾运行过；请运行 notebook run")
    for number, cell in codes:
        if (SHOW.search(cell.source) or wording.ASK.search(cell.source)) and not cell.outputs:
            found.append(f"第 {number} 格没有输出")
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(f"第 {number} 格的输出是一个错误：{output.ename}")
            if output.output_type == "stream" and output.name == "stderr":
                found.append(f"第 {number} 格有警告：{output.text.strip().splitlines()[-1]}")
            said = output.get("text", "") or output.get("data", {}).get("text/plain", "")
            if ADDRESS.search(said):
                found.append(f"第 {number} 格的输出里有内存地址，每次都会变")
            if "application/vnd.jupyter.widget-view+json" in output.get("data", {}):
                found.append(f"第 {number} 格的输出还没有整理；请运行 notebook run")
    return found


def _language(notebook: NotebookNode) -> list[str]:
    rivals, found, english = glossary.rivals(), [], True
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "markdown":
            continue
        if wording.FURTHER.search(cell.source):
            english = False  # 从这里起要写原文的书名和论文题目
        for problem in problems(cell.source, rivals, english=english):
            found.append(f"第 {number} 格{problem}")
    return found

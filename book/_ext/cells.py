"""能在网页上运行的代码格：给每一格记下编号，前端由它装上按钮、编辑器和结果。

格的编号有两个：``id`` 是笔记本里的，读者改过的代码按它存着；``number`` 是这一页的第几格，
给人看，错误里也用它。标着 ``kernel`` 的格要 PyTorch、plotly 或者完整的内核，网页上不运行，
旁边写着为什么。只为放一道题的那一格没有代码可看，不算。
"""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from tools.structure import KERNEL_TAG, needs_kernel

MARK = "cell-data"


def code_of(cell: nodes.Element) -> nodes.literal_block | None:
    """一格的源码；收起来的也算，去掉了的没有。"""
    for part in cell.findall(nodes.container):
        if part.get("nb_element") == "cell_code_source":
            return next(iter(part.findall(nodes.literal_block)), None)
    return None


def cell_ids(path: Path) -> list[str]:
    """笔记本里各格的编号。"""
    cells = json.loads(path.read_text("utf8"))["cells"]
    return [cell.get("id", f"cell-{index}") for index, cell in enumerate(cells)]


def number(app: Sphinx, doctree: nodes.document) -> None:
    """给一页的代码格编号。"""
    source = Path(app.env.doc2path(app.env.docname))
    if source.suffix != ".ipynb":
        return
    ids = cell_ids(source)
    count = 0
    for cell in list(doctree.findall(nodes.container)):
        if cell.get("nb_element") != "cell_code":
            continue
        code = code_of(cell)
        if code is None:
            continue
        count += 1
        data: dict[str, Any] = {"page": app.env.docname, "id": ids[cell["cell_index"]]}
        data["number"] = count
        tagged = KERNEL_TAG in (cell.get("cell_metadata") or {}).get("tags", [])
        if tagged:
            data["kernel"] = needs_kernel(code.astext())
        cell.append(nodes.raw("", markup(data), format="html"))


def markup(data: dict[str, Any]) -> str:
    """给前端的数据；不能在网页上运行的格，另有一句给人看的话。"""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    script = f'<script type="application/json" class="{MARK}">{text}</script>'
    if "kernel" not in data:
        return script
    why = html.escape(f"这一格要用{data['kernel']}，网页上没有，上面是存下的结果。"
                      "下载这一章的笔记本，就能在自己的电脑上运行它。")  # fmt: skip
    return f'<p class="cell-why">{why}</p>{script}'


def setup(app: Sphinx) -> dict[str, Any]:
    # 在 exercise 之后：那时只为放题的格已经没有代码。
    app.connect("doctree-read", number, priority=700)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

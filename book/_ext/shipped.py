"""随网站一起发布的许可文件，以及由 NOTICE 生成的那张表。"""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
NOTICE = ROOT / "NOTICE"
# 网站里的名字带 .txt，任何服务器都会当作文字发出去。
PUBLISHED = {"LICENSE": "LICENSE.txt", "NOTICE": "NOTICE.txt"}
FULL_TEXTS = "LICENSES"


def shipped_rows(notice: str) -> list[tuple[str, str, str]]:
    """NOTICE 的表 → (名称, 版本, 许可)。"""
    rows: list[tuple[str, str, str]] = []
    inside = False
    for line in notice.splitlines():
        if re.fullmatch(r"[- ]{20,}", line):
            inside = True
        elif inside:
            cells = re.split(r"\s{2,}", line.strip())
            if len(cells) < 3:
                break
            rows.append((cells[0], cells[1], cells[2]))
    return rows


def _cell(text: str) -> str:
    """一格的字；包名太长时在斜线后面换行。"""
    return html.escape(text).replace("/", "/<wbr>")


def shipped_table(notice: str) -> str:
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>"
        for row in shipped_rows(notice)
    )
    links = "，".join(
        f'<a href="{name}">{label}</a>'
        for name, label in (("LICENSE.txt", "许可全文"), ("NOTICE.txt", "第三方文件的声明"))
    )
    return (
        '<div class="scroll"><table class="shipped">'
        '<thead><tr><th>名称</th><th>版本</th><th>许可</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div><p>{links}。</p>"
    )


def publish_licences(app: Sphinx, exception: Exception | None) -> None:
    """许可和声明放进网站：发布网站的人就同时发布了它们。"""
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for name, published in PUBLISHED.items():
        if (ROOT / name).exists():
            shutil.copyfile(ROOT / name, out / published)
    if (ROOT / FULL_TEXTS).is_dir():
        shutil.copytree(ROOT / FULL_TEXTS, out / FULL_TEXTS, dirs_exist_ok=True)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", publish_licences)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

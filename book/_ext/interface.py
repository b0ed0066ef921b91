"""本书的页面：登记主题 ``zhi``，备好模板要用的东西，界面上的字都在 ``words.json``。"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from . import assets, formulas, words
from .contents import book_parts, page_sections, part_of
from .markup import BookTranslator, directives

BOOK = Path(__file__).resolve().parents[1]
ROOT = BOOK.parent
THEME = BOOK / "theme"
PAGE_MODULES = ROOT / "mlcore/widgets/static/page"
STYLES = (
    ROOT / "front/src/style/palette.css",
    *(BOOK / "style" / f"{name}.css" for name in ("page", "text", "code", "chrome", "print")),
    ROOT / "mlcore/widgets/static/explorable.css",
)
DESCRIPTION_LENGTH = 110


def compact_css(text: str) -> str:
    """去掉注释和多余的空白；只用于我们自己的样式表，里面没有带空白的字符串。"""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s*([{};,])\s*", r"\1", text)
    return text.replace(";}", "}").strip() + "\n"


def stylesheet() -> bytes:
    """全书唯一的一张样式表：调色板、页面、交互图依次相接。"""
    sheets = [path.read_text("utf8") for path in STYLES if path.exists()]
    return "".join(compact_css(sheet) for sheet in sheets).encode()


def register(app: Sphinx) -> None:
    assets.add(app, "style", {"book.css": stylesheet()})
    if (PAGE_MODULES / "page.js").exists():
        assets.add(app, "page", PAGE_MODULES)


@cache
def inline_script() -> str:
    """页头里先于第一次绘制要做的几行：读回主题，认出双击打开。"""
    text = (THEME / "first.js").read_text("utf8")
    return re.sub(r"\s*\n\s*", "", re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))


def description(doctree: nodes.document | None) -> str:
    """给搜索引擎和分享卡片的一句话：正文第一段。"""
    if doctree is None:
        return ""
    for paragraph in doctree.findall(nodes.paragraph):
        text = re.sub(r"\s+", " ", paragraph.astext()).strip()
        if len(text) > 12:
            short = text[:DESCRIPTION_LENGTH]
            return short if short == text else short + "…"
    return ""


def page_context(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """每一页的模板变量。"""

    def asset(name: str, inner: str = "") -> str:
        return assets.address(app, pagename, name, inner)

    site: dict[str, str] = {"root": context["content_root"]}
    registered = assets.table(app)
    if "mathjax" in registered and formulas.has_formula(context.get("body", "")):
        site["mathjax"] = asset("mathjax")
    if "search" in registered:
        site["search"] = asset("search", "index.json")
    context.update(
        words=words.TABLE,
        style=asset("style", "book.css"),
        module=asset("page", "page.js") if "page" in registered else "",
        first_script=inline_script(),
        site=json.dumps(site, ensure_ascii=False),
        book_title=app.config.html_title,
        is_cover=pagename == app.config.root_doc,
        cover=app.builder.get_relative_uri(pagename, app.config.root_doc),
        parts=book_parts(app, pagename),
        part=part_of(app, pagename),
        sections=page_sections(app, pagename),
        description=description(doctree),
        notebook=notebook_link(app, pagename),
    )


def notebook_link(app: Sphinx, pagename: str) -> str:
    """这一页若是笔记本，它的下载名（就放在页面旁边），否则为空。"""
    if pagename not in app.env.found_docs:
        return ""
    source = Path(app.env.doc2path(pagename))
    return source.name if source.suffix == ".ipynb" else ""


def copy_notebooks(app: Sphinx, exception: Exception | None) -> None:
    """把每一章的笔记本放到它的页面旁边，供读者下载。"""
    if exception is not None or app.builder.format != "html":
        return
    for docname in app.env.found_docs:
        source = Path(app.env.doc2path(docname))
        if source.suffix == ".ipynb":
            target = Path(app.builder.get_outfilename(docname)).with_name(source.name)
            target.write_bytes(source.read_bytes())


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("book._ext.assets")
    app.add_html_theme("zhi", str(THEME))
    app.set_translator("html", BookTranslator, override=True)
    for name, directive in directives().items():
        app.add_directive(name, directive, override=True)
    app.connect("builder-inited", register)
    # 在交互图之后：那时正文已经写全，才知道有没有公式。
    app.connect("html-page-context", page_context, priority=900)
    app.connect("build-finished", copy_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

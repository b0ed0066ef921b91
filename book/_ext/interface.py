"""本书的页面：登记主题 ``zhi``，备好模板要用的东西，界面上的字都在 ``words.json``。"""

from __future__ import annotations

import json
import posixpath
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx

from . import assets, formulas, search, words
from .contents import book_parts, page_sections, part_of
from .markup import (
    BookTranslator,
    ChineseAnchors,
    depart_hidden_cell,
    directives,
    visit_hidden_cell,
)

BOOK = Path(__file__).resolve().parents[1]
ROOT = BOOK.parent
THEME = BOOK / "theme"
PAGE_MODULES = ROOT / "mlcore/widgets/static/page"
COMMON_STYLE = PAGE_MODULES / "common.css"  # 各种图共用的样式，调色板也在里面
BOOK_STYLES = tuple(
    BOOK / "style" / f"{name}.css" for name in ("page", "text", "code", "cells", "chrome")
)
LAST_STYLES = tuple(BOOK / "style" / f"{name}.css" for name in ("project", "print"))
NOT_PUBLISHED = {"worker.js", "modules.json", "common.css"}
DESCRIPTION_LENGTH = 110


def compact_css(text: str) -> str:
    """去掉注释和多余的空白；只用于我们自己的样式表，里面没有带空白的字符串。"""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s*([{};,])\s*", r"\1", text)
    return text.replace(";}", "}").strip() + "\n"


def stylesheet() -> bytes:
    """每一页都有的样式表；各种图自己的排在它前面（见 ``first_sheet``）。

    书的样式放在层 ``page`` 里，没有分层的交互图样式总是优先：书不会改坏图，图也不用加
    限定词。投影和印刷的几条要盖过一切，放在最后。
    """
    book = "".join(compact_css(path.read_text("utf8")) for path in BOOK_STYLES)
    return "".join(
        [
            compact_css(COMMON_STYLE.read_text("utf8")),
            f"@layer page{{{book}}}\n",
            *(compact_css(path.read_text("utf8")) for path in LAST_STYLES),
        ]
    ).encode()


def register(app: Sphinx) -> None:
    assets.add(app, "style", {"book.css": stylesheet()})
    if (PAGE_MODULES / "page.js").exists():
        # worker.js 跟着引擎走（见 explorable.py），common.css 在 book.css 里，modules.json
        # 只在构建时用。
        files = assets.files_of(PAGE_MODULES)
        assets.add(app, "page", {n: f for n, f in files.items() if n not in NOT_PUBLISHED})


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
    if "page" in registered:
        site["search"] = context["content_root"] + search.INDEX
    first_kind = next(iter(kinds_of(context.get("body", ""))), "")
    context.update(
        words=words.TABLE,
        first_kind=first_kind,
        first_sheet=first_sheet(first_kind),
        style=asset("style", "book.css"),
        module=asset("page", "page.js") if "page" in registered else "",
        preloads=[asset("page", name) for name in preloads(context.get("body", ""))],
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
        binder=binder_link(app.config.zhi_repository, notebook_path(app, pagename)),
    )


@cache
def module_table() -> dict[str, list[str]]:
    """前端构建时记下的：每个入口模块静态地用到哪些模块。"""
    path = PAGE_MODULES / "modules.json"
    table: dict[str, list[str]] = json.loads(path.read_text("utf8")) if path.exists() else {}
    return table


def kinds_of(body: str) -> list[str]:
    """这一页上各种图的种类，按出现的次序。"""
    found = dict.fromkeys(re.findall(r'"kind": ?"(\w+)"', body))
    return [kind for kind in found if f"scenes/{kind}.js" in module_table()]


def first_sheet(kind: str) -> str:
    """第一幅图的样式，直接写在页头里；再往下的各种图快到屏幕时，``page.js`` 连同模块一起取来。

    在慢的线路上，第一幅画面等的每一张样式表都要多花一来一回。
    """
    path = PAGE_MODULES / f"scenes/{kind}.css"
    return compact_css(path.read_text("utf8")).strip() if kind else ""


def preloads(body: str) -> list[str]:
    """这一页一打开就会用到的模块：入口的，和页上各种场景的，免得一层一层地等。"""
    entries = ["page.js", *(f"scenes/{kind}.js" for kind in kinds_of(body))]
    wanted: dict[str, None] = {}
    for entry in entries:
        wanted.update(dict.fromkeys([entry, *module_table().get(entry, [])]))
    return [name for name in wanted if name != "page.js"]


def notebook_path(app: Sphinx, pagename: str) -> str:
    """这一页若是笔记本，它在仓库里的路径，否则为空。"""
    if pagename not in app.env.found_docs:
        return ""
    source = Path(app.env.doc2path(pagename))
    return source.relative_to(app.srcdir).as_posix() if source.suffix == ".ipynb" else ""


def notebook_link(app: Sphinx, pagename: str) -> str:
    """这一页若是笔记本，它的下载名（就放在页面旁边），否则为空。"""
    return posixpath.basename(notebook_path(app, pagename))


def binder_link(repository: str, notebook: str) -> str:
    """在 Binder 上打开这个笔记本的地址；没有写仓库的地址、或不是笔记本，就没有。

    Raises
    ------
    ValueError
        仓库的地址不是 https 的。
    """
    if not repository or not notebook:
        return ""
    parts = urlsplit(repository)
    if parts.scheme != "https" or not parts.netloc or not parts.path.strip("/"):
        raise ValueError(f"zhi_repository 要一个 https 的仓库地址，得到的是 {repository!r}")
    where = parts.path.strip("/").removesuffix(".git")
    known = {"github.com": f"gh/{where}", "gitlab.com": f"gl/{quote(where, safe='')}"}
    place = known.get(parts.netloc, f"git/{quote(repository, safe='')}")
    inner = quote(f"lab/tree/{notebook}", safe="")
    return f"https://mybinder.org/v2/{place}/HEAD?urlpath={inner}"


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
    app.add_transform(ChineseAnchors)
    app.add_node(HideCodeCellNode, override=True, html=(visit_hidden_cell, depart_hidden_cell))
    for name, directive in directives().items():
        app.add_directive(name, directive, override=True)
    app.add_config_value("zhi_repository", "", "env", str)
    app.connect("builder-inited", register)
    # 在交互图之后：那时正文已经写全，才知道有没有公式。
    app.connect("html-page-context", page_context, priority=900)
    app.connect("build-finished", copy_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

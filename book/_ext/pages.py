"""本书的 HTML 构建器：干净的地址，不带 Sphinx 的脚本、样式和搜索索引。

- ``book/`` 里的页面写在网站的根上（``book/index.md`` → ``index.html``），章节留在
  ``nbs/<部>/<章>.html``。
- 资源、扩展的代码、目录或任何一章的题目变了，全部页面重写一遍：每一页上都有它们
  （Sphinx 只看源文件的时间，会漏掉）。
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment import BuildEnvironment

from . import assets, words
from .contents import part_docnames, title_of

PREFIX = "book/"


def site_path(docname: str) -> str:
    """文档在网站里的路径，不带后缀：``book/`` 这一层去掉。"""
    return docname.removeprefix(PREFIX)


class ZhiBuilder(StandaloneHTMLBuilder):
    """``html`` 构建器，地址和增量规则如上。"""

    search = False  # 本书有自己的搜索，见 search.py

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        return quote(site_path(docname)) + self.link_suffix

    def get_outfilename(self, pagename: str) -> str:
        return str(Path(self.outdir) / (site_path(pagename) + self.out_suffix))

    def get_outdated_docs(self) -> Iterator[str]:
        # 各扩展在 builder-inited 里才登记完，所以到这里再算一次「设置变了没有」。
        self.config.zhi_fingerprint = json.dumps([assets.fingerprint(self.app), code_digest()])
        self.build_info = self.create_build_info()
        yield from super().get_outdated_docs()


def code_digest() -> str:
    """这些扩展自己的散列。"""
    return assets.digest_of({path.name: path for path in Path(__file__).parent.glob("*.py")})


def rewrite_for_contents(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """读完全书之后：目录和上次不一样，每一页就都要重写。"""
    now = [
        (caption, [(name, title_of(app, name)) for name in names])
        for caption, names in part_docnames(app)
    ]
    before = getattr(env, "zhi_contents", None)
    env.zhi_contents = now  # type: ignore[attr-defined]
    return [] if before == now else list(env.found_docs)


def room_for_leftovers(app: Sphinx, exception: Exception | None) -> None:
    """没有要重写的页面时 Sphinx 不建 ``_static``，而 myst-nb 总要往里放，放不进就失败。"""
    if exception is None and app.builder.format == "html":
        (Path(app.outdir) / "_static").mkdir(exist_ok=True)


EXTRA_PAGES = ("search", "404")


def remove_leftovers(app: Sphinx, exception: Exception | None) -> None:
    """删去不属于这本书的：Sphinx 总会写下的 ``_static``，和已经不在目录里的旧页面。"""
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    shutil.rmtree(out / "_static", ignore_errors=True)
    (out / "objects.inv").unlink(missing_ok=True)
    names = [*app.env.found_docs, *EXTRA_PAGES]
    current = {out / (site_path(name) + app.builder.out_suffix) for name in names}
    for page in out.rglob("*.html"):
        if page not in current and assets.FOLDER not in page.relative_to(out).parts:
            page.unlink()
            page.with_suffix(".ipynb").unlink(missing_ok=True)


def lost_page(app: Sphinx) -> list[tuple[str, dict[str, Any], str]]:
    """很多静态服务器在找不到地址时发 404.html。"""
    return [("404", {"title": words.TABLE["lost_title"]}, "404.html")]


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("book._ext.assets")
    app.add_config_value("zhi_fingerprint", "", "html")
    # Jupyter Book 总会设它，而我们不装 sphinx-comments；不认领就成了一条警告。
    app.add_config_value("comments_config", {}, "")
    app.add_builder(ZhiBuilder, override=True)
    app.connect("env-updated", rewrite_for_contents)
    app.connect("html-collect-pages", lost_page)
    app.connect("build-finished", room_for_leftovers, priority=100)
    app.connect("build-finished", remove_leftovers, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

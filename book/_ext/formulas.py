"""公式：页面里先是 TeX 原文，MathJax 在第一幅画面之后才来排版，只在有公式的页上来。

MathJax 取自 PyPI 上的 sphinx-mathjax-offline，只带走排 TeX 用得到的几个文件。
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxTranslator

from . import assets

logger = logging.getLogger(__name__)

# 组合包 tex-chtml.js 里一半是菜单（而且是英文的），所以按部件取。
PARTS = (
    "startup.js",
    "core.js",
    "input/tex.js",
    "output/chtml.js",
    "output/chtml/fonts/tex.js",
    "a11y/assistive-mml.js",
)
FONTS = "output/chtml/fonts/woff-v2"
EXTENSIONS = "input/tex/extensions"


def mathjax_files() -> dict[str, assets.Content]:
    """要带走的文件；没有装这个包时为空。"""
    try:
        package = distribution("sphinx-mathjax-offline")
    except PackageNotFoundError:
        return {}
    root = Path(str(package.locate_file("sphinx-mathjax-offline/static/mathjax")))
    files: dict[str, assets.Content] = {part: root / part for part in PARTS}
    for folder, pattern in ((FONTS, "*.woff"), (EXTENSIONS, "*.js")):
        for path in sorted((root / folder).glob(pattern)):
            files[f"{folder}/{path.name}"] = path
    return files


def register(app: Sphinx) -> None:
    files = mathjax_files()
    if files:
        assets.add(app, "mathjax", files)
    else:
        logger.warning("没有装 sphinx-mathjax-offline，公式只能显示 TeX 原文")


def visit_inline(self: SphinxTranslator, node: nodes.math) -> None:
    self.body.append(self.starttag(node, "span", "", CLASS="math"))
    self.body.append(rf"\({self.encode(node.astext())}\)</span>")
    raise nodes.SkipNode


def visit_block(self: SphinxTranslator, node: nodes.math_block) -> None:
    text = node.astext().strip()
    # 「单行」环境自己就带着显示模式；别的放进 \[ \]。
    wrapped = text if text.startswith(r"\begin{") and node.get("nowrap") else rf"\[{text}\]"
    self.body.append(self.starttag(node, "div", CLASS="math display"))
    self.body.append(self.encode(wrapped))
    self.body.append("</div>\n")
    raise nodes.SkipNode


# 公式和紧挨着它的标点。
NEIGHBOURS = re.compile('[（「『]*<span class="math">[^<]*</span>[。，、；：！？）」』…]*')


def glue(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """句中的公式和它的标点不分在两行：排好的公式是一个盒子，浏览器在盒子两边哪里都敢断。"""

    def glued(found: re.Match[str]) -> str:
        alone = found[0][0] == "<" and found[0][-1] == ">"
        return found[0] if alone else f'<span class="glued">{found[0]}</span>'

    if "body" in context:
        context["body"] = NEIGHBOURS.sub(glued, context["body"])


def has_formula(body: str) -> bool:
    """写好的页面里有没有公式（练习和旁注里的也算）。"""
    return 'class="math' in body


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("book._ext.assets")
    app.add_html_math_renderer("zhi", (visit_inline, None), (visit_block, None))
    app.connect("builder-inited", register)
    app.connect("html-page-context", glue)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""搜索的索引：构建时把每一节的文字写进 ``search.json``，浏览器第一次搜索时才来取。

每一节是一条 ``[页的序号, 锚点, 标题, 文字, 代码]``。公式也读成文字（``\\sigma`` → σ），
所以搜 σ 找得到。切词和排序在 ``front/src/page/search.js``。
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from . import words
from .contents import part_docnames, title_of
from .pages import site_path

INDEX = "search.json"
Row = tuple[str, str, str, str]  # 锚点, 标题, 文字, 代码

GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi "
    "rho varsigma sigma tau upsilon phi chi psi omega"
)
OTHERS = (
    "varepsilon=ε vartheta=θ varphi=φ Gamma=Γ Delta=Δ Theta=Θ Lambda=Λ Xi=Ξ Pi=Π Sigma=Σ Phi=Φ "
    "Psi=Ψ Omega=Ω partial=∂ nabla=∇ sum=∑ prod=∏ int=∫ infty=∞ times=× cdot=· circ=∘ odot=⊙ "
    "oplus=⊕ le=≤ leq=≤ ge=≥ geq=≥ ne=≠ neq=≠ approx=≈ to=→ rightarrow=→ mapsto=↦ in=∈ sqrt=√ "
    "pm=± top=⊤ det=det log=log ln=ln exp=exp sin=sin cos=cos tan=tan tanh=tanh max=max min=min"
)
SYMBOLS = {
    **{name: chr(0x3B1 + i) for i, name in enumerate(GREEK.split())},
    **dict(pair.split("=") for pair in OTHERS.split()),
}


def plain_formula(tex: str) -> str:
    """TeX 读成能搜、也能看的文字：希腊字母和运算符成为符号，分数成为斜线，别的命令去掉。"""
    tex = re.sub(r"[_^]\{([^{}]*)\}", r"\1", tex)
    tex = re.sub(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)", tex)
    tex = re.sub(r"\\(?:text|mathrm|operatorname\*?|mathbf|mathit)\s*\{([^}]*)\}", r" \1 ", tex)
    tex = re.sub(r"\\([A-Za-z]+)", lambda found: f" {SYMBOLS.get(found[1], '')} ", tex)
    tex = re.sub(r"\\.|[&~$]", " ", tex)
    tex = re.sub(r"\s+", " ", re.sub(r"[{}_^]", "", tex))
    # 空格只留在两个词之间：「−∂L/∂w」比「− ∂ L / ∂ w」好认。
    return re.sub(r" (?![A-Za-z0-9])|(?<![A-Za-z0-9]) ", "", tex)


def plain_html(raw: str) -> str:
    """一段 HTML 里读者看得见的文字。"""
    raw = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", raw, flags=re.DOTALL)
    raw = re.sub(r"<(?:br|p|div|li|h\d|tr|td|label|button)\b[^>]*>", "\n", raw)
    text = html.unescape(re.sub(r"<[^>]+>", "", raw))
    return re.sub(r"\\\((.*?)\\\)", lambda found: plain_formula(found[1]), text)


class Reader:
    """走一遍一节里的节点，把文字和代码分开收下。"""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.code: list[str] = []

    def read(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.section | nodes.title | nodes.label | nodes.comment):
            return  # 小节自成一条；标题另记
        if isinstance(node, nodes.Text):
            self.text.append(str(node))
        elif isinstance(node, nodes.math):
            self.text.append(plain_formula(node.astext()))
        elif isinstance(node, nodes.math_block):
            self.text.append(plain_formula(node.astext()) + "\n")
        elif isinstance(node, nodes.raw):
            if "html" in node.get("format", ""):
                self.text.append(plain_html(node.astext()) + "\n")
        elif isinstance(node, nodes.literal_block):
            self.code.append(node.astext())
        elif isinstance(node, nodes.Element):
            if "cell_output" in node.get("classes", ()):
                self.read_output(node)
                return
            for child in node.children:
                self.read(child)
            if isinstance(node, nodes.paragraph | nodes.list_item | nodes.term | nodes.entry):
                self.text.append("\n")

    def read_output(self, node: nodes.Element) -> None:
        """输出里只有 HTML（交互图的说明、练习的题目）是给人读的话。"""
        for raw in node.findall(nodes.raw):
            self.read(raw)


def tidy(pieces: list[str]) -> str:
    lines = (re.sub(r"\s+", " ", line).strip() for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def rows_of(doctree: nodes.document) -> Iterator[Row]:
    """一篇文档的各节。"""
    for section in doctree.findall(nodes.section):
        title = next((child for child in section if isinstance(child, nodes.title)), None)
        reader = Reader()
        for child in section.children:
            reader.read(child)
        first = section.parent is doctree
        heading = title.astext() if title is not None else ""
        anchor = "" if first else section["ids"][0]
        text, code = tidy(reader.text), tidy(reader.code)
        if first or heading or text:
            yield anchor, heading, text, code


def collected(env: BuildEnvironment) -> dict[str, list[Row]]:
    """文档名 → 各节；存在环境里，没有改过的文档下次不用再读。"""
    if not hasattr(env, "zhi_search"):
        env.zhi_search = {}  # type: ignore[attr-defined]
    return env.zhi_search  # type: ignore[attr-defined, no-any-return]


def collect(app: Sphinx, doctree: nodes.document) -> None:
    collected(app.env)[app.env.docname] = list(rows_of(doctree))


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    collected(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: Any, other: BuildEnvironment) -> None:
    collected(env).update({name: collected(other)[name] for name in docnames})


def index_of(app: Sphinx) -> dict[str, Any]:
    """整本书的索引，次序同目录；封面排在最后（它的话别处都有）。"""
    order = [name for _, names in part_docnames(app) for name in names]
    pages: list[list[str]] = []
    sections: list[list[Any]] = []
    for docname in [*order, app.config.root_doc]:
        rows = collected(app.env).get(docname)
        if rows is None:
            continue
        address = site_path(docname) + app.builder.link_suffix
        for anchor, heading, text, code in rows:
            sections.append([len(pages), anchor, heading, text, code])
        pages.append([address, title_of(app, docname)])
    return {"pages": pages, "sections": sections}


def write_index(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    text = json.dumps(index_of(app), ensure_ascii=False, separators=(",", ":"))
    (Path(app.outdir) / INDEX).write_text(text, "utf8")


def search_page(app: Sphinx) -> list[tuple[str, dict[str, Any], str]]:
    return [("search", {"title": words.TABLE["search_page"]}, "search.html")]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("html-collect-pages", search_page)
    app.connect("build-finished", write_index)
    return {"env_version": 3, "parallel_read_safe": True, "parallel_write_safe": True}

"""正文的 HTML：自己的翻译器（表格能横滚、标题链接说中文）和几个排版指令。"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives as options
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from . import shipped, words
from .contents import book_parts, first_chapter
from .look import look_table
from .shipped import NOTICE, shipped_table

CHINESE = re.compile("[\u3400-\u9fff]")


class BookTranslator(HTML5Translator):
    """Sphinx 的 HTML5 翻译器，改掉会露出英文或在手机上撑破页面的几处。"""

    def visit_table(self, node: nodes.Element) -> None:
        self.body.append('<div class="scroll">')
        super().visit_table(node)

    def depart_table(self, node: nodes.Element) -> None:
        super().depart_table(node)
        self.body.append("</div>\n")

    def visit_emphasis(self, node: nodes.Element) -> None:
        if CHINESE.search(node.astext()):
            super().visit_emphasis(node)
        else:  # 外文的书名和篇名：斜体，不加着重号。
            english = ' lang="en"' if node.astext().isascii() else ""
            self.body.append(f"<cite{english}>")

    def depart_emphasis(self, node: nodes.Element) -> None:
        if CHINESE.search(node.astext()):
            super().depart_emphasis(node)
        else:
            self.body.append("</cite>")

    def add_permalink_ref(self, node: nodes.Element, title: str) -> None:
        super().add_permalink_ref(node, words.TABLE["permalink"])

    def visit_aside(self, node: nodes.Element) -> None:
        label = words.TABLE["aside"]
        number = node["number"]
        self.body.append(
            f'<aside class="aside" aria-label="{label}">'
            f'<button type="button" class="aside-open" aria-expanded="false"'
            f' aria-controls="aside-{number}">{label}</button>'
            f'<div class="aside-text" id="aside-{number}">'
        )

    def depart_aside(self, node: nodes.Element) -> None:
        self.body.append("</div></aside>\n")

    def visit_fold(self, node: nodes.Element) -> None:
        opened = " open" if node["opened"] else ""
        self.body.append(
            f'<details class="fold"{opened}><summary>{self.encode(node["label"])}</summary>'
            '<div class="fold-text">'
        )

    def depart_fold(self, node: nodes.Element) -> None:
        self.body.append("</div></details>\n")

    def visit_book_contents(self, node: nodes.Element) -> None:
        app = self.builder.app
        self.body.append('<div class="book-contents">')
        for part in book_parts(app, self.builder.current_docname):
            if part.caption:
                self.body.append(f"<h2>{self.encode(part.caption)}</h2>")
            self.body.append("<ol>")
            for chapter in part.chapters:
                question = self.encode(chapter.question)
                question = question and f"<span>{question}</span>"
                self.body.append(
                    f'<li><a href="{self.attval(chapter.link)}">'
                    f"{self.encode(chapter.title)}{question}</a></li>"
                )
            self.body.append("</ol>")
        self.body.append("</div>\n")
        raise nodes.SkipNode

    def visit_begin(self, node: nodes.Element) -> None:
        here = self.builder.current_docname
        link = self.builder.get_relative_uri(here, first_chapter(self.builder.app))
        self.body.append(
            f'<p><a class="button" href="{self.attval(link)}">{words.TABLE["begin"]}</a></p>\n'
        )
        raise nodes.SkipNode


class ChineseAnchors(SphinxTransform):
    """标题的锚点用标题自己的字。

    docutils 只认拉丁字母，中文标题成了 ``id1``、``id2``，前面加一节，后面的链接就全错。
    """

    default_priority = 40  # 在任何东西记住旧锚点之前

    def apply(self, **kwargs: Any) -> None:
        slugs = getattr(self.document, "myst_slugs", {})
        for section in self.document.findall(nodes.section):
            slug = section.get("slug")
            old = section["ids"][0] if section["ids"] else ""
            if not slug or slug == old or slug in self.document.ids:
                continue
            section["ids"] = [slug, *section["ids"][1:]]
            del self.document.ids[old]
            self.document.ids[slug] = section
            for name, identity in self.document.nameids.items():
                if identity == old:
                    self.document.nameids[name] = slug
            line, _, text = slugs.get(slug, (section.line, old, ""))
            slugs[slug] = (line, slug, text)


def visit_hidden_cell(self: BookTranslator, node: HideCodeCellNode) -> None:
    """收起的代码格：myst-nb 写的是英文提示，这里换成我们的话。"""
    what = node["prompt_show"]
    label = words.HIDDEN_CELL.get(what, what)
    self.body.append(
        f'<details class="fold cell-fold"><summary>{self.encode(label)}</summary><div>'
    )


def depart_hidden_cell(self: BookTranslator, node: HideCodeCellNode) -> None:
    self.body.append("</div></details>\n")


class aside(nodes.General, nodes.Element):
    """旁注：有地方时在页边，没有地方时收在段落下面。"""


class fold(nodes.General, nodes.Element):
    """收起来的一段，比如解答。"""


class book_contents(nodes.General, nodes.Element):
    """封面下面的全书目录。"""


class begin(nodes.General, nodes.Element):
    """封面上的「开始读」，通向第一章。"""


class AsideDirective(SphinxDirective):
    """``:::{aside}``"""

    has_content = True

    def run(self) -> list[nodes.Node]:
        number = self.env.new_serialno("aside")
        node = aside(number=number)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class FoldDirective(SphinxDirective):
    """``:::{fold} 看解答``，选项 ``:open:`` 表示先展开。"""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"open": options.flag}

    def run(self) -> list[nodes.Node]:
        node = fold(label=self.arguments[0], opened="open" in self.options)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class ContentsDirective(SphinxDirective):
    """``{book-contents}``：全书目录，每章带着它开头的问题。"""

    def run(self) -> list[nodes.Node]:
        return [book_contents()]


class BeginDirective(SphinxDirective):
    """``{begin}``：「开始读」的按钮。"""

    def run(self) -> list[nodes.Node]:
        return [begin()]


class LookDirective(SphinxDirective):
    """``{look}``：图里的记号，每个一小幅和一句话。"""

    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", look_table(), format="html")]


class ShippedDirective(SphinxDirective):
    """``{shipped-files}``：NOTICE 里列出的第三方软件，和三份许可文件的链接。"""

    def run(self) -> list[nodes.Node]:
        for source in (str(NOTICE), shipped.__file__):
            self.env.note_dependency(source)
        return [nodes.raw("", shipped_table(NOTICE.read_text("utf8")), format="html")]


def directives() -> dict[str, Any]:
    return {
        "aside": AsideDirective,
        "margin": AsideDirective,
        "fold": FoldDirective,
        "book-contents": ContentsDirective,
        "begin": BeginDirective,
        "look": LookDirective,
        "shipped-files": ShippedDirective,
    }

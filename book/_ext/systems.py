"""由数据生成的两页：``{systems}`` 是系统总表，``{terms}`` 是术语表。"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tools import glossary, systems
from tools.chapters import FILE as CHAPTERS
from tools.chapters import chapters


class _Generated(SphinxDirective):
    """由 MyST 文字生成的内容；数据变了，这一页会重新构建。"""

    def parsed(self, lines: Iterable[str]) -> list[nodes.Node]:
        return self.parse_text_to_nodes("\n".join(lines))

    def section(self, id: str, title: str, lines: Iterable[str]) -> nodes.section:
        """一节；标题里的链接照常。"""
        heading = nodes.title("", "")
        for node in self.parsed([title]):
            heading += node.children
        section = nodes.section("", heading, ids=[nodes.make_id(id)], names=[id])
        section += self.parsed(lines)
        return section

    def depends_on(self, *sources: Any) -> None:
        for source in (*sources, CHAPTERS, __file__):
            self.env.note_dependency(str(source))

    def chapter_link(self, address: str) -> str:
        """章的题目；已经写好的带链接。"""
        title = chapters()[address].title
        docname = f"nbs/{address}"
        return f"{{doc}}`{title} </{docname}>`" if docname in self.env.found_docs else title


class SystemsDirective(_Generated):
    """系统总表，一章一节。"""

    def run(self) -> list[nodes.Node]:
        from mlcore.explorables import load_class

        table = systems.systems()
        total = sum(len(chapter.systems) for chapter in chapters().values())
        found = self.parsed([f"全书一共要做 {total} 个系统，现在做好了 {len(table)} 个。"])
        order = list(chapters())
        rows = sorted(table.values(), key=lambda row: order.index(row.chapter))
        for address, group in groupby(rows, key=lambda row: row.chapter):
            lines, places = [], []
            for row in group:
                lines += [f"{row.id}　{row.name}", f": {row.shows}", ""]
                if row.explorable:
                    lines += [f"  图「{load_class(row.explorable).title}」。", ""]
                first, *others = _where(row)
                places += [row.id, f": {first}", *(f"  {line}" for line in others), ""]
            lines += [":::{fold} 在哪里算，由谁检查", *places, ":::"]
            found.append(self.section(f"systems-{address}", self.chapter_link(address), lines))
        self.depends_on(systems.FILE)
        return found


def _where(row: systems.System) -> list[str]:
    """算它的类和函数，检查它的测试，一行一个：给要看代码的人。"""
    file, _, test = row.test.partition("::")
    paths = [path.replace(":", ".") for path in (row.explorable, row.function) if path]
    names = [f"`{name}`" for name in (*paths, file, test)]
    return [*(f"{name}\\" for name in names[:-1]), names[-1]]  # 行末的反斜线是换行


class TermsDirective(_Generated):
    """术语表，一部一节，每一条链到第一个用到它的章和细讲它的章；还没有写的，就说明白。"""

    def run(self) -> list[nodes.Node]:
        order = list(chapters())
        rows = sorted(glossary.terms(), key=lambda term: order.index(term.chapter))
        found: list[nodes.Node] = []
        for folder, group in groupby(rows, key=lambda term: term.chapter.partition("/")[0]):
            lines = ["```{glossary}"]
            for term in group:
                title = chapters()[term.chapter].part
                lines += [term.term, f"  {term.english}。{term.means}{self.places(term)}。", ""]
            found.append(self.section(f"terms-{folder}", title, [*lines, "```"]))
        self.depends_on(glossary.FILE)
        return found

    def places(self, term: glossary.Term) -> str:
        """到哪里去看它。"""
        link = self.chapter_link(term.chapter)
        full = f"「{link}」{'' if link.startswith('{doc}') else '（待写）'}"
        if term.first == term.chapter:
            return f"见{full}"
        return f"先见于「{self.chapter_link(term.first)}」，细讲在{full}"


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("systems", SystemsDirective)
    app.add_directive("terms", TermsDirective)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

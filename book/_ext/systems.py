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

    def parsed(self, lines: Iterable[str], *sources: Any) -> list[nodes.Node]:
        for source in (*sources, CHAPTERS):
            self.env.note_dependency(str(source))
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)

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
        lines = [f"全书一共要做 {total} 个系统，现在做好了 {len(table)} 个。", ""]
        order = list(chapters())
        rows = sorted(table.values(), key=lambda row: order.index(row.chapter))
        for address, group in groupby(rows, key=lambda row: row.chapter):
            lines += [f"## {self.chapter_link(address)}", ""]
            for row in group:
                where = f"图「{load_class(row.explorable).title}」" if row.explorable else ""
                if row.function:
                    where += ("，" if where else "") + f"函数 `{row.function.replace(':', '.')}`"
                lines += [
                    f"{row.id}　{row.name}",
                    f": {row.shows}",
                    "",
                    f"  {where}；由 `{row.test.rpartition('::')[2]}` 检查。",
                    "",
                ]
        return self.parsed(lines, systems.FILE)


class TermsDirective(_Generated):
    """术语表，一部一节，每一条链到细讲它的章。"""

    def run(self) -> list[nodes.Node]:
        order = list(chapters())
        rows = sorted(glossary.terms(), key=lambda term: order.index(term.chapter))
        lines = []
        for part, group in groupby(rows, key=lambda term: chapters()[term.chapter].part):
            lines += [f"## {part}", "", "```{glossary}"]
            for term in group:
                more = f"见{self.chapter_link(term.chapter)}。"
                if more.startswith("见{doc}"):
                    more = "见 " + more[1:]
                lines += [term.term, f"  {term.english}。{term.means}{more}", ""]
            lines += ["```", ""]
        return self.parsed(lines, glossary.FILE)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("systems", SystemsDirective)
    app.add_directive("terms", TermsDirective)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

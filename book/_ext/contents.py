"""全书的目录，从 ``_toc.yml`` 来：部 → 章，以及当前页自己的小节。"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx

CHAPTERS = Path(__file__).resolve().parents[1] / "chapters.yml"
NOTEBOOKS = "nbs/"


@dataclass(frozen=True)
class Chapter:
    """目录里的一行；``question`` 是这一章开头的问题，没有就是空。"""

    docname: str
    title: str
    link: str
    question: str = ""
    current: bool = False


@dataclass(frozen=True)
class Part:
    """一部；``caption`` 可以为空。"""

    caption: str
    chapters: tuple[Chapter, ...]
    current: bool = False


@dataclass(frozen=True)
class Section:
    """当前页里的一节。"""

    title: str
    link: str
    below: tuple[Section, ...] = field(default=())


def part_docnames(app: Sphinx) -> list[tuple[str, list[str]]]:
    """(部名, 文档名的列表)，次序同 ``_toc.yml``；嵌套的章节展平。"""
    site_map = app.config.external_site_map
    known = set(app.env.found_docs)

    def walk(docname: str) -> list[str]:
        found = [docname] if docname in known else []
        if docname in site_map:
            for tree in site_map[docname].subtrees:
                for item in tree.items:
                    found += walk(str(item))
        return found

    return [
        (tree.caption or "", [name for item in tree.items for name in walk(str(item))])
        for tree in site_map.root.subtrees
    ]


def title_of(app: Sphinx, docname: str) -> str:
    title = app.env.titles.get(docname)
    return title.astext() if title is not None else docname


@cache
def chapter_table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(CHAPTERS.read_text("utf8")) if CHAPTERS.exists() else {}
    return table


def question_of(docname: str) -> str:
    """``chapters.yml`` 里这一章开头的问题，公式去掉美元号；不是章就没有。"""
    if not docname.startswith(NOTEBOOKS):
        return ""
    part, _, slug = docname.removeprefix(NOTEBOOKS).partition("/")
    chapter = chapter_table().get(part, {}).get("chapters", {}).get(slug, {})
    return re.sub(r"\\[a-z]+|\$", "", chapter.get("question", ""))


def first_chapter(app: Sphinx) -> str:
    """「开始读」去的地方：第一章；还没有章的时候去目录里的第一页。"""
    docnames = [name for _, names in part_docnames(app) for name in names]
    chapters = [name for name in docnames if name.startswith(NOTEBOOKS)]
    return next(iter([*chapters, *docnames]), app.config.root_doc)


def book_parts(app: Sphinx, pagename: str) -> list[Part]:
    """从 ``pagename`` 看出去的全书目录。"""

    def chapter(docname: str) -> Chapter:
        return Chapter(
            docname,
            title_of(app, docname),
            app.builder.get_relative_uri(pagename, docname),
            question_of(docname),
            docname == pagename,
        )

    return [
        Part(caption, tuple(map(chapter, docnames)), pagename in docnames)
        for caption, docnames in part_docnames(app)
        if docnames
    ]


def part_of(app: Sphinx, pagename: str) -> str:
    """这一页所在的部的名字；封面和工具页没有。"""
    for caption, docnames in part_docnames(app):
        if pagename in docnames:
            return caption
    return ""


def page_sections(app: Sphinx, pagename: str) -> list[Section]:
    """这一页标题以下的小节，两层。"""
    toc = app.env.tocs.get(pagename)
    if toc is None or not len(toc.children):
        return []

    def section(item: nodes.list_item, deeper: bool) -> Section | None:
        reference = next(iter(item.findall(nodes.reference)), None)
        if reference is None or not reference.get("anchorname"):
            return None
        lists = [child for child in item.children if isinstance(child, nodes.bullet_list)]
        below = [section(child, False) for one in lists for child in one.children] if deeper else []
        return Section(
            reference.astext(), reference["anchorname"], tuple(one for one in below if one)
        )

    top = toc.children[0]
    lists = [child for child in top.children if isinstance(child, nodes.bullet_list)]
    found = [section(child, True) for one in lists for child in one.children]
    return [one for one in found if one]

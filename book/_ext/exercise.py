"""练习放进网页：题目由编号从 ``mlcore.exercises`` 重新取来，所以不会是旧的。

两处会出现练习：笔记本里 ``exercise("…")`` 存下的元素，和 Markdown 页上的指令

    ```{exercise} layers_bend_space.mirror
    ```

没有这一题、或者一题出现两次，都是构建错误。
"""

from __future__ import annotations

import re
from importlib import resources
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from mlcore.exercises import find
from mlcore.exercises.page import END, element

logger = logging.getLogger(__name__)

ELEMENT = re.compile(
    r'<div class="exercise"[^>]* data-exercise="(?P<id>[^"]*)".*?' + re.escape(END), re.DOTALL
)

ONLY_ASKS = re.compile(
    r"""(from mlcore\.exercises import [\w, ]+\s+)?exercise\(\s*["'][\w.]+["']\s*\)"""
)


def place(env: BuildEnvironment, id: str, where: Any) -> str:
    """编号 → 带着数据的 HTML，并登记它在哪一页；错了就发出警告（构建把警告当错误）。"""
    try:
        exercise = find(id)
    except (KeyError, ValueError) as error:
        logger.warning("练习放不进来：%s", error.args[0], location=where)
        return ""
    places = places_in(env)
    if id in places:
        logger.warning("练习 %s 已经在 %s 出现过", id, places[id], location=where)
    places[id] = env.docname
    data = resources.files("mlcore.exercises") / f"{exercise.module}.toml"
    env.note_dependency(str(data))
    return element(exercise, with_data=True)


def places_in(env: BuildEnvironment) -> dict[str, str]:
    """编号 → 所在的页。"""
    if not hasattr(env, "exercise_places"):
        env.exercise_places = {}  # type: ignore[attr-defined]
    places: dict[str, str] = env.exercise_places  # type: ignore[attr-defined]
    return places


class ExerciseDirective(SphinxDirective):
    """Markdown 页上的一道题；等读完整页再换成题目。"""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        text = f'<div class="exercise" data-exercise="{self.arguments[0]}"></div>{END}'
        node = nodes.raw("", text, format="html")
        self.set_source_info(node)
        return [node]


def fill(app: Sphinx, doctree: nodes.document) -> None:
    """把读到的元素换成新的；只为放一道题的那一格，网页上不必看见它的代码。"""
    for node in list(doctree.findall(nodes.raw)):
        if "data-exercise=" not in node.astext():
            continue
        hide_input(node)
        text, last = "", 0
        for found in ELEMENT.finditer(node.astext()):
            text += node.astext()[last : found.start()] + place(app.env, found["id"], node)
            last = found.end()
        node[:] = [nodes.Text(text + node.astext()[last:])]


def hide_input(node: nodes.Node) -> None:
    """去掉笔记本里 ``exercise("…")`` 那一格的代码，别的格不动。"""
    cell = node.parent
    while cell is not None and cell.get("nb_element") != "cell_code":
        cell = cell.parent
    if cell is not None and ONLY_ASKS.fullmatch(cell.children[0].astext().strip()):
        del cell[0]


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    places = places_in(env)
    for id in [id for id, where in places.items() if where == docname]:
        del places[id]


def merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    places = places_in(env)
    for id, where in places_in(other).items():
        if where in docnames:
            if id in places:
                logger.warning("练习 %s 在 %s 和 %s 都出现了", id, places[id], where)
            places[id] = where


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("exercise", ExerciseDirective)
    app.connect("doctree-read", fill)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

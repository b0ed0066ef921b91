"""网页上的代码格：每一格跑出笔记本里存下的结果；停得下来，错了说得清，改了记得住。"""

from __future__ import annotations

import html
import itertools
import json
import re
from dataclasses import dataclass
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Locator, Page

from mlcore.exercises import Exercise
from tests.browser.conftest import SITE, Watched, call, wait_live
from tests.browser.explorables import live_on, other_value, places
from tests.browser.test_exercises_page import PAGES as EXERCISE_PAGES
from tests.browser.test_exercises_page import exercises_on, place
from tests.browser.test_reading import AXE, SERIOUS
from tools.notebook import ROOT, all_notebooks
from tools.structure import KERNEL_TAG

STARTS = 120_000
CELL_DATA = re.compile(r'class="cell-data">(?P<data>.*?)</script>')
SHOWN = re.compile(r'data-explorable="(?P<path>[^"]+)" data-start="(?P<start>[^"]*)"')
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if 'class="cell-data"' in path.read_text("utf-8")
)
pytestmark = pytest.mark.skipif(not all_notebooks(), reason="还没有一章")
every_page = live_on("path", PAGES)
_turns = itertools.cycle(PAGES)


def one_page(test: Any) -> Any:
    """和哪一章无关的测试，一章轮一个：轮到那一章的时候跑。"""
    return live_on("path", [next(_turns)] if PAGES else [])(test)


@dataclass(frozen=True)
class Saved:
    """一格存在笔记本里的结果。"""

    number: int
    text: str
    value: str
    scene: tuple[str, dict[str, Any]] | None
    figure: bool


def saved_cells(path: str) -> list[Saved]:
    """一页上能运行的各格，照次序。"""
    page = (SITE / path).read_text("utf-8")
    found = [json.loads(html.unescape(one["data"])) for one in CELL_DATA.finditer(page)]
    notebook = nbformat.read(ROOT / f"{found[0]['page']}.ipynb", as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    saved = []
    for data in found:
        cell = cells[data["id"]]
        assert ("kernel" in data) == (KERNEL_TAG in cell.metadata.get("tags", []))
        if "kernel" in data:
            continue
        text = "".join(o.text for o in cell.outputs if o.output_type == "stream")
        values = [o.data for o in cell.outputs if "data" in o]
        markup = values[-1].get("text/html", "") if values else ""
        figure = 'class="plotly-card"' in markup
        shown = None if figure else SHOWN.search(markup)
        scene = (shown["path"], json.loads(html.unescape(shown["start"]))) if shown else None
        value = values[-1].get("text/plain", "") if values and not scene else ""
        saved.append(Saved(data["number"], text, value, scene, figure))
    return saved


def cell(page: Page, number: int) -> Locator:
    """第几格。"""
    found = page.locator(f'.cell:has(> .cell-tools[aria-label="代码 {number}"]), '
                         f'.cell:has(details .cell-tools[aria-label="代码 {number}"])')  # fmt: skip
    found.locator(".cell-tools").wait_for(state="attached")
    return found


def press(target: Locator, name: str) -> None:
    """按一格的按钮；收起来的先打开。"""
    fold = target.locator("details.cell-fold")
    if fold.count() and fold.get_attribute("open") is None:
        fold.locator("summary").click()
    target.hover()
    target.locator(".cell-tools").get_by_role("button", name=name, exact=True).click()


def settled(target: Locator, said: str = "运行完了") -> None:
    """等到这一格说出 ``said``。"""
    target.locator(".cell-state", has_text=said).wait_for(state="attached", timeout=STARTS)


def write(target: Locator, code: str) -> None:
    """把一格的代码换成 ``code``，用真的键盘。"""
    if not target.locator(".cm-content").count():
        press(target, "改")
    target.locator(".cm-content").click()
    page = target.page
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)


def run_code(target: Locator, code: str, said: str = "") -> Locator:
    """写下并运行；返回显示结果的地方。"""
    write(target, code)
    target.page.keyboard.press("Control+Enter")
    if said:
        settled(target, said)
    return target.locator(".cell-result")


def plain_cell(path: str) -> int:
    """一页上第一个没有图的格。"""
    return next(one.number for one in saved_cells(path) if one.scene is None and not one.figure)


@every_page
def test_each_cell_gives_on_the_page_what_the_notebook_has(watched: Watched, path: str) -> None:
    page = watched.open(path)
    for one in saved_cells(path):
        target = cell(page, one.number)
        press(target, "运行")
        settled(target)
        result = target.locator(".cell-result")
        text = "".join(result.locator(".output.stream pre").all_text_contents())
        assert text == one.text, one.number
        if one.scene:
            shown = result.locator(".explorable[data-drawn=true]")
            shown.wait_for()
            start = page.evaluate("id => explorable(id).get()", shown.get_attribute("id"))
            assert start == one.scene[1], one.number
        elif one.figure:
            result.locator(".js-plotly-plot").wait_for(timeout=STARTS)
        elif one.value and not result.locator(".text_html").count():
            value = "".join(result.locator(".output.text_plain pre").all_text_contents())
            assert value.rstrip("\n") == one.value, one.number
    assert watched.errors == []
    assert watched.outside() == []


@one_page
def test_an_endless_loop_is_stopped_and_costs_the_explorables_nothing(
    watched: Watched, path: str
) -> None:
    page = watched.open(path)
    number = plain_cell(path)
    first, target = cell(page, number), cell(page, number + 1)
    place = next(place for place in places(SITE) if place.page == path)
    run_code(first, "kept = 41", "运行完了")
    write(target, "while True:\n    pass")
    page.keyboard.press("Control+Enter")
    settled(target, "正在运行…")
    call(page, place.id, "reset")
    wait_live(page, place.id)
    press(target, "停")
    settled(target, "停下了")
    assert call(page, place.id, "state")
    result = run_code(target, "print(kept + 1)", "重新跑了一遍")
    assert result.inner_text().strip() == "42"
    assert page.evaluate("id => document.getElementById(id).dataset.state", place.id) == "live"
    assert watched.errors == []


@one_page
def test_an_error_is_shown_with_its_line_and_a_hint_in_a_box(watched: Watched, path: str) -> None:
    page = watched.open(path)
    number = plain_cell(path)
    first, target = cell(page, number), cell(page, number + 1)
    write(first, "above = 3\ndef halve(x):\n    return x / 0")
    for code, line, hint in (
        ("x = 1\nabove + x", "第 2 行", f"在代码 {number} 里定下的"),
        ("print（1）", "第 1 行", "全角"),
        ("for i in range(3):\nprint(i)", "第 2 行", "缩进"),
        ("1 + 'a'", "第 1 行", "文字和数"),
        ("[1, 2][5]", "第 1 行", "下标"),
        ("import numpy as np\nnp.ones(2) @ np.ones(3)", "第 2 行", "矩阵乘法"),
    ):
        result = run_code(target, code)
        box = result.locator(".cell-error", has_text=hint)
        box.wait_for(timeout=STARTS)
        assert line in box.inner_text()
    result = run_code(target, "above")
    result.get_by_role("button", name="运行到这里").click()
    settled(target)
    assert result.inner_text().strip() == "3"
    result = run_code(target, "halve(1)")
    box = result.locator(".cell-error", has_text="除数是 0")
    box.wait_for(timeout=STARTS)
    assert f"代码 {number} 的第 3 行" in box.inner_text()
    assert watched.errors == []


@one_page
def test_a_change_outlives_a_reload_until_it_is_put_back(watched: Watched, path: str) -> None:
    page = watched.open(path)
    target = cell(page, plain_cell(path))
    before = target.locator(".cell_input").inner_text()
    output = target.locator(".cell_output").first.inner_text()
    write(target, "print('mine')")
    page.wait_for_timeout(400)
    page.reload()
    target = cell(page, plain_cell(path))
    assert target.locator(".cell_input").inner_text().strip() == "print('mine')"
    press(target, "运行")
    settled(target)
    assert target.locator(".cell-result").inner_text().strip() == "mine"
    press(target, "还原")
    assert target.locator(".cell_input").inner_text() == before
    assert target.locator(".cell_output:visible").inner_text() == output
    page.reload()
    target = cell(page, plain_cell(path))
    assert target.locator(".cell_input").inner_text() == before
    key = page.evaluate("JSON.parse(document.querySelector('.cell-data').textContent)")
    page.evaluate("([key, value]) => localStorage.setItem(key, value)",
                  [f"zhi-cell:{key['page']}:{key['id']}", json.dumps({"base": "old", "text": "x"})])
    page.reload()
    stale = cell(page, key["number"]).locator(".cell-stale")
    stale.wait_for(state="attached")
    assert "没有用上" in stale.text_content()
    assert watched.errors == []


@one_page
def test_printing_without_end_is_cut_off_and_can_be_stopped(watched: Watched, path: str) -> None:
    page = watched.open(path)
    target = cell(page, plain_cell(path))
    result = run_code(target, "while True:\n    print('again and again')")
    result.get_by_text("后面的不再显示").wait_for(timeout=STARTS)
    assert len(result.inner_text()) < 21_000
    press(target, "停")
    settled(target, "停下了")
    page.evaluate(AXE.read_text("utf8"))
    assert page.evaluate(SERIOUS, {}) == []
    assert run_code(target, "print(1)", "运行完了").inner_text().strip() == "1"
    assert watched.errors == []


@one_page
def test_taking_all_the_memory_is_survived(watched: Watched, path: str) -> None:
    page = watched.open(path)
    target = cell(page, plain_cell(path))
    hog = "hog = []\nwhile True:\n    hog.append(bytearray(50_000_000))"
    result = run_code(target, hog)
    result.locator(".cell-error", has_text="内存不够").wait_for(timeout=STARTS)
    assert run_code(target, "print(1)", "运行完了").inner_text().strip() == "1"
    assert watched.errors == []


@one_page
def test_the_keyboard_runs_a_cell_and_is_not_caught_in_the_editor(
    watched: Watched, path: str
) -> None:
    page = watched.open(path)
    target = cell(page, plain_cell(path))
    write(target, "if True:")
    page.keyboard.press("Enter")
    page.keyboard.insert_text("print('in')")
    page.keyboard.press("Shift+Enter")
    settled(target)
    assert target.locator(".cell-result").inner_text().strip() == "in"
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "运行"
    assert watched.errors == []


@one_page
def test_without_pyodide_the_buttons_say_why(watched: Watched, path: str) -> None:
    def bare(route: Any) -> None:
        text = route.fetch().text()
        route.fulfill(body=re.sub(r', "pyodide": "[^"]*"', "", text), content_type="text/html")

    watched.page.route(f"**/{path}", bare)
    page = watched.open(path)
    target = cell(page, plain_cell(path))
    assert target.get_by_role("button", name="运行", exact=True).is_disabled()
    assert "没有带上 Python" in (target.locator(".cell-state").text_content() or "")


@one_page
def test_a_thread_that_does_not_start_says_so_and_may_be_tried_again(
    watched: Watched, path: str
) -> None:
    broken = "**/pyodide.asm.wasm"
    watched.page.route(broken, lambda route: route.fulfill(status=500))
    page = watched.open(path)
    target = cell(page, plain_cell(path))
    write(target, "print(6 * 7)")
    press(target, "运行")
    settled(target, "没有启动起来")
    watched.page.unroute(broken)
    press(target, "运行")
    settled(target)
    assert target.locator(".cell-result").inner_text().strip() == "42"


@one_page
def test_an_editor_comes_only_when_it_is_asked_for(watched: Watched, path: str) -> None:
    page = watched.open(path)
    target = cell(page, plain_cell(path))
    page.wait_for_timeout(1000)
    assert not [url for url in watched.requests if "cells-editor" in url]
    target.locator("pre").first.click()
    target.locator(".cm-content").wait_for()
    assert [url for url in watched.requests if "cells-editor" in url]


def hand_in(root: Locator, code: str) -> None:
    """把代码题的代码换成 ``code``，按「检查」，等判断。"""
    if not root.locator(".cm-content").count():
        root.get_by_role("button", name="写").click()
    root.locator(".cm-content").click()
    root.page.keyboard.press("Control+a")
    root.page.keyboard.insert_text(code)
    root.get_by_role("button", name="检查").click()
    root.locator(".exercise-verdict:not(:empty)").wait_for(timeout=STARTS)


def code_exercises(path: str) -> list[Exercise]:
    return [item for item in exercises_on(path) if item.kind == "code"]


@live_on("path", EXERCISE_PAGES)
def test_code_is_judged_on_the_page_as_it_is_in_pytest(watched: Watched, path: str) -> None:
    page = watched.open(path)
    for item in code_exercises(path):
        root = place(watched, item)
        for wrong in item.wrong:
            hand_in(root, wrong.source)
            assert root.get_attribute("data-verdict") == "wrong", (item.id, wrong.misconception)
            assert root.get_attribute("data-misconception") == wrong.misconception
        hand_in(root, f"{item.source}\nprint('看看')")
        assert root.get_by_text("对了。").is_visible(), item.id
        assert root.get_attribute("data-verdict") == "right"
        assert root.locator(".cell-result").inner_text().strip() == "看看"
    page.reload()
    for item in code_exercises(path):
        root = place(watched, item)
        root.locator(".exercise-code-tools").wait_for()
        assert root.get_attribute("data-verdict") == "right", item.id
        root.get_by_role("button", name="还原").click()
        assert root.locator("pre.exercise-code").first.inner_text().strip() == item.starter
        assert root.get_attribute("data-verdict") is None
    assert watched.errors == []


@live_on("path", EXERCISE_PAGES[:1])
def test_code_that_breaks_or_never_ends_is_answered_too(watched: Watched, path: str) -> None:
    watched.open(path)
    item = code_exercises(path)[0]
    root = place(watched, item)
    head = item.starter.partition("...")[0].rstrip(" ")
    hand_in(root, f"{head}    return nowhere")
    assert "nowhere" in root.locator(".cell-error").inner_text()
    assert root.get_attribute("data-verdict") == "wrong"
    hand_in(root, "x = （1")
    assert "全角" in root.locator(".cell-error").inner_text()
    hand_in(root, "x = 1")
    assert f"没有找到函数 {item.function}" in root.locator(".exercise-verdict").inner_text()
    root.locator(".cm-content").click()
    root.page.keyboard.press("Control+a")
    root.page.keyboard.insert_text("while True: pass")
    root.page.keyboard.press("Control+Enter")
    root.get_by_text("正在检查").wait_for(timeout=STARTS)
    root.get_by_role("button", name="停").click()
    root.get_by_text("停下了").wait_for()
    hand_in(root, item.source)
    assert root.get_attribute("data-verdict") == "right"
    assert watched.errors == []


@one_page
def test_tables_are_shown_and_washed_and_pictures_drawn_by_a_cell_can_be_read_by_the_next(
    watched: Watched, path: str
) -> None:
    page = watched.open(path)
    number = plain_cell(path)
    first, second = cell(page, number), cell(page, number + 1)
    table = "<table><tr><td onclick='bad()'>7</td></tr></table><script>bad()</script><img src=x>"
    code = f'class T:\n    def _repr_html_(self):\n        return "{table}"\n\nT()'
    result = run_code(first, code, "运行完了")
    assert result.locator("td").inner_text() == "7"
    assert result.locator("script, img, [onclick]").count() == 0
    place = next(place for place in places(SITE) if place.page == path)
    module, _, name = place.path.partition(":")
    run_code(first, f"from {module} import {name}\nfrom mlcore.widgets import show\n"
                    f"w = show({name}(), id='mine')\nw", "运行完了")  # fmt: skip
    first.locator(".explorable[data-drawn=true]").wait_for()
    control = next(c for c in place.spec["controls"] if c["type"] in ("slider", "toggle"))
    value = other_value(control, place.start[control["name"]])
    call(page, "mine", "set", {control["name"]: value})
    shown = run_code(second, f"print(w.{control['name']})\nw.reset()", "运行完了").inner_text()
    assert eval(shown) == pytest.approx(value)
    assert page.evaluate("() => !document.querySelector('[data-state=failed]')")
    assert watched.errors == []


EARLY = """sheet => {
    window.styled = [];
    new MutationObserver(() => {
        const drawn = document.querySelector('[data-from-cell] .ex-stage > *');
        const here = [...document.styleSheets].map(one => one.href ?? '');
        if (drawn) window.styled.push(here.findIndex(href => href.endsWith(sheet)));
    }).observe(document.body, { childList: true, subtree: true });
}"""


@one_page
def test_a_picture_of_another_kind_comes_with_its_styles_and_without_if_need_be(
    watched: Watched, path: str
) -> None:
    here = {one.kind for one in places(SITE) if one.page == path}
    others = {one.kind: one for one in places(SITE) if one.kind not in here}
    (kind, one), (lost, another) = list(others.items())[:2]
    page = watched.open(path)
    first = cell(page, plain_cell(path))
    page.evaluate(EARLY, f"/scenes/{kind}.css")
    page.route(f"**/scenes/{lost}.css", lambda route: route.abort())

    def show(place: Any, id: str) -> None:
        module, _, name = place.path.partition(":")
        run_code(first, f"from {module} import {name}\nfrom mlcore.widgets import show\n"
                        f"show({name}(), id='{id}')", "运行完了")  # fmt: skip
        first.locator(f"#{id}[data-drawn=true]").wait_for()

    show(one, "styled")
    # 画上第一笔的时候样式已经在了，而且在全书的样式前面。
    assert set(page.evaluate("window.styled")) == {0}
    show(one, "again")
    assert page.locator(f"link[href$='/scenes/{kind}.css']").count() == 1
    assert watched.errors == []
    show(another, "plain")
    assert first.locator("#plain .ex-stage > *").count()
    assert page.evaluate("() => !document.querySelector('[data-state=failed]')")

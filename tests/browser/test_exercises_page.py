"""网页上的练习：当场作答，错了给这个错法的提示，记得答过什么，没有脚本也读得到。"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator

from mlcore.exercises import Exercise, find
from mlcore.exercises.model import LETTERS
from tests.browser.conftest import SITE, Watched
from tests.browser.explorables import exercises_by_page, live_on
from tools.notebook import all_notebooks

ASKED = exercises_by_page(SITE)
PAGES = sorted(ASKED)
EVERY = live_on("path", PAGES)
pytestmark = pytest.mark.skipif(not all_notebooks(), reason="还没有一章")


def exercises_on(page: str) -> list[Exercise]:
    """一页上的题，照页上的次序。"""
    return [find(identity) for identity in ASKED[page]]


def place(watched: Watched, item: Exercise) -> Locator:
    return watched.page.locator(f'[data-exercise="{item.id}"][data-ready]')


def answer(root: Locator, item: Exercise, value: float) -> None:
    """选第几项，或者填一个数，再按「检查」。"""
    if item.kind == "choice":
        root.locator("label").nth(int(value)).click()
    else:
        root.locator("input").fill(str(value).replace("-", "−"))
    root.get_by_role("button", name="检查").click()


def test_every_chapter_has_exercises_on_its_page() -> None:
    assert len(PAGES) >= len(all_notebooks())


@EVERY
def test_wrong_answers_get_their_hints_and_the_right_one_is_kept(
    watched: Watched, path: str
) -> None:
    page = watched.open(path)
    for item in exercises_on(path):
        if item.kind == "code":
            continue
        root = place(watched, item)
        for wrong in item.wrong:
            answer(
                root, item, wrong.option if item.kind == "choice" else (wrong.low + wrong.high) / 2
            )
            assert root.get_attribute("data-verdict") == "wrong"
            assert root.get_attribute("data-misconception") == wrong.misconception
            assert root.get_by_role("status").inner_text().startswith("还不对。")
        answer(root, item, item.right if item.kind == "choice" else item.answer)
        assert root.get_by_role("status").inner_text() == "对了。"
        assert root.get_attribute("data-verdict") == "right"
    page.reload()
    for item in exercises_on(path):
        if item.kind != "code":
            root = place(watched, item)
            root.wait_for()
            assert root.get_attribute("data-verdict") == "right", item.id
    assert watched.errors == []
    assert watched.outside() == []


@EVERY
def test_the_keyboard_alone_answers(watched: Watched, path: str) -> None:
    page = watched.open(path)
    item = next(item for item in exercises_on(path) if item.kind == "choice")
    root = place(watched, item)
    root.locator("input").first.focus()
    page.keyboard.press("Space")
    for _ in range(item.right):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert root.get_by_role("status").inner_text() == "对了。"
    root.locator("summary").focus()
    page.keyboard.press("Enter")
    assert root.get_by_text(f"答案：{LETTERS[item.right]}").is_visible()


@EVERY
def test_on_a_phone_everything_fits_and_can_be_touched(phone: Watched, path: str) -> None:
    page = phone.open(path)
    for item in exercises_on(path):
        root = place(phone, item)
        root.wait_for()
        for target in root.locator("label, button:visible, summary, input[type=text]").all():
            box = target.bounding_box()
            assert box is not None
            assert box["height"] >= 43.5, (item.id, target.inner_text())
            assert box["x"] + box["width"] <= 360, (item.id, target.inner_text())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@EVERY
def test_without_a_script_the_questions_and_solutions_can_be_read(
    browser: Browser, address: str, path: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + path)
    for item in exercises_on(path):
        root = page.locator(f'[data-exercise="{item.id}"]')
        assert root.locator(".exercise-question").is_visible()
        assert root.locator(".exercise-options p").count() == len(item.options)
        root.locator("summary").click()
        assert root.locator(".exercise-solution > div").is_visible()
    context.close()

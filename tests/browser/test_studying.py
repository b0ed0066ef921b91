"""读到一半再回来，投影给一屋子人看：记录只在读者的浏览器里，一次只亮一样东西。"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from mlcore.explorables import Session
from tests.browser.conftest import SITE, Watched, call, wait_live, wait_until
from tests.browser.explorables import differences, places

CHAPTERS = (
    sorted({p.page for p in places(SITE) if p.page.startswith("nbs/")}) if SITE.is_dir() else []
)
CHAPTER = CHAPTERS[-1] if CHAPTERS else ""
SEEN = """() => [...document.querySelectorAll(
  'main .explorable, main blockquote, main .exercise, main h1',
)]
  .filter((one) => one.getClientRects().length && !one.parentElement.closest('.on-screen'))
  .length"""


def scroll_to_section(page: Page, number: int) -> str:
    heading = page.locator("main h2").nth(number)
    heading.evaluate("one => one.scrollIntoView()")
    page.wait_for_function("() => localStorage.getItem('zhi-reading')?.includes('section')")
    page.wait_for_timeout(900)
    return heading.evaluate("one => one.firstChild.textContent.trim()")


def test_the_cover_leads_back_to_where_one_was_until_it_is_wiped(watched: Watched) -> None:
    page = watched.open(CHAPTER)
    section = scroll_to_section(page, 2)
    watched.open("index.html")
    back = page.locator(".resume a")
    expect(back).to_contain_text(section)
    back.click()
    page.wait_for_function("() => scrollY > 300")
    assert page.url.startswith(watched.base + CHAPTER)
    watched.open("index.html")
    wipe = page.get_by_role("button", name="清除记录")
    wipe.click()
    page.locator(".resume button").click()
    expect(page.locator(".resume")).to_have_count(0)
    assert page.evaluate("() => Object.keys(localStorage)") == []
    assert watched.errors == []
    assert watched.outside() == []


def test_a_picture_can_be_taken_up_where_it_was_left(watched: Watched) -> None:
    page = watched.open("index.html")
    expect(page.locator("#cover")).to_have_attribute("data-drawn", "true")
    call(page, "cover", "step", 12)
    page.wait_for_function("() => localStorage.getItem('zhi-state:cover')", timeout=20_000)
    left = call(page, "cover", "state")
    page.reload()
    expect(page.locator("#cover")).to_have_attribute("data-drawn", "true")
    assert page.locator("#cover").get_attribute("data-state") == "baked"
    page.get_by_role("button", name="接着上次").click()
    wait_live(page, "cover")
    wait_until(lambda: call(page, "cover", "state")["steps"] == 12)
    assert call(page, "cover", "state") == left
    worst = max(
        gap for _, gap in differences(Session.restored(left).view(), call(page, "cover", "scene"))
    )
    assert worst < 1e-5
    expect(page.get_by_role("button", name="接着上次")).to_have_count(0)


def test_projection_shows_one_thing_at_a_time(watched: Watched) -> None:
    page = watched.open(CHAPTER)
    page.evaluate("() => scrollTo(0, 0)")
    page.locator("#project-open").click()
    bar = page.get_by_role("toolbar", name="投影")
    expect(bar).to_be_visible()
    page.keyboard.press("PageUp")
    total = int(page.locator(".project-place").inner_text().split("/")[1].split()[0])
    assert total >= 8
    for k in range(total):
        expect(page.locator(".project-place")).to_contain_text(f"{k + 1} / {total}")
        assert page.evaluate(SEEN) == 1, k
        page.keyboard.press("ArrowRight")
    expect(page.locator(".exercise-solution:visible")).to_have_count(0)
    bar.get_by_role("button", name="看解答").click()
    expect(page.locator(".exercise-solution:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)
    assert page.evaluate("() => !document.querySelector('.on-path, .on-screen')")
    assert watched.errors == []


def test_arrow_keys_belong_to_the_handle_that_has_the_focus(watched: Watched) -> None:
    page = watched.open(CHAPTER)
    page.evaluate("() => scrollTo(0, 0)")
    page.locator("#project-open").click()
    expect(page.get_by_role("toolbar", name="投影")).to_be_visible()
    page.keyboard.press("PageDown")
    handle = page.locator(".explorable.on-screen [role=slider], .explorable.on-screen input").first
    handle.focus()
    place = page.locator(".project-place").inner_text()
    page.keyboard.press("ArrowRight")
    assert page.locator(".project-place").inner_text() == place
    page.keyboard.press("PageDown")
    assert page.locator(".project-place").inner_text() != place


@pytest.mark.parametrize("page_path", ["systems.html", "glossary.html"])
def test_pages_without_a_picture_have_no_projector(watched: Watched, page_path: str) -> None:
    page = watched.open(page_path)
    page.wait_for_timeout(200)
    expect(page.locator("#project-open")).to_have_count(0)

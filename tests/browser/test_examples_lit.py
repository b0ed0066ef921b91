"""现成的例子：图还是它的时候亮着，一拖就灭，再选就亮；链接带着同样的亮灭。"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import SITE, Watched, call, wait_live
from tests.browser.explorables import Place, live_on, places

LIT = '[aria-pressed="true"], [type=radio]:checked'
GROUPS = {"entropy-bars": ".s-chips .ex-button", "bayes-square": ".pick input"}
WITH_EXAMPLES = [place for place in places(SITE) if place.id in GROUPS]
pytestmark = pytest.mark.skipif(not WITH_EXAMPLES, reason="还没有这样的图")


def lit(page: Page, place: Place) -> list[str]:
    """亮着的例子的名字。"""
    return page.evaluate(
        """([box, all, lit]) => [...document.querySelectorAll(`#${box} ${all}`)]
            .filter((one) => one.matches(lit))
            .map((one) => (one.labels?.[0] ?? one).textContent)""",
        [place.id, GROUPS[place.id], LIT],
    )


def choose(page: Page, place: Place, name: str) -> None:
    buttons = page.locator(f"#{place.id} .ex-stage label, #{place.id} .ex-stage .ex-button")
    buttons.filter(has_text=name).first.click()


@live_on("place", WITH_EXAMPLES)
def test_an_example_is_lit_while_the_picture_is_it(watched: Watched, place: Place) -> None:
    page = watched.open(place.page)
    page.locator(f"#{place.id}").scroll_into_view_if_needed()
    page.wait_for_selector(f"#{place.id}[data-drawn=true]")
    first = lit(page, place)
    assert len(first) == 1
    page.locator(f"#{place.id} .ex-stage [role=slider]").first.focus()
    page.keyboard.press("ArrowRight")
    assert lit(page, place) == []
    choose(page, place, first[0])
    page.wait_for_timeout(500)
    assert lit(page, place) == first
    page.locator(f"#{place.id} .ex-stage [role=slider]").first.focus()
    page.keyboard.press("ArrowRight")
    wait_live(page, place.id)
    page.wait_for_timeout(700)
    assert lit(page, place) == []
    second = Watched(page.context.new_page(), watched.base)
    second.page.goto(str(call(page, place.id, "link")))
    wait_live(second.page, place.id)
    second.page.wait_for_timeout(700)
    assert lit(second.page, place) == []
    assert call(second.page, place.id, "get") == call(page, place.id, "get")
    assert watched.errors == second.errors == []

"""放大：读者按了才取 plotly，大图里有画，界面是中文；关上之后原来的图照旧。"""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import SITE, Watched
from tests.browser.explorables import Place, live_on, places

LARGE = [place for place in places(SITE) if place.spec["enlarges"]] if SITE.is_dir() else []


@live_on("place", LARGE)
def test_a_figure_is_enlarged_when_asked_and_not_before(watched: Watched, place: Place) -> None:
    page = watched.open(place.page)
    root = page.locator(f"#{place.id}")
    root.scroll_into_view_if_needed()
    expect(root).to_have_attribute("data-drawn", "true")
    assert not any("plotly.min" in url for url in watched.requests)
    root.get_by_role("button", name="放大看").click()
    dialog = page.locator("dialog.ex-large")
    expect(dialog.locator(".main-svg").first).to_be_visible(timeout=60_000)
    expect(dialog.locator("[data-title='下载 PNG 图片']")).to_have_count(1)
    dialog.get_by_role("button", name="关上").click()
    expect(dialog).to_have_count(0)
    assert page.evaluate("id => explorable(id).scene().then(Boolean)", place.id)
    assert watched.errors == []
    assert watched.outside() == []

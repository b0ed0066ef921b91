"""会倒流的粒子：走出去以前不给倒转，倒转以后图里写着虚线是什么。"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SITE, Watched, call, wait_live
from tests.browser.explorables import Place, live_on, places

PARTICLES = [place for place in places(SITE) if place.kind == "particles"]
pytestmark = pytest.mark.skipif(not PARTICLES, reason="还没有这幅图")


@live_on("place", PARTICLES)
def test_there_is_no_turning_back_before_the_first_step(watched: Watched, place: Place) -> None:
    page = watched.open(place.page)
    box = page.locator(f"#{place.id}")
    box.scroll_into_view_if_needed()
    page.wait_for_selector(f"#{place.id}[data-drawn=true]")
    turn, key = box.get_by_role("button", name="倒转速度"), box.get_by_text("照原路，该这样回去")
    expect(turn).to_be_disabled()
    expect(key).to_be_hidden()
    box.get_by_role("button", name="一步").click()
    wait_live(page, place.id)
    expect(turn).to_be_enabled()
    call(page, place.id, "step", 20)
    expect(key).to_be_hidden()
    turn.click()
    expect(key).to_be_visible()
    box.get_by_role("button", name="重来").click()
    expect(turn).to_be_disabled()
    expect(key).to_be_hidden()
    assert watched.errors == []

"""「层：会弯的空间」一页：试过几个种子数得对，换了数据，添上去的点不跟过去。"""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched, call, wait_live
from tests.browser.explorables import Place, live_with

PAGE = "nbs/4-networks/03-layers-bend-space.html"


def drawn(page: Page, identity: str):
    picture = page.locator(f"#{identity}")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_attribute("data-drawn", "true")
    return picture


@live_with("layers-impossible")
def test_only_another_seed_counts_as_another_seed(watched: Watched, place: Place) -> None:
    page, identity = watched.open(place.page), place.id
    picture = drawn(page, identity)
    call(page, identity, "reset")
    wait_live(page, identity)
    call(page, identity, "step", 20)
    expect(picture).not_to_contain_text("试过")
    call(page, identity, "step", 90)
    expect(picture).to_contain_text("试过 1 个种子")
    call(page, identity, "reset")
    call(page, identity, "step", 110)
    expect(picture).to_contain_text("试过 1 个种子")
    call(page, identity, "set", {"depth": 2})
    call(page, identity, "step", 110)
    expect(picture).to_contain_text("试过 1 个种子")
    call(page, identity, "set", {"depth": 3, "seed": 2})
    call(page, identity, "step", 110)
    expect(picture).to_contain_text("试过 2 个种子")
    assert watched.errors == []


@live_with("layers-journey")
def test_points_put_on_one_data_set_are_gone_from_the_next(watched: Watched, place: Place) -> None:
    page = watched.open(place.page)
    picture = drawn(page, place.id)
    picture.get_by_role("button", name="放蓝点").click()
    plane = picture.locator(".jn-plane")
    plane.evaluate("one => one.scrollIntoView({ block: 'center' })")
    box = plane.bounding_box()
    assert box
    for share in (0.2, 0.3):
        page.mouse.click(box["x"] + share * box["width"], box["y"] + 0.15 * box["height"])
    wait_live(page, place.id)
    counts = picture.locator(".jn-counts")
    expect(counts).to_contain_text("共 102 个", timeout=20_000)
    picture.get_by_label("数据").select_option(label="异或")
    expect(counts).to_contain_text("共 160 个")
    assert call(page, place.id, "get")["points"] == []
    assert watched.errors == []


def test_the_words_hold_where_the_two_sheets_stand_one_above_the_other(phone: Watched) -> None:
    page = phone.open(PAGE)
    picture = drawn(page, "layers-journey")
    heads = [picture.get_by_role("heading", name=one) for one in ("输入平面", "走到半路的同一张纸")]
    first, second = (head.bounding_box() for head in heads)
    assert first and second and second["y"] > first["y"] + 100
    for side in ("左边", "右边", "左图", "右图"):
        assert side not in picture.inner_text()
    told = page.locator("main p", has_text="「输入平面」的底色是网络的判断")
    expect(told).to_contain_text("「走到半路的同一张纸」上")

"""「梯度下降」一页：先问后答，一口气走会走到停稳，换了批量只数新的一趟。"""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from mlcore.explorables.descent import CURVES, arrival, descend
from tests.browser.conftest import Watched, wait_live
from tests.browser.explorables import Place, live_with

PAGE = "nbs/3-learning/06-gradient-descent.html"


def drawn(page: Page, identity: str) -> Locator:
    picture = page.locator(f"#{identity}")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_attribute("data-drawn", "true")
    return picture


def test_the_edges_of_the_map_are_shown_only_when_asked_for(watched: Watched) -> None:
    picture = drawn(watched.open(PAGE), "descent-steps")
    for ground in ("碗", "长碗"):
        picture.get_by_role("radio", name=ground, exact=True).check(force=True)
        for word in ("1/c", "2/c", "来回晃", "飞出去"):
            expect(picture.get_by_text(word)).to_have_count(0)
    picture.get_by_role("radio", name="碗", exact=True).check(force=True)
    picture.get_by_role("button", name="标出界线").click()
    expect(picture.get_by_text("2/c = 1", exact=True)).to_be_visible()
    expect(picture.get_by_text("来回晃")).to_be_visible()
    picture.get_by_role("button", name="收起界线").click()
    expect(picture.get_by_text("2/c")).to_have_count(0)
    assert watched.errors == []


def test_a_walk_in_one_go_swings_past_the_flag_and_ends_when_it_is_at_rest(
    watched: Watched,
) -> None:
    page = watched.open(PAGE)
    picture = drawn(page, "descent-valley")
    picture.get_by_role("radio", name="12 步", exact=True).check(force=True)
    picture.get_by_role("radio", name="几个谷").check(force=True)
    for name, wanted in (("学习率 η", "0.4"), ("动量 λ", "0.8")):
        knob = picture.get_by_label(name)
        for _ in range(100):
            now = str(knob.get_attribute("aria-valuetext"))
            if now == wanted:
                break
            knob.press("ArrowRight" if float(now) < float(wanted) else "ArrowLeft")
        assert knob.get_attribute("aria-valuetext") == wanted
    picture.get_by_role("button", name="一口气走").click()
    picture.get_by_role("button", name="直接看结果").click()
    wells = CURVES["wells"]
    walk = descend(wells.slope, wells.start, 0.4, 300, 0.8)
    first = arrival(walk, wells.goal)
    expect(picture).to_contain_text(f"第 {first} 步就到了")
    expect(picture).to_contain_text("步才停稳")
    last = int(picture.locator(".ds-score strong").inner_text())
    gaps = walk.x - wells.goal
    assert first is not None
    swings = gaps[first:last]
    assert ((swings[:-1] * swings[1:]) < 0).sum() >= 2, "过了小旗又回来"
    assert abs(gaps[last:]).max() < 0.02
    assert watched.errors == []


@live_with("descent-batches")
def test_another_batch_size_counts_the_steps_of_its_own_walk(
    watched: Watched, place: Place
) -> None:
    page = watched.open(place.page)
    picture = drawn(page, place.id)
    picture.get_by_role("button", name="一步").click()
    wait_live(page, place.id)
    picture.get_by_role("button", name="运行").click()
    told = picture.locator(".bt-told")
    expect(told).to_have_text(re.compile(r"走了 (4\d|[5-9]\d|\d{3}) 步"), timeout=30_000)
    picture.get_by_role("radio", name="32", exact=True).check(force=True)
    expect(picture.locator("input[value='32']")).to_be_checked()
    expect(told).to_have_text(re.compile(r"走了 ([3-9]|[1-9]\d+) 步，看过 (96|\d{3,}) 个"))
    picture.get_by_role("button", name="暂停").click()
    page.wait_for_timeout(500)
    [steps, seen] = map(int, re.findall(r"\d+", told.inner_text())[:2])
    assert steps >= 3 and seen == 32 * steps
    expect(picture.locator(".ex-steps")).to_have_text(f"第 {steps} 步")
    scrub = picture.get_by_label("往回看过程")
    scrub.press("Home")
    expect(told).to_contain_text("走了 0 步")
    expect(picture.locator(".ex-steps")).to_have_text("第 0 步")
    # 一种走法一个名字，再走一趟也是。
    picture.get_by_role("radio", name="全部", exact=True).check(force=True)
    picture.get_by_role("button", name="一步").click()
    expect(told).to_contain_text("看过 600 个")
    expect(picture.locator(".bt-label:visible", has_text="每批全部")).to_have_count(1)
    assert watched.errors == []

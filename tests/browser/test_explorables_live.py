"""每一个交互图都真的用一遍：先没有 Python，再有 Python；鼠标、手指、键盘；出事之后。"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import SITE, Watched, call, wait_live, wait_until
from tests.browser.explorables import (
    Place,
    by_page,
    differences,
    live_on,
    other_value,
    places,
)

PLACES = places(SITE)
BY_PAGE = by_page(PLACES)
ALL = live_on("place", PLACES)
RUNNING = [p for p in PLACES if p.spec["runs"]]


def shown(page: Page, place: Place) -> bytes:
    """画面的像素。"""
    return page.locator(f"#{place.id} .ex-stage").screenshot()


def ready(watched: Watched, place: Place) -> Page:
    """打开这一页，等这个图画出来。"""
    page = watched.open(place.page)
    drawn(page, place)
    return page


def drawn(page: Page, place: Place) -> None:
    """滚到这个图，等它画出来。"""
    page.locator(f"#{place.id}").scroll_into_view_if_needed()
    page.wait_for_selector(f"#{place.id}[data-drawn=true]")
    page.wait_for_timeout(100)


def test_the_book_has_explorables():
    assert len(PLACES) >= 1


@pytest.mark.parametrize(
    "there", BY_PAGE.values(), ids=["-".join(p.id for p in there) for there in BY_PAGE.values()]
)
def test_every_picture_is_drawn_before_there_is_any_python(watched, there):
    page = watched.open(there[0].page)
    for place in there:
        drawn(page, place)
        assert page.get_attribute(f"#{place.id}", "data-state") == "baked"
        stage = page.locator(f"#{place.id} .ex-stage").bounding_box()
        assert min(stage["width"], stage["height"]) > 100, place.id
        assert len(set(shown(page, place))) > 100, place.id
    assert not any("pyodide" in url for url in watched.requests)
    assert watched.errors == []
    assert watched.outside() == []


@ALL
def test_the_page_computes_what_cpython_computes(watched, place):
    page = ready(watched, place)
    session = place.session()
    checked = 0
    for control in place.spec["controls"]:
        if control["type"] == "button":
            call(page, place.id, "act", control["name"])
            session.act(control["name"])
        else:
            value = other_value(control, session.controls[control["name"]])
            call(page, place.id, "set", {control["name"]: value})
            session.set({control["name"]: value})
        if page.get_attribute(f"#{place.id}", "data-state") != "live":
            continue  # 主控件可以由烘焙的画面来答，不必叫醒 Python。
        apart = differences(session.view(), call(page, place.id, "scene"))
        worst = max(apart, key=lambda d: d[1], default=("", 0.0))
        assert worst[1] < tolerance(session), f"{control['name']} 之后 {worst}"
        checked += 1
    assert checked
    if place.spec["runs"]:
        # 前面的改动可能把它带到发散的地方；比较训练要从一个正常的起点开始。
        fresh = place.session()
        session = type(session)(fresh.explorable)
        call(page, place.id, "set", place.start)
        call(page, place.id, "reset")
        call(page, place.id, "step", 40)
        session.step(40)
        apart = differences(session.view(), call(page, place.id, "scene"))
        worst = max(apart, key=lambda d: d[1], default=("", 0.0))
        assert worst[1] < 1e-5, worst
    assert watched.errors == []
    assert watched.outside() == []


def tolerance(session) -> float:
    """训练过的按 1e-5，其余按 1e-6。"""
    return 1e-5 if session.explorable.runs else 1e-6


def handles(page: Page, place: Place):
    """图里能拖的东西和图外的滑杆。"""
    return page.locator(
        f"#{place.id} .ex-stage [role=slider]:visible,"
        f" #{place.id} input[type=range]:enabled:visible"
    )


def drag(page: Page, place: Place) -> None:
    """用鼠标拖第一个能拖的东西。"""
    target = handles(page, place).first
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for k in range(1, 9):
        page.mouse.move(x + 6 * k, y - 3 * k)
    page.mouse.up()
    page.wait_for_timeout(500)


@ALL
def test_a_mouse_moves_the_picture(watched, place):
    page = ready(watched, place)
    before = shown(page, place)
    drag(page, place)
    assert shown(page, place) != before
    assert watched.errors == []


@ALL
def test_the_keyboard_reaches_every_handle(watched, place):
    page = ready(watched, place)
    found = handles(page, place)
    assert found.count() >= 1
    for k in range(found.count()):
        handle = found.nth(k)
        handle.focus()
        name = handle.evaluate(
            "e => e.getAttribute('aria-label')"
            " || (e.labels && e.labels[0] && e.labels[0].textContent)"
        )
        assert name and any("一" <= c <= "鿿" for c in name), f"第 {k} 个手柄没有中文名字"
        read = "e => e.getAttribute('aria-valuetext') || e.value"
        before = handle.evaluate(read)
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowUp")
        page.wait_for_timeout(50)
        if handle.evaluate(read) == before:
            page.keyboard.press("ArrowLeft")
            page.keyboard.press("ArrowLeft")
            page.wait_for_timeout(50)
        assert handle.evaluate(read) != before, name
    assert watched.errors == []


@ALL
def test_a_finger_moves_the_picture_on_a_phone(phone, place):
    page = ready(phone, place)
    before = shown(page, place)
    target = handles(page, place).first
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    client = page.context.new_cdp_session(page)

    def touch(kind: str, points: list[dict[str, float]]) -> None:
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", [{"x": x, "y": y}])
    for k in range(1, 9):
        touch("touchMove", [{"x": x + 5 * k, "y": y - 2 * k}])
        page.wait_for_timeout(16)
    touch("touchEnd", [])
    page.wait_for_timeout(500)
    assert shown(page, place) != before
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360, f"页面横着溢出到 {wide} 像素"
    assert phone.errors == []


@ALL
def test_a_link_brings_back_the_same_state(watched, browser, address, place):
    page = ready(watched, place)
    for control in place.spec["controls"]:
        if control["type"] not in ("button",) and control["name"] != place.spec["main"]:
            value = other_value(control, place.start[control["name"]])
            call(page, place.id, "set", {control["name"]: value})
            break
    if place.spec["runs"]:
        call(page, place.id, "step", 7)
    link = call(page, place.id, "link")
    scene = call(page, place.id, "scene")
    second = Watched(page.context.new_page(), address)
    second.page.goto(link)
    wait_live(second.page, place.id)
    if "steps" in scene:  # 先醒来，再把走过的步子重走一遍
        wait_until(lambda: call(second.page, place.id, "scene")["steps"] == scene["steps"])
    assert call(second.page, place.id, "scene") == scene
    assert second.errors == []


@live_on("place", RUNNING)
def test_training_recovers_when_the_worker_is_ended(watched, place):
    watched.page.add_init_script(
        """window.__workers = [];
        window.Worker = class extends Worker {
            constructor(...given) { super(...given); window.__workers.push(this); }
        };"""
    )
    page = ready(watched, place)
    call(page, place.id, "step", 3)
    wait_live(page, place.id)
    call(page, place.id, "run")
    page.wait_for_timeout(3500)
    steps = call(page, place.id, "scene")["steps"]
    assert steps > 3
    page.evaluate("window.__workers.at(-1).terminate()")
    page.wait_for_function("() => window.__workers.length === 2", timeout=20_000)
    wait_live(page, place.id)
    page.wait_for_timeout(1000)
    assert call(page, place.id, "scene")["steps"] >= 3
    call(page, place.id, "pause")
    assert watched.errors == []


def test_a_long_walk_can_be_cancelled(watched):
    place = RUNNING[0]
    page = ready(watched, place)
    call(page, place.id, "step", 1)
    page.evaluate("id => { explorable(id).step(100000); }", place.id)
    page.wait_for_timeout(1500)
    call(page, place.id, "cancel")
    steps = call(page, place.id, "scene")["steps"]
    assert 1 < steps < 100_000
    call(page, place.id, "step", 1)
    assert call(page, place.id, "scene")["steps"] == steps + 1


def test_one_explorable_that_fails_leaves_the_others_alone(watched):
    together = next((there for there in BY_PAGE.values() if len(there) > 1), None)
    if together is None:
        pytest.skip("还没有一页有两个交互图")
    first, second = together[:2]
    page = ready(watched, first)
    with pytest.raises(Exception, match="没有叫"):
        call(page, first.id, "set", {"no-such-control": 1})
    page.locator(f"#{second.id}").scroll_into_view_if_needed()
    page.wait_for_selector(f"#{second.id}[data-drawn=true]")
    control = next(c for c in second.spec["controls"] if c["type"] != "button")
    value = other_value(control, second.start[control["name"]])
    call(page, second.id, "set", {control["name"]: value})
    assert call(page, second.id, "get")[control["name"]] == value

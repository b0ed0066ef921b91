"""Firefox 和 WebKitGTK 里也活着：画出来、拖得动、算得和 CPython 一样、控制台上没有话。

一页只打开一次：先 1280 像素宽，再把窗口收到 360 像素。
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from book import serve
from mlcore.explorables import Session
from tests.browser.conftest import SITE
from tests.browser.engines import ENGINES, LISTENER, Engine
from tests.browser.explorables import Place, by_page, differences, live_on, other_value, places
from tests.browser.test_explorables_live import tolerance

PAGES = by_page(places(SITE))
PATIENCE = 300.0  # 秒；两个核都忙的时候，启动 Python 也要一阵。
HEAD = b"<head>"
STATE = "(id) => document.getElementById(id)?.dataset.state"
SIZE = """(id) => {
  const stage = document.querySelector(`#${id} .ex-stage`);
  return [stage.clientWidth, stage.clientHeight, document.documentElement.scrollWidth, innerWidth];
}"""
HANDLE = """(id) => {
  const all = document.querySelectorAll(
    `#${id} .ex-stage [role=slider], #${id} input[type=range]:enabled`);
  const one = [...all].find((e) => e.checkVisibility?.({ visibilityProperty: true })
    ?? e.getClientRects().length);
  if (!one) return null;
  one.scrollIntoView({ block: 'center', behavior: 'instant' });
  const box = one.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2, innerWidth];
}"""


@pytest.fixture(scope="module")
def listened(site: Path) -> Iterator[str]:
    """网站的地址；每一页最前面多一段，记下要上控制台的话。"""
    server = serve.make_server(site, base="/book/", policy=True)

    class Listened(server.RequestHandlerClass):
        def content(self, found: Path, stat: Any) -> tuple[bytes, str]:
            if found.suffix != ".html":
                return super().content(found, stat)
            text = found.read_bytes()
            assert HEAD in text
            return text.replace(HEAD, HEAD + LISTENER.encode(), 1), ""

    server.RequestHandlerClass = Listened
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield serve.address_of(server)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module", params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with ENGINES[request.param]() as one:
        yield one


def wait(true: Callable[[], Any], what: str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not true():
        if time.monotonic() > end:
            pytest.fail(f"等了 {patience:.0f} 秒还没有：{what}")
        time.sleep(0.1)


def colours(png: bytes) -> int:
    """一幅截图里有几种字节，空白的图只有一两种。"""
    data, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    return len(set(zlib.decompress(data)))


def see(engine: Engine, place: Place) -> None:
    """滚到这个图，等它画出来；不空，也不横着溢出。"""
    engine.evaluate(
        "(id) => document.getElementById(id).scrollIntoView({ behavior: 'instant' })", place.id
    )
    drawn = "(id) => document.getElementById(id).dataset.drawn === 'true'"
    wait(lambda: engine.evaluate(drawn, place.id), f"{place.id} 画出来")
    time.sleep(0.3)

    def fits() -> bool:
        width, height, page, window = engine.evaluate(SIZE, place.id)
        return bool(min(width, height) > 100 and page <= window)

    # 窗口刚收窄，图要到下一帧才跟着收；忙的时候，一帧也要等。
    wait(fits, f"{place.id} 不空，也不横着溢出", 15)
    assert colours(engine.shot(f"#{place.id} .ex-stage")) > 20, f"{place.id} 是空的"


def drag(engine: Engine, place: Place) -> None:
    """拖第一个能拖的东西，朝着页面中间。"""
    x, y, window = engine.evaluate(HANDLE, place.id)
    before = engine.shot(f"#{place.id} .ex-stage")
    x, y, window = engine.evaluate(HANDLE, place.id)
    engine.drag((x, y), (40 if x < window / 2 else -40, -24))
    time.sleep(0.5)
    assert engine.shot(f"#{place.id} .ex-stage") != before, f"{place.id} 拖不动"


def compare(engine: Engine, place: Place) -> None:
    """``scene()`` 和 CPython 照着同样的状态算出来的一样。"""
    engine.evaluate("(id) => explorable(id).set({})", place.id)  # 等它把手里的活做完
    session = Session.restored(engine.evaluate("(id) => explorable(id).state()", place.id))
    scene = engine.evaluate("(id) => explorable(id).scene()", place.id)
    apart = differences(session.view(), scene)
    worst = max(apart, key=lambda d: d[1], default=("", 0.0))
    assert worst[1] < tolerance(session), f"{place.id}：{worst}"


def wake(engine: Engine, place: Place) -> None:
    """改一个烘焙画面答不了的控件，再走几步，等 Python 醒来。"""
    control = next(
        c
        for c in place.spec["controls"]
        if c["type"] != "button" and c["name"] != place.spec["main"] and not c.get("local")
    )
    value = other_value(control, place.start[control["name"]])
    engine.evaluate(
        "(id, changes) => { explorable(id).set(changes).catch((e) => console.error(e)); }",
        place.id,
        {control["name"]: value},
    )
    wait(lambda: engine.evaluate(STATE, place.id) == "live", f"{place.id} 变成 live")
    if place.spec["runs"]:
        engine.evaluate("(id) => explorable(id).step(5)", place.id)


@pytest.mark.engines
@live_on("path", list(PAGES))
def test_a_page_is_alive(engine: Engine, listened: str, path: str) -> None:
    there = PAGES[path]
    first = there[0]
    engine.resize(1280, 900)
    engine.open(listened + path)
    for place in there:
        see(engine, place)
        assert engine.evaluate(STATE, place.id) == "baked"
    drag(engine, first)
    wake(engine, first)
    compare(engine, first)
    engine.resize(360, 740)
    wait(lambda: engine.evaluate("() => innerWidth") == 360, "窗口收到 360 像素")
    for place in there:
        see(engine, place)
    drag(engine, first)
    assert engine.evaluate(STATE, first.id) == "live"
    compare(engine, first)
    assert engine.said() == []

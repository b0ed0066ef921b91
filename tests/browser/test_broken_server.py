"""服务器坏了一半：取计算线程的文件，隔一个就出错。每一页照样活着，预先算好的画面照样能拖。"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from book import serve
from tests.browser.conftest import SITE, Watched
from tests.browser.explorables import by_page, live_on, other_value, places
from tests.browser.test_explorables_live import drag, drawn, shown

PAGES = by_page(places(SITE))
EVERY = live_on("path", list(PAGES))
ANSWERS = [HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.NOT_FOUND]


def worker_files(site: Path) -> list[str]:
    """计算线程要取的文件的地址，按名字排好。"""
    folders = [*site.glob("_assets/pyodide-*"), *site.glob("_assets/engine-*")]
    files = [path for folder in folders for path in folder.iterdir() if path.suffix != ".gz"]
    return sorted("/book/" + path.relative_to(site).as_posix() for path in files)


@pytest.fixture(params=[0, 1], ids=["even", "odd"])
def half_broken(request: pytest.FixtureRequest, site: Path) -> Iterator[str]:
    """网站的地址；计算线程的文件隔一个答一个错，500 和 404 轮着来。"""
    broken = dict(zip(worker_files(site)[request.param :: 2], ANSWERS * 9, strict=False))
    assert len(broken) >= 3
    server = serve.make_server(site, base="/book/", policy=True)

    class Broken(server.RequestHandlerClass):
        def answer(self, with_body: bool) -> None:
            wrong = broken.get(self.path.partition("?")[0])
            if wrong is None:
                super().answer(with_body)
            else:
                self.send(wrong, [], b"", with_body)

    server.RequestHandlerClass = Broken
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield serve.address_of(server)
    server.shutdown()
    server.server_close()


@EVERY
def test_every_page_stays_alive(watched: Watched, half_broken: str, path: str) -> None:
    watched.base = half_broken
    crashed: list[str] = []
    page = watched.open(path)
    page.on("pageerror", lambda error: crashed.append(str(error)))
    asking = None
    for place in PAGES[path]:
        drawn(page, place)
        wakes = [
            c
            for c in place.spec["controls"]
            if c["type"] != "button" and c["name"] != place.spec["main"] and not c.get("local")
        ]
        if asking is None and wakes:
            asking = place
            name = wakes[0]["name"]
            page.evaluate(
                "([id, changes]) => { explorable(id).set(changes).catch(() => {}); }",
                [place.id, {name: other_value(wakes[0], place.start[name])}],
            )
            page.wait_for_selector(f"#{place.id}[data-state=failed]", timeout=120_000)
    assert asking, "这一页没有要叫醒 Python 的控件"
    for place in PAGES[path]:
        drawn(page, place)
        assert page.get_attribute(f"#{place.id}", "data-state") == "failed"
        said = page.inner_text(f"#{place.id} .ex-progress")
        assert "没有启动起来" in said and "仍然可以拖动" in said
        before = shown(page, place)
        assert len(set(before)) > 100, f"{place.id} 是空的"
        drag(page, place)
        assert shown(page, place) != before, f"{place.id} 拖不动了"
        main = next((c for c in place.spec["controls"] if c["name"] == place.spec["main"]), None)
        if main:
            # 还原之后，沿着主控件的画面是预先算好的，没有 Python 也要跟着走。
            page.locator(f"#{place.id} .ex-menu button", has_text="还原").click()
            page.wait_for_timeout(500)
            before = shown(page, place)
            page.evaluate(
                "([id, changes]) => explorable(id).set(changes)",
                [place.id, {main["name"]: other_value(main, place.start[main["name"]])}],
            )
            page.wait_for_timeout(500)
            assert shown(page, place) != before, f"{place.id} 的「{main['label']}」不动了"
    assert crashed == []
    assert watched.outside() == []

"""浏览器测试的共同部分：网站放在 /book/ 下，带着内容安全策略，用真的 Chromium 打开。"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker("browser")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(site: Path) -> Iterator[str]:
    """把一个文件夹供在 http://127.0.0.1:端口/book/，带着 DESIGN 规定的内容安全策略。"""
    port = free_port()
    command = [sys.executable, str(ROOT / "book" / "serve.py"), str(site)]
    options = ["--port", str(port), "--no-open", "--base", "/book/", "--csp"]
    server = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/book/"
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="session")
def site() -> Path:
    if not (SITE / "index.html").is_file():
        pytest.fail("先构建网站：python tasks.py build")
    return SITE


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    with served(site) as base:
        yield base


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield started
        started.close()


class Watched:
    """一页，连同它发出的请求和控制台上的话。"""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type == "error" else None,
        )

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path, wait_until="load")
        return self.page

    def outside(self) -> list[str]:
        """去了别处的请求。"""
        near = ("data:", "blob:", self.base.split("/book/")[0] + "/")
        return [url for url in self.requests if not url.startswith(near)]


@pytest.fixture
def watched(browser: Browser, address: str) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    yield Watched(context.new_page(), address)
    context.close()


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Watched]:
    context = browser.new_context(
        viewport={"width": 360, "height": 740},
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
        locale="zh-CN",
    )
    yield Watched(context.new_page(), address)
    context.close()


def wait_live(page: Page, identity: str, timeout: float = 60_000) -> None:
    page.wait_for_function(
        "id => document.getElementById(id).dataset.state === 'live'", arg=identity, timeout=timeout
    )


def call(page: Page, identity: str, method: str, *arguments: object) -> object:
    """调用页面上的约定 explorable(id).method(…)，等它的 promise。"""
    return page.evaluate(
        "([id, method, given]) => explorable(id)[method](...given)",
        [identity, method, list(arguments)],
    )


def wait_until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """等到 ``true()``。问页面的 promise 要这样等：wait_for_function 不等 promise，拿它当「是」。"""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"等了 {seconds:g} 秒还没有"
        time.sleep(0.1)

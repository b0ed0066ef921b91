"""在真的 Chromium 里打开构建好的网站，量读者会等多久。"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

ROOT = Path(__file__).resolve().parents[1]
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]
# 慢线路：1.5 Mbit/s，来回 300 毫秒。
SLOW = {"offline": False, "latency": 300, "downloadThroughput": 1.5e6 / 8,
        "uploadThroughput": 1.5e6 / 8}

# 在页面的脚本之前装上：记下第一幅画面何时画好，以及画面每次变动的时刻。
# 画面可能是 SVG（看 DOM 的变动）或画布（看画布的方法被调用）。
WATCH = """
(() => {
  const seen = { first: 0, firstId: '', mutated: 0 };
  window.__seen = seen;
  const inStage = (node) => (node.nodeType === 1 ? node : node.parentElement)?.closest('.ex-stage');
  const touch = () => { seen.mutated = performance.now(); };
  for (const name of ['stroke', 'fill', 'fillRect', 'clearRect', 'drawImage', 'putImageData']) {
    const real = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...given) {
      touch();
      return real.apply(this, given);
    };
  }
  const begin = () => {
    const first = document.querySelector('div.explorable[data-explorable]');
    if (first) first.scrollIntoView({ block: 'center' });
    new MutationObserver((records) => {
      if (records.some((record) => inStage(record.target))) touch();
      const drawn = !seen.first && document.querySelector('.explorable[data-drawn=true]');
      if (drawn) {
        seen.firstId = drawn.id;
        seen.first = -1;
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => { seen.first = performance.now(); };
          channel.port2.postMessage(0);
        });
      }
    }).observe(document.body, { subtree: true, childList: true, attributes: true,
                                characterData: true });
  };
  if (document.body) begin();
  else document.addEventListener('DOMContentLoaded', begin);
})();
"""


def serve_module() -> ModuleType:
    """网站自带的服务器；它不是哪个包里的模块，按路径载入。"""
    spec = importlib.util.spec_from_file_location("serve", ROOT / "book" / "serve.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """把文件夹供在 /book/ 下，当场压缩，带着内容安全政策。"""
    module = serve_module()
    server: ThreadingHTTPServer = module.make_server(
        folder, base="/book/", policy=True, squeeze=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield module.address_of(server)
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        raise SystemExit("没有找到 Chromium；把 CHROMIUM 设成它的路径。")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """一次全新的访问：缓存是空的，收到的每个文件有多少字节都记着。"""

    page: Page
    cdp: CDPSession
    bytes: dict[str, float] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)

    def first_picture(self) -> tuple[float, str]:
        """（第一幅画面画好的时刻，毫秒，从导航算起；它是哪一个图）。"""
        try:
            self.page.wait_for_function("() => __seen.first > 0", timeout=60_000)
        except PlaywrightTimeout as error:
            raise SystemExit(f"{self.page.url} 一分钟里没有画出一幅图。") from error
        first, name = self.page.evaluate("[__seen.first, __seen.firstId]")
        return float(first), str(name)


@contextlib.contextmanager
def visit(browser: Browser, address: str, *, slow: bool = False) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    try:
        page = context.new_page()
        cdp = context.new_cdp_session(page)
        cdp.send("Network.enable")
        if slow:
            cdp.send("Network.emulateNetworkConditions", SLOW)
        page.add_init_script(WATCH)
        one = Visit(page, cdp)
        names: dict[str, str] = {}

        def begun(event: dict[str, Any]) -> None:
            names[event["requestId"]] = event["request"]["url"]
            one.started.setdefault(event["request"]["url"], float(event["timestamp"]))

        def done(event: dict[str, Any]) -> None:
            url = names.get(event["requestId"], "")
            one.bytes[url] = one.bytes.get(url, 0.0) + float(event["encodedDataLength"])

        cdp.on("Network.requestWillBeSent", begun)
        cdp.on("Network.loadingFinished", done)
        page.goto(address, wait_until="load")
        yield one
    finally:
        context.close()

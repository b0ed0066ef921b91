"""另外两个浏览器：Firefox（puppeteer-core 驱动）和 WebKitGTK（Selenium 驱动，画在 Xvfb 上）。

两个的用法一样：``open``、``resize``、``evaluate``（一个 JavaScript 函数和它的参数）、``drag``
（驱动程序发出的真的鼠标事件）、``shot``（一个元素的截图）、``said``（控制台上的话）。
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parents[2]
# WebKitWebDriver 不交出控制台，所以页面最前面放一段，把要上控制台的话都记下来。
LISTENER = """<script>{
  const said = (window.__said = []);
  for (const kind of ['error', 'warn']) {
    const real = console[kind];
    console[kind] = (...words) => { said.push(kind + ': ' + words.join(' ')); real(...words); };
  }
  addEventListener('error', (event) => {
    const { src, href, rel } = event.target;
    if (rel === 'next' || rel === 'prev') return; // Firefox 想先取下一页，取不取随它。
    said.push('error: ' + (event.message || (src ?? href) + ' 没有取到'));
  }, true);
  addEventListener('unhandledrejection', (event) => said.push('rejection: ' + event.reason));
  addEventListener('securitypolicyviolation', (event) =>
    said.push('policy: ' + event.violatedDirective + ' ' + event.blockedURI));
}</script>"""


class Engine(Protocol):
    """一个浏览器的一个窗口。"""

    def open(self, url: str) -> None: ...
    def resize(self, width: int, height: int) -> None: ...
    def evaluate(self, source: str, *given: Any) -> Any: ...
    def drag(self, start: Sequence[float], by: Sequence[float], moves: int = 8) -> None: ...
    def shot(self, selector: str) -> bytes: ...
    def said(self) -> list[str]: ...


# ── Firefox ──────────────────────────────────────────────────────────────────


class Firefox:
    """和 front/firefox.mjs 一问一答。"""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, way: str, **given: Any) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"way": way, **given}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("Firefox 的驱动程序停了，原因见上面它打印的话。")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]

    def open(self, url: str) -> None:
        self.ask("open", url=url)

    def resize(self, width: int, height: int) -> None:
        self.ask("resize", width=width, height=height)

    def evaluate(self, source: str, *given: Any) -> Any:
        return self.ask("evaluate", source=source, given=given)

    def drag(self, start: Sequence[float], by: Sequence[float], moves: int = 8) -> None:
        self.ask("drag", **{"from": start}, by=by, moves=moves)

    def shot(self, selector: str) -> bytes:
        return base64.b64decode(self.ask("shot", selector=selector))

    def said(self) -> list[str]:
        return [*self.ask("said"), *self.evaluate("() => window.__said?.splice(0) ?? []")]


@contextlib.contextmanager
def firefox() -> Iterator[Firefox]:
    program = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    assert program, "没有 Firefox：先运行 python tasks.py test --browsers all，它会装上或说怎样装"
    process = subprocess.Popen(
        ["node", "firefox.mjs", program], cwd=ROOT / "front",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    with process:
        try:
            yield Firefox(process)
            assert process.stdin
            process.stdin.close()  # 再没有话了，它就关上浏览器。
            process.wait(60)
        finally:
            process.kill()


# ── WebKitGTK ────────────────────────────────────────────────────────────────


class WebKit:
    """Selenium 的 WebDriver，缩成测试要用的几件事。"""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        self.driver.get(url)

    def resize(self, width: int, height: int) -> None:
        """让视口恰好这么大；窗口还要加上工具栏。"""
        chrome = self.evaluate("() => [outerWidth - innerWidth, outerHeight - innerHeight]")
        self.driver.set_window_size(width + chrome[0], height + chrome[1])

    def evaluate(self, source: str, *given: Any) -> Any:
        code = f"return ({source})(...arguments)"
        return self.driver.execute_script(code, *given)

    def drag(self, start: Sequence[float], by: Sequence[float], moves: int = 8) -> None:
        from selenium.webdriver.common.actions.action_builder import ActionBuilder

        action = ActionBuilder(self.driver, duration=20)
        pointer = action.pointer_action
        pointer.move_to_location(round(start[0]), round(start[1]))
        pointer.pointer_down()
        for k in range(1, moves + 1):
            x, y = (a + d * k / moves for a, d in zip(start, by, strict=True))
            pointer.move_to_location(round(x), round(y))
        pointer.pointer_up()
        action.perform()

    def shot(self, selector: str) -> bytes:
        return self.driver.find_element("css selector", selector).screenshot_as_png

    def said(self) -> list[str]:
        return self.evaluate("() => window.__said?.splice(0) ?? []")


def mini_browser() -> str:
    """WebKitGTK 自带的小浏览器；它不在 PATH 里。"""
    folders = ("lib*", "lib*/*", "libexec")
    found = sorted(p for f in folders for p in Path("/usr").glob(f + "/webkit2gtk-4.*/MiniBrowser"))
    assert found, "没有 WebKitGTK：先运行 python tasks.py test --browsers all，它会装上或说怎样装"
    return str(found[-1])


@contextlib.contextmanager
def screen() -> Iterator[str]:
    """一块看不见的屏幕（Xvfb），给出它的编号；编号由它自己挑一个空着的。"""
    told, tell = os.pipe()
    command = ["Xvfb", "-displayfd", str(tell), "-screen", "0", "1400x1100x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[tell], stderr=subprocess.DEVNULL)
    os.close(tell)
    try:
        yield ":" + os.read(told, 32).decode().strip()
    finally:
        os.close(told)
        server.terminate()
        server.wait()


@contextlib.contextmanager
def webkit() -> Iterator[WebKit]:
    from selenium import webdriver

    options = webdriver.WebKitGTKOptions()
    options.binary_location = mini_browser()
    options.add_argument("--automation")
    with screen() as display, tempfile.TemporaryDirectory() as home:
        # 工具栏的按钮挤到最小，窗口才窄得到 360 像素。
        for gtk in ("gtk-3.0", "gtk-4.0"):
            (Path(home) / gtk).mkdir()
            (Path(home) / gtk / "gtk.css").write_text(
                "* { padding: 0; margin: 0; border-width: 0; min-width: 0; font-size: 1px; }"
            )
        environment = {**os.environ, "DISPLAY": display, "XDG_CONFIG_HOME": home}
        if os.geteuid() == 0:
            environment["WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS"] = "1"  # root 用不了它的沙箱。
        service = webdriver.WebKitGTKService(
            executable_path=shutil.which("WebKitWebDriver"),
            env=environment,
            log_output=subprocess.DEVNULL,
        )
        driver = webdriver.WebKitGTK(options=options, service=service)
        try:
            driver.set_script_timeout(300)
            driver.set_page_load_timeout(300)
            yield WebKit(driver)
        finally:
            driver.quit()


ENGINES = {"firefox": firefox, "webkit": webkit}

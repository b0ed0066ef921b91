"""网页的快慢轻重（issue 里定下的上限）：读者要等多久、要下载多少、跟不跟手。

每一行是「允许的 / 我们的」，到 1 就达标。和同类比的两行（``import``、worker）把同类放在
同一次运行里交替着量；其余各行的上限是定死的。
"""

from __future__ import annotations

import gzip
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.browser import ROOT, Visit, chromium, served, visit
from benchmarks.table import Row

SITE = ROOT / "_build" / "html"
FOUND = re.compile(
    r'<div class="explorable[^"]*" id="([\w-]+)"[^>]*data-explorable="[^"]+"[^>]*>'
    r'.*?<script type="application/json" class="ex-data">(.*?)</script>',
    re.DOTALL,
)
KB = 1000.0
BARE_PAGE = "<!doctype html><meta charset=utf-8><title>bare</title><script>%s</script>"
BARE_SCRIPT = """
window.bare = () => new Promise((resolve, reject) => {
  const begun = performance.now();
  const worker = new Worker('worker.js');
  worker.onmessage = (event) => (event.data === 'ready' ? resolve(performance.now() - begun)
    : reject(new Error(event.data)));
});
"""
BARE_WORKER = """
importScripts('%(pyodide)spyodide.js');
loadPyodide({ indexURL: '%(pyodide)s', packages: ['numpy'] })
  .then((pyodide) => { pyodide.runPython('import numpy'); postMessage('ready'); })
  .catch((error) => postMessage(String(error)));
"""
# 从手指动一下，到看得见的那一帧交出去：一帧的脚本跑完之后的第一个任务。
DRAG = """
() => {
  window.__lags = [];
  addEventListener('pointermove', (event) => {
    const begun = event.timeStamp;
    const look = () => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        const now = performance.now();
        if (__seen.mutated >= begun) __lags.push(now - begun);
        else if (now - begun < 500) look();
        else __lags.push(500);
      };
      channel.port2.postMessage(0);
    });
    look();
  }, true);
}
"""
FRAMES = """
(time) => new Promise((resolve) => {
  const begun = performance.now();
  let last = __seen.mutated;
  let frames = 0;
  const look = () => {
    if (__seen.mutated > last) frames += 1;
    last = __seen.mutated;
    const passed = performance.now() - begun;
    if (passed < time) requestAnimationFrame(look);
    else resolve(frames * 1000 / passed);
  };
  requestAnimationFrame(look);
})
"""

ENLARGE = """
(id) => new Promise((resolve, reject) => {
  const begun = performance.now();
  const buttons = [...document.querySelectorAll(`#${id} button`)];
  buttons.find((one) => one.textContent === '放大看').click();
  const look = () => {
    const passed = performance.now() - begun;
    if (document.querySelector('dialog.ex-large .main-svg')?.checkVisibility()) {
      requestAnimationFrame(() => resolve(performance.now() - begun));
    } else if (passed > 60000) reject(new Error('一分钟里没有画出大图'));
    else requestAnimationFrame(look);
  };
  look();
})
"""


class Place:
    """网站里的一个交互图。"""

    def __init__(self, page: str, identity: str, data: str) -> None:
        self.page, self.id = page, identity
        self.data: dict[str, Any] = json.loads(data)
        self.spec: dict[str, Any] = self.data["spec"]


def places() -> list[Place]:
    return [
        Place(path.relative_to(SITE).as_posix(), identity, data)
        for path in sorted(SITE.rglob("*.html"))
        if "_assets" not in path.parts
        for identity, data in FOUND.findall(path.read_text(encoding="utf-8"))
    ]


def measure(quick: bool) -> Iterator[Row]:
    """量好一行给一行，每一页、每一幅图都量；``quick`` 时少重复几次，打开只量两页，拖动每页一幅。"""
    if not (SITE / "index.html").is_file():
        raise SystemExit("先构建网站：python tasks.py build")
    found = places()
    if not found:
        raise SystemExit("网站里一个交互图也没有。")
    pages = sorted({place.page for place in found}, key=lambda page: (page != "index.html", page))
    pages = pages[:2] if quick else pages
    rounds = 2 if quick else 5
    yield import_row(5 if quick else 15)
    with served(SITE) as base, chromium() as browser:
        yield from first_picture_rows(browser, base, pages, rounds)
        yield from weight_rows(browser, base, pages)
        yield from (frames_row(), editor_row())
        yield from large_rows(browser, base, found, quick)
        yield from worker_rows(browser, base, found, rounds)
        yield from drag_rows(browser, base, found, quick)
        yield from training_rows(browser, base, found, 2000 if quick else 4000)


# ── 没有浏览器的 ──────────────────────────────────────────────────────────────


def import_row(rounds: int) -> Row:
    """每次都是新的进程，两者交替。"""
    program = (
        "import sys, time; t = time.perf_counter(); __import__(sys.argv[1]); "
        "print(time.perf_counter() - t)"
    )
    times: dict[str, list[float]] = {"numpy": [], "mlcore": []}
    for _ in range(rounds):
        for name, taken in times.items():
            done = subprocess.run([sys.executable, "-c", program, name], cwd=ROOT,
                                  capture_output=True, text=True, check=True)
            taken.append(float(done.stdout) * 1000)
    numpy, ours = (statistics.median(times[name]) for name in ("numpy", "mlcore"))
    return Row("import mlcore", ours, 1.5 * numpy, "ms",
               detail=f"import numpy 的 1.5 倍，它用 {numpy:.0f} ms")


def frames_row() -> Row:
    """烘焙的一串画面，压缩后最大的那一个。"""
    sizes = {
        path.name: len(gzip.compress(path.read_bytes(), 6))
        for path in SITE.glob("_assets/**/*.frames")
    }
    name = max(sizes, key=lambda one: sizes[one], default="")
    return Row("一个图的烘焙画面（gzip）", sizes.get(name, 0) / KB, 150, "KB",
               detail=f"{len(sizes)} 个里最大的：{name}")


def editor_row() -> Row:
    """改代码的编辑器，读者第一次改的时候才取。"""
    sizes = [len(gzip.compress(path.read_bytes(), 6))
             for path in SITE.glob("_assets/page-*/cells-editor.js")]
    return Row("代码格的编辑器（gzip）", max(sizes, default=0) / KB, 150, "KB",
               detail="CodeMirror 6，第一次改代码时才取")


# ── 放大成 plotly ──────────────────────────────────────────────────────────────


def large_rows(browser: Browser, base: str, found: list[Place], quick: bool) -> list[Row]:
    """按下「放大看」，到大图画好：plotly 也是这时候才取的，每次都是空的缓存；Python 已经醒着。"""
    chosen = [place for place in found if place.spec["enlarges"]]
    chosen = one_a_page(chosen)[:1] if quick else chosen
    if not chosen:
        return []
    taken: dict[str, float] = {}
    weights = [0.0]
    for place in chosen:
        with visit(browser, base + place.page) as one:
            one.first_picture()
            reach(one.page, place)
            woken(one.page, place)
            settle(one)
            if any("plotly" in url for url in one.started):
                raise SystemExit(f"{place.id}：还没有人要放大，就取了 plotly。")
            taken[place.id] = float(one.page.evaluate(ENLARGE, place.id))
            weights += [size for url, size in one.bytes.items() if "plotly.min" in url]
    return [
        Row("按下「放大看」到大图画好", max(taken.values()), 5000, "ms", detail=each(taken)),
        Row("plotly（gzip）", max(weights) / KB, 1600, "KB", detail="按下「放大看」才取"),
    ]


def one_a_page(places: list[Place]) -> list[Place]:
    """每一页留下第一个。"""
    first: dict[str, Place] = {}
    for place in places:
        first.setdefault(place.page, place)
    return list(first.values())


# ── 打开一页 ──────────────────────────────────────────────────────────────────


def first_picture_rows(browser: Browser, base: str, pages: list[str], rounds: int) -> list[Row]:
    rows = []
    lines = ((False, 1000.0, "本机"), (True, 3000.0, "1.5 Mbit/s、300 ms、压缩"))
    for slow, allowed, line in lines:
        worst = (0.0, "")
        for page in pages:
            taken = []
            for _ in range(rounds):
                with visit(browser, base + page, slow=slow) as one:
                    taken.append(one.first_picture()[0])
            worst = max(worst, (statistics.median(taken), page))
        rows.append(Row(f"第一幅画面，{line}", worst[0], allowed, "ms",
                        detail=f"{len(pages)} 页里最慢的：{worst[1]}"))
    return rows


def settle(one: Visit) -> None:
    """等到一秒里没有新的请求。"""
    before = -1
    while before != len(one.started):
        before = len(one.started)
        one.page.wait_for_timeout(1000)


def weight_rows(browser: Browser, base: str, pages: list[str]) -> list[Row]:
    """读者还没有碰它、也没有滚动时，一页一共取了多少字节（连同响应头）。"""
    worst, mathjax, after = (0.0, ""), (0.0, ""), (float("inf"), "")
    for page in pages:
        with visit(browser, base + page) as one:
            picture = one.first_picture()[0]
            settle(one)
            parts = {url: size for url, size in one.bytes.items() if "/mathjax-" in url}
            whole = sum(one.bytes.values()) - sum(parts.values())
            worst = max(worst, (whole / KB, page))
            if parts:
                mathjax = max(mathjax, (sum(parts.values()) / KB, page))
                starts = min(one.started[url] for url in parts) - min(one.started.values())
                after = min(after, (1000 * starts - picture, page))
    rows = [Row("一页在碰它之前的全部（gzip，不含 MathJax）", worst[0], 150, "KB",
                detail=f"{len(pages)} 页里最重的：{worst[1]}")]
    if mathjax[1]:
        late = "在第一幅画面之后" if after[0] > 0 else f"比第一幅画面早 {-after[0]:.0f} ms"
        rows.append(Row("MathJax（gzip）", mathjax[0], 320, "KB",
                        detail=f"{late}开始取；{mathjax[1]}"))
    return rows


# ── 计算线程 ──────────────────────────────────────────────────────────────────


def wake(place: Place) -> str:
    """让烘焙的画面答不了、非叫醒 Python 不可的一步。"""
    return "step(1)" if place.spec["runs"] else "reset()"


def worker_rows(browser: Browser, base: str, found: list[Place], rounds: int) -> list[Row]:
    """从第一次要用 Python，到它第一次答完；同类是只有 Pyodide 和 NumPy 的一页。"""
    folder = next(iter(SITE.glob("_assets/pyodide-*")), None)
    if folder is None:
        print("网站里没有带 Pyodide，和计算线程有关的各行没有量。", flush=True)
        return []
    place = found[0]
    ours, peer = [], []
    with tempfile.TemporaryDirectory() as spare:
        bare = Path(spare)
        (bare / "pyodide").mkdir()
        for path in folder.iterdir():
            (bare / "pyodide" / path.name).write_bytes(path.read_bytes())
        (bare / "index.html").write_text(BARE_PAGE % BARE_SCRIPT, encoding="utf-8")
        script = BARE_WORKER % {"pyodide": "/book/pyodide/"}
        (bare / "worker.js").write_text(script, encoding="utf-8")
        with served(bare) as other:
            for _ in range(rounds):
                with visit(browser, other) as one:
                    peer.append(float(one.page.evaluate("bare()")))
                with visit(browser, base + place.page) as one:
                    one.first_picture()
                    ours.append(woken(one.page, place))
    allowed = 1.3 * statistics.median(peer)
    return [Row("计算线程备好", statistics.median(ours), allowed, "ms",
                detail=f"光有 Pyodide 和 NumPy 的 1.3 倍，它用 {allowed / 1.3:.0f} ms")]


def woken(page: Page, place: Place) -> float:
    """叫醒 Python，返回用了多少毫秒。"""
    return float(page.evaluate(
        f"""async (id) => {{
            const begun = performance.now();
            await explorable(id).{wake(place)};
            return performance.now() - begun;
        }}""",
        place.id,
    ))


# ── 跟不跟手 ──────────────────────────────────────────────────────────────────


def reach(page: Page, place: Place) -> None:
    """滚到这个图，等它画出来（快到屏幕时它才取来场景模块）。"""
    page.evaluate("(id) => document.getElementById(id).scrollIntoView()", place.id)
    page.wait_for_selector(f"#{place.id}[data-drawn=true]")
    page.locator(f"#{place.id} .ex-stage").scroll_into_view_if_needed()


def handle_of(page: Page, place: Place) -> dict[str, float] | None:
    """图里第一个能拖的东西的位置；没有就返回 ``None``。"""
    reach(page, place)
    found = page.locator(f"#{place.id} .ex-stage [role=slider]:visible")
    return found.first.bounding_box() if found.count() else None  # type: ignore[return-value]


def drag(page: Page, box: dict[str, float], moves: int) -> list[float]:
    """用真的指针拖一圈，返回每次移动到看得见的毫秒数。"""
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate(DRAG)
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("__lags.length = 0")
    for k in range(moves):
        page.mouse.move(x + 40 * ((k % 20) / 20 - 0.5), y + 25 * ((k % 13) / 13 - 0.5))
        page.wait_for_timeout(16)
    page.mouse.up()
    page.wait_for_timeout(600)
    return [float(lag) for lag in page.evaluate("__lags")][:moves]


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def drag_rows(
    browser: Browser, base: str, found: list[Place], quick: bool
) -> Iterator[Row]:
    steps: tuple[tuple[str, Callable[[Page, Place], object]], ...] = (
        ("只有烘焙画面时", lambda page, place: None), ("Python 在算时", woken),
    )
    chosen = [place for place in found if any(c["where"] == "picture"
                                              for c in place.spec["controls"])]
    if quick:
        chosen = one_a_page(chosen)
    for state, prepare in steps:
        taken: dict[str, float] = {}
        for place in chosen:
            with visit(browser, base + place.page) as one:
                one.first_picture()
                reach(one.page, place)
                prepare(one.page, place)
                box = handle_of(one.page, place)
                if box is not None:
                    lags = drag(one.page, box, 60 if quick else 120)
                    taken[place.id] = percentile(lags, 0.95) if lags else 500.0
        if taken:
            yield Row(f"拖动到看得见（第 95 百分位），{state}", max(taken.values()), 33, "ms",
                      detail=each(taken))


def each(taken: dict[str, float]) -> str:
    """每一个图各是多少。"""
    return "、".join(f"{name} {value:.0f}" for name, value in taken.items())


def training_rows(browser: Browser, base: str, found: list[Place], time: int) -> list[Row]:
    running = [place for place in found if place.spec["runs"]]
    if not running:
        return []
    taken: dict[str, float] = {}
    for place in running:
        with visit(browser, base + place.page) as one:
            one.first_picture()
            reach(one.page, place)
            woken(one.page, place)
            one.page.evaluate("(id) => { explorable(id).run(); }", place.id)
            one.page.wait_for_timeout(500)
            taken[place.id] = float(one.page.evaluate(FRAMES, time))
    return [Row("训练时的画面", min(taken.values()), 30, "帧/秒", larger_is_better=True,
                detail=each(taken))]

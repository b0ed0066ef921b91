"""读书本身：目录、明暗、搜索、公式、双击打开，在真的浏览器里用一遍。"""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tools import site as built

from .conftest import ROOT, Watched

AXE = ROOT / "front" / "node_modules" / "axe-core" / "axe.min.js"
PATHS = sorted(built.pages())
every_path = pytest.mark.parametrize("path", PATHS)
CHAPTER = next((path for path in PATHS if path.startswith("nbs/")), "how-to-read.html")
FORMULAS = {path for path in PATHS if "mathjax" in built.site_data(built.pages()[path])}
WITH_FORMULA = next(iter(sorted(FORMULAS, reverse=True)), "")
SEARCHES = {
    "熵": "熵",
    "层": "层",
    "反向传播": "反向传播",
    "softmax": "softmax",
    "σ": "σ",
    "梯度下降法": "梯度下降",
    "Backpropagation": "backpropagation",
    "softmx": "softmax",  # 拼错一个字母
    "矩阵": "矩阵",
    "答错了才好：你会清楚地": "答错了才好：你会清楚地知道自己原来是怎么想的",  # 半句话
    "怎样读": "怎样读这本书",
    "高扬 卫峥": "高扬",
}
# 二十样读者会敲的：中文的词、半句问话、英文的术语、符号。前三条里要有该去的那一页。
LANDS = {
    "贝叶斯公式": "1-origins/09-bayes",
    "先验": "1-origins/09-bayes",
    "三扇门换不换": "1-origins/09-bayes",
    "阳性是不是真的有病": "1-origins/09-bayes",
    "likelihood": "1-origins/09-bayes",
    "检察官谬误": "1-origins/09-bayes",
    "交叉熵": "1-origins/10-entropy",
    "KL 散度": "1-origins/10-entropy",
    "比特": "1-origins/10-entropy",
    "热力学第二定律": "1-origins/10-entropy",
    "Huffman": "1-origins/10-entropy",
    "学习率": "3-learning/06-gradient-descent",
    "Adam": "3-learning/06-gradient-descent",
    "动量": "3-learning/06-gradient-descent",
    "鞍点": "3-learning/06-gradient-descent",
    "η": "3-learning/06-gradient-descent",
    "mini-batch": "3-learning/06-gradient-descent",
    "∇": "3-learning/06-gradient-descent",
    "激活函数": "4-networks/03-layers-bend-space",
    "奇异值分解": "4-networks/03-layers-bend-space",
    "ReLU": "4-networks/03-layers-bend-space",
    "行列式": "4-networks/03-layers-bend-space",
}


SERIOUS = """async (rules) => {
  const found = await axe.run(document, {resultTypes: ['violations'], ...rules});
  return found.violations.filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => [one.id, one.nodes.map((node) => String(node.target)).slice(0, 5)]);
}"""
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
TOO_SMALL = """() => [...document.querySelectorAll('header a, header button, header summary,'
    + ' footer a, nav a, summary, main button, .button')].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width > 0 && (box.height < 43.5 || box.width < 43.5);
}).map((one) => one.outerHTML.slice(0, 120))"""
SETTLED = """() => {
  const said = document.querySelector('.search-status').textContent;
  return /^找到 [0-9]+ 处(以上)?$/.test(said) || said.startsWith('没有找到');
}"""
TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"


@every_path
def test_a_page_is_quiet_chinese_accessible_and_stays_at_home(watched: Watched, path: str) -> None:
    page = watched.open(path)
    page.wait_for_timeout(500)
    living = built.read_page(page.content(), path)
    assert built.english_leftovers(living) == []
    assert page.evaluate(TOO_WIDE) <= 0
    page.evaluate(AXE.read_text("utf8"))
    assert page.evaluate(SERIOUS, {}) == []
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(100)
    assert page.evaluate(SERIOUS, CONTRAST) == []
    assert watched.errors == []
    assert watched.outside() == []


@every_path
def test_a_page_fits_a_phone_and_a_finger(phone: Watched, path: str) -> None:
    page = phone.open(path)
    page.wait_for_timeout(300)
    assert page.evaluate(TOO_WIDE) <= 0
    assert page.evaluate(TOO_SMALL) == []
    assert phone.errors == []


def test_the_contents_are_opened_read_and_left_by_keyboard(watched: Watched) -> None:
    page = watched.open(CHAPTER)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#contents").evaluate("one => one.open")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('nav') !== null")
    page.keyboard.press("Escape")
    assert not page.locator("#contents").evaluate("one => one.open")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_contents_close_when_the_page_beside_them_is_tapped(phone: Watched) -> None:
    page = phone.open(CHAPTER)
    page.tap("#contents > summary")
    assert page.is_visible("nav.contents-sheet")
    page.touchscreen.tap(350, 500)
    assert not page.is_visible("nav.contents-sheet")


def test_the_chosen_theme_is_kept_and_set_before_the_first_paint(watched: Watched) -> None:
    page = watched.open(CHAPTER)
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.click("#theme-switch")
    page.click("#theme-switch")
    assert page.get_attribute("html", "data-theme") == "dark"
    dark = page.evaluate(paper)
    assert dark != light
    watched.open("index.html")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.evaluate(paper) == dark
    page.click("#theme-switch")
    assert page.get_attribute("html", "data-theme") is None
    assert "随系统" in (page.get_attribute("#theme-switch", "aria-label") or "")


def test_searches_find_it_and_show_the_sentence(watched: Watched) -> None:
    page = watched.open("search.html")
    missed = {}
    for query, expected in SEARCHES.items():
        page.fill("#search-here input", query)
        page.wait_for_function(SETTLED, timeout=5000)
        hits = page.locator("#search-here .search-results li")
        first = hits.first.inner_text() if hits.count() else ""
        if expected not in first.lower():
            missed[query] = first
    assert missed == {}


def test_twenty_searches_land_on_the_right_page_in_the_first_three(watched: Watched) -> None:
    page = watched.open("search.html")
    missed = {}
    for query, chapter in LANDS.items():
        page.fill("#search-here input", query)
        page.wait_for_function(SETTLED, timeout=5000)
        links = page.locator("#search-here .search-results li a")
        found = [links.nth(k).get_attribute("href") or "" for k in range(min(3, links.count()))]
        if not any(chapter in one for one in found):
            missed[query] = found
    assert missed == {}


def test_the_search_is_loaded_when_somebody_searches(watched: Watched) -> None:
    page = watched.open(CHAPTER)
    page.wait_for_timeout(800)
    assert not [url for url in watched.requests if "search" in url]
    page.keyboard.press("/")
    page.wait_for_selector("dialog.search-dialog[open]")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("矩阵")
    page.wait_for_selector(".search-results a")
    page.keyboard.press("ArrowDown")
    target = page.evaluate("document.activeElement.href")
    page.keyboard.press("Enter")
    page.wait_for_url(target)


def test_a_search_can_be_sent_as_an_address(watched: Watched) -> None:
    page = watched.open("search.html?q=%E7%86%B5")
    page.wait_for_selector("#search-here .search-results a")
    page.fill("#search-here input", "鲲鹏龘")
    page.wait_for_function(
        "() => document.querySelector('.search-status').textContent.includes('没有找到')"
    )


@pytest.mark.skipif(not WITH_FORMULA, reason="还没有带公式的页")
def test_formulas_come_after_the_first_picture_and_become_readable(watched: Watched) -> None:
    page = watched.open(WITH_FORMULA)
    page.wait_for_selector(".math.done mjx-container", timeout=20_000)
    assert page.locator("mjx-assistive-mml").count() > 0
    assert page.locator("mjx-merror").count() == 0
    order = [url.split("?")[0] for url in watched.requests]
    first_math = next(i for i, url in enumerate(order) if "/mathjax-" in url)
    scripts = [i for i, url in enumerate(order) if "/page-" in url and "/search" not in url]
    assert scripts and min(scripts) < first_math
    assert watched.outside() == []


def test_without_formulas_no_mathjax(watched: Watched) -> None:
    for path in sorted(set(PATHS) - FORMULAS):
        watched.open(path).wait_for_timeout(300)
    assert not [url for url in watched.requests if "mathjax" in url]


def test_opened_by_double_click_it_can_be_read_and_says_what_to_run(
    browser: Browser, site: Path
) -> None:
    page = browser.new_page()
    page.goto((site / CHAPTER).as_uri())
    assert page.is_visible(".file-notice")
    assert "python serve.py" in page.inner_text(".file-notice")
    assert page.locator("main h1").is_visible()
    page.click("#contents > summary")
    assert page.is_visible("nav.contents-sheet")
    page.close()


def test_served_by_a_plain_server_it_shows_no_notice(browser: Browser, site: Path) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page: Page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"http://127.0.0.1:{server.server_address[1]}/{CHAPTER}")
    page.wait_for_timeout(300)
    assert not page.is_visible(".file-notice")
    assert page.is_visible("#theme-switch")
    assert errors == []
    page.close()
    server.shutdown()
    server.server_close()


def test_on_paper_only_the_text_is_left(watched: Watched) -> None:
    page = watched.open(CHAPTER)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.is_visible("header.bar")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    exercises = page.locator(".exercise")
    assert page.locator(".paper-solution").count() == exercises.count() > 0
    assert page.is_visible(".paper-solution")
    assert not page.is_visible(".exercise-solution")
    assert not page.is_visible(".exercise-check")
    outward = page.evaluate(
        """() => new Set([...document.querySelectorAll('main a[href]')].filter((link) =>
          link.href.split('#')[0] !== location.href.split('#')[0]
          && !link.closest('.explorable, .take-home, .resume, .exercise-solution'))
          .map((link) => link.href)).size"""
    )
    assert page.locator("main > .paper-only ol li").count() == outward
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.locator(".paper-only").count() == 0


def test_printing_a_chapter_draws_every_picture_first(watched: Watched) -> None:
    page = watched.open(CHAPTER)
    page.evaluate(
        """() => { window.print = () => {
          window.printed = [...document.querySelectorAll('main .explorable')]
            .map((one) => one.dataset.drawn === 'true');
        }; }"""
    )
    page.get_by_role("button", name="打印这一章").click()
    page.wait_for_function("() => window.printed", timeout=30_000)
    drawn = page.evaluate("() => window.printed")
    assert drawn and all(drawn)
    assert watched.errors == []

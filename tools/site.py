"""读构建好的网站：页面、链接、锚点、界面上漏下的英文、一打开要取多少字节。

只用标准库；静态测试和浏览器测试用的是同一套。
"""

from __future__ import annotations

import gzip
import json
import posixpath
import re
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"

HAN = re.compile(r"[\u3400-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{2,}")
# 界面上可以出现的拉丁词：许可的名字和软件的名字。
ALLOWED = {"CC", "BY", "BSD", "Clause", "Python", "JavaScript", "Jupyter", "serve", "py"}
VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
}  # fmt: skip
# 读者看不见，或者本来就是代码和公式的地方。
UNSEEN = {"script", "style", "code", "pre", "kbd", "samp", "svg", "head", "template"}
# 界面：这些元素里的字是我们的话，不是正文。
INTERFACE = {"header", "footer", "nav", "button", "summary", "label", "legend", "dialog", "output"}
SPOKEN = ("title", "aria-label", "alt", "placeholder", "aria-valuetext", "aria-description")


@dataclass
class Page:
    """一页里测试要看的东西；``path`` 相对网站的根。"""

    path: str
    text: str
    language: str = ""
    title: str = ""
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)  # <a href>
    loads: list[tuple[str, str]] = field(default_factory=list)  # (标签, 地址)：浏览器自己会去取的
    spoken: list[tuple[str, str]] = field(default_factory=list)  # (属性, 值)：提示和读屏的话
    interface: list[str] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    data: dict[str, str] = field(default_factory=dict)  # 有 id 的 JSON
    styles: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """把一页的 HTML 读成 ``Page``。"""

    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.open: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        page = self.page
        if tag == "html":
            page.language = values.get("lang", "")
        if "id" in values:
            page.ids.append(values["id"])
        if tag == "a" and "href" in values:
            page.links.append(values["href"])
        elif tag == "link":
            if values.get("rel") in {"prev", "next", "canonical"}:
                page.links.append(values.get("href", ""))
            else:
                page.loads.append((tag, values.get("href", "")))
        for name in ("src", "srcset", "data", "poster", "action", "xlink:href"):
            if values.get(name):
                page.loads.append((tag, values[name]))
        if "style" in values:
            page.styles.append(values["style"])
        page.spoken += [(name, values[name]) for name in SPOKEN if values.get(name, "").strip()]
        if re.fullmatch("h[1-6]", tag):
            page.headings.append(tag)
        if tag not in VOID:
            self.open.append((tag, values))

    def handle_endtag(self, tag: str) -> None:
        names = [name for name, _ in self.open]
        if tag in names:
            del self.open[len(names) - 1 - names[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        tags = {tag for tag, _ in self.open}
        page = self.page
        if "title" in tags and "svg" not in tags:
            page.title += data
        if self.open and self.open[-1][0] == "script" and "id" in self.open[-1][1]:
            page.data[self.open[-1][1]["id"]] = data
        if self.open and self.open[-1][0] == "style":
            page.styles.append(data)
        formula = any("math" in values.get("class", "").split() for _, values in self.open)
        if tags & UNSEEN or formula or not data.strip():
            return
        # 目录、页脚里的章名是正文的一部分，可以有 GRU、Python 这样的词。
        named = any(tag == "a" for tag, _ in self.open)
        (page.interface if tags & INTERFACE and not named else page.prose).append(data.strip())


def read_page(text: str, path: str = "") -> Page:
    page = Page(path, text)
    Reader(page).feed(text)
    return page


@cache
def pages(site: Path = SITE) -> dict[str, Page]:
    """路径 → 页面，按路径排好。"""
    return {
        path.relative_to(site).as_posix(): read_page(
            path.read_text("utf8"), path.relative_to(site).as_posix()
        )
        for path in sorted(site.rglob("*.html"))
    }


def is_external(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme not in {"", "data", "blob"} or bool(parts.netloc)


def resolve(page: Page, address: str) -> tuple[str, str]:
    """页面里的相对地址 → (网站里的路径, 锚点)。"""
    parts = urlsplit(address)
    if not parts.path:
        return page.path, unquote(parts.fragment)
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(page.path), unquote(parts.path)))
    return ("index.html" if joined == "." else joined), unquote(parts.fragment)


def broken_links(page: Page, site: Path = SITE) -> list[str]:
    """指向不存在的文件或锚点的站内链接，和取不到的资源。"""
    wrong = []
    for address in [*page.links, *(address for _, address in page.loads)]:
        if is_external(address) or address.startswith("data:"):
            continue
        path, anchor = resolve(page, address)
        if path.startswith("..") or address.startswith("/"):
            wrong.append(f"{address}（走出了网站）")
        elif not (site / path).is_file():
            wrong.append(f"{address}（没有 {path}）")
        elif anchor and path.endswith(".html") and anchor not in pages(site)[path].ids:
            wrong.append(f"{address}（{path} 里没有 #{anchor}）")
    return wrong


def english_in(text: str) -> list[str]:
    """一句界面的话里不该有的拉丁词。"""
    return [word for word in ENGLISH.findall(text) if word not in ALLOWED]


# Sphinx、myst-nb 和主题们爱写的英文；整段文字就是它，便是漏下的。
STOCK = re.compile(
    r"(?i)(next|previous|prev|search|contents|table of contents|note|warning|tip|hint|important|"
    r"see also|caution|danger|attention|copy|copied!?|show|hide|toggle|skip to.*|permalink.*|"
    r"download.*|back to top|loading.*|index|home|close|open|menu|light|dark|auto|run|reset|step|"
    r"click to.*|link to this.*|show code cell.*|hide code cell.*|source|last updated.*|"
    r"created using.*|built with.*|by .*|copyright.*|©.*)"
)


def english_leftovers(page: Page) -> list[str]:
    """读者会看到、听到的英文界面文字。"""
    found = [
        f"{name}={value!r}"
        for name, value in page.spoken
        if not HAN.search(value) and english_in(value)
    ]
    found += [text for text in page.interface if english_in(text) and not HAN.search(text)]
    found += [text for text in page.prose if STOCK.fullmatch(text)]
    return found


def compressed(data: bytes) -> int:
    """压缩传输时的字节数。"""
    return len(gzip.compress(data, 9, mtime=0))


EMBEDDED = re.compile(r'<script type="application/json" class="ex-[^>]*>.*?</script>', re.DOTALL)


def first_load(page: Page, site: Path = SITE) -> dict[str, int]:
    """一打开（碰它、滚它之前）要取的东西各多少字节，公式的排版除外。"""
    sizes = {page.path: compressed(page.text.encode())}
    for _, address in page.loads:
        if not address.startswith("data:") and not is_external(address):
            path, _ = resolve(page, address)
            sizes[path] = compressed((site / path).read_bytes())
    return sizes


def own_share(page: Page, site: Path = SITE) -> int:
    """其中页面自己的：HTML（不算嵌着的画面）和样式。"""
    text = EMBEDDED.sub("", page.text)
    sheets = sum(size for path, size in first_load(page, site).items() if path.endswith(".css"))
    return compressed(text.encode()) + sheets


def site_data(page: Page) -> dict[str, str]:
    data: dict[str, str] = json.loads(page.data["page-site"])
    return data

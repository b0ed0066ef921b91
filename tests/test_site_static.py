"""构建好的网站，不开浏览器就能查的都在这里：每一页每次都查。"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from book._ext import assets
from book._ext.search import plain_formula, plain_html
from tools import site as built

ROOT = Path(__file__).resolve().parents[1]
SITE = built.SITE
SHARE = 40_000  # 页面自己的 HTML 和样式，gzip
FIRST_LOAD = 150_000  # 碰它之前取的一切，公式的排版除外，gzip

BUILT = (SITE / "index.html").is_file()
PAGES = list(built.pages().values()) if BUILT else []
INDEX = json.loads((SITE / "search.json").read_text("utf8")) if BUILT else {}
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)


def test_the_site_is_built() -> None:
    assert BUILT, "先构建网站：python tasks.py build"


@every_page
def test_a_page_loads_nothing_from_another_origin(page: built.Page) -> None:
    assert [address for _, address in page.loads if built.is_external(address)] == []
    for style in page.styles:
        assert not re.search(r"url\(\s*['\"]?(?!data:)", style)


@every_page
def test_links_and_anchors_lead_somewhere(page: built.Page) -> None:
    assert built.broken_links(page) == []


@every_page
def test_a_page_says_that_it_is_chinese_and_has_one_title(page: built.Page) -> None:
    assert page.language == "zh-CN"
    assert "智能的形状" in page.title
    assert page.headings.count("h1") == 1
    levels = [int(tag[1]) for tag in page.headings]
    assert all(below <= above + 1 for above, below in zip(levels, levels[1:], strict=False))


@every_page
def test_emphasis_dots_stand_under_chinese_alone(page: built.Page) -> None:
    html = (SITE / page.path).read_text("utf8")
    dotted = re.findall(r"<em>(.*?)</em>", html, re.DOTALL)
    assert [text for text in dotted if not re.search("[\u3400-\u9fff]", text)] == []


@every_page
def test_ids_are_unique_on_a_page(page: built.Page) -> None:
    assert sorted(set(page.ids)) == sorted(page.ids)


@every_page
def test_no_english_is_left_in_the_interface(page: built.Page) -> None:
    assert built.english_leftovers(page) == []


def test_the_search_for_english_finds_what_stock_themes_leave() -> None:
    page = built.read_page(
        '<header><button title="Search">搜索</button><button>Color mode</button></header>'
        '<p>Next</p><a href="x">GRU</a><p>用 Python 写</p><input placeholder="词、符号">'
    )
    assert built.english_leftovers(page) == ["title='Search'", "Color mode", "Next"]


@every_page
def test_a_page_keeps_to_its_budget(page: built.Page) -> None:
    sizes = built.first_load(page)
    assert built.own_share(page) <= SHARE
    assert sum(sizes.values()) <= FIRST_LOAD, sizes


@every_page
def test_one_style_sheet_the_first_pictures_inside_one_module_no_stock_theme(
    page: built.Page,
) -> None:
    loads = [address for _, address in page.loads]
    assert [a.rpartition("/")[2] for a in loads if a.endswith(".css")] == ["book.css"]
    first = re.search(r'class="ex-data">.*?"kind": ?"(\w+)"', page.text)
    inside = re.findall(r'<style data-kind="(\w+)">[^<]+</style>', page.text)
    assert inside == ([first[1]] if first else [])
    # 全书的在后：里面投影和印刷的几条要盖过各种图的。
    assert page.text.find("<style") < page.text.find("book.css")
    assert page.text.count('<script type="module"') == 1
    for stock in ("bootstrap", "jquery", "fontawesome", "searchindex", "doctools", "_static/"):
        assert stock not in page.text.lower()


@every_page
def test_a_page_opened_by_double_click_says_what_to_run(page: built.Page) -> None:
    assert "python serve.py" in page.text
    assert "location.protocol" in page.text


@every_page
def test_what_the_scripts_will_fetch_is_there(page: built.Page) -> None:
    data = built.site_data(page)
    folder = built.resolve(page, data["search"])[0]
    assert (SITE / folder).is_file()
    if "mathjax" in data:
        assert (SITE / built.resolve(page, data["mathjax"])[0] / "startup.js").is_file()
    assert ("mathjax" in data) == ('class="math' in page.text)


@every_page
def test_no_line_begins_with_the_stop_after_a_formula(page: built.Page) -> None:
    formula = r'<span class="math">[^<]*</span>[。，、；：！？）」』]'
    loose = re.findall(rf'(?<!class="glued">)(?<![（「『]){formula}', page.text)
    assert loose == []


def test_stock_files_are_not_published() -> None:
    names = {path.name for path in SITE.iterdir()}
    assert not names & {"_static", "searchindex.js", "genindex.html", "objects.inv", "_sources"}
    assert {"LICENSE.txt", "NOTICE.txt", "404.html", "search.html", "search.json"} <= names


def test_hashed_folders_are_named_after_their_contents() -> None:
    folders = [
        path for path in (SITE / "_assets").iterdir() if path.name.startswith(("style-", "page-"))
    ]
    assert {path.name.partition("-")[0] for path in folders} == {"style", "page"}
    for folder in folders:
        assert folder.name.partition("-")[2] == assets.digest_of(assets.files_of(folder))


def toc_docnames() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    chapters = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return [toc["root"], *chapters]


def test_every_page_of_the_contents_is_built_and_reachable_from_the_cover() -> None:
    cover = built.pages()["index.html"]
    linked = {built.resolve(cover, link)[0] for link in cover.links}
    for docname in toc_docnames()[1:]:
        assert docname.removeprefix("book/") + ".html" in linked


def test_a_chapter_can_be_taken_home_as_the_very_notebook() -> None:
    for source in (ROOT / "nbs").rglob("*.ipynb"):
        path = source.relative_to(ROOT)
        if path.with_suffix("").as_posix() not in toc_docnames():
            continue
        assert (SITE / path).read_bytes() == source.read_bytes()
        page = built.pages()[path.with_suffix(".html").as_posix()]
        assert source.name in page.links


# ── 搜索的索引 ───────────────────────────────────────────────────────────────


def test_the_index_covers_every_page_and_points_at_real_anchors() -> None:
    assert {page for page, _ in INDEX["pages"]} == {
        docname.removeprefix("book/") + ".html" for docname in toc_docnames()
    }
    for number, anchor, *_ in INDEX["sections"]:
        page = built.pages()[INDEX["pages"][number][0]]
        assert not anchor or anchor in page.ids


def test_the_index_is_words_not_markup() -> None:
    for _, _, heading, text, code in INDEX["sections"]:
        assert not re.search(r"</?(div|p|span|script|svg|li)\b|\\[a-z]+\{", heading + text)
        assert "<div" not in code


def test_the_index_stays_small() -> None:
    size = built.compressed((SITE / "search.json").read_bytes())
    assert size <= 12_000 * len(INDEX["pages"])


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"\sigma", "σ"),
        (r"-\partial L/\partial w", "-∂L/∂w"),
        (r"\sigma(z)=\frac{1}{1+e^{-z}}", "σ(z)=(1)/(1+e-z)"),
        (r"H=-\sum_i p_i\log p_i", "H=-∑i pi log pi"),
        (r"\text{交叉熵}", "交叉熵"),
    ],
)
def test_formulas_are_indexed_as_readable_text(tex: str, plain: str) -> None:
    assert plain_formula(tex) == plain


def test_html_outputs_are_indexed_without_tags_and_scripts() -> None:
    raw = '<div><p>选一个：</p><label>会</label><script>{"a":1}</script> \\(\\sigma\\)</div>'
    assert "".join(plain_html(raw).split()) == "选一个：会σ"


# ── 带散列的名字 ─────────────────────────────────────────────────────────────


def test_a_digest_depends_on_names_and_contents_but_not_on_order() -> None:
    one = assets.digest_of({"a.js": b"1", "b.js": b"2"})
    assert one == assets.digest_of({"b.js": b"2", "a.js": b"1"})
    assert one != assets.digest_of({"a.js": b"1", "b.js": b"3"})
    assert one != assets.digest_of({"a.js": b"1", "c.js": b"2"})
    assert len(one) == assets.HASH_LENGTH


def test_styles_of_pictures_do_not_touch_the_code() -> None:
    """pygments 的类名只有一两个字母；图的样式单独用了同一个名字，全书的代码都会变样。"""
    from pygments.token import STANDARD_TYPES

    short = {name for name in STANDARD_TYPES.values() if name}
    for path in sorted((ROOT / "front/src/style").glob("*.css")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf8"), flags=re.DOTALL)
        for selector in re.findall(r"[^{}]+(?=\{)", text):
            for one in selector.split(","):
                bare = re.match(r"^\.([\w-]+)", one.strip())
                assert not bare or bare[1] not in short, f"{path.name}：{one.strip()}"

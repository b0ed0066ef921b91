"""一页只带页上各种图自己的样式：管得到一种图的规则，都要在它取得到的表里。"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "front/src"
BUILT = ROOT / "mlcore/widgets/static"
KINDS = sorted(path.stem for path in (SOURCE / "scenes").glob("*.js"))
SHEETS = sorted((SOURCE / "style").glob("*.css"))

IMPORT = re.compile(r"""^(?:import|export)\b[^;'"]*['"](\.[^'"]+)['"]""", re.MULTILINE)
STRING = re.compile(r"'([^'\n]*)'|`([^`]*)`")
NOT_CLASSES = {"codec.js": {"shape"}, "palette.js": {"square"}, "marks.js": {"square"}}
"""和某个类同名、在这个模块里却是别的东西的词：数组的形状，点的样子。"""


def names_in(selector: str) -> frozenset[str]:
    """选择器里写到的类。"""
    return frozenset(re.findall(r"\.(-?[A-Za-z_][\w-]*)", selector))


def split(selectors: str) -> list[str]:
    """拆开逗号，括号里的不拆。"""
    return [one.strip() for one in re.split(r",(?![^()]*\))", selectors)]


def selectors(css: str) -> list[str]:
    """样式表里的各个选择器。"""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    found = re.findall(r"[^{};]+(?=\{)", css)
    return [one for part in found if "@" not in part for one in split(part) if names_in(one)]


def classes(css: str) -> frozenset[str]:
    return frozenset().union(*map(names_in, selectors(css)))


def may_match(selector: str, known: frozenset[str]) -> bool:
    """只有这些类的图里，会不会有它选得中的东西；标签、属性和 ``:not(…)`` 不论。"""
    selector = re.sub(r":not\([^()]*\)", "", selector)
    groups = re.findall(r":(?:is|has|where)\(([^()]*)\)", selector)
    plain = re.sub(r":[\w-]+\([^()]*\)", "", selector)
    return names_in(plain) <= known and all(
        any(names_in(part) <= known for part in split(group)) for group in groups
    )


@cache
def styled(sheet: Path) -> frozenset[str]:
    return classes(sheet.read_text("utf-8"))


@cache
def reached(start: Path) -> frozenset[Path]:
    """一个模块和它静态地用到的全部模块、样式表。"""
    seen: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            text = path.read_text("utf-8") if path.suffix == ".js" else ""
            found = [(path.parent / name).resolve() for name in IMPORT.findall(text)]
            waiting += [one for one in found if one.suffix in {".js", ".css"}]
    return frozenset(seen)


def scene(kind: str) -> Path:
    return (SOURCE / "scenes" / f"{kind}.js").resolve()


OWN = {kind: {path for path in reached(scene(kind)) if path.suffix == ".css"} for kind in KINDS}
COMMON = {path.resolve() for path in SHEETS} - set().union(*OWN.values())
STYLED = frozenset().union(*(styled(sheet) for sheet in SHEETS))
SHARED = frozenset().union(*(styled(sheet) for sheet in COMMON))


def used(module: str, among: frozenset[str]) -> set[str]:
    """一个模块的字符串里出现的类；拼出来的（``rc-${i}``）算上拼得出的全部。"""
    text = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", module, flags=re.DOTALL)
    found: set[str] = set()
    for plain, template in STRING.findall(IMPORT.sub("", text)):
        for word in (plain or re.sub(r"\$\{[^{}]*\}", "\0", template)).split():
            fixed = word.split("\0")
            if len(fixed) == 1:
                found |= {word} & among
            elif "".join(fixed).strip("-"):
                pattern = re.compile(".+".join(map(re.escape, fixed)))
                found |= {one for one in among if pattern.fullmatch(one)}
    return found


def used_in(paths: Iterable[Path]) -> frozenset[str]:
    return frozenset().union(*(
        used(path.read_text("utf-8"), STYLED) - NOT_CLASSES.get(path.name, set())
        for path in paths if path.suffix == ".js"
    ))


def out_of_reach(known: frozenset[str], available: set[Path]) -> list[str]:
    """管得到它、它却取不到的规则。"""
    return [
        f"{sheet.name}：{selector}"
        for sheet in SHEETS if sheet.resolve() not in available
        for selector in selectors(sheet.read_text("utf-8"))
        if may_match(selector, known | SHARED)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_picture_gets_every_rule_that_applies_to_it(kind: str) -> None:
    known = used_in(reached(scene(kind)))
    assert out_of_reach(known, OWN[kind] | COMMON) == [], "要么引入这张表，要么换一个类名"


def test_what_stands_around_the_pictures_needs_no_sheet_of_a_kind() -> None:
    inside = {SOURCE.resolve() / "scenes", SOURCE.resolve() / "lib"}
    around = [path for path in SOURCE.resolve().rglob("*.js") if not inside & set(path.parents)]
    assert out_of_reach(used_in(around), COMMON) == []


@pytest.mark.parametrize(
    ("selector", "can"),
    [
        (".a.b > .a::before", True),
        (".a .other", False),
        (".a:not(.other) p", True),
        (".a:is(.other, .b)", True),
        (".a:is(.other, .c)", False),
        (".a:has(> .other)", False),
        ("p .a[hidden]", True),
    ],
)
def test_a_rule_applies_where_all_its_classes_are(selector: str, can: bool) -> None:
    assert may_match(selector, frozenset("ab")) is can


def test_the_search_for_classes_finds_plain_joined_and_switched_ones() -> None:
    module = """// 'not-this'
import { x } from './lib/not-this.js';
put('path', { class: 'one two' }); node.classList.toggle('three', on);
el(`four-${i} ${on ? 'five' : ''}`); el(`is-${state}`); el('six seven-no');
"""
    every = frozenset(["one", "two", "three", "four-0", "four-1", "six", "is-on", "not-this"])
    assert used(module, every) == every - {"not-this"}
    assert classes("/* .no */ .a:is(.b, p) > .c-d::before { top: 1.5em } @media x { .e{} }") == {
        "a", "b", "c-d", "e",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_built_sheet_of_a_kind_holds_what_it_imports(kind: str) -> None:
    built = classes((BUILT / "page/scenes" / f"{kind}.css").read_text("utf-8"))
    assert built == frozenset().union(*(styled(sheet) for sheet in OWN[kind]))


def test_the_rest_is_common_and_jupyter_gets_all() -> None:
    common = classes((BUILT / "page/common.css").read_text("utf-8"))
    assert common == SHARED
    assert {sheet.stem for sheet in COMMON} >= {"palette", "shell", "picture", "fields"}
    assert classes((BUILT / "explorable.css").read_text("utf-8")) == STYLED


@pytest.mark.parametrize("sheet", ["page/common.css", "explorable.css"])
def test_who_follows_a_dark_system_sees_the_very_dark_that_can_be_chosen(sheet: str) -> None:
    css = (BUILT / sheet).read_text("utf-8")
    system = re.escape("@media(prefers-color-scheme:dark){:root:not([data-theme=light]){")
    [followed] = re.findall(system + r"(--[^}]*)\}\}", css)
    [chosen] = re.findall(r":root\[data-theme=dark\],[^{]*\{(--[^}]*)\}", css)
    assert followed == chosen
    source = (SOURCE / "style/palette.css").read_text("utf-8")
    assert source.count("--paper:") == 2  # 浅的一份，深的一份

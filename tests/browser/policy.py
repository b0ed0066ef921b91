"""这一次在浏览器里真的用哪些图、哪些页：改过的，和轮到的六分之一；封面每次都用。

静态检查不归这里管，每一页每次都查。真的用一遍（拖、算、和 CPython 比）很费时间，书长到
九十章就不能每次都来，所以：

- 一章自己的文件（笔记本、练习）改了，选这一页和它的全部图；
- 一幅图用到的文件改了（它的 Python 模块、它的场景模块，连同它们引入的），选这幅图；
- 用到这个文件的页多于 ``FEW`` 页，它就是共用的代码：每种画法（scene kind）只选一幅；
- 各章排成一列，每次轮到六分之一。轮到第几组由 ``turn`` 定，平常是提交的个数，所以同一个
  提交总选出同样的一份；它和比较的起点都在开头打印出来，照抄就能再来一遍。

说不清改了什么的时候（不是 git 仓库、历史不够长），就当作全都改了。
"""

from __future__ import annotations

import ast
import datetime
import json
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Protocol

ROOT = Path(__file__).resolve().parents[2]
COVER = "index.html"
SHARES = 6
FEW = 4
# 一次最多真的用几幅图、几页（连封面）：一下子改了半本书，也不让一次跑上一个钟头；轮着来，
# 全部要 --all。
MOST_PLACES = 3
MOST_PAGES = 3
# 不在引入关系里、但每一页都靠它们的文件（以这些开头的）。
UNDER_EVERY_PAGE = (
    "_config.yml",
    "book/_ext/",
    "book/serve.py",
    "book/style/",
    "book/theme/",
    "constraints.txt",
    "front/build.mjs",
    "front/package-lock.json",
    "requirements",
    "tests/browser/",
    "tools/pyodide",
)
PAGE_ROOTS = (
    "front/src/page.js",
    "front/src/worker.js",
    "mlcore/explorables/host.py",
    "mlcore/cells/kernel.py",
)
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]+)['"]""")


class Picture(Protocol):
    """一页上的一幅图；``tests.browser.explorables.Place`` 就是。"""

    @property
    def page(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True)
class Plan:
    """选中的图（编号）和页，和要打印的话。"""

    places: frozenset[str]
    pages: frozenset[str]
    said: str = ""

    def dumps(self) -> str:
        return json.dumps([sorted(self.places), sorted(self.pages), self.said])

    @classmethod
    def loads(cls, text: str) -> Plan:
        places, pages, said = json.loads(text)
        return cls(frozenset(places), frozenset(pages), said)


# ── 改了哪些文件 ──────────────────────────────────────────────────────────────


def git(root: Path, *words: str) -> str | None:
    """git 的回答；不是仓库、没有这个提交、没有 git，都是 ``None``。"""
    try:
        done = subprocess.run(
            ["git", "-c", "core.quotepath=off", *words],
            cwd=root, capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def base_of(root: Path) -> str | None:
    """和哪个提交比。

    在自己的分支上：和主干分手的地方。已经在主干上（比如刚克隆下来的 CI）：HEAD 之前整整一天，
    一次合进来的往往不止一个提交。历史里没有那么早的提交，就说不清。
    """
    head = git(root, "rev-parse", "HEAD")
    for trunk in ("origin/HEAD", "origin/main", "origin/master"):
        fork = git(root, "merge-base", "HEAD", trunk)
        if fork and fork != head:
            return fork
    when = git(root, "show", "-s", "--format=%ct", "HEAD")
    if not when:
        return None
    before = int(when) - 24 * 3600
    return git(root, "rev-list", "-1", f"--before={before}", "HEAD") or None


def changed_since(root: Path, base: str | None) -> frozenset[str] | None:
    """和 ``base`` 比改过的文件，没提交的也算；说不清是 ``None``。"""
    listed = git(root, "diff", "--name-only", "--no-renames", base) if base else None
    if listed is None:
        return None
    new = git(root, "ls-files", "--others", "--exclude-standard") or ""
    return frozenset([*listed.splitlines(), *new.splitlines()])


def turn_of(root: Path) -> int:
    """轮到第几次：提交的个数；没有 git 时用日期。"""
    count = git(root, "rev-list", "--count", "HEAD")
    return int(count) if count else datetime.date.today().toordinal()


# ── 一幅图、一页用到哪些文件 ──────────────────────────────────────────────────


def python_imports(root: Path, name: str) -> set[str]:
    """一个 Python 文件引入的 mlcore 里的文件。"""
    found: set[str] = set()
    for node in ast.walk(ast.parse((root / name).read_text("utf-8"))):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            home = list(PurePosixPath(name).parent.parts)
            up = home[: len(home) - node.level + 1] if node.level else []
            module = ".".join([*up, *filter(None, [node.module])])
            modules = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        for module in modules:
            parts = module.split(".")
            if parts[0] == "mlcore":
                # 引入 a.b.c 也就运行了 a 和 a.b 的 __init__。
                for length in range(1, len(parts) + 1):
                    path = "/".join(parts[:length])
                    found |= {f"{path}.py", f"{path}/__init__.py"}
    return {one for one in found if (root / one).is_file()}


def script_imports(root: Path, name: str) -> set[str]:
    """一个前端模块引入的前端模块。"""
    here = (root / name).parent
    paths = [here / found for found in IMPORT.findall((root / name).read_text("utf-8"))]
    inside = [path.resolve() for path in paths if path.is_file()]
    return {path.relative_to(root.resolve()).as_posix() for path in inside}


@cache
def reached(root: Path, start: str) -> frozenset[str]:
    """从一个文件出发，沿着引入关系走得到的文件，连同自己。"""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in seen or not (root / name).is_file():
            continue
        seen.add(name)
        waiting += (python_imports if name.endswith(".py") else script_imports)(root, name)
    return frozenset(seen)


def kinds(root: Path) -> set[str]:
    return {path.stem for path in (root / "front/src/scenes").glob("*.js")}


def place_uses(root: Path, place: Picture, name: str) -> bool:
    """改了 ``name``，这幅图会不会不一样。"""
    file = PurePosixPath(name)
    if name.startswith(UNDER_EVERY_PAGE):
        return True
    if file.suffix == ".css" and name.startswith("front/src/style/"):
        # 有图引入的，是那几种图的；没有一种引入的，是大家的。
        own = {kind: reached(root, f"front/src/scenes/{kind}.js") for kind in kinds(root)}
        return name in own.get(place.kind, ()) or not any(name in one for one in own.values())
    module = place.path.partition(":")[0].replace(".", "/") + ".py"
    starts = (module, f"front/src/scenes/{place.kind}.js", *PAGE_ROOTS)
    files = frozenset().union(*(reached(root, start) for start in starts))
    if name.startswith("mlcore/") and file.suffix != ".py":
        # 数据文件没有人引入它，和它同一个文件夹的模块读它；构建好的前端由源文件来算。
        beside = {PurePosixPath(one).parent for one in files if one.endswith(".py")}
        return file.parent in beside and not name.startswith("mlcore/widgets/")
    return name in files


def page_uses(root: Path, page: str, name: str, exercises: Iterable[str]) -> bool:
    """改了 ``name``，这一页自己（正文、练习）会不会不一样。"""
    file = PurePosixPath(name)
    if name.startswith(UNDER_EVERY_PAGE):
        return True
    if file.parent.as_posix() == "mlcore/exercises":
        # 旁边有同名的题，就是那一章的；没有，就是判断和排版，有练习的页都用。
        own = {one.partition(".")[0] for one in exercises}
        of_one = (root / file.with_suffix(".toml")).is_file()
        return file.stem in own if of_one else bool(own) and file.suffix == ".py"
    source = PurePosixPath(page).with_suffix("").as_posix()
    return file.with_suffix("").as_posix() in {source, f"book/{source}"}


# ── 选 ────────────────────────────────────────────────────────────────────────


def choose(
    places: Sequence[Picture],
    changed: frozenset[str] | None,
    turn: int,
    exercises: Mapping[str, Iterable[str]] | None = None,
    root: Path = ROOT,
) -> Plan:
    """这一次真的用哪些图和页。

    ``places`` 是全书的图，``exercises`` 是页 → 页上练习的编号；``changed`` 是改过的文件，
    ``None`` 是说不清。
    """
    asked = exercises or {}
    every = sorted({place.page for place in places} | set(asked))
    if changed is None:
        everything = frozenset(place.id for place in places)
        said = f"历史里没有可以比的提交，当作全都改了：{len(everything)} 幅图"
        return Plan(everything, frozenset(every), said)
    ids: set[str] = set()
    pages: set[str] = set()
    shared: list[tuple[list[Picture], list[str]]] = []
    for name in sorted(changed):
        own = [page for page in every if page_uses(root, page, name, asked.get(page, ()))]
        users = [place for place in places if place_uses(root, place, name)]
        if len({place.page for place in users} | set(own)) > FEW:
            shared.append((users, own))
            continue
        pages |= set(own)
        ids |= {place.id for place in users} | {p.id for p in places if p.page in own}
    touched = {place.page for place in places if place.id in ids} | pages
    chapters = [page for page in every if page != COVER]
    due = {page for k, page in enumerate(chapters) if k % SHARES == turn % SHARES}
    whole = due | {COVER}
    ids |= {place.id for place in places if place.page in whole}
    for users, own in shared:
        one_of_each(users, ids, turn)
        if own and not pages & set(own):
            pages.add(own[turn % len(own)])
    pages |= whole | {place.page for place in places if place.id in ids}
    said = (
        f"封面、改过的 {len(touched - {COVER})} 页、轮到的 {len(due)} 页"
        + ("、每种画法至少一幅（共用的代码改了）" if shared else "")
        + f"，一共 {len(ids)}/{len(places)} 幅图"
    )
    return Plan(frozenset(ids), frozenset(pages), said)


def limited(chosen: Plan, places: Sequence[Picture], turn: int) -> Plan:
    """选得太多时，封面之外轮着取几幅、几页；取到哪里由 ``turn`` 定。"""
    covers = {place.id for place in places if place.page == COVER}
    ids = around(sorted(chosen.places - covers), MOST_PLACES - len(covers), turn)
    pages = around(sorted(chosen.pages - {COVER}), MOST_PAGES - 1, turn)
    kept = Plan(chosen.places & (ids | covers), chosen.pages & (pages | {COVER}), chosen.said)
    if kept == chosen:
        return chosen
    said = f"{chosen.said}；太多，这次轮到其中 {len(kept.places)} 幅、{len(kept.pages)} 页"
    return Plan(kept.places, kept.pages, said)


def around(items: Sequence[str], count: int, turn: int) -> set[str]:
    """从第 ``turn`` 组起，绕着圈取 ``count`` 个。"""
    if len(items) <= count:
        return set(items)
    start = turn * count
    return {items[(start + k) % len(items)] for k in range(count)}


def one_of_each(users: Sequence[Picture], ids: set[str], turn: int) -> None:
    """让 ``users`` 里的每种画法至少有一幅在 ``ids`` 里。"""
    for kind in sorted({place.kind for place in users}):
        same = [place.id for place in users if place.kind == kind]
        if not ids & set(same):
            ids.add(same[turn % len(same)])


def plan(
    places: Sequence[Picture],
    exercises: Mapping[str, Iterable[str]],
    base: str | None = None,
    turn: int | None = None,
    root: Path = ROOT,
) -> Plan:
    """按这个文件夹里的 git 历史定下这一次的；``base`` 和 ``turn`` 写明了就用写明的。"""
    start = git(root, "rev-parse", "--verify", f"{base}^{{commit}}") if base else base_of(root)
    if base and start is None:
        raise ValueError(f"--base 要是这个仓库里的一个提交，得到 {base!r}")
    number = turn_of(root) if turn is None else turn
    changed = changed_since(root, start)
    chosen = limited(choose(places, changed, number, exercises, root), places, number)
    again = f"--turn {number}" + (f" --base {str(start)[:12]}" if changed is not None else "")
    return Plan(chosen.places, chosen.pages, f"{chosen.said}。再来一遍同样的：{again}")

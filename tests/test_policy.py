"""这一次真的用哪些图：在一本假的小书上查规则，在真的仓库里查引入关系。"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser import policy
from tests.browser.policy import Plan, choose

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = [f"nbs/1-origins/{k:02}-chapter{k}.html" for k in range(1, 13)]


@dataclass(frozen=True)
class Picture:
    page: str
    id: str
    path: str
    kind: str


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Picture]]:
    """封面和十二章：单数的章用 waves 画，双数的用 bars 画，另外各有一幅自己的画法。"""
    root = tmp_path_factory.mktemp("book")
    files = {
        "mlcore/__init__.py": "",
        "mlcore/explorables/__init__.py": "from mlcore.explorables.base import Base",
        "mlcore/explorables/base.py": "from ..numbers import one",
        "mlcore/explorables/host.py": "",
        "mlcore/explorables/cover.py": "from mlcore.explorables import Base",
        "mlcore/numbers.py": "one = 1",
        "mlcore/rare.py": "def f():\n    from mlcore import rarer",
        "mlcore/rarer.py": "",
        "mlcore/exercises/verdict.py": "",
        "front/src/page.js": "import { Shell } from './shell.js';\nimport(`./scenes/${kind}.js`);",
        "front/src/shell.js": "",
        "front/src/worker.js": "",
        "front/src/lib/axes.js": "",
        "front/src/scenes/waves.js": "import { axes } from '../lib/axes.js';",
        "front/src/scenes/bars.js": "export {\n  axes,\n} from '../lib/axes.js';",
        "front/src/style/palette.css": "",
    }
    places = [Picture("index.html", "cover", "mlcore.explorables.cover:Cover", "waves")]
    for k, page in enumerate(CHAPTERS, 1):
        module = f"mlcore/explorables/chapter{k}.py"
        files[module] = "from mlcore.explorables import Base\n"
        files[f"front/src/scenes/own{k}.js"] = f"import '../style/own{k}.css';"
        files[f"front/src/style/own{k}.css"] = ""
        files[f"mlcore/exercises/chapter{k}.toml"] = ""
        path = f"mlcore.explorables.chapter{k}"
        places += [
            Picture(page, f"c{k}-common", f"{path}:A", "waves" if k % 2 else "bars"),
            Picture(page, f"c{k}-own", f"{path}:B", f"own{k}"),
        ]
    files["mlcore/explorables/chapter3.py"] += "import mlcore.rare\n"
    files["mlcore/explorables/chapter4.py"] += "from mlcore import rare\n"
    write(root, files)
    return root, places


def chosen(book: tuple[Path, list[Picture]], *changed: str, turn: int = 0) -> Plan:
    root, places = book
    exercises = {page: [f"chapter{k}.first"] for k, page in enumerate(CHAPTERS, 1)}
    return choose(places, frozenset(changed), turn, exercises, root)


def of(chapters: set[int]) -> set[str]:
    """封面和这几章的全部图。"""
    return {"cover"} | {f"c{k}-{which}" for k in chapters for which in ("common", "own")}


def test_when_nothing_changed_the_cover_and_a_sixth_are_used(book):
    plans = [chosen(book, turn=turn) for turn in range(7)]
    assert all("cover" in plan.places and "index.html" in plan.pages for plan in plans)
    assert [len(plan.pages) for plan in plans] == [3] * 7
    assert frozenset().union(*(plan.places for plan in plans[:6])) == {p.id for p in book[1]}
    assert plans[0] == plans[6]


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("nbs/1-origins/02-chapter2.ipynb", of({2})),
        ("mlcore/exercises/chapter2.toml", of({2})),
        ("mlcore/explorables/chapter2.py", of({2})),
        ("front/src/scenes/own2.js", {"c2-own"}),
        ("front/src/style/own2.css", {"c2-own"}),
        ("mlcore/rarer.py", of({3, 4})),
        ("README.md", set()),
        ("tests/test_probability.py", set()),
    ],
)
def test_a_change_selects_what_uses_it(book, name, more):
    assert chosen(book, name).places == of({1, 7}) | more


@pytest.mark.parametrize(
    "name",
    [
        "mlcore/numbers.py",
        "mlcore/explorables/host.py",
        "front/src/shell.js",
        "front/src/style/palette.css",
        "book/_ext/explorable.py",
        "tests/browser/conftest.py",
    ],
)
def test_a_change_in_shared_code_selects_one_of_every_kind(book, name):
    plan = chosen(book, name, turn=5)
    kinds = {place.kind for place in book[1] if place.id in plan.places}
    assert kinds == {place.kind for place in book[1]}
    assert len(plan.places) < len(book[1])


def test_a_drawing_piece_shared_by_many_selects_one_of_each_kind_that_uses_it(book):
    assert chosen(book, "front/src/lib/axes.js", turn=1).places == of({2, 8})  # 两种都已经有了
    assert chosen(book, "front/src/lib/axes.js", turn=0).places > of({1, 7})


def test_a_change_in_the_common_judging_of_exercises_reaches_a_page_with_exercises(book):
    plan = chosen(book, "mlcore/exercises/verdict.py")
    assert plan.pages & set(CHAPTERS)
    assert plan.places == of({1, 7})


def test_when_it_cannot_be_told_everything_is_used(book):
    plan = choose(book[1], None, 0, {"glossary.html": ["words.first"]}, book[0])
    assert plan.places == {place.id for place in book[1]}
    assert plan.pages == {"index.html", "glossary.html", *CHAPTERS}


def test_a_plan_survives_the_way_to_the_workers(book):
    plan = chosen(book, "mlcore/rare.py")
    assert Plan.loads(plan.dumps()) == plan


# ── git ──────────────────────────────────────────────────────────────────────

DAY = 24 * 3600
NOON = 1_700_000_000


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str, when: int = NOON) -> str:
        who = {f"GIT_{a}_{b}": "x" for a in ("AUTHOR", "COMMITTER") for b in ("NAME", "EMAIL")}
        at = {"GIT_AUTHOR_DATE": f"{when} +0000", "GIT_COMMITTER_DATE": f"{when} +0000"}
        done = subprocess.run(
            ["git", *words], cwd=self.root, check=True, capture_output=True, text=True,
            env={**os.environ, "HOME": str(self.root), **who, **at},
        )  # fmt: skip
        return done.stdout.strip()

    def commit(self, name: str, when: int) -> str:
        write(self.root, {name: str(when)})
        self.git("add", name)
        self.git("commit", "-qm", name, when=when)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_on_the_trunk_the_last_day_counts_as_changed(repository):
    old = repository.commit("old.md", NOON - 3 * DAY)
    repository.commit("morning.md", NOON - DAY // 2)
    repository.commit("noon.md", NOON)
    assert policy.base_of(repository.root) == old
    write(repository.root, {"书.md": "还没提交"})
    changed = policy.changed_since(repository.root, old)
    assert changed == {"morning.md", "noon.md", "书.md"}
    assert policy.turn_of(repository.root) == 3


def test_on_a_branch_of_ones_own_all_since_the_fork_counts(repository):
    fork = repository.commit("old.md", NOON - 9 * DAY)
    repository.git("update-ref", "refs/remotes/origin/main", fork)
    repository.commit("mine.md", NOON - 5 * DAY)
    repository.commit("mine-too.md", NOON)
    assert policy.base_of(repository.root) == fork
    assert policy.changed_since(repository.root, fork) == {"mine.md", "mine-too.md"}


def test_a_history_that_does_not_reach_back_tells_nothing(repository, tmp_path, monkeypatch):
    repository.commit("a.md", NOON - DAY // 2)
    repository.commit("b.md", NOON)
    assert policy.base_of(repository.root) is None
    assert policy.changed_since(repository.root, None) is None
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert policy.base_of(nowhere) is None
    assert policy.turn_of(nowhere) > 0


def test_a_base_that_does_not_exist_is_refused(repository):
    repository.commit("a.md", NOON)
    with pytest.raises(ValueError, match="--base"):
        policy.plan([], {}, "no-such-commit", root=repository.root)


def test_what_it_prints_is_enough_to_do_it_again(repository):
    old = repository.commit("old.md", NOON - 3 * DAY)
    repository.commit("new.md", NOON)
    said = policy.plan([], {}, root=repository.root).said
    assert f"--turn 2 --base {old[:12]}" in said


# ── 真的仓库 ──────────────────────────────────────────────────────────────────


def test_the_imports_of_this_repository_are_followed():
    cover = Picture("index.html", "cover", "mlcore.explorables.cover:Cover", "journey")
    for name in (
        "mlcore/explorables/base.py",
        "mlcore/random.py",
        "front/src/shell.js",
        "front/src/lib/drag.js",
        "front/src/style/palette.css",
    ):
        assert (ROOT / name).is_file()
        assert policy.place_uses(ROOT, cover, name), name
    for name in ("mlcore/explorables/versus.py", "front/src/scenes/versus.js", "README.md"):
        assert not policy.place_uses(ROOT, cover, name), name


def test_when_half_the_book_has_changed_a_run_takes_a_share_and_the_turns_take_all():
    pictures = [Picture(f"nbs/{k}.html", f"p{k}", "a:B", "c") for k in range(20)]
    covered = [Picture(policy.COVER, "cover", "a:B", "c"), *pictures]
    seen: set[str] = set()
    for turn in range(20):
        everything = policy.choose(covered, None, turn)
        kept = policy.limited(everything, covered, turn)
        assert "cover" in kept.places
        assert len(kept.places) == policy.MOST_PLACES
        assert policy.COVER in kept.pages
        assert len(kept.pages) == policy.MOST_PAGES
        seen |= kept.places
    assert seen == {"cover", *(one.id for one in pictures)}

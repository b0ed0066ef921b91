"""书里的文字只说一种话：页面、交互图的名字和任务，都不用别的译法，标点和空格也一样。"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

import mlcore.explorables
from mlcore.explorables import Explorable
from tools import glossary, wording
from tools.language import problems

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "book").glob("*.md"))
RIVALS = glossary.rivals()


def explorables() -> list[type[Explorable]]:
    found = set()
    for module in pkgutil.iter_modules(mlcore.explorables.__path__, "mlcore.explorables."):
        for item in vars(importlib.import_module(module.name)).values():
            if isinstance(item, type) and issubclass(item, Explorable) and item.kind:
                found.add(item)
    return sorted(found, key=lambda item: item.__qualname__)


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_a_page_keeps_to_the_language_of_the_book(page: Path) -> None:
    # 致谢里有作品的原名。
    found = problems(page.read_text("utf-8"), RIVALS, english=page.stem != "credits")
    assert [str(problem) for problem in found] == []


@pytest.mark.parametrize("cls", explorables(), ids=lambda cls: cls.__name__)
def test_the_words_of_an_explorable_keep_to_the_language_of_the_book(
    cls: type[Explorable],
) -> None:
    words = [*wording.of_explorable(cls), cls().poster()]
    found = problems("\n\n".join(words), RIVALS)
    assert [problem.text for problem in found] == []


def test_a_page_of_the_book_exists_for_terms_systems_and_errata() -> None:
    assert {"glossary.md", "systems.md", "errata.md"} <= {page.name for page in PAGES}

"""每一章：结构和文字合约定，输出在，重新运行得到同样的输出。"""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.notebook import all_notebooks, nbval, normalised, read
from tools.structure import check_notebook

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = all_notebooks()
IDS = [path.relative_to(ROOT / "nbs").as_posix() for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_the_chapter_keeps_the_rules_of_the_book(path: Path) -> None:
    assert check_notebook(path, read(path)) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_the_committed_outputs_are_normalised(path: Path) -> None:
    notebook = read(path)
    assert notebook == normalised(notebook)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_the_committed_outputs_are_still_true(path: Path) -> None:
    assert nbval([path]) == 0

"""系统总表的每一条都指着真的东西。"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tools.chapters import chapters
from tools.systems import faults, systems

TABLE = systems()


def test_every_entry_points_to_a_chapter_an_explorable_and_a_test_that_reads_it() -> None:
    assert faults(TABLE) == []


def test_every_system_of_a_written_chapter_is_registered() -> None:
    for chapter in chapters().values():
        if chapter.notebook.exists():
            missing = [id for id in chapter.systems if id not in TABLE]
            assert not missing, f"{chapter.address} 还没有登记 {'、'.join(missing)}"


def test_every_system_stands_in_exactly_one_chapter() -> None:
    ids = [id for chapter in chapters().values() for id in chapter.systems]
    assert len(ids) == len(set(ids)) == 329


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chapter": "4-networks/99-nothing"}, "没有 4-networks/99-nothing 这一章"),
        ({"chapter": "3-learning/05-derivatives"}, "不归"),
        ({"explorable": "mlcore.explorables.hand:Nothing"}, "不存在"),
        ({"function": "mlcore.nowhere:f"}, "不存在"),
        ({"test": "tests/test_nowhere.py::test_x"}, "没有测试"),
        ({"test": "tests/test_systems_layers.py::test_nothing"}, "没有测试"),
        ({"test": "tests/test_explorable_hand.py::test_a_shear_is_turn_stretch_turn"}, "没有读"),
    ],
)  # fmt: skip
def test_an_entry_that_points_to_nothing_is_found(change: dict[str, str], message: str) -> None:
    entry = replace(TABLE["D-01"], **change)
    assert message in "\n".join(faults({"D-01": entry}))


def test_an_entry_with_a_missing_part_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "systems.yml"
    file.write_text("D-01:\n  name: 一层\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"D-01 缺少 chapter、shows、test、explorable 或 function"):
        systems(file)

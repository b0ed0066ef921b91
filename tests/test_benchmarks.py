"""测量的表：比值的方向、达标与否、排版，和写出的 JSON。"""

from __future__ import annotations

import json
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

import benchmarks.__main__ as command
from benchmarks import growth
from benchmarks.figure import Curve, draw
from benchmarks.page import one_a_page, percentile
from benchmarks.table import Row, missed, render, width


def test_a_larger_ratio_is_better_for_times_and_for_rates():
    assert Row("时间", 50.0, 100.0, "ms").ratio == 2
    assert Row("帧数", 60.0, 30.0, "帧/秒", larger_is_better=True).ratio == 2
    assert Row("空", 0.0, 1.0, "KB").met


def test_the_rows_that_miss_are_named():
    rows = [Row("好", 1.0, 2.0, "s"), Row("差", 3.0, 2.0, "s")]
    assert missed(rows) == rows[1:]


def test_the_table_is_aligned_for_wide_characters():
    lines = render([Row("import mlcore", 90.0, 130.0, "ms"), Row("第一幅画面", 9.0, 1000.0, "ms")])
    head, _, first, second = lines.splitlines()
    ends = [width(line[: line.index(" ms") + 3]) for line in (first, second)]
    assert ends[0] == ends[1]
    assert width(head[: head.index("允许")]) < width(first)


def test_json_rows_have_the_agreed_fields(tmp_path, monkeypatch, capsys):
    rows = [Row("一", 2.0, 1.0, "ms")]
    monkeypatch.setitem(command.SUITES, "page", lambda quick, only: rows)
    target = tmp_path / "rows.json"
    assert command.main(["page", "--quick", "--json", str(target)]) == 0
    (row,) = json.loads(target.read_text(encoding="utf-8"))
    assert {"work", "ours", "peer", "ratio", "target"} <= row.keys()
    assert row["ratio"] == 0.5
    assert "没有达到：一" in capsys.readouterr().out


def test_only_the_rows_with_the_given_text_are_kept(monkeypatch, capsys):
    rows = [Row("LSTM，b32", 1.0, 2.0, "µs"), Row("LeNet", 3.0, 2.0, "µs")]
    monkeypatch.setitem(command.SUITES, "page", lambda quick, only: rows)
    assert command.main(["page", "--only", "LSTM"]) == 0
    out = capsys.readouterr().out
    assert "LSTM" in out
    assert "LeNet" not in out


def test_it_never_passes_for_lack_of_a_row(monkeypatch, capsys):
    monkeypatch.setitem(command.SUITES, "page", lambda quick, only: [])
    assert command.main(["page", "--only", "没有这一行"]) == 1
    assert "没有这一行" in capsys.readouterr().out


def test_percentile_and_the_first_picture_of_each_page():
    assert percentile([float(k) for k in range(100)], 0.95) == 95
    assert percentile([7.0], 0.95) == 7
    places = [SimpleNamespace(page=page, id=name) for page, name in ["aA", "bB", "aC", "cD", "bE"]]
    assert [place.id for place in one_a_page(places)] == ["A", "B", "D"]


def test_an_unknown_suite_is_refused(capsys):
    with pytest.raises(SystemExit):
        command.main(["nothing"])
    assert "page" in capsys.readouterr().err


def test_the_figure_of_growth_is_well_formed_and_names_its_axes():
    curves = [
        Curve(name, [(1e4, 2e-5, "1"), (3e6, 1e-4, "64"), (2e8, 4e-3, "1024")])
        for name in growth.SWEEPS
    ]
    text = draw(curves, 5e10)
    names = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()}
    assert {"svg", "polyline", "line", "text"} <= names
    for word in ("一步的时间", "浮点运算", "屋顶：每秒 50 G 次", "宽度 1024", "1 ms"):
        assert word in text


def test_operations_are_counted_as_the_backward_does_them():
    # Forward and weight gradient of both layers; only the second hands a gradient on.
    assert growth.operations((3, 5, 2), 7) == 2 * 7 * (2 * (15 + 10) + 10)


def test_without_a_gpu_nothing_passes(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match="GPU"):
        command.main(["gpu"])

"""写一章的工具：模板、运行、整理输出、检查；以及书的文字规则。"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import glossary, notebook, template
from tools.chapters import chapters
from tools.language import problems, prose_length, spaced
from tools.structure import check_notebook

CHAPTER = chapters()["4-networks/03-layers-bend-space"]


def texts(source: str, **options: bool) -> str:
    return "\n".join(problem.text for problem in problems(source, glossary.rivals(), **options))


# ── 文字 ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("用Python写", "空一格"),
        ("第3层", "空一格"),
        ("乘上$W$就行", "空一格"),
        ("函数`tanh`很平", "空一格"),
        ("用**Python**写", "空一格"),
        ("先转,再拉", "全角的「，」"),
        ("为什么?", "全角的「？」"),
        ("行列式(面积)", "全角的「（」"),
        ("还没完...", "……"),
        ("这样就行.", "。"),
        ('叫做"弯"', "「"),
        ("好。 再来", "全角标点后面不空格"),
        ("众所周知，直线是直的。", "套话"),
        ("让我们来看看。", "套话"),
        ("把权值加大。", "权重"),
        ("用后向传播。", "反向传播"),
        ("这里 the weights of the layer 变大。", "漏译"),
        ("〔写一个问题〕", "没换掉"),
    ],
)
def test_the_language_check_finds(source: str, message: str) -> None:
    assert message in texts(source)


@pytest.mark.parametrize(
    "source",
    [
        "反向传播（backpropagation）从损失往回走。",
        "在 Python 里写 `x @ w.T`，也就是 $xW^T$。",
        "$W$ 的形状是 `(出, 进)`。",
        "```python\n# 中文,英文\nfor x in range(3): pass\n```",
        "Johnson（2019）证明了它，见 *Deep, Skinny Neural Networks*。",
        "见《Neural Networks, Manifolds, and Topology》。",
        "看[这一页](../3-learning/a-b.ipynb)，**偏置**管平移。",
        "200 个点里有 3.5% 错了：太少？",
        "$$\ny = a(Wx+b)\n$$",
        "<div class=\"a\">字</div>",
        "一行\n\n- 项\n- 项",
    ],
)
def test_the_language_check_lets_good_text_pass(source: str) -> None:
    assert texts(source) == ""


def test_english_is_allowed_where_sources_are_listed() -> None:
    source = "Olah: Neural Networks, Manifolds, and Topology"
    assert "漏译" in texts(source)
    assert "漏译" not in texts(source, english=False)


PIECES = ["弯", "a", "1", " ", "$x$", "`f`", "**", "，", "\n"]


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_adding_spaces_leaves_no_gap_and_changes_nothing_else(pieces: list[str]) -> None:
    source = "".join(pieces)
    once = spaced(source)
    assert once.replace(" ", "") == source.replace(" ", "")
    assert spaced(once) == once
    if "**" not in source:
        assert "空一格" not in texts(once)


def test_prose_is_counted_without_code_and_formulas() -> None:
    assert prose_length("弯一下 `弯` $弯$\n```\n弯\n```\n") == 3


# ── 整理和运行 ────────────────────────────────────────────────────────────────


def test_normalising_drops_what_changes_from_run_to_run() -> None:
    view = "application/vnd.jupyter.widget-view+json"
    cell = new_code_cell("show(x)", execution_count=7, metadata={"execution": {"a": "now"}})
    cell.outputs = [
        new_output("stream", name="stdout", text="一"),
        new_output("stream", name="stdout", text="二\n"),
        new_output("stream", name="stderr", text="\r 10%\r 100%\n"),
        new_output("execute_result", execution_count=3, metadata={"isolated": True},
                   data={view: {"model_id": "b"}, "text/plain": "图", "text/html": "<div></div>"}),
        new_output("display_data", data={view: {"model_id": "c"}}),
    ]  # fmt: skip
    raw = new_notebook(cells=[cell, new_markdown_cell("x", metadata={"tags": ["a"], "b": 1})])
    raw.metadata = nbformat.from_dict({"widgets": {}, "language_info": {"version": "3.14"}})
    result = notebook.normalised(raw)
    outputs = result.cells[0].outputs
    assert [output.output_type for output in outputs] == ["stream", "execute_result"]
    assert outputs[0].text == "一二\n"
    assert list(outputs[1].data) == ["text/plain", "text/html"]
    assert outputs[1].metadata == {}
    assert outputs[1].execution_count == 7
    assert result.cells[0].metadata == {}
    assert result.cells[1].metadata == {"tags": ["a"]}
    assert result.metadata.language_info == {"name": "python"}
    assert result.cells[0].id == cell.id
    assert notebook.normalised(result) == result


def test_repeated_cell_ids_become_different() -> None:
    raw = new_notebook(cells=[new_markdown_cell("a", id="x"), new_markdown_cell("b", id="y")])
    raw.cells[1]["id"] = "x"
    ids = [cell.id for cell in notebook.normalised(raw).cells]
    assert ids == ["x", "cell-02"]


def test_running_twice_writes_the_same_bytes_and_a_failure_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "trial.ipynb"
    cells = [
        new_code_cell("print(1 + 1)", id="a"),
        new_code_cell('from mlcore.exercises import exercise\nexercise("layers_bend_space.lift")',
                      id="b"),
    ]  # fmt: skip
    notebook.write(path, new_notebook(cells=cells))
    notebook.run(path)
    first = path.read_bytes()
    written = notebook.read(path)
    assert written.cells[0].outputs[0].text == "2\n"
    assert "data-exercise" in written.cells[1].outputs[0].data["text/html"]
    written.cells.append(new_code_cell("1 / 0", id="c"))
    broken = notebook.normalised(written)
    notebook.write(path, broken)
    before = path.read_bytes()
    with pytest.raises(notebook.Trouble, match=r"第 3 格（1 / 0）.*\n.*ZeroDivisionError"):
        notebook.run(path)
    assert path.read_bytes() == before
    written.cells.pop()
    notebook.write(path, written)
    notebook.run(path)
    assert path.read_bytes() == first
    assert [entry.name for entry in tmp_path.iterdir()] == ["trial.ipynb"]


def test_an_unknown_address_is_refused_with_those_of_its_part(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert notebook.main(["new", "4-networks/99-nothing"]) == 1
    said = capsys.readouterr().err
    assert "4-networks/03-layers-bend-space" in said
    assert "5-vision" not in said


def test_a_missing_path_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert notebook.main(["run", "nowhere.ipynb"]) == 1
    assert "没有找到笔记本" in capsys.readouterr().err


# ── 结构 ──────────────────────────────────────────────────────────────────────


def test_the_template_has_all_parts_and_still_asks_to_be_filled_in(tmp_path: Path) -> None:
    found = check_notebook(tmp_path / "x.ipynb", template.notebook_of(CHAPTER, CHAPTER.title))
    assert any("没换掉" in problem for problem in found)
    assert not any("缺少一节" in problem or "引用块" in problem for problem in found)


def test_the_template_s_exercises_are_well_formed_and_run() -> None:
    from mlcore.exercises.model import parse

    items = parse("trial", template.exercises_text(CHAPTER, CHAPTER.title))
    assert [item.kind for item in items.values()] == ["choice", "number", "code"]
    names: dict[str, object] = {}
    exec(template.check_text(CHAPTER.title), names)
    for wrong in items["write"].wrong:
        functions: dict[str, object] = {}
        exec(wrong.source, functions)
        assert names["check_write"](functions["double"]) == wrong.misconception  # type: ignore[operator]


def test_the_structure_check_names_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    code = new_code_cell("\n".join(["a = 1"] * 16), execution_count=2)
    code.outputs = [new_output("error", ename="ValueError", evalue="", traceback=[]),
                    new_output("stream", name="stdout", text="<x at 0x7f0011223344>")]  # fmt: skip
    cells = [new_markdown_cell("# 题\n\n弯。"), code]
    found = "\n".join(check_notebook(path, new_notebook(cells=cells)))
    for words in ("问题", "交互图", "哪里会骗人", "自测", "延伸", "引用块", "至少要有 3 道题",
                  "16 行", "公式", "从头到尾", "ValueError", "内存地址"):  # fmt: skip
        assert words in found

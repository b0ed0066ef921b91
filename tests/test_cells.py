"""网页上代码格的内核：像笔记本那样运行和显示，出错时说得清，输出再长也收得住。"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from mlcore.cells import Kernel
from mlcore.cells.hints import known
from mlcore.cells.output import MOST_CHARACTERS, shown
from mlcore.cells.widgets import Shown, show
from mlcore.explorables.hand import HandWarp
from tools.structure import needs_kernel


class Trial:
    """一个内核，连同它说过的话。"""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.kernel = Kernel(lambda text, _: self.events.append(json.loads(text)))

    def run(self, source: str, label: str = "3", **more: Any) -> dict[str, Any]:
        self.events.clear()
        request = {"label": label, "source": source, **more}
        outcome: dict[str, Any] = json.loads(self.kernel.run(json.dumps(request)))
        return outcome

    def texts(self) -> str:
        return "".join(event["text"] for event in self.events if event["type"] == "text")

    def error(self, source: str, **more: Any) -> dict[str, Any]:
        outcome = self.run(source, **more)
        assert not outcome["ok"], source
        error: dict[str, Any] = outcome["error"]
        return error


@pytest.fixture
def trial() -> Trial:
    return Trial()


def test_cells_share_their_names_and_the_last_value_is_shown(trial: Trial) -> None:
    assert trial.run("a = 20\nprint('甲', a)")["ok"]
    assert trial.texts() == "甲 20\n"
    trial.run("a * 2 + 2", "4")
    assert trial.events == [{"type": "value", "text": "42"}]
    trial.run("a;")
    assert trial.events == []
    trial.run("None")
    assert trial.events == []
    trial.run("display(a, [a])")
    assert [event["text"] for event in trial.events] == ["20", "[20]"]


def test_printing_is_passed_on_line_by_line(trial: Trial) -> None:
    trial.run("import sys\nprint('a', end='')\nprint('b')\nprint('c', file=sys.stderr)")
    pieces = [(event["stream"], event["text"]) for event in trial.events]
    assert pieces == [("stdout", "ab\n"), ("stderr", "c\n")]


def test_output_is_cut_off_once_and_said_so(trial: Trial) -> None:
    trial.run("for i in range(20_000):\n    print('和', i)")
    assert len(trial.texts()) == MOST_CHARACTERS
    assert [event["type"] for event in trial.events].count("full") == 1
    trial.run("'x' * 10 ** 6")
    assert len(trial.events[0]["text"]) == MOST_CHARACTERS
    assert trial.events[1] == {"type": "full"}


def test_values_look_as_they_do_in_a_notebook() -> None:
    from IPython.lib.pretty import pretty

    for value in (
        [list(range(20)) for _ in range(4)],
        (np.eye(2), 3),
        {"甲": list(range(40)), "b": "x" * 70},
        {"甲": np.eye(3), "乙": {"丙": list(range(40))}},
        (list(range(50)),),
        ["a" * 30] * 9,
        np.arange(100.0).reshape(10, 10),
        {"short": 1},
        [],
    ):
        assert shown(value) == pretty(value)


def test_objects_that_draw_themselves_bring_their_table(trial: Trial) -> None:
    trial.run("class T:\n    def _repr_html_(self):\n        return '<table></table>'\nT()")
    assert trial.events[0]["html"] == "<table></table>"


def test_an_explorable_is_shown_and_lives_on_in_the_kernel(trial: Trial) -> None:
    from mlcore.explorables import Session

    trial.run("from mlcore.cells.widgets import show\nfrom mlcore.explorables.hand import HandWarp")
    trial.run("w = show(HandWarp(), id='one')\nw")
    opening = json.loads(trial.events[0]["text"])
    assert trial.events[0]["type"] == "scene"
    assert opening["start"] == Session(HandWarp()).controls
    assert opening["class"] == "mlcore.explorables.hand:HandWarp"
    key = opening["key"]
    answer, _ = trial.kernel.host.ask(json.dumps({"id": key, "op": "set", "changes": {"bend": 1}}))
    assert json.loads(answer)["ok"]
    trial.run("print(w.bend)\nw.bend = 0.5", "4")
    assert trial.texts() == "1.0\n"
    pushed = next(event for event in trial.events if event["type"] == "push")
    assert json.loads(pushed["text"])["controls"]["bend"] == 0.5
    trial.run("1")
    assert key not in trial.kernel.host.sessions, "重新运行那一格，它的图就不在了"


def test_the_pages_show_refuses_what_the_notebooks_refuses() -> None:
    with pytest.raises(TypeError, match="show 要一个交互图"):
        show(3, id="a")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="拉丁字母"):
        show(HandWarp(), id="图")
    with pytest.raises(AttributeError, match="bend"):
        _ = show(HandWarp(), id="a").observe
    assert isinstance(show(HandWarp(), id="a"), Shown)


@pytest.mark.parametrize(
    ("source", "name", "line", "hint"),
    [
        ("x = 1\nprint（x）", "SyntaxError", 2, "`（`"),
        ("x = “a”", "SyntaxError", 1, '`"`'),
        ("print('a'", "SyntaxError", 1, "配对"),
        ("if True\n    1", "SyntaxError", 1, "冒号"),
        ("if x = 1: pass", "SyntaxError", 1, "两个等号"),
        ("%timeit 1", "SyntaxError", 1, "Jupyter"),
        ("if True:\nprint(1)", "IndentationError", 2, "缩进"),
        ("x = 1\n  y = 2", "IndentationError", 2, "空格"),
        ("point = 1\npiont", "NameError", 2, "`point`"),
        ("W + 1", "NameError", 1, "代码 1"),
        ("np.ones(2)", "NameError", 1, "import numpy"),
        ("len()", "TypeError", 1, ""),
        ("def f(a, b): pass\nf(1)", "TypeError", 2, "少给了 1 个"),
        ("1 + 'a'", "TypeError", 1, "文字和数"),
        ("x = 3\nx(4)", "TypeError", 2, "int"),
        ("import numpy as n\nn.ones(2) @ n.ones(3)", "ValueError", 2, "乘法"),
        ("import numpy as n\n\nn.ones(2) + n.ones(3)", "ValueError", 3, "(2,) 和 (3,)"),
        ("a, b = 1, 2, 3", "ValueError", 1, "多"),
        ("[1][3]", "IndexError", 1, "末尾"),
        ("{}['键']", "KeyError", 1, "'键'"),
        ("1 / 0", "ZeroDivisionError", 1, "除数"),
        ("def f(): return f()\nf()", "RecursionError", 1, "自己"),
        ("import pandas_of_nowhere", "ModuleNotFoundError", 1, "pandas_of_nowhere"),
        ("input('几？')", "RuntimeError", 1, ""),
        ("raise SystemExit", "SystemExit", 1, ""),
    ],
)
def test_an_error_has_its_line_and_a_hint(
    trial: Trial, source: str, name: str, line: int, hint: str
) -> None:
    error = trial.error(source, above=[["1", "W = 3"], ["2", "不是 Python（"]])
    assert error["name"] == name
    assert error["places"][-1]["line"] == line
    assert error["places"][-1]["text"] in source
    assert hint in error["hint"]
    assert bool(error["hint"]) == bool(hint)


def test_an_error_inside_a_function_names_both_cells(trial: Trial) -> None:
    trial.run("def half(x):\n    return x / 0", "1")
    places = trial.error("y = 1\nhalf(y)", label="2")["places"]
    assert [(place["cell"], place["line"]) for place in places] == [("2", 2), ("1", 2)]
    trial.run("def half(x):\n\n\n    return x / 2", "1")
    assert trial.run("half(1)", "2")["ok"]


def test_errors_of_mlcore_need_no_second_explanation(trial: Trial) -> None:
    source = "from mlcore.explorables import load_class\nload_class('os:system')"
    error = trial.error(source)
    assert "只能打开" in error["message"]
    assert error["hint"] == ""


def test_the_table_of_hints_is_chinese_and_its_holes_are_filled() -> None:
    for kind, pattern, text in known():
        assert issubclass(kind, Exception)
        assert text.format(*["·"] * pattern.groups)
        assert not any(mark in text for mark in ",?!;") or "{" in text


def test_a_code_exercise_leaves_the_pages_names_alone(trial: Trial) -> None:
    trial.run("collapse = 5")
    solved = "def collapse(w1, b1, w2, b2):\n    return w2 @ w1, w2 @ b1 + b2"
    verdict = trial.run(solved, "题", exercise="layers_bend_space.collapse")["verdict"]
    assert verdict["right"]
    verdict = trial.run("x = 1", "题", exercise="layers_bend_space.collapse")["verdict"]
    assert not verdict["right"]
    assert "没有找到函数 collapse" in verdict["text"]
    broken = "def collapse(w1, b1, w2, b2):\n    return w2 @ b3"
    outcome = trial.run(broken, "题", exercise="layers_bend_space.collapse")
    assert outcome["error"]["places"][-1]["line"] == 2
    trial.run("collapse")
    assert trial.events[0]["text"] == "5"


def test_why_a_cell_needs_a_kernel_is_read_from_its_imports() -> None:
    assert needs_kernel("import torch\nfrom torch import nn") == " PyTorch"
    assert needs_kernel("import plotly.express as px") == " plotly"
    assert needs_kernel("x = 1") == "完整的内核"

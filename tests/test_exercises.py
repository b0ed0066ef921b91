"""每一道题：认得出解答，也认得出每个想得到的错法，并且各给各的提示。"""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from book._ext.engine import engine_files
from mlcore import space
from mlcore.exercises import Exercise, chapter, check, exercise, judge, modules
from mlcore.exercises.markup import blocks, plain
from mlcore.exercises.model import LETTERS, parse
from mlcore.exercises.page import END, data, element

ROOT = Path(__file__).resolve().parents[1]
ALL = [item for module in modules() for item in chapter(module).values()]
IDS = [item.id for item in ALL]


def written(item: Exercise, source: str) -> Any:
    """运行一份源码，取出题目要的函数。"""
    names: dict[str, Any] = {}
    exec(compile(source, item.id, "exec"), names)
    return names[item.function]


def right_answer(item: Exercise) -> Any:
    if item.kind == "choice":
        return LETTERS[item.right]
    return item.answer if item.kind == "number" else written(item, item.source)


def wrong_answers(item: Exercise) -> list[tuple[str, str, Any]]:
    """(误解的名字, 提示, 犯了它的答案)。"""
    answers: list[tuple[str, str, Any]] = []
    for wrong in item.wrong:
        if item.kind == "choice":
            answer: Any = LETTERS[wrong.option]
        elif item.kind == "number":
            answer = (wrong.low + wrong.high) / 2
        else:
            answer = written(item, wrong.source)
        answers.append((wrong.misconception, wrong.hint, answer))
    return answers


@pytest.mark.parametrize("item", ALL, ids=IDS)
def test_the_solution_is_accepted(item: Exercise) -> None:
    verdict = judge(item, right_answer(item))
    assert verdict.right
    assert verdict.misconception == ""


@pytest.mark.parametrize("item", ALL, ids=IDS)
def test_every_named_wrong_answer_gets_its_own_hint(item: Exercise) -> None:
    answers = wrong_answers(item)
    assert len(answers) >= 3
    for name, hint, answer in answers:
        verdict = judge(item, answer)
        assert not verdict.right
        assert verdict.misconception == name
        assert plain(hint) in verdict.text
    assert len({hint for _, hint, _ in answers}) == len(answers)


@pytest.mark.parametrize("item", [e for e in ALL if e.kind == "number"], ids=lambda e: e.id)
def test_a_number_within_the_tolerance_is_accepted_and_a_far_one_gets_the_nudge(
    item: Exercise,
) -> None:
    assert judge(item, item.answer + 0.9 * item.tolerance).right
    assert judge(item, item.answer - 0.9 * item.tolerance).right
    far = judge(item, 1e6)
    assert not far.right
    assert far.misconception == ""
    assert plain(item.nudge) in far.text


@pytest.mark.parametrize("item", [e for e in ALL if e.kind == "code"], ids=lambda e: e.id)
def test_code_that_is_unwritten_or_breaks_gets_a_sentence_not_a_traceback(item: Exercise) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("division by zero")

    for answer in (written(item, item.starter), broken, lambda *_: None, lambda *_: (1, 2)):
        verdict = judge(item, answer)
        assert not verdict.right
        assert verdict.misconception == ""
        assert len(verdict.text) > 8
    assert "ZeroDivisionError" in judge(item, broken).text


def test_every_chapter_has_rising_difficulty_one_explorable_and_one_code_exercise() -> None:
    for module in modules():
        items = list(chapter(module).values())
        levels = [item.level for item in items]
        assert levels == sorted(levels), module
        assert any("explorable" in item.needs for item in items), module
        assert any(item.kind == "code" for item in items), module


def stretches(k: float) -> np.ndarray:
    sizes: np.ndarray = np.linalg.svd(np.array([[1.0, k], [0.0, 1.0]]), compute_uv=False)
    return sizes


def test_the_shear_is_stretched_as_asked_and_the_wrong_answers_as_their_hints_say() -> None:
    item = exercise("layers_bend_space.shear")
    assert stretches(item.answer) == pytest.approx([2.0, 0.5])
    for name, k, longest in (
        ("把错开的量加到长度上", 1.0, 1.618),
        ("把错开的量当成倍数", 2.0, 2.414),
        ("忘了开方", 2**0.5 - 2**-0.5, 1.414),
    ):
        wrong = item.wrong_named(name)
        assert wrong.low < k < wrong.high
        assert stretches(k)[0] == pytest.approx(longest, abs=5e-4)
        assert f"{longest} 倍" in plain(wrong.hint)
    upright = item.wrong_named("以为坐标轴方向拉得最长")
    assert upright.low < 3**0.5 < upright.high
    assert stretches(3**0.5)[0] > np.hypot(3**0.5, 1.0)
    parts = space.decompose(np.array([[1.0, item.answer], [0.0, 1.0]]))
    first, last = np.degrees([parts.first_turn, parts.last_turn])
    told = f"先转 {first:.1f}°，拉 2 倍和 0.5 倍，再转 {last:.1f}°".replace("-", "−")
    assert told in plain(item.solution)


def test_the_mirror_matrix_turns_over_and_keeps_the_area_that_is_asked() -> None:
    item = exercise("layers_bend_space.mirror")
    for a, area in ((item.answer, -0.7), (1.1, 0.7), (-1.1, -3.7), (0.75, 0.0)):
        assert np.linalg.det(np.array([[2.0, 1.0], [1.5, a]])) == pytest.approx(area)


def test_lifted_points_lie_on_the_plane_that_the_solution_names() -> None:
    points = np.array([[1.0, 2.0], [0.0, 3.0], [1.0, 1.0]]) @ np.array([[0.3, -2.0], [1.7, 0.4]])
    assert np.array([-3.0, 1.0, 3.0]) @ points == pytest.approx(0.0, abs=1e-12)
    assert "-3y_1+y_2+3y_3=0" in exercise("layers_bend_space.lift").solution


def test_the_data_travel_in_the_wheels() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["setuptools"]["package-data"]["mlcore.exercises"] == ["*.toml"]
    names = {path.name for path in engine_files()}
    assert {f"{module}.toml" for module in modules()} <= names


def test_an_unknown_exercise_is_named_with_those_that_exist() -> None:
    with pytest.raises(KeyError, match=r"layers_bend_space.nothing.*straight"):
        exercise("layers_bend_space.nothing")
    with pytest.raises(KeyError, match=r"没有 'nowhere' 这一章"):
        exercise("nowhere.nothing")


def test_an_answer_of_the_wrong_kind_says_what_is_wanted() -> None:
    with pytest.raises(ValueError, match="A、B、C、D"):
        check("layers_bend_space.straight", "E")
    with pytest.raises(TypeError, match="要是一个数"):
        check("layers_bend_space.shear", "1.6")
    with pytest.raises(TypeError, match="要是函数 layer"):
        check("layers_bend_space.layer", 3)


def test_a_percent_sign_means_hundredths_except_where_the_unit_is_percent_already() -> None:
    half, rarer = exercise("entropy.half_bit"), exercise("bayes.rarer")
    assert (half.unit, rarer.unit) == ("", "%")
    for answer in (0.11, "11%", "11 %", "１１％"):
        assert judge(half, answer).right, answer
    assert judge(half, "25%").misconception == "以为熵和机会成正比"
    assert not judge(half, 11).right
    assert judge(rarer, f"{rarer.answer}%").right
    assert not judge(rarer, f"{rarer.answer / 100}%").right
    for text in ("11", "%", "十一%"):
        with pytest.raises(TypeError, match="要是一个数"):
            judge(half, text)


def test_check_prints_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    check("layers_bend_space.mirror", 0.4)
    check("layers_bend_space.mirror", 1.1)
    said = capsys.readouterr().out
    assert said.startswith("对了。\n还不对。填进图里")
    assert "$" not in said


HEAD = 'chapter = "4-networks/03-layers-bend-space"\n'
NUMBER = """
[[exercise]]
name = "one"
kind = "number"
level = 1
question = "几？"
solution = "一。"
nudge = "再想想。"
answer = 1
tolerance = 0.1
"""


def wrong_number(value: float, name: str) -> str:
    return f'[[exercise.wrong]]\nvalue = {value}\nmisconception = "{name}"\nhint = "提示{name}"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "chapter"),
        (HEAD, "一道题也没有"),
        (HEAD + NUMBER, "至少要写 3 个错法"),
        (HEAD + NUMBER + "".join(wrong_number(v, "甲") for v in (2, 3, 4)), "不能重复"),
        (HEAD + NUMBER + wrong_number(1.15, "甲"), "盖住了答案"),
        (HEAD + NUMBER.replace('"number"', '"essay"'), "kind"),
        (HEAD + NUMBER.replace("level = 1", "level = 9"), "level"),
        (HEAD + NUMBER.replace('solution = "一。"', ""), "缺少 solution"),
        (HEAD + NUMBER.replace("answer = 1", 'answer = "1"'), "answer 要是一个数"),
        (HEAD + "[[exercise", "TOML"),
    ],
)
def test_bad_data_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse("trial", text)


def test_a_repeated_name_is_refused() -> None:
    one = NUMBER + "".join(wrong_number(v, n) for v, n in ((2, "甲"), (3, "乙"), (4, "丙")))
    assert list(parse("trial", HEAD + one)) == ["one"]
    with pytest.raises(ValueError, match="出现了两次"):
        parse("trial", HEAD + one + one)


@pytest.mark.parametrize("item", ALL, ids=IDS)
def test_the_element_reads_without_a_script_and_carries_its_data_when_asked(item: Exercise) -> None:
    bundle = item._repr_mimebundle_()
    assert f'data-exercise="{item.id}"' in bundle["text/html"]
    assert bundle["text/html"].endswith(END)
    assert "<details" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert bundle["text/plain"].startswith(f"练习 {item.id}")
    full = element(item, with_data=True)
    inside = full.partition('class="exercise-data">')[2].partition("</script>")[0]
    assert json.loads(inside) == data(item)


def test_markup_escapes_and_knows_code_bold_and_formulas() -> None:
    html = blocks("一行 `a<b`\n接着 **粗** $x<1$\n\n```python\nif a < b:\n    pass\n```")
    assert "<code>a&lt;b</code> 接着" in html
    assert "<strong>粗</strong>" in html
    assert r'<span class="math">\(x&lt;1\)</span>' in html
    assert "if a &lt; b:\n    pass" in html
    assert "<script>" not in blocks("<script>")


@pytest.mark.skipif(shutil.which("node") is None, reason="要用 Node 才能比较两边的判断")
def test_the_page_judges_as_python_does() -> None:
    cases = []
    for item in ALL:
        if item.kind == "code":
            continue
        answers = [right_answer(item), *(answer for _, _, answer in wrong_answers(item))]
        answers += [1e6] if item.kind == "number" else []
        for answer in answers:
            sent = LETTERS.index(answer) if item.kind == "choice" else answer
            verdict = judge(item, answer)
            cases.append([data(item), sent, verdict.right, verdict.misconception])
    numbers = [["−0.3", "", -0.3], ["１．６１８", "", 1.618], ["1.618 倍", "倍", 1.618],
               ["2/3", "", 2 / 3], ["1e3", "", 1000], ["三", "", None], ["", "", None],
               ["1/0", "", None], ["1.2.3", "", None], ["11%", "", 0.11], ["１１％", "", 0.11],
               ["11 ％", "比特", 0.11], ["−5%", "", -0.05], ["16.1%", "%", 16.1],
               ["16.1％", "%", 16.1], ["16.1", "%", 16.1], ["%", "", None], ["%", "%", None],
               ["11%%", "", None], ["11%%", "%", None]]
    script = """
        import { judge, parseNumber } from './front/src/page/exercise.js';
        import { readFileSync } from 'node:fs';
        const { cases, numbers } = JSON.parse(readFileSync(0, 'utf8'));
        for (const [data, answer, right, name] of cases) {
          const verdict = judge(data, answer);
          if (verdict.right !== right || verdict.name !== name || (!right && !verdict.hint)) {
            throw new Error(JSON.stringify([data.id, answer, verdict]));
          }
        }
        for (const [text, unit, value] of numbers) {
          if (parseNumber(text, unit) !== value) throw new Error(text);
        }
    """
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        input=json.dumps({"cases": cases, "numbers": numbers}), text=True, cwd=ROOT,
        capture_output=True, timeout=60, check=False,
    )
    assert done.returncode == 0, done.stderr

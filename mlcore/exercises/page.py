"""一道题的样子：没有脚本也读得到题目、选项和解答，有脚本就能当场作答。

笔记本的输出里是 ``element``；构建网站时由编号重新造出它，再加上 ``data``，所以网页上的
题目不会是旧的。结尾的注释让构建的扩展找得到元素的边界。
"""

from __future__ import annotations

import json
from typing import Any

from mlcore.exercises.markup import blocks, code_block, inline
from mlcore.exercises.model import LETTERS, Exercise

END = "<!-- /exercise -->"
NEED_LABELS = {"explorable": "要动图", "code": "要写代码"}
LEVEL_LABELS = {1: "热身", 2: "想一想", 3: "难一点"}


def element(exercise: Exercise, with_data: bool = False) -> str:
    """题目的 HTML；``with_data`` 加上网页当场判断要的 JSON。"""
    anchor = "exercise-" + exercise.id.replace("_", "-").replace(".", "-")
    labels = [LEVEL_LABELS[exercise.level], *(NEED_LABELS[need] for need in exercise.needs)]
    parts = [
        f'<div class="exercise" id="{anchor}" data-exercise="{exercise.id}"'
        f' data-kind="{exercise.kind}">',
        f'<p class="exercise-label">练习 <span>{" · ".join(labels)}</span></p>',
        f'<div class="exercise-question">{blocks(exercise.question)}</div>',
    ]
    if exercise.kind == "choice":
        # 不用 <ol type="A">：JupyterLab 会去掉 type，字母就成了数字。
        options = zip(LETTERS, exercise.options, strict=False)
        items = "".join(f"<p><b>{letter}</b> <span>{inline(text)}</span></p>"
                        for letter, text in options)  # fmt: skip
        parts.append(f'<div class="exercise-options">{items}</div>')
    if exercise.kind == "code":
        parts.append(code_block(exercise.starter))
    parts.append(f'<p class="exercise-how">{how_to_answer(exercise)}</p>')
    parts.append(
        '<details class="exercise-solution"><summary>看解答</summary>'
        f"<div>{solution(exercise)}</div></details>"
    )
    if with_data:
        text = json.dumps(data(exercise), ensure_ascii=False, separators=(",", ":"))
        text = text.replace("</", "<\\/")
        parts.append(f'<script type="application/json" class="exercise-data">{text}</script>')
    parts.append(f"</div>{END}")
    return "".join(parts)


def how_to_answer(exercise: Exercise) -> str:
    """没有脚本的地方怎样作答。"""
    sample = {"choice": '"A"', "number": "你的数", "code": exercise.function}[exercise.kind]
    call = inline(f'`check("{exercise.id}", {sample})`')
    if exercise.kind == "code":
        return f"在笔记本里写好这个函数，再运行 {call}。"
    return f"在笔记本里作答：{call}。"


def solution(exercise: Exercise) -> str:
    """解答的 HTML，答案放在最前面。"""
    text = blocks(exercise.solution)
    if exercise.kind == "choice":
        return f"<p><strong>答案：{LETTERS[exercise.right]}</strong></p>{text}"
    if exercise.kind == "number":
        number = f"{exercise.answer:g} {exercise.unit}".strip().replace("-", "−")
        return f"<p><strong>答案：{inline(number)}</strong></p>{text}"
    return text + code_block(exercise.source)


def data(exercise: Exercise) -> dict[str, Any]:
    """网页当场判断要的一切，提示已经是 HTML。"""
    wrong: list[dict[str, Any]] = []
    for item in exercise.wrong:
        entry: dict[str, Any] = {"name": item.misconception, "hint": inline(item.hint)}
        if exercise.kind == "choice":
            entry["option"] = item.option
        if exercise.kind == "number":
            entry["low"], entry["high"] = item.low, item.high
        wrong.append(entry)
    common = {"id": exercise.id, "kind": exercise.kind, "wrong": wrong}
    if exercise.kind == "choice":
        return {**common, "right": exercise.right}
    if exercise.kind == "number":
        return {
            **common,
            "answer": exercise.answer,
            "tolerance": exercise.tolerance,
            "unit": exercise.unit,
            "nudge": inline(exercise.nudge),
        }
    return common


def plain(exercise: Exercise) -> str:
    """纯文字的样子。"""
    lines = [f"练习 {exercise.id}：{exercise.question}"]
    options = zip(LETTERS, exercise.options, strict=False)
    lines += [f"  {letter}. {text}" for letter, text in options]
    return "\n".join(lines)

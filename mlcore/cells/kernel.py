"""一页代码格的内核：一个名字空间，一格一格地运行。"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import mlcore
from mlcore.cells import errors, widgets
from mlcore.cells.output import Budget, Stream, bundle
from mlcore.explorables.codec import encode
from mlcore.explorables.host import Host

Emit = Callable[[str, list[bytes]], None]
"""``emit(JSON, 字节块)``：一件给页面的事。"""
MOST_MARKUP = 200_000
"""比这还长的表和图只显示它的文字。"""


class Kernel:
    """一页的代码格。

    Parameters
    ----------
    emit
        每有一件事（一段文字、一个值、一幅图）就调用一次。
    namespace
        读者的名字住的地方；不写就是新的。
    """

    def __init__(self, emit: Emit, namespace: dict[str, Any] | None = None) -> None:
        self.emit = emit
        self.host = Host()
        self.namespace = {} if namespace is None else namespace
        self.namespace.update(
            __name__="__main__", __builtins__=builtins, display=self.display, input=no_input
        )
        self.above: list[list[str]] = []
        self.drawn: dict[str, list[str]] = {}
        self.budget = Budget()
        self.label = ""
        self.serial = self.version = 0
        if importlib.util.find_spec("mlcore.widgets") is None:  # 网页上的 wheel 里没有它
            sys.modules["mlcore.widgets"] = widgets
            mlcore.widgets = widgets

    def tell(self, event: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        """交给页面一件事。"""
        self.emit(json.dumps(event, ensure_ascii=False), buffers or [])

    # ── 运行 ──────────────────────────────────────────────────────────────────

    def run(self, request: str) -> str:
        """运行一格，或者检查一道题；返回结局的 JSON。

        ``request`` 是 ``{"label", "source", "above"}``：格的编号、源码，和它上面各格的
        [编号, 源码]（找不到一个名字时用）；练习另有 ``exercise``，是题的编号。
        """
        asked = json.loads(request)
        self.above = asked.get("above", [])
        begun = time.perf_counter()
        if asked.get("exercise"):
            outcome = self.check(asked["exercise"], asked["label"], asked["source"])
        else:
            outcome = self.cell(asked["label"], asked["source"])
        outcome["seconds"] = time.perf_counter() - begun
        return json.dumps(outcome, ensure_ascii=False)

    def cell(self, label: str, source: str) -> dict[str, Any]:
        """运行一格：``{"ok"}``，出错时另有 ``error``。"""
        error = self._execute(label, source, self.namespace, True)
        return {"ok": True} if error is None else {"ok": False, "error": error}

    def check(self, id: str, label: str, source: str) -> dict[str, Any]:
        """用这一题自己的检查来判断读者的函数；读者的名字不会弄乱这一页的。"""
        from mlcore.exercises import find, judge

        exercise = find(id)
        names = dict(self.namespace)
        names.pop(exercise.function, None)
        error = self._execute(label, source, names, False)
        if error is not None:
            return {"ok": False, "error": error}
        if exercise.function not in names:
            text = f"没有找到函数 {exercise.function}：要保留 def {exercise.function}(…) 这一行。"
            return {"ok": True, "verdict": {"right": False, "misconception": "", "text": text}}
        with self._captured(label):
            verdict = judge(exercise, names[exercise.function])
        outcome: dict[str, Any] = {
            "ok": True,
            "verdict": {
                "right": verdict.right,
                "misconception": verdict.misconception,
                "text": str(verdict),
            },
        }
        if verdict.error is not None:
            outcome["error"] = self._explained(verdict.error, names)
        return outcome

    def _execute(
        self, label: str, source: str, names: dict[str, Any], show: bool
    ) -> dict[str, Any] | None:
        """运行一段源码；``show`` 时显示最后一行的值。返回说清楚了的错误，没有出错就是 None。"""
        for key in self.drawn.pop(label, []):
            self.host.sessions.pop(key, None)
        self.version += 1
        file = errors.remember(label, source, self.version)
        with self._captured(label):
            try:
                tree = ast.parse(source, file)
                last = None
                if show and tree.body and isinstance(tree.body[-1], ast.Expr):
                    if not source.rstrip().endswith(";"):
                        last = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
                exec(compile(tree, file, "exec", dont_inherit=True), names)
                if last is not None:
                    value = eval(compile(last, file, "eval", dont_inherit=True), names)
                    names["_"] = value
                    if value is not None:
                        self.display(value)
            except BaseException as error:  # 读者的代码里什么都可能出错，连 SystemExit 也要接住。
                return self._explained(error, names)
        return None

    def _explained(self, error: BaseException, names: dict[str, Any]) -> dict[str, Any]:
        told = errors.explain(error, names, self._where_defined)
        error.__traceback__ = None  # 不让回溯拉着读者的大数组不放
        return told

    def _where_defined(self, name: str) -> str:
        """上面哪一格定下了这个名字；没有就是空的。"""
        for label, source in reversed(self.above):
            if name in defined_names(source):
                return label
        return ""

    @contextlib.contextmanager
    def _captured(self, label: str) -> Iterator[None]:
        """运行的时候，打印的都交给页面。"""
        self.label, self.budget = label, Budget()
        out, err = Stream("stdout", self._text), Stream("stderr", self._text)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                yield
            finally:
                out.flush()
                err.flush()

    def _text(self, stream: str, text: str) -> None:
        kept, full = self.budget.take(text)
        if kept:
            self.tell({"type": "text", "stream": stream, "text": kept})
        if full:
            self.tell({"type": "full"})

    # ── 显示 ──────────────────────────────────────────────────────────────────

    def display(self, *values: Any) -> None:
        """显示几个值，像笔记本里的 ``display``。"""
        sys.stdout.flush()
        for value in values:
            if isinstance(value, widgets.Shown):
                self._show(value)
                continue
            if isinstance(value, widgets.Figure):
                text, blocks = encode({"data": value.data, "layout": value.layout})
                self.tell({"type": "figure", "text": text}, blocks)
                continue
            forms = bundle(value)
            plain, full = self.budget.take(forms["text/plain"])
            event: dict[str, Any] = {"type": "value", "text": plain}
            for mime, name in (("text/html", "html"), ("image/svg+xml", "svg")):
                if 0 < len(forms.get(mime, "")) <= MOST_MARKUP:
                    event[name] = forms[mime]
            if plain:
                self.tell(event)
            if full:
                self.tell({"type": "full"})

    def _show(self, shown: widgets.Shown) -> None:
        """把一个交互图画在这一格下面。"""
        self.serial += 1
        key = f"{self.label}-{self.serial}"
        self.host.sessions[key] = shown.session
        self.drawn.setdefault(self.label, []).append(key)

        def follow() -> None:
            answer = {"ok": True, "scene": shown.session.view(),
                      "controls": shown.session.controls}  # fmt: skip
            text, blocks = encode(answer)
            self.tell({"type": "push", "key": key, "text": text}, blocks)

        vars(shown)["follow"] = follow
        text, blocks = shown.opening(key)
        self.tell({"type": "scene", "text": text}, blocks)


def no_input(*_: object) -> str:
    """代替 ``input``：网页上没有地方等读者打字。"""
    raise RuntimeError("网页上的代码格不能用 input()：把要填的值直接写在代码里。")


def defined_names(source: str) -> set[str]:
    """一格最外层定下的名字；读不懂的源码没有。"""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
    return names

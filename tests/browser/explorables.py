"""不必知道是哪一章：从构建好的网页里找出全部交互图，并会用各种控件。"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlcore.explorables import Session, load_class
from tests.browser.conftest import SITE

FOUND = re.compile(
    r'<div class="explorable[^"]*" id="(?P<id>[\w-]+)"[^>]*data-explorable="(?P<path>[^"]+)"[^>]*>'
    r'.*?<script type="application/json" class="ex-data">(?P<data>.*?)</script>',
    re.DOTALL,
)


@dataclass(frozen=True)
class Place:
    """一页上的一个交互图。"""

    page: str
    id: str
    path: str
    data: str

    @cached_property
    def spec(self) -> dict[str, Any]:
        return json.loads(self.data)["spec"]

    @property
    def kind(self) -> str:
        """由哪个场景模块来画。"""
        return self.spec["kind"]

    @property
    def start(self) -> dict[str, Any]:
        return json.loads(self.data)["start"]

    def session(self) -> Session:
        """CPython 里的同一个图。"""
        return Session(load_class(self.path)(**self.start))


def places(site: Path) -> list[Place]:
    """网站里的全部交互图，按页和出现的次序。"""
    found = []
    for file in sorted(site.rglob("*.html")):
        if "_assets" in file.parts:
            continue
        for match in FOUND.finditer(file.read_text("utf8")):
            page = file.relative_to(site).as_posix()
            found.append(Place(page, match["id"], html.unescape(match["path"]), match["data"]))
    return found


def by_page(found: Sequence[Place]) -> dict[str, list[Place]]:
    """页 → 页上的图，照原来的次序。"""
    pages: dict[str, list[Place]] = {}
    for place in found:
        pages.setdefault(place.page, []).append(place)
    return pages


def live_on(name: str, values: Sequence[Any]) -> Callable[[Any], Any]:
    """对每个值真的用一遍的测试：``place`` 是图，``path`` 是页；跑哪些由 ``policy`` 定。"""
    every = pytest.mark.parametrize(name, values, ids=[getattr(v, "id", v) for v in values])
    return lambda test: pytest.mark.live(every(test))


def live_with(identity: str) -> Callable[[Any], Any]:
    """只用这一幅图的测试，得到它的 ``place``；轮到它才跑。"""
    return live_on("place", [place for place in places(SITE) if place.id == identity])


def exercises_by_page(site: Path) -> dict[str, list[str]]:
    """有练习的页 → 练习的编号。"""
    found = {}
    for file in sorted(site.rglob("*.html")):
        pieces = file.read_text("utf8").split('data-exercise="')[1:]
        if pieces and "_assets" not in file.parts:
            found[file.relative_to(site).as_posix()] = [one.partition('"')[0] for one in pieces]
    return found


def other_value(control: Mapping[str, Any], now: Any) -> Any:
    """和现在不同的一个合法的值。"""
    kind = control["type"]
    if kind == "slider":
        low, high, step = control["low"], control["high"], control["step"]
        target = low + 0.37 * (high - low) if not control.get("log") else (low * high) ** 0.5
        value = low + round((target - low) / step) * step
        value = min(high, max(low, value))
        return value if value != now else min(high, value + step)
    if kind == "choice":
        return next(value for value, _ in control["options"] if value != now)
    if kind == "toggle":
        return not now
    if kind == "point":
        span = control["high"] - control["low"]
        return [control["low"] + 0.4 * span, control["low"] + 0.7 * span]
    if kind == "matrix":
        return [[v * 0.5 + 0.25 for v in row] for row in now]
    if kind == "numbers":
        # 整体挪一位：和不变，所以分布还是分布，掩码还是掩码。
        moved = [*now[1:], now[0]]
        return moved if moved != list(now) else [control["low"], *now[1:]]
    if kind == "dataset":
        middle, span = (control["low"] + control["high"]) / 2, control["high"] - control["low"]
        return [
            [middle + span * 0.03 * (k - 10), middle + span * 0.02 * ((7 * k) % 11), k % 2]
            for k in range(20)
        ]
    raise ValueError(f"测试还不会用「{control['label']}」（{kind}）")


def differences(ours: Any, theirs: Any, where: str = "") -> list[tuple[str, float]]:
    """两个场景哪里不同：数按该数组里最大的值来比；文字和计数要完全相同。

    ``ours`` 带 NumPy 数组，``theirs`` 是页面交出来的 JSON。
    """
    if isinstance(ours, np.ndarray):
        data = np.array(theirs["data"], dtype=float).reshape(theirs["shape"])
        if data.shape != ours.shape:
            return [(f"{where}: 形状 {data.shape} ≠ {ours.shape}", np.inf)]
        if not data.size:
            return []
        scale = max(1e-9, float(np.abs(ours).max()))
        if ours.dtype.kind in "iub":
            # 整数数组是计数、类别或量化过的场：计数要一样，量化的场允许差一级。
            gap = float(np.abs(ours.astype(float) - data).max())
            return [(where, gap if ours.dtype == np.uint8 else gap * np.inf if gap else 0.0)]
        return [(where, float(np.abs(ours - data).max()) / scale)]
    if isinstance(ours, Mapping):
        if set(ours) != set(theirs):
            return [(f"{where}: 键 {set(ours) ^ set(theirs)}", np.inf)]
        return [d for key in ours for d in differences(ours[key], theirs[key], f"{where}.{key}")]
    if isinstance(ours, (list, tuple)):
        if len(ours) != len(theirs):
            return [(f"{where}: 长度 {len(ours)} ≠ {len(theirs)}", np.inf)]
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [d for i, (a, b) in pairs for d in differences(a, b, f"{where}[{i}]")]
    if isinstance(ours, (float, np.floating)):
        return [(where, abs(float(ours) - float(theirs)) / max(1.0, abs(float(ours))))]
    if isinstance(ours, np.generic):
        ours = ours.item()
    return [] if ours == theirs else [(f"{where}: {ours!r} ≠ {theirs!r}", np.inf)]

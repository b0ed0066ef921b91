"""可以放大的图：plotly 画得出来，颜色和网页的一样，存进笔记本的只有一张卡片。"""

from __future__ import annotations

import inspect
import json
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

import mlcore.explorables
from mlcore.explorables import Explorable, class_path, load_class, palette
from mlcore.explorables.element import card
from mlcore.widgets import figure

ROOT = Path(__file__).resolve().parents[1]


def every_explorable() -> list[str]:
    """书里全部交互图的类。"""
    found = []
    for module in pkgutil.iter_modules(mlcore.explorables.__path__):
        names = vars(import_module(f"mlcore.explorables.{module.name}")).values()
        found += [
            class_path(one)
            for one in names
            if inspect.isclass(one) and issubclass(one, Explorable) and one.kind
        ]
    return sorted(set(found))


def test_the_palette_of_large_figures_is_the_pages():
    css = (ROOT / "front/src/style/palette.css").read_text("utf-8")
    light = css[: css.index('[data-theme="dark"]')]
    names = {"PAPER": "paper", "INK": "ink", "INK_FAINT": "ink-faint", "RULE": "rule"}
    names |= {"BLUE": "blue", "ORANGE": "orange", "MAGENTA": "magenta"}
    for name, variable in names.items():
        assert f"--{variable}: {getattr(palette, name)};" in light
    for k, color in enumerate(palette.CLASSES[2:], 3):
        assert f"--c{k}: {color};" in light


def colors(value: object) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(colors, value.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(colors, value))
    return {value} if isinstance(value, str) and re.fullmatch(r"#[0-9a-f]{6}", value) else set()


def test_the_page_knows_every_color_of_a_large_figure_in_both_themes():
    """网页按一张表把图里的颜色换成现在主题的：表里是浅色主题的原样，图里的都在表里。"""
    css = (ROOT / "front/src/style/palette.css").read_text("utf-8")
    light = css[: css.index("data-theme=\"dark\"")]
    script = (ROOT / "front/src/page/plotly.js").read_text("utf-8")
    table = dict(re.findall(r"'(#[0-9a-f]{6})': '(--[\w-]+)'", script))
    assert len(table) > 10
    for color, variable in table.items():
        assert f"{variable}: {color};" in light
    for path in every_explorable():
        if load_class(path).enlarges:
            used = colors(load_class(path)().figure())
            assert used <= set(table), (path, used - set(table))


@pytest.mark.parametrize("path", every_explorable())
def test_a_figure_that_can_be_enlarged_is_one_that_plotly_draws(path):
    explorable = load_class(path)()
    if not type(explorable).enlarges:
        with pytest.raises(ValueError, match="没有可以放大的图"):
            explorable.figure()
        return
    drawn = figure(explorable)  # plotly 查过每一个属性
    assert len(drawn.data) > 0
    bundle = json.loads(json.dumps(drawn._repr_mimebundle_(), allow_nan=False))
    assert bundle["text/html"] == card(explorable)
    assert len(bundle["text/html"]) < 2000

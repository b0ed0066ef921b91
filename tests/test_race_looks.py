"""「谁先到谷底」的七位选手：每条线都看得清，颜色分不清的，线的样子不一样。"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from mlcore.explorables.race import DASHES, INKS
from mlcore.explorables.runners import RUNNERS

STYLE = Path(__file__).resolve().parents[1] / "front/src/style"
FAR_APART = 9.5
"""同一种线的两位，颜色在 OKLab 里至少差这么多（一百分之一为一）。"""
EYES = {
    "三种锥体都在": np.eye(3),
    "红色盲": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "绿色盲": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "蓝色盲": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
"""Machado 等 2009：线性 RGB 看成了什么。"""
TO_CONES = np.array([[0.4122214708, 0.5363325363, 0.0514459929],
                     [0.2119034982, 0.6806995451, 0.1073969566],
                     [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468],
                   [1.9779984951, -2.4285922050, 0.4505937099],
                   [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip


def linear(color):
    value = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    return TO_LAB @ np.cbrt(TO_CONES @ np.clip(rgb, 0, 1))


def light(rgb):
    return float(rgb @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def theme(name):
    css = (STYLE / "palette.css").read_text("utf-8")
    block = css.split("{")[1] if name == "light" else css.split('[data-theme="dark"]')[1]
    named = re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block.split("}")[0])
    return {key: linear(color) for key, color in named}


def runners(name):
    """(颜色, 线的样子)，一位一个。"""
    colors, css = theme(name), (STYLE / "race.css").read_text("utf-8")
    found = []
    for k in range(len(RUNNERS)):
        rule = rf"^\.rc-{k} \{{ --c: var\(--([\w-]+)\); (?:--dash: (.*?); )?\}}"
        [(color, dash)] = re.findall(rule, css, re.M)
        found.append((colors[color], dash))
    return found


both = pytest.mark.parametrize("name", ["light", "dark"])


@both
def test_every_line_stands_out_from_the_paper_and_from_the_darkest_ground(name):
    colors = theme(name)
    source = (STYLE.parent / "lib/race/map.js").read_text("utf-8")
    strength = float(re.search(r"strength: ([\d.]+)", source)[1])
    levels = int(re.search(r"LEVELS = (\d+)", source)[1])
    clear = (1 - strength) ** levels
    card, ink = (np.asarray(colors[one]) for one in ("card", "ink"))
    root = [12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in (*card, *ink)]
    shown = clear * np.array(root[:3]) + (1 - clear) * np.array(root[3:])
    deepest = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    for color, _ in runners(name):
        assert min(contrast(color, one) for one in (card, colors["paper"], deepest)) >= 3


@both
@pytest.mark.parametrize("eyes", EYES)
def test_two_runners_with_the_same_kind_of_line_differ_in_colour(name, eyes):
    seen = np.array(EYES[eyes])
    for (one, dash), (other, same) in itertools.combinations(runners(name), 2):
        if dash == same:
            assert 100 * np.linalg.norm(oklab(seen @ one) - oklab(seen @ other)) > FAR_APART


def test_the_large_figure_has_the_same_colours_and_kinds_of_line():
    shown = runners("light")
    for (color, dash), ink in zip(shown, INKS, strict=True):
        np.testing.assert_allclose(color, linear(ink), atol=0.01)
        kinds = {kind for (_, one), kind in zip(shown, DASHES, strict=True) if one == dash}
        assert len(kinds) == 1
    assert len(set(DASHES)) == len({dash for _, dash in shown})

"""章「熵」的第三幅图：照一种机会造的提问树，用在另一种机会上，要多问几个。

机会都是十六分之几：读者拖动时，意外和最省的树各查一张表（由这里给），前端只加只乘。
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from mlcore.explorables.base import Explorable, Scene
from mlcore.explorables.controls import Numbers
from mlcore.explorables.questions import SHAPES
from mlcore.information import cross_entropy, entropy, huffman, kl_divergence, surprise

SLIPS = 16
"""盒子里有几张签；机会是签数除以它。"""
KINDS = 4
NO_LEAF = 255
"""树上没有这个图形。"""
PRESETS = (
    ("正好对半", (8, 4, 2, 2), (2, 8, 4, 2)),
    ("不巧对半", (7, 5, 3, 1), (2, 3, 5, 6)),
    ("以为一样多", (8, 4, 2, 2), (4, 4, 4, 4)),
    ("没有弄错", (6, 5, 3, 2), (6, 5, 3, 2)),
)


def every_box() -> Iterator[tuple[int, ...]]:
    """十六张签分给四种图形的全部办法，按字典序。"""
    for a in range(SLIPS + 1):
        for b in range(SLIPS + 1 - a):
            for c in range(SLIPS + 1 - a - b):
                yield a, b, c, SLIPS - a - b - c


def lengths(slips: Sequence[int]) -> list[int]:
    """照这些签造的最省的树，猜中每种图形要问几个；树上没有的是 ``NO_LEAF``。"""
    codes = huffman(np.asarray(slips, dtype=np.float64) / SLIPS)
    return [NO_LEAF if code is None else len(code) for code in codes]


@cache
def all_trees() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """``every_box`` 里每一盒的 ``lengths``，(969, 4)。"""
    return np.array([lengths(slips) for slips in every_box()], dtype=np.uint8)


def asked_wrongly(real: Sequence[int], believed: Sequence[int]) -> dict[str, Any]:
    """结果照 ``real`` 来，问题照 ``believed`` 问：要问几个，比问对了多几个。

    无穷写成 None，``missing`` 说是哪几种图形害的。
    """
    p, q = (np.asarray(slips, dtype=np.float64) / SLIPS for slips in (real, believed))
    asked, own = np.array(lengths(believed)), np.array(lengths(real))
    alive = p > 0
    missing = [i for i in range(KINDS) if alive[i] and believed[i] == 0]
    whole = None if missing else float(np.dot(p[alive], asked[alive]))
    return {
        "entropy": float(entropy(p)),
        "cross": _finite(float(cross_entropy(p, q))),
        "extra": _finite(float(kl_divergence(p, q))),
        "missing": missing,
        "whole": whole,
        "whole_extra": None if whole is None else whole - float(np.dot(p[alive], own[alive])),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


class WrongTree(Explorable):
    """两盒签，各造一棵最省的提问树，再把树换着用：多问的个数就是 KL 散度。"""

    kind = "wrongtree"
    title = "用错了的树"
    task = "拖环改两盒签。先让多问的变成 0；再让一边多问无穷个，另一边却有限。"
    controls = (
        Numbers("p", "盒子甲的签", (8, 4, 2, 2), low=0, high=SLIPS, whole=True, where="picture"),
        Numbers("q", "盒子乙的签", (2, 8, 4, 2), low=0, high=SLIPS, whole=True, where="picture"),
    )

    def reset(self, controls: Mapping[str, Any]) -> None:
        for name in ("p", "q"):
            total = sum(controls[name])
            if total != SLIPS:
                label = self.valued_controls()[name].label
                raise ValueError(f"「{label}」要一共 {SLIPS} 张，得到 {total} 张")

    def view(self) -> Scene:
        p, q = self.controls_now["p"], self.controls_now["q"]
        possible = surprise(np.arange(1, SLIPS + 1) / SLIPS)
        return {
            "p": list(p),
            "q": list(q),
            "slips": SLIPS,
            "shapes": list(SHAPES[:KINDS]),
            "surprise": np.concatenate([[0.0], possible]),
            "trees": all_trees(),
            "no_leaf": NO_LEAF,
            "forward": asked_wrongly(p, q),
            "backward": asked_wrongly(q, p),
            "presets": [{"name": n, "p": list(a), "q": list(b)} for n, a, b in PRESETS],
            "alert": None,
        }

    def poster(self) -> str:
        there, back = (
            asked_wrongly(a, b)["extra"]
            for a, b in (
                (self.controls_now["p"], self.controls_now["q"]),
                (self.controls_now["q"], self.controls_now["p"]),
            )
        )
        words = ["无穷" if extra is None else f"{extra:.3g}" for extra in (there, back)]
        return (
            "两盒签，甲和乙，各有四种图形。从甲里抽签，却照乙造的树来问，"
            f"平均多问 {words[0]} 个；反过来，多问 {words[1]} 个。"
        )

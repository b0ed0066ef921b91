"""章「熵」的第一幅图：用是非题猜一个藏起来的图形，看一棵提问树平均要问几个。

读者改树的时候，前端自己数、自己加（机会和 −log₂ p 由这里给）；这里用同一串数字算出同一棵树。
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlcore.backend import to_numpy
from mlcore.explorables.base import Explorable, Scene
from mlcore.explorables.controls import Button, Choice, Numbers, Slider, Toggle
from mlcore.information import entropy, huffman, surprise
from mlcore.random import Generator

Tree = int | tuple[Any, Any]
"""一棵提问树：一片叶子是第几个图形，一个问题是（答「是」的树，答「否」的树）。"""

SHAPES = ("圆", "三角", "方块", "星", "菱形", "心", "月牙", "十字")
ROUNDS = 200
DEEPEST = len(SHAPES) - 1
"""八个图形最多问七个：每个问题至少分出去一个。"""
ODDS: tuple[tuple[str, str, tuple[float, ...], tuple[str, ...]], ...] = (
    (
        "halves",
        "逐个减半",
        (1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 64, 1 / 64, 1 / 64, 1 / 64),
        ("1/2", "1/4", "1/8", "1/16", "1/64", "1/64", "1/64", "1/64"),
    ),
    (
        "uneven",
        "随手定的",
        (0.3, 0.2, 0.15, 0.12, 0.1, 0.07, 0.04, 0.02),
        ("30%", "20%", "15%", "12%", "10%", "7%", "4%", "2%"),
    ),
    ("even", "一样多", (1 / 8,) * 8, ("1/8",) * 8),
)


def tree_of(codes: Sequence[int]) -> Tree:
    """一排数 → 一棵树：第 k 位是第 i 个图形对第 k 个问题的回答（1 是「是」）。

    大家回答都一样的问题等于没问，跳过；怎么问都分不开的几个，按次序一个一个地问。
    """

    def split(members: list[int], at: int) -> Tree:
        if len(members) == 1:
            return members[0]
        for k in range(at, DEEPEST):
            yes = [i for i in members if codes[i] >> k & 1]
            if 0 < len(yes) < len(members):
                no = [i for i in members if i not in yes]
                return split(yes, k + 1), split(no, k + 1)
        return members[0], split(members[1:], DEEPEST)

    return split(list(range(len(codes))), 0)


def codes_of(tree: Tree) -> list[int]:
    """一棵树 → 一排数；``tree_of`` 的反面，没有多余的问题。"""
    codes: dict[int, int] = {}

    def walk(part: Tree, depth: int, code: int) -> None:
        if isinstance(part, int):
            codes[part] = code
            return
        walk(part[0], depth + 1, code | 1 << depth)
        walk(part[1], depth + 1, code)

    walk(tree, 0, 0)
    return [codes[i] for i in range(len(codes))]


def depths_of(tree: Tree) -> list[int]:
    """猜中每个图形各要问几个问题。"""
    depths: dict[int, int] = {}

    def walk(part: Tree, depth: int) -> None:
        if isinstance(part, int):
            depths[part] = depth
            return
        for branch in part:
            walk(branch, depth + 1)

    walk(tree, 0)
    return [depths[i] for i in range(len(depths))]


def expected_questions(p: Any, tree: Tree) -> float:
    """平均要问几个：每个图形要问的个数，以它的机会为权。"""
    return float(np.dot(np.asarray(p, dtype=np.float64), depths_of(tree)))


def best_codes(p: Any) -> list[int]:
    """最省的树（``mlcore.information.huffman``）写成一排数。"""
    answers = [answer or "" for answer in huffman(p)]
    codes = [sum(1 << k for k, bit in enumerate(a) if bit == "1") for a in answers]
    return codes_of(tree_of(codes))


def deal(p: Any, rounds: int, batch: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """每一局藏的是第几个图形，按机会 ``p`` 抽。"""
    edges = np.cumsum(np.asarray(p, dtype=np.float64))
    draws = to_numpy(Generator(22, batch).uniform((rounds,), dtype="float64"))
    return np.minimum(np.searchsorted(edges, draws, side="right"), len(edges) - 1).astype(np.uint8)


HALVED = codes_of((((0, 1), (2, 3)), ((4, 5), (6, 7))))
"""把个数对半分的树：不管机会，每个图形都问三个。"""
ONE_BY_ONE = codes_of((0, (1, (2, (3, (4, (5, (6, 7))))))))
"""一个一个地问：「是圆吗？」「是三角吗？」……"""


class GuessingGame(Explorable):
    """八个图形里藏了一个，只许问是非题：平均要问几个，最少能少到多少。"""

    kind = "questions"
    title = "只问是非题"
    task = "先押一注。再点盒子里的图形，把它换到「是」或「否」那边，让平均的个数尽量少。"
    controls = (
        Choice(
            "bet",
            "八种图形里藏了一种。平均问不到三个就猜中，办得到吗？",
            (("none", "还没押"), ("yes", "办得到"), ("no", "办不到")),
            default="none",
            restarts=False,
            where="picture",
        ),
        Choice(
            "odds",
            "各有多少机会",
            tuple((key, label) for key, label, _, _ in ODDS),
            default="halves",
            restarts=False,
            where="picture",
        ),
        Numbers(
            "tree", "提问树", tuple(HALVED), low=0, high=2**DEEPEST - 1, whole=True, where="picture"
        ),
        Slider("rounds", "猜了几局", 0, ROUNDS, 0, step=1, unit="局", where="picture", local=True),
        Toggle("ideal", "画出机会对折了几次", where="picture"),
        Button("again", "换一批", where="picture"),
    )

    def reset(self, controls: Mapping[str, Any]) -> None:
        self.batch = 0

    def change(self, name: str, value: Any) -> None:
        """控件只改变怎样问、看到第几局；藏的图形还是那一批。"""

    def act(self, name: str) -> None:
        self.batch += 1

    def _odds(self, key: str, label: str, p: Any, texts: Any) -> dict[str, Any]:
        best = best_codes(p)
        return {
            "key": key,
            "label": label,
            "p": np.asarray(p, dtype=np.float64),
            "texts": list(texts),
            "surprise": to_numpy(surprise(p)),
            "entropy": float(entropy(p)),
            "best": best,
            "best_mean": expected_questions(p, tree_of(best)),
            "draws": deal(p, ROUNDS, self.batch),
        }

    def view(self) -> Scene:
        now = self.controls_now
        odds = [self._odds(*row) for row in ODDS]
        here = next(row for row in odds if row["key"] == now["odds"])
        tree = tree_of(now["tree"])
        depths = np.array(depths_of(tree), dtype=np.uint8)
        asked = depths[here["draws"][: int(now["rounds"])]]
        return {
            "shapes": list(SHAPES),
            "odds": odds,
            "trees": [
                {"name": "一个一个猜", "codes": ONE_BY_ONE},
                {"name": "按个数对半", "codes": HALVED},
            ],
            "codes": codes_of(tree),
            "depths": depths,
            "expected": expected_questions(here["p"], tree),
            "entropy": here["entropy"],
            "rounds": len(asked),
            "average": float(np.mean(asked)) if len(asked) else 0.0,
            "batch": self.batch,
            "alert": None,
        }

    def poster(self) -> str:
        return (
            "八个图形，机会从 1/2 到 1/64，和一棵把个数对半分的提问树：每个图形都问三个，"
            "平均 3 个。按机会对半分的树，平均只要 2 个，再少就办不到了。"
        )

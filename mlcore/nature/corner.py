"""一百多个粒子挤在盒子的左下角：「熵能倒着走吗」从这里开始。"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.checks import choice, float_array, whole_number
from mlcore.nature.particles import SIDE, Gas, Repulsion, clear_of, start
from mlcore.random import Generator

Array = Any

ROW = 12
COUNT = ROW * ROW
SPEED = 0.0025
"""每小步走多远（边长）。"""
BETWEEN = Repulsion(0.036, 0.1)
"""粒子之间。"""
PILLAR = Repulsion(0.055, 0.25)
"""柱子对粒子。"""
PILLARS = np.array(
    [[(i + 0.5 + 0.5 * (j % 2)) / 5, (j + 0.5) / 5] for j in range(5) for i in range(5 - j % 2)]
)
"""柱子的中心，(23, 2)，以边长为 1，一排隔一排地错开。"""
MODES = {"each": "互相碰", "pillars": "只撞柱子", "free": "谁也不碰"}


def unit_places(seed: int) -> Array:
    """单位方块里的起点，(144, 2)：12 行 12 列，各自稍稍挪开。第 0 个在第 5 行第 5 列。"""
    row, column = np.divmod((np.arange(COUNT) + 4 * ROW + 4) % COUNT, ROW)
    lattice = np.stack([column, row], axis=1) + 0.5
    return (lattice + Generator(seed).uniform(lattice.shape, -0.15, 0.15, dtype="float64")) / ROW


def gas_in_corner(corner: Any = (0.5, 0.5), mode: str = "each", seed: int = 1) -> Gas:
    """144 个粒子挤在左下角的气体。

    Parameters
    ----------
    corner : (宽, 高)
        那一角占边长的几分之几，各在 0.42 到 1 之间（再小，粒子一开始就叠在一起）。
    mode : {"each", "pillars", "free"}
        互相碰、只撞柱子、谁也不碰。
    seed : int
        起点和方向由它定。

    Raises
    ------
    ValueError
        角太小或太大，或没有这种碰法。
    """
    mode = choice("mode", mode, MODES)
    size = float_array("corner", list(corner), (2,))
    if not bool(((size >= 0.42) & (size <= 1.0)).all()):
        raise ValueError(f"corner 的宽和高要在 0.42 到 1 之间，得到 {size.tolist()}")
    seed = whole_number("seed", seed)
    places = unit_places(seed) * size
    pillars, law = None, BETWEEN
    if mode == "pillars":
        law = PILLAR
        places = clear_of(places, PILLARS, law.reach / SIDE)
        pillars = np.floor(PILLARS * SIDE).astype(np.int64)
    here, before = start(places, SPEED, Generator(seed, stream=1))
    return Gas(here, before, COUNT, None if mode == "free" else law, pillars)

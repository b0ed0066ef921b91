"""训练出了什么毛病：说出来，并说该怎么办。

每个函数看着隐层在数据上的值或损失的历史，没有毛病就返回 None。
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = Any

TWIN = 0.9995
"""两个单元的值在数据上的相关系数到这么大，就当它们是同一个。"""
STILL = 1e-3
"""单元的值在数据上的标准差小到这样，就当它不动了。"""
PATIENCE = 300
"""损失在最近这么多步里没有再降，就当卡住了。"""


def still_unit(hidden: Sequence[Array], activation: str) -> str | None:
    """有没有单元对所有的点都给出同一个值：死了的 ReLU，或者饱和的 tanh、S 形。"""
    for number, values in enumerate(hidden, 1):
        still = int(np.sum(np.std(values, axis=0) < STILL))
        if not still:
            continue
        if activation == "relu":
            why = "它们对每个点都输出 0，梯度也是 0，再怎么训练也醒不过来（死了的 ReLU）"
            cure = "换一个种子、把学习率调小，或者换成带坡的 ReLU"
        elif np.all(np.abs(values[:, np.std(values, axis=0) < STILL]) > 0.9):
            why = "它们被推到了激活函数平掉的那一头，梯度几乎是 0（饱和）"
            cure = "把学习率调小，再重来"
        else:
            why = "它们对每个点都给出同一个值，等于没有"
            cure = "换一个种子，或者把这一层加宽"
        who = "全部单元" if still == values.shape[1] else f"有 {still} 个单元"
        return f"第 {number} 层里{who}不动了：{why}。{cure}。"
    return None


def twins(hidden: Sequence[Array]) -> str | None:
    """有没有一层的两个单元学成了同一个（或正好相反）。"""
    for number, values in enumerate(hidden, 1):
        centred = values - values.mean(0)
        size = np.sqrt((centred**2).sum(0))
        centred = centred[:, size > STILL * np.sqrt(len(values))]
        if centred.shape[1] < 2:
            continue
        unit = centred / np.sqrt((centred**2).sum(0))
        alike = np.abs(unit.T @ unit) - np.eye(unit.shape[1])
        if alike.max() > TWIN:
            lost = "整张纸在这里压成了一条线" if values.shape[1] == 2 else "这一层白白少了一维"
            return (
                f"第 {number} 层有两个单元学成了同一个，{lost}，压到一起的点再也分不开。"
                "换一个种子，或者把这一层加宽。"
            )
    return None


def stuck(curve: Sequence[float], steps_apart: int) -> str | None:
    """损失是不是早就不降了。``curve`` 是平滑过的损失，相邻两个隔 ``steps_apart`` 步。"""
    count = max(4, PATIENCE // steps_apart)
    if len(curve) < 2 * count:
        return None
    before = float(np.mean(curve[-2 * count : -count]))
    recent = float(np.mean(curve[-count:]))
    if recent < 0.985 * before:
        return None
    return (
        f"损失停在 {recent:.2g}，已经 {PATIENCE} 多步没有再降：这张纸照这样弯下去分不开了。"
        "换一个种子换个起点，或者加宽、加深；学习率太大时会来回跳，也试试调小。"
    )

"""粒子图下面的那一句话：刚才发生了什么，为什么。"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlcore.nature.particles import SIDE, fold

if TYPE_CHECKING:
    from mlcore.explorables.particles import Particles

Array = Any

NEAR = 1 / 16
"""离起点不到边长的十六分之一，就算找到了家。"""
AFTER = 40
"""回到原定的时刻之后，那句话还留多少步。"""
SMALL = {"billionth": "十亿分之一", "millionth": "百万分之一", "thousandth": "千分之一"}
SETTLED = 0.97
"""4 × 4 格的 ln W 到了上限的这么多，就算散匀了。"""


def homecoming(here: Array, origin: Array) -> dict[str, Any]:
    """到了原定的时刻，粒子各离起点多远：{逐位相同的个数, 近在旁边的个数, 最远的距离}。"""
    apart = np.abs(fold(here)[0] - fold(origin)[0]).max(axis=1)
    return {
        "same": int((here == origin).all(axis=1).sum()),
        "near": int((apart < NEAR * SIDE).sum()),
        "farthest": float(apart.max() / SIDE),
    }


def told(picture: Particles) -> str:
    """一句话，说现在这个样子。"""
    mode = picture.controls_now["mode"]
    count = picture.gas.count
    if picture.turns and picture.turns[-1] == picture.clock:
        return _turned(picture)
    if picture.home and abs(picture.age) <= AFTER and picture.turns:
        return _arrived(picture.home, mode, picture.hair, count)
    if picture.looks and picture.clock - picture.looks[-1] <= 6 and picture.clock:
        return (
            "看了一眼：观察者差不多知道它在哪一格了，香农熵落了下来。粒子一个也没有动，"
            "粒子的账也没有拐弯。"
        )
    if picture.way < 0:
        return _backwards(picture, mode)
    if picture.turns:
        return "速度又倒了一次，粒子接着往前走。"
    if not picture.clock:
        return (
            "粒子都在角里，摆法少，熵低。观察者也刚看过一眼，知道蓝色的那一个在哪里。"
            "先运行，走出去了，才有来路可以倒。"
        )
    if picture.ways[-1][1] < SETTLED * picture.most[1]:
        return "散开不用谁来安排：散开的摆法比挤在角里的多得多，各走各的，走着走着就散了。"
    return "散匀了，熵到了顶，只剩一点起伏。现在倒转速度：它们认得来时的路吗？"


def _turned(picture: Particles) -> str:
    """刚倒转，还一步没有走。"""
    back = "速度已经倒转" if picture.way < 0 else "速度又倒回来了"
    seen = "看了一眼，粒子没有动；" if picture.looks[-1] == picture.clock > 0 else ""
    if not picture.clock and picture.way < 0:
        return "速度倒转了，可是一步也没有走过，没有来路可回：按「运行」，从起点往另一头走。"
    return f"{seen}{back}，按「运行」。"


def _backwards(picture: Particles, mode: str) -> str:
    if picture.age + picture.clock - picture.turns[-1] <= 0:
        return "从起点往另一头走，熵一样会升：特别的不是时间的方向，是挤在角里的那个开头。"
    if picture.age < 0:
        if picture.home and picture.home["near"] < picture.gas.count // 2:
            return "该回到起点的时候过了，熵还在高处：那条窄路已经错过，走多久都难再碰上。"
        return "过了起点，熵又升了。往前、往后都会升：特别的不是时间的方向，是挤在角里的那个开头。"
    if picture.hair == "none":
        return "每个粒子都在走自己的来路，熵照原样降回去。这样的走法有，只是极少极少。"
    if mode == "free":
        return f"蓝粒子差了边长的{SMALL[picture.hair]}。没有碰撞，差多少就一直是多少。"
    if mode == "pillars":
        return f"蓝粒子差了边长的{SMALL[picture.hair]}。每撞一次柱子，这点误差就大几倍。"
    return f"只有蓝粒子差了边长的{SMALL[picture.hair]}。每碰一次就大几倍，还会传给被碰的那一个。"


def _arrived(home: dict[str, Any], mode: str, hair: str, count: int) -> str:
    lost = count - home["near"]
    if home["same"] == count:
        return (
            f"{count} 个粒子逐位回到了起点，熵也降回了开头。倒着走没有犯力学的任何一条定律，"
            "只是要分毫不差。"
        )
    if mode == "free":
        return (
            f"差了{SMALL[hair]}，{home['near']} 个粒子还是都回来了：谁也不碰，误差不会翻倍。"
            if not lost
            else f"{lost} 个粒子没有回来。"
        )
    if mode == "pillars":
        return (
            f"{home['near']} 个回来了，{lost} 个没有：蓝粒子越撞越偏，可是柱子不会把误差传给别人。"
            if lost
            else "都回来了：蓝粒子撞柱子的次数还少，误差没来得及长大。多走一会儿再倒。"
        )
    if not lost:
        return "都回来了：碰的次数还少，误差没来得及长大。等它们多碰一会儿再倒。"
    if lost < count // 2:
        return f"{lost} 个粒子没有找到起点，别的回来了：误差刚刚传开。再多走一会儿，一个也回不来。"
    whom = "全部" if lost == count else "几乎所有"
    return (
        f"{count} 个粒子里 {lost} 个没有回来，熵留在高处。开头只差了一个粒子的{SMALL[hair]}，"
        f"碰撞把它放大，传给了{whom}粒子。"
    )

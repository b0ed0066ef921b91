"""章「贝叶斯」的前两幅图：一万个人来体检，和同一件事画成面积。

两幅图要的只是乘、加和除，拖动时前端当场就答；这里用 ``mlcore.probability`` 算出同样的数。
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from mlcore.backend import to_numpy
from mlcore.checks import real_number
from mlcore.explorables.base import Explorable, Figure, Scene
from mlcore.explorables.controls import Choice, Numbers, Slider
from mlcore.probability import evidence, posterior
from mlcore.random import Generator

PEOPLE = 10_000
SIDE = 100
"""一万个人坐成 100 × 100。"""
PREVALENCES = (
    0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0,
    8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0,
)  # fmt: skip
"""患病率的滑杆上的各格（%）：越小越密，好看清罕见病。"""


class Screening(NamedTuple):
    """一次或两次筛查之后各有多少人（平均数，不必是整数），和阳性的人真有病的概率。"""

    sick_positive: float
    sick_negative: float
    well_positive: float
    well_negative: float
    posterior: float
    sick_twice: float
    """两次都是阳性的病人。"""
    well_twice: float
    posterior_twice: float


def screening(
    prevalence: float, sensitivity: float, specificity: float, repeat: float = 0.0
) -> Screening:
    """一万个人里，筛查一次、再把阳性的人查一次，平均各有多少人。

    Parameters
    ----------
    prevalence
        患病率，病人占全部人的比例。
    sensitivity
        灵敏度，病人查出阳性的概率。
    specificity
        特异度，没病的人查出阴性的概率。
    repeat
        第二次有多大概率照抄第一次的结果（同样的原因让它再错一次）。0 是两次在给定有没有病时
        互相独立，1 是第二次白查；它也正是这两次结果在给定有没有病时的相关系数。

    Raises
    ------
    ValueError
        不在 0 到 1 之间；或者一个阳性也不会有，这时问阳性的人有没有病没有意义。

    来源：``curriculum`` Y1 §7.3（1 %、95 %、95 % → 95/590）。
    """
    p = real_number("prevalence", prevalence, 0.0, 1.0)
    hit = real_number("sensitivity", sensitivity, 0.0, 1.0)
    alarm = 1 - real_number("specificity", specificity, 0.0, 1.0)
    repeat = real_number("repeat", repeat, 0.0, 1.0)
    prior = np.array([p, 1 - p])
    once = np.array([hit, alarm])
    # With chance `repeat` the second result is the first one copied, else it is drawn afresh.
    again = repeat + (1 - repeat) * once
    first = to_numpy(posterior(prior, once))
    second = to_numpy(posterior(first, again))
    counts = PEOPLE * prior
    positive = counts * once
    twice = positive * again
    return Screening(
        float(positive[0]), float(counts[0] - positive[0]),
        float(positive[1]), float(counts[1] - positive[1]),
        float(first[0]), float(twice[0]), float(twice[1]), float(second[0]),
    )  # fmt: skip


@dataclass(frozen=True)
class BetFor(Numbers):
    """押的时候患病率、灵敏度、特异度各是多少（%）：押得准不准，只和这组数的真相比。

    图自己记、自己比，不必为它叫醒 Python。
    """

    local: bool = True


class People(Explorable):
    """一万个点：先押一个数，再看他们按有没有病、按结果站队，阳性的站出来数一数。"""

    kind = "people"
    title = "一万个人来体检"
    task = "你的结果是阳性。先押一个数：你真有病的可能有多大？再看一万个人怎样站队。"
    enlarges = "患病率与后验的曲线"
    controls = (
        Slider("prevalence", "患病率", 0.1, 50, 1.0, step=0.1, unit="%", log=True, where="picture"),
        Slider("sensitivity", "灵敏度", 50, 100, 95, step=1, unit="%", where="picture"),
        Slider("specificity", "特异度", 50, 100, 95, step=1, unit="%", where="picture"),
        Slider("repeat", "第二次照抄第一次", 0, 100, 0, step=5, unit="%", where="picture"),
        Slider("guess", "你押的数", 0, 100, 50, step=1, unit="%", where="picture", local=True),
        BetFor("bet_for", "押的时候的三个数", (1.0, 95.0, 95.0), low=0.0, high=100.0),
        Slider("stage", "走到哪一步", 0, 4, 0, step=1, where="picture", local=True),
    )

    def reset(self, controls: Mapping[str, Any]) -> None:
        draw = Generator(9)
        # Three short lists scatter ten thousand people: a row each, and a shift for each row.
        rows, columns, shifts = (to_numpy(draw.uniform(SIDE)) for _ in range(3))
        self.seats = np.stack([
            np.argsort(rows), np.argsort(columns), (shifts * SIDE).astype(int),
        ]).astype(np.uint8)  # fmt: skip

    def change(self, name: str, value: Any) -> None:
        """座位不变，别的都由控件直接算出来。"""

    def screening(self) -> Screening:
        """现在的控件给出的人数。"""
        now = self.controls_now
        return screening(*(
            now[name] / 100 for name in ("prevalence", "sensitivity", "specificity", "repeat")
        ))  # fmt: skip

    def view(self) -> Scene:
        return {
            "people": PEOPLE,
            "seats": self.seats,
            "prevalences": np.array(PREVALENCES),
            "counts": self.screening()._asdict(),
            "alert": None,
        }

    def figure(self) -> Figure:
        now = self.controls_now
        at = np.geomspace(0.1, 50.0, 121)
        rates = [now[name] / 100 for name in ("sensitivity", "specificity", "repeat")]
        rows = [screening(p / 100, *rates) for p in at]
        here = self.screening()
        lines = [
            {"type": "scatter", "mode": "lines", "name": name, "x": at, "line": line,
             "y": np.array([100 * getattr(row, field) for row in rows])}
            for name, field, line in (
                ("一次阳性", "posterior", {"color": "#0b6cab", "width": 3}),
                ("两次阳性", "posterior_twice", {"color": "#0b6cab", "width": 3, "dash": "dot"}),
            )
        ]  # fmt: skip
        mark = {
            "type": "scatter", "mode": "markers", "name": "现在",
            "x": np.array([float(now["prevalence"])] * 2),
            "y": np.array([100 * here.posterior, 100 * here.posterior_twice]),
            "marker": {"color": "#24211c", "size": 10},
        }  # fmt: skip
        return {
            "data": [*lines, mark],
            "layout": {
                "xaxis": {"title": {"text": "患病率（%）"}, "type": "log"},
                "yaxis": {"title": {"text": "阳性的人真有病的概率（%）"}, "range": [0, 100]},
                "legend": {"orientation": "h"},
            },
        }

    def poster(self) -> str:
        now, counts = self.controls_now, self.screening()
        return (
            f"一万个点是一万个人，其中 {now['prevalence']:g}% 有病。有病的查出 "
            f"{counts.sick_positive:g} 个，没病的错报 {counts.well_positive:g} 个。"
            "先押一个数，再看阳性的人站出来，其中几成真有病。"
        )


STORIES: tuple[tuple[str, str, dict[str, str], tuple[float, float, float]], ...] = (
    ("exam", "体检", {"yes": "有病", "no": "没病", "sign": "阳性"}, (0.01, 0.95, 0.05)),
    ("family", "家族史", {"yes": "有病", "no": "没病", "sign": "阳性"}, (0.2, 0.95, 0.05)),
    ("cloud", "乌云", {"yes": "下雨", "no": "不下", "sign": "有云"}, (0.25, 0.9, 0.3)),
    ("noise", "猫叫", {"yes": "下雨", "no": "不下", "sign": "猫叫"}, (0.25, 0.4, 0.4)),
)  # fmt: skip
"""（值，名字，三个词，先验和两个似然）。"""


def square(prior: float, likely: float, unlikely: float) -> dict[str, float]:
    """单位方块里的面积：先验竖着切一刀，两个似然各横着切一刀。

    Returns
    -------
    dict
        ``yes`` 和 ``no`` 是看到证据的两块的面积，``evidence`` 是它们的和（全概率），
        ``posterior`` 是 ``yes`` 在和里占的份额。

    Raises
    ------
    ValueError
        有一个数不在 0 到 1 之间，或者两块的面积都是 0。
    """
    p = real_number("prior", prior, 0.0, 1.0)
    rates = [real_number("likely", likely, 0.0, 1.0), real_number("unlikely", unlikely, 0.0, 1.0)]
    both = [p, 1 - p]
    return {
        "yes": p * rates[0],
        "no": (1 - p) * rates[1],
        "evidence": float(evidence(both, rates)),
        "posterior": float(posterior(both, rates)[0]),
    }


class Square(Explorable):
    """同一件事画成面积：方块里深色的两块拿出来，按原来的比例拼满一个新的方块。"""

    kind = "square"
    title = "把概率画成面积"
    task = "左边三条带圈的边都能拖。右边是看到证据以后的世界：只剩下深色的两块。"
    controls = (
        Choice(
            "story",
            "例子",
            tuple((value, name) for value, name, _, _ in STORIES),
            default="exam",
            restarts=False,
            where="picture",
        ),
        Slider("prior", "先验", 0.01, 0.99, 0.01, where="picture"),
        Slider("likely", "左边的似然", 0.01, 1.0, 0.95, where="picture"),
        Slider("unlikely", "右边的似然", 0.0, 1.0, 0.05, where="picture"),
        Slider("lift", "拿出来，再放大", 0.0, 2.0, 2.0, step=0.01, where="picture", local=True),
    )

    def reset(self, controls: Mapping[str, Any]) -> None:
        """没有状态：三个数就是全部。"""

    def view(self) -> Scene:
        now = self.controls_now
        return {
            "areas": square(now["prior"], now["likely"], now["unlikely"]),
            "stories": {
                value: {"name": name, **words, "values": np.array(numbers)}
                for value, name, words, numbers in STORIES
            },
            "alert": None,
        }

    def poster(self) -> str:
        now = self.controls_now
        areas = square(now["prior"], now["likely"], now["unlikely"])
        return (
            f"一个面积是 1 的方块。竖着一刀，左边宽 {now['prior']:g}；两边各横着一刀，"
            f"深色的高 {now['likely']:g} 和 {now['unlikely']:g}。深色的两块一共 "
            f"{areas['evidence']:.3g}，左边那块占其中的 {100 * areas['posterior']:.3g}%。"
        )

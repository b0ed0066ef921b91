"""三扇门（Monty Hall 问题）：亲手玩，再让机器玩一万局；门的扇数、主持人怎么开、知不知道都由读者定。

一扇门后面是车，其余是羊。你挑一扇，主持人从别的门里打开一扇（或者打开到只剩一扇），
然后问你换不换。主持人若不知道车在哪，可能自己开出车来，那一局作废。
来源：``curriculum`` Y1-12；「不知道的主持人」见 Rosenthal 2008（Monty Hall, Monty Fall,
Monty Crawl）。
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from mlcore.checks import whole_number
from mlcore.explorables.base import Explorable, Figure, Scene
from mlcore.explorables.controls import Choice, Numbers, Slider
from mlcore.random import Generator

FEWEST, MOST = 3, 24
OPENS = (("rest", "只留一扇"), ("one", "只开一扇"))
HOSTS = (("knows", "知道车在哪"), ("random", "不知道，随手开"))
NEITHER, STAY, SWITCH, VOID = range(4)
"""一局的四种结局：换不换都输、不换才赢、换了才赢、主持人开出了车（作废）。"""

LIMIT = 10_000
DECADES = 4
COUNTS = np.unique(np.round(10 ** (np.arange(24 * DECADES + 1) / 24)).astype(np.int32))
"""胜率曲线在第几局（只数算数的局）留点：横轴按倍数走，从 1 到 10000。"""
AHEAD = 128
"""机器玩的局一次取多少局的随机数：一局一局取，时间全花在取上。"""
DEALT = 240
"""亲手玩的局用的随机数预先备好这么多局，用完从头再用。"""


class Chances(NamedTuple):
    """一种规则下的精确概率。``stay``、``switch`` 是没有作废的局里的胜率。"""

    stay: Fraction
    switch: Fraction
    void: Fraction
    elsewhere: Fraction
    """主持人开出羊之后，车在你没挑的某扇关着的门后的概率。"""


def chances(doors: int, opens: str = "rest", host: str = "knows") -> Chances:
    """不换、换的胜率和作废的概率，都是精确的分数。

    Parameters
    ----------
    doors : int
        几扇门，至少 3。
    opens : {"rest", "one"}
        主持人打开到只留一扇，还是只开一扇。换的时候从没开的门里随便换一扇。
    host : {"knows", "random"}
        知道车在哪、从不开它，还是不知道、随手开。

    Raises
    ------
    ValueError
        ``doors`` 小于 3，或者没有这种开法、这种主持人。
    """
    n = _rules(doors, opens, host)
    left = 1 if opens == "rest" else n - 2
    if host == "knows":
        void = Fraction(0)
        stay = Fraction(1, n)
    else:
        void = Fraction(n - 1 - left, n)
        stay = Fraction(1, 1 + left)
    elsewhere = 1 - stay
    return Chances(stay, elsewhere / left, void, elsewhere)


def opened(
    doors: int, opens: str, host: str, pick: int, car: int, chance: float
) -> tuple[int, ...]:
    """主持人打开哪些门（从 0 数起，从小到大）。

    ``chance`` 是 [0, 1) 里的一个数，他有得选的时候就按它来选，每种选法一样可能。
    """
    others = [door for door in range(doors) if door != pick]
    hidden = host == "knows" and car != pick
    if opens == "one":
        may = [door for door in others if not hidden or door != car]
        return (may[int(chance * len(may))],)
    may = [car] if hidden else others
    kept = may[int(chance * len(may))]
    return tuple(door for door in others if door != kept)


def play(doors: int, opens: str, host: str, chance: Sequence[float]) -> int:
    """玩一局，同时记下不换和换各自的结局：``NEITHER``、``STAY``、``SWITCH`` 或 ``VOID``。

    ``chance`` 是 [0, 1) 里的四个数：车在哪、你挑哪扇、主持人开哪扇、换到哪扇。
    """
    car, pick = int(chance[0] * doors), int(chance[1] * doors)
    shown = opened(doors, opens, host, pick, car, chance[2])
    if car in shown:
        return VOID
    if car == pick:
        return STAY
    left = [door for door in range(doors) if door != pick and door not in shown]
    return SWITCH if left[int(chance[3] * len(left))] == car else NEITHER


def _rules(doors: int, opens: str, host: str) -> int:
    n = whole_number("doors", doors, FEWEST)
    for name, value, known in (("opens", opens, OPENS), ("host", host, HOSTS)):
        names = [key for key, _ in known]
        if value not in names:
            raise ValueError(f"{name} 要是 {'、'.join(names)} 里的一个，得到的是 {value!r}")
    return n


def _every_rule() -> dict[str, Any]:
    """每种规则的精确概率，好让前端一换规则就画得出来：形状 (开法, 主持人, 扇数, …)。"""
    rows = [
        [[chances(n, opens, host) for n in range(FEWEST, MOST + 1)] for host, _ in HOSTS]
        for opens, _ in OPENS
    ]
    parts = [
        [[[(c.numerator, c.denominator) for c in one] for one in row] for row in block]
        for block in rows
    ]
    shares = [[[[float(one.stay), float(one.switch)] for one in row] for row in b] for b in rows]
    share = np.array(shares)
    return {
        "parts": np.array(parts, dtype=np.int16),
        "share": share.astype(np.float32),
        "spread": np.sqrt(share * (1 - share)).astype(np.float32),
    }


RULES = _every_rule()


@dataclass(frozen=True)
class Record(Numbers):
    """读者自己的战绩：图自己就记得下来，不必为它叫醒 Python。

    八个数：哪种规则下的战绩（扇数、开法和主持人的序号），不换的局数和赢的，换的局数和赢的，作废的。
    """

    local: bool = True


class Doors(Explorable):
    """三扇门。"""

    kind = "doors"
    title = "三扇门：换，还是不换"
    task = "按一扇门开始。玩几局，换和不换都试试；再按「运行」，让机器替你玩一万局。"
    controls = (
        Slider("doors", "几扇门", FEWEST, MOST, 3, step=1, restarts=True, where="picture"),
        Choice("opens", "主持人打开到", OPENS, "rest", where="picture"),
        Choice("host", "主持人", HOSTS, "knows", where="picture"),
        Record("record", "你的战绩", (3, 0, 0, 0, 0, 0, 0, 0), low=0, high=9999, whole=True),
        Slider("batch", "第几批", 1, 999, 1, step=1, restarts=True, where="picture"),
    )
    main = "steps"
    stops = (0, 1, 2, 3, 5, 8, 15, 30, 60, 120, 250, 500, 1000, 2000)
    runs = True
    unit = "局"
    slice_most = 50  # 两百幅画面走完一万局，开头的起伏也看得见
    enlarges = "胜率的曲线"

    def reset(self, controls: Mapping[str, Any]) -> None:
        self.generator = Generator(int(controls["batch"]), stream=12)
        self.ahead: list[list[float]] = []
        self.games = 0
        self.outcomes = [0, 0, 0, 0]
        self.curve: list[list[float]] = [[], []]

    def change(self, name: str, value: Any) -> None:
        """只有战绩会走到这里，它不碰机器玩的局。"""

    @property
    def counted(self) -> int:
        """算数的局：没有作废的。"""
        return self.games - self.outcomes[VOID]

    def step(self, n: int) -> None:
        """一步是一局；满 ``LIMIT`` 局就不再玩。"""
        doors, opens, host = (self.controls_now[key] for key in ("doors", "opens", "host"))
        for _ in range(n):
            if self.stopped():
                return
            if not self.ahead:
                block = self.generator.uniform((AHEAD, 4), dtype="float64")
                self.ahead = block[::-1].tolist()
            outcome = play(int(doors), opens, host, self.ahead.pop())
            self.games += 1
            self.outcomes[outcome] += 1
            if outcome != VOID and self.counted == COUNTS[len(self.curve[0])]:
                for line, rate in zip(self.curve, self._rates(), strict=True):
                    line.append(rate)

    def stopped(self) -> bool:
        return self.games >= LIMIT

    def _rates(self) -> tuple[float, float]:
        counted = max(1, self.counted)
        return self.outcomes[STAY] / counted, self.outcomes[SWITCH] / counted

    def view(self) -> Scene:
        stay, switch = self._rates()
        hand = Generator(0, stream=13)
        return {
            "doors": int(self.controls_now["doors"]),
            "opens": self.controls_now["opens"],
            "host": self.controls_now["host"],
            "games": self.games,
            "void": self.outcomes[VOID],
            "counted": self.counted,
            "won": [self.outcomes[STAY], self.outcomes[SWITCH]],
            "rates": [stay, switch],
            "here": float(np.log10(max(1, self.counted)) / DECADES),
            "curve": np.array(self.curve, dtype=np.float32),
            "counts": COUNTS,
            "places": (np.log10(COUNTS) / DECADES).astype(np.float32),
            "narrow": (1 / np.sqrt(COUNTS)).astype(np.float32),
            "deal": np.asarray(hand.uniform((DEALT, 2), dtype="float32")),
            **RULES,
        }

    def figure(self) -> Figure:
        rule = chances(*(self.controls_now[key] for key in ("doors", "opens", "host")))
        looks = (("不换", "#d3660e", rule.stay), ("换", "#0b6cab", rule.switch))
        data: list[dict[str, Any]] = []
        for (name, color, exact), line in zip(looks, self.curve, strict=True):
            at = COUNTS[: len(line)]
            data.append(
                {"type": "scatter", "mode": "lines", "name": name, "x": at, "y": np.array(line)}
                | {"line": {"color": color, "width": 2}}
            )
            data.append(
                {"type": "scatter", "mode": "lines", "name": f"{name}：算出来的 {exact}"}
                | {"x": [1, LIMIT], "y": [float(exact)] * 2}
                | {"line": {"color": color, "width": 1, "dash": "dot"}}
            )
        layout = {
            "xaxis": {"title": {"text": "没有作废的局数"}, "type": "log", "range": [0, DECADES]}
            | {"tickvals": [10**k for k in range(DECADES + 1)]}
            | {"ticktext": ["1", "10", "100", "1000", "1 万"]},
            "yaxis": {"title": {"text": "胜率"}, "range": [0, 1], "tickformat": ".0%"},
        }
        return {"data": data, "layout": layout}

    def snapshot(self) -> dict[str, Any]:
        return {
            "counter": self.generator.counter - 4 * len(self.ahead),  # 取了还没用的不算
            "games": self.games,
            "outcomes": list(self.outcomes),
            "curve": [np.array(line) for line in self.curve],
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        self.reset(self.controls_now)
        self.generator.counter = int(snapshot["counter"])
        self.games = int(snapshot["games"])
        self.outcomes = [int(v) for v in snapshot["outcomes"]]
        self.curve = [[float(v) for v in line] for line in snapshot["curve"]]

    def poster(self) -> str:
        return (
            "三扇关着的门，一扇后面是车，另两扇后面是羊。你挑一扇，主持人打开另一扇给你看羊，"
            "问你换不换。门下面是全部可能的情形，面积就是机会；旁边是换与不换的胜率。"
        )

"""可以动手的东西：每个交互图声明自己有哪些控件，各个宿主照着画出来。

控件是数据，不知道自己会出现在网页、笔记本还是测试里。它只做两件事：
用 ``check`` 把一个值查清楚并规整（不合格就说明白），用 ``spec`` 把自己写成 JSON。
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

Where = Literal["panel", "picture"]
"""控件由谁来画：``panel`` 是图外的控件栏，``picture`` 是图里的手柄。"""


def _number(label: str, value: Any, low: float, high: float) -> float:
    """把 ``value`` 查成 [low, high] 里的有限实数；``label`` 只用来说清是谁错了。"""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"「{label}」要一个数，得到的是 {value!r}")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"「{label}」要一个有限的数，得到的是 {value!r}")
    if not low <= number <= high:
        raise ValueError(f"「{label}」要在 {low:g} 到 {high:g} 之间，得到的是 {number:g}")
    return number


def _sequence(label: str, value: Any, length: int) -> Sequence[Any]:
    if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__len__"):
        raise TypeError(f"「{label}」要 {length} 个数，得到的是 {value!r}")
    items = list(value)
    if len(items) != length:
        raise ValueError(f"「{label}」要 {length} 个数，得到了 {len(items)} 个")
    return items


@dataclass(frozen=True)
class Control:
    """一个控件。``name`` 是它在 Python 里的名字，``label`` 是读者看到的名字。"""

    type: ClassVar[str] = ""
    name: str
    label: str

    def check(self, value: Any) -> Any:
        """规整后的值；不合格时抛出 ``TypeError`` 或 ``ValueError``，说明哪里不对。"""
        raise NotImplementedError

    def spec(self) -> dict[str, Any]:
        """写成 JSON 的样子，供各个宿主画出来。"""
        return {"type": self.type, **{k: _plain(v) for k, v in self.__dict__.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


@dataclass(frozen=True)
class Slider(Control):
    """一条滑杆：从 ``low`` 到 ``high``，一格是 ``step``；``log`` 表示按比例走。"""

    type: ClassVar[str] = "slider"
    low: float
    high: float
    default: float
    step: float = 0.01
    unit: str = ""
    log: bool = False
    restarts: bool = False
    where: Where = "panel"
    local: bool = False
    """改了它，图自己就会动（只换一个看法），不必为它叫醒 Python。"""

    def check(self, value: Any) -> float:
        number = _number(self.label, value, self.low, self.high)
        return int(number) if float(self.step).is_integer() and number.is_integer() else number


@dataclass(frozen=True)
class Choice(Control):
    """几样里选一样。``options`` 是 (值, 名字) 的列表。"""

    type: ClassVar[str] = "choice"
    options: tuple[tuple[str, str], ...]
    default: str
    restarts: bool = True
    where: Where = "panel"

    def check(self, value: Any) -> str:
        for known, _ in self.options:
            if value == known:
                return known
        names = "、".join(known for known, _ in self.options)
        raise ValueError(f"「{self.label}」没有 {value!r} 这一项，可选的是：{names}")


@dataclass(frozen=True)
class Toggle(Control):
    """一个开关。"""

    type: ClassVar[str] = "toggle"
    default: bool = False
    restarts: bool = False
    where: Where = "panel"

    def check(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise TypeError(f"「{self.label}」要 True 或 False，得到的是 {value!r}")
        return value


@dataclass(frozen=True)
class Button(Control):
    """按一下就做一件事（``Explorable.act``）；没有值。"""

    type: ClassVar[str] = "button"
    where: Where = "panel"

    def check(self, value: Any) -> Any:
        raise ValueError(f"「{self.label}」是按钮，没有值可以设；请用 act({self.name!r})")


@dataclass(frozen=True)
class Point(Control):
    """图里一个可以拖的点，值是 (x, y)。"""

    type: ClassVar[str] = "point"
    default: tuple[float, float] = (0.0, 0.0)
    low: float = -2.0
    high: float = 2.0
    restarts: bool = False
    where: Where = "picture"

    def check(self, value: Any) -> list[float]:
        x, y = _sequence(self.label, value, 2)
        return [_number(self.label, v, self.low, self.high) for v in (x, y)]


@dataclass(frozen=True)
class Matrix(Control):
    """一个可以拖、也可以敲数字的矩阵，值是按行排的列表。"""

    type: ClassVar[str] = "matrix"
    default: tuple[tuple[float, ...], ...] = ((1.0, 0.0), (0.0, 1.0))
    low: float = -3.0
    high: float = 3.0
    restarts: bool = False
    where: Where = "picture"

    def check(self, value: Any) -> list[list[float]]:
        rows = _sequence(self.label, value, len(self.default))
        width = len(self.default[0])
        return [
            [_number(self.label, v, self.low, self.high) for v in _sequence(self.label, row, width)]
            for row in rows
        ]


@dataclass(frozen=True)
class Dataset(Control):
    """读者自己点上去的点，值是 [x, y, 类] 的列表，类是 0 … ``classes`` − 1 的整数。"""

    type: ClassVar[str] = "dataset"
    default: tuple[tuple[float, float, int], ...] = ()
    classes: int = 2
    low: float = -1.5
    high: float = 1.5
    limit: int = 400
    restarts: bool = True
    where: Where = "picture"

    def check(self, value: Any) -> list[list[float]]:
        if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__len__"):
            raise TypeError(f"「{self.label}」要 [x, y, 类] 的列表，得到的是 {value!r}")
        if len(value) > self.limit:
            raise ValueError(f"「{self.label}」最多放 {self.limit} 个点，得到了 {len(value)} 个")
        points = []
        for item in value:
            x, y, label = _sequence(self.label, item, 3)
            if isinstance(label, bool) or label not in range(self.classes):
                raise ValueError(
                    f"「{self.label}」的类要是 0 到 {self.classes - 1} 的整数，得到的是 {label!r}"
                )
            position = [_number(self.label, v, self.low, self.high) for v in (x, y)]
            points.append([*position, int(label)])
        return points


@dataclass(frozen=True)
class Pad(Control):
    """一块画板：``rows`` × ``columns`` 格，值是 0 到 1 的浓淡，按行排。"""

    type: ClassVar[str] = "pad"
    rows: int = 28
    columns: int = 28
    default: tuple[float, ...] = field(default=())
    restarts: bool = False
    where: Where = "picture"

    def check(self, value: Any) -> list[float]:
        if not len(value):
            return []
        cells = _sequence(self.label, value, self.rows * self.columns)
        return [_number(self.label, v, 0.0, 1.0) for v in cells]


@dataclass(frozen=True)
class Numbers(Control):
    """一排由读者定的数：拖出来的柱子、画出来的先验、一棵提问树。值是定长的列表。

    ``whole`` 为真时只收整数（比如位掩码），得到的也是整数。和要是多少这样的约束不在这里，
    由图自己检查。
    """

    type: ClassVar[str] = "numbers"
    default: tuple[float, ...] = ()
    low: float = 0.0
    high: float = 1.0
    whole: bool = False
    restarts: bool = False
    where: Where = "picture"

    def check(self, value: Any) -> list[float]:
        items = _sequence(self.label, value, len(self.default))
        numbers = [_number(self.label, v, self.low, self.high) for v in items]
        if not self.whole:
            return numbers
        for number in numbers:
            if number != int(number):
                raise ValueError(f"「{self.label}」要整数，得到的是 {number!r}")
        return [int(number) for number in numbers]

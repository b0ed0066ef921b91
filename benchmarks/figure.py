"""画 growth 的图：一步的时间对一步的浮点运算，两轴都取对数，一条斜线是屋顶。写成 SVG。"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlcore.explorables.palette import BLUE, INK, INK_FAINT, MAGENTA, ORANGE, PAPER, RULE

WIDE, HIGH = 760, 560
LEFT, RIGHT, TOP, BOTTOM = 84, 30, 58, 62
FONT = "system-ui, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
COLOURS = (BLUE, ORANGE, MAGENTA)
SHAPES = ("circle", "square", "diamond")
ABOVE, BELOW, LEFT_OF, RIGHT_OF = (
    ("middle", 0, -9), ("middle", 2, 19), ("end", -7, -7), ("start", 7, 4)
)  # fmt: skip
"""数字写在记号的哪一边：对齐的一头、往右几个单位、往下几个。"""
TIMES = {1e-6: "1 µs", 1e-5: "10 µs", 1e-4: "100 µs", 1e-3: "1 ms", 1e-2: "10 ms", 1e-1: "100 ms",
         1e0: "1 s"}  # fmt: skip
POWERS = "⁰¹²³⁴⁵⁶⁷⁸⁹"


@dataclass(frozen=True)
class Curve:
    """一条线：动的是什么；每一点的浮点运算、秒数、它是几。"""

    name: str
    points: Sequence[tuple[float, float, str]]


def draw(curves: Sequence[Curve], speed: float) -> str:
    """speed：屋顶，每秒多少次浮点运算。"""
    every = [point for curve in curves for point in curve.points]
    low_x, high_x = _decades([p[0] for p in every])
    low_y, high_y = _decades([p[1] for p in every] + [min(p[1] for p in every) / 3])

    def x(value: float) -> float:
        return LEFT + (math.log10(value) - low_x) / (high_x - low_x) * (WIDE - LEFT - RIGHT)

    def y(value: float) -> float:
        share = (math.log10(value) - low_y) / (high_y - low_y)
        return HIGH - BOTTOM - share * (HIGH - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" '
        f'font-family="{FONT}" font-size="13" fill="{INK}">',
        f'<rect width="{WIDE}" height="{HIGH}" fill="{PAPER}"/>',
        _text(LEFT, 26, "训练一步要多久：网络变宽、变深，批变大", size=16),
        _text(LEFT, 45, "数字是宽度、层数、批的大小；其余停在宽 128、两个隐层、一批 64", INK_FAINT),
    ]
    for power in range(low_x, high_x + 1):
        at = x(10.0**power)
        parts.append(_line(at, y(10.0**low_y), at, y(10.0**high_y)))
        digits = "".join(POWERS[int(digit)] for digit in str(power))
        parts.append(_text(at, HIGH - BOTTOM + 20, f"10{digits}", INK_FAINT, "middle"))
    for power in range(low_y, high_y + 1):
        at = y(10.0**power)
        parts.append(_line(x(10.0**low_x), at, x(10.0**high_x), at))
        label = TIMES.get(float(f"1e{power}"), f"1e{power} s")
        parts.append(_text(LEFT - 8, at + 4, label, INK_FAINT, "end"))
    middle = (LEFT + WIDE - RIGHT) / 2
    parts.append(_text(middle, HIGH - 16, "一步里矩阵相乘的浮点运算（次）", anchor="middle"))
    parts.append(
        f'<text transform="translate(20 {HIGH / 2}) rotate(-90)" text-anchor="middle">'
        "一步的时间</text>"
    )
    # The roof crosses the lower edge or the left one.
    first = max(10.0**low_x, 10.0**low_y * speed)
    last = min(10.0**high_x, 10.0**high_y * speed)
    parts.append(
        f'<line x1="{x(first):.1f}" y1="{y(first / speed):.1f}" x2="{x(last):.1f}" '
        f'y2="{y(last / speed):.1f}" stroke="{INK}" stroke-width="2"/>'
    )
    label = f"屋顶：每秒 {speed / 1e9:.0f} G 次"
    half = math.sqrt(first * last)
    parts.append(_text(x(half) + 12, y(half / speed) + 16, label))
    for curve, colour, shape in zip(curves, COLOURS, SHAPES, strict=True):
        parts += _curve(curve, colour, shape, x, y)
    return "\n".join([*parts, "</svg>", ""])


def _curve(curve: Curve, colour: str, shape: str, x: object, y: object) -> list[str]:
    places = [(x(a), y(b), label) for a, b, label in curve.points]  # type: ignore[operator]
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b, _ in places)
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for k, (a, b, label) in enumerate(places):
        last = k == len(places) - 1
        anchor, right, down = _place(shape, k, last)
        parts.append(_mark(shape, a, b, colour))
        label = f"{curve.name} {label}" if last else label
        parts.append(_text(a + right, b + down, label, colour, anchor, 12))
    return parts


def _place(shape: str, k: int, last: bool) -> tuple[str, int, int]:
    """三条线挤在一起往右上走，各在自己的一边写数字：深的在上，宽的在下，批先在最上，后来在中间。"""
    if shape == "square" and k == 0:
        return "end", -6, 17
    if shape == "square" or last:
        return LEFT_OF
    if shape == "circle":
        return BELOW
    return ABOVE if k < 3 else RIGHT_OF


def _mark(shape: str, a: float, b: float, colour: str) -> str:
    if shape == "circle":
        return f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" fill="{colour}"/>'
    turn = f' transform="rotate(45 {a:.1f} {b:.1f})"' if shape == "diamond" else ""
    return (
        f'<rect x="{a - 3.5:.1f}" y="{b - 3.5:.1f}" width="7" height="7" fill="{colour}"{turn}/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{RULE}"/>'


def _text(
    x: float, y: float, text: str, fill: str = INK, anchor: str = "start", size: int = 13
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" text-anchor="{anchor}" '
        f'font-size="{size}">{text}</text>'
    )


def _decades(values: Sequence[float]) -> tuple[int, int]:
    logs = [math.log10(value) for value in values]
    return math.floor(min(logs)), math.ceil(max(logs))

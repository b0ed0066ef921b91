"""代码格打印的和最后一行的值：怎样变成给页面的文字。"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

WIDTH = 79
MOST_CHARACTERS = 20_000
"""一格一次运行最多显示多少个字符；再多，页面会慢，读者也看不过来。"""
PIECE = 400


class Budget:
    """一次运行还能显示多少个字符；几个流和最后的值共用。"""

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self.left, self.told = most, False

    def take(self, text: str) -> tuple[str, bool]:
        """``text`` 里还放得下的一段，和「是不是到这里满了」（只在刚满的那一次为真）。"""
        kept = text[: self.left]
        self.left -= len(kept)
        full = len(kept) < len(text) and not self.told
        self.told = self.told or full
        return kept, full


class Stream(io.TextIOBase):
    """代替 ``sys.stdout``：攒满一行就交出去，超过限量就不再交。"""

    def __init__(self, name: str, send: Callable[[str, str], None]) -> None:
        self.name, self.send = name, send
        self.held: list[str] = []
        self.length = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() 要文字，得到的是 {type(text).__name__}")
        self.held.append(text)
        self.length += len(text)
        if "\n" in text or self.length > PIECE:
            self.flush()
        return len(text)

    def flush(self) -> None:
        if self.held:
            text = "".join(self.held)
            self.held, self.length = [], 0
            self.send(self.name, text)


def shown(value: Any, indent: int = 0, start: int = 0) -> str:
    """一个值在笔记本里的样子：一行放不下的列表、元组、集合和字典，一项一行。

    ``indent`` 是换行之后缩进几格，``start`` 是这个值在它那一行里从第几格写起。
    """
    text = repr(value)
    kind = type(value)
    if max(indent, start) + len(text) <= WIDTH and "\n" not in text:
        return text
    if kind not in (list, tuple, set, dict) or type(value).__repr__ is not kind.__repr__:
        return text.replace("\n", "\n" + " " * indent)
    if not value or len(value) > 1000:
        return text
    left, right = ("[", "]") if kind is list else ("(", ")") if kind is tuple else ("{", "}")
    if kind is dict:
        items = [_pair(key, item, indent + 1) for key, item in value.items()]
    else:
        items = [shown(item, indent + 1) for item in value]
    comma = "," if kind is tuple and len(items) == 1 else ""
    return left + (",\n" + " " * (indent + 1)).join(items) + comma + right


def _pair(key: Any, item: Any, indent: int) -> str:
    name = repr(key) + ": "
    return name + shown(item, indent, indent + len(name))


def bundle(value: Any) -> dict[str, str]:
    """一个值的几种样子：``text/plain`` 总有，对象自己会画的（表、公式、图）也带上。"""
    found: dict[str, str] = {}
    whole = getattr(value, "_repr_mimebundle_", None)
    if callable(whole) and not isinstance(value, type):
        made = whole()
        made = made[0] if isinstance(made, tuple) else made
        found = {mime: text for mime, text in dict(made).items() if isinstance(text, str)}
    for mime, name in (("text/html", "_repr_html_"), ("image/svg+xml", "_repr_svg_")):
        draw = getattr(value, name, None)
        if mime not in found and callable(draw) and not isinstance(value, type):
            text = draw()
            if isinstance(text, str):
                found[mime] = text
    found.setdefault("text/plain", shown(value))
    return found

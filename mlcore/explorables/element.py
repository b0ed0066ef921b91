"""交互图在笔记本输出和网页源文件里的样子：一个写着类和控件的 HTML 元素。"""

from __future__ import annotations

import html
import json

from mlcore.explorables.base import Explorable
from mlcore.explorables.session import class_path


def element(explorable: Explorable, id: str, wide: bool = True) -> str:
    """构建网站时认得的那个元素：类、控件，和给看不到画面的人的一段话。

    ``id`` 在整本书里唯一，只能有拉丁字母、数字和连字符，否则抛出 ``ValueError``。
    """
    if not id or not id.isascii() or not id.replace("-", "a").isalnum():
        raise ValueError(f"id 只能有拉丁字母、数字和连字符，得到的是 {id!r}")
    start = html.escape(json.dumps(explorable.initial, ensure_ascii=False, sort_keys=True))
    return (
        f'<div class="explorable{" wide" if wide else ""}" id="{id}"'
        f' data-explorable="{class_path(explorable)}" data-start="{start}">'
        f'<p class="poster">{html.escape(explorable.poster())}</p></div>'
    )


def card(explorable: Explorable) -> str:
    """``figure(…)`` 在网页源文件里的样子：构建网站时由它算出 plotly 的数据，读者要看才画。"""
    start = html.escape(json.dumps(explorable.initial, ensure_ascii=False, sort_keys=True))
    return (
        f'<div class="plotly-card" data-explorable="{class_path(explorable)}"'
        f' data-start="{start}">'
        f'<p class="poster">{html.escape(type(explorable).enlarges)}</p></div>'
    )

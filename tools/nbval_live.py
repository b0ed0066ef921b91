"""给 nbval 的一个小插件：只有活着的内核才给的输出不比。

plotly 图存进文件的是一张小卡片，运行时另带着几百 KB 的画图数据；和小部件的编号一样，
比的是卡片，不是它。
"""

from __future__ import annotations

from typing import Any

ONLY_LIVE = ("application/vnd.plotly.v1+json",)


def pytest_collection_modifyitems(items: list[Any]) -> None:
    for item in items:
        skipped = getattr(item.parent, "skip_compare", None)
        if skipped and not set(ONLY_LIVE) <= set(skipped):
            item.parent.skip_compare = (*skipped, *ONLY_LIVE)

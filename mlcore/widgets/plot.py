"""plotly 的图：笔记本里直接看，存进文件的只有一张小卡片。"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from mlcore.explorables.codec import nested


class CardFigure(go.Figure):  # type: ignore[misc]
    """一幅 plotly 图，外加一段构建网站时认得的 HTML。"""

    def __init__(self, figure: dict[str, Any], card: str) -> None:
        super().__init__(data=nested(figure["data"]), layout=nested(figure.get("layout", {})))
        self.__dict__["_card"] = card

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {
            "application/vnd.plotly.v1+json": nested(self.to_plotly_json()),
            "text/html": self.__dict__["_card"],
            "text/plain": "plotly 图",
        }

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self._repr_mimebundle_(), raw=True)  # type: ignore[no-untyped-call]


def plotly_figure(figure: dict[str, Any], card: str) -> CardFigure:
    """``Explorable.figure()`` 的字典 → plotly 图；字典不合格时 plotly 抛出 ``ValueError``。"""
    return CardFigure(figure, card)

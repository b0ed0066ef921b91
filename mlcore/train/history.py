"""训练的经过：每一步的损失，每次验证的分数；能画成图。"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

SHOWN = 500
"""图上训练的曲线最多几个点，多了就一段一段取平均。"""
INKS = {"train": "#8a8172", "valid": "#1d6b5d"}
NAMES = {"loss": "损失", "accuracy": "准确率", "perplexity": "困惑度"}


class History(list[float]):
    """每一步的损失（更新之前的）就是这个列表；另外记着验证。

    Attributes
    ----------
    steps : list of int
        第几步之后验证过。
    valid : dict[str, list of float]
        每个分数，各次验证的值；``"loss"`` 总是有的。
    """

    def __init__(self, losses: Iterable[float] = ()) -> None:
        super().__init__(losses)
        self.steps: list[int] = []
        self.valid: dict[str, list[float]] = {}

    def record(self, step: int, scores: dict[str, float]) -> None:
        """记下走完 step 步时的一次验证。"""
        self.steps.append(step)
        for name, value in scores.items():
            self.valid.setdefault(name, []).append(value)

    def figure(self, name: str = "loss") -> dict[str, Any]:
        """画成一幅 plotly 图：``{"data": […], "layout": {…}}``。

        Parameters
        ----------
        name : str
            画哪个分数；``"loss"`` 画训练和验证的损失，别的只有验证时才算。

        Examples
        --------
        >>> plotly.graph_objects.Figure(trainer.history.figure())
        """
        if name != "loss" and name not in self.valid:
            raise ValueError(f"没有记过 {name}；记过的是 {'、'.join({'loss': 0} | self.valid)}")
        data = [self._trained()] if name == "loss" else []
        if name in self.valid:
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "name": "验证",
                    "x": np.array(self.steps),
                    "y": np.array(self.valid[name]),
                    "line": {"color": INKS["valid"], "width": 2},
                }
            )
        layout = {
            "xaxis": {"title": {"text": "步"}, "rangemode": "tozero"},
            "yaxis": {"title": {"text": NAMES.get(name, name)}},
        }
        return {"data": data, "layout": layout}

    def plot(self, name: str = "loss") -> Any:
        """:meth:`figure` 变成的 plotly 图；要装 plotly。"""
        import plotly.graph_objects as go

        return go.Figure(self.figure(name))

    def _trained(self) -> dict[str, Any]:
        """训练的曲线：太长就一段一段取平均，画在各段的末尾。"""
        losses = np.asarray(self, dtype=np.float64)
        ends = np.unique(np.linspace(0, len(losses), SHOWN + 1).astype(int))
        starts, ends = ends[:-1], ends[1:]
        sums = np.add.reduceat(losses, starts) if len(starts) else losses
        return {
            "type": "scatter",
            "mode": "lines",
            "name": "训练",
            "x": ends,
            "y": sums / (ends - starts),
            "line": {"color": INKS["train"], "width": 1.5},
        }

    def state_dict(self) -> dict[str, Any]:
        """一切的副本，都是 NumPy 数组。"""
        return {
            "losses": np.asarray(self, dtype=np.float64),
            "steps": np.asarray(self.steps, dtype=np.int64),
            "valid": {name: np.asarray(values) for name, values in self.valid.items()},
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> History:
        """由 :meth:`state_dict` 存下的造回来。"""
        history = cls(np.asarray(state["losses"]).tolist())
        history.steps = np.asarray(state["steps"]).tolist()
        history.valid = {name: np.asarray(v).tolist() for name, v in state["valid"].items()}
        return history

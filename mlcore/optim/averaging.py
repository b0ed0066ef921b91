"""权重的滑动平均：训练时另存一份「近来的平均」，它比最后一步的权重稳。"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from mlcore.autograd import Tensor
from mlcore.backend import array_namespace, asarray, to_numpy
from mlcore.optim.base import fraction


class WeightAverage:
    """指数滑动平均（Polyak 与 Juditsky 1992；Kingma 与 Ba 2015 §7.2）。

    Parameters
    ----------
    params : Tensor 的序列
        平均从它们现在的值开始。
    decay : float
        每一步留下多少旧的平均，[0, 1)；记住的大约是最近 1/(1 − decay) 步。

    Attributes
    ----------
    swapped : bool
        平均是不是正换在网络里。

    Notes
    -----
    ``avg ← decay · avg + (1 − decay) · w``，所以 t 步之后
    avg = decayᵗ w₀ + (1 − decay) Σᵢ decayᵗ⁻ⁱ wᵢ。只管参数；批归一化的运行均值这些缓冲不动。
    """

    def __init__(self, params: Iterable[Tensor], decay: float = 0.999) -> None:
        self.params = list(params)
        if not self.params:
            raise ValueError("params 是空的：没有权重可以平均")
        self.decay = fraction("decay", decay)
        self.swapped = False
        self._averages = [
            array_namespace(parameter.data).asarray(parameter.data, copy=True)
            for parameter in self.params
        ]

    def update(self) -> None:
        """优化器走过一步之后调用：把现在的权重算进平均。"""
        if self.swapped:
            raise RuntimeError("平均正换在网络里，先用 swap() 换回来，再接着训练")
        for average, parameter in zip(self._averages, self.params, strict=True):
            average *= self.decay
            average += (1 - self.decay) * parameter.data

    def swap(self) -> None:
        """网络里的权重和平均对调；再调一次就换回来。"""
        for position, parameter in enumerate(self.params):
            average = self._averages[position]
            self._averages[position] = array_namespace(average).asarray(parameter.data, copy=True)
            # In place: the optimiser holds views of these arrays.
            parameter.data[...] = average
        self.swapped = not self.swapped

    @contextmanager
    def applied(self) -> Iterator[None]:
        """在 ``with average.applied():`` 里，网络用的是平均的权重。"""
        self.swap()
        try:
            yield
        finally:
            self.swap()

    def state_dict(self) -> dict[str, Any]:
        """系数和平均的副本（NumPy 数组）；换进网络里的时候不能存。"""
        if self.swapped:
            raise RuntimeError("平均正换在网络里，先用 swap() 换回来，再存")
        averages = {str(i): to_numpy(a).copy() for i, a in enumerate(self._averages)}
        return {"decay": self.decay, "averages": averages}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """恢复 :meth:`state_dict` 存下的一切。"""
        averages = list(state["averages"].values())
        shapes = [tuple(average.shape) for average in averages]
        wanted = [tuple(average.shape) for average in self._averages]
        if shapes != wanted:
            raise ValueError(f"平均的形状要是 {wanted}，得到 {shapes}")
        self.decay = fraction("decay", state["decay"])
        self.swapped = False
        for average, saved in zip(self._averages, averages, strict=True):
            average[...] = asarray(saved, average.dtype)

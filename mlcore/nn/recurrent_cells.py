"""循环层的一步，照公式写开，只用加、乘、tanh、sigmoid。

一步一步调用它，就是 :mod:`mlcore.nn.recurrent` 里走完整个序列的那个运算；参数的名字去掉
``_l0``，也就是那里的。公式和各种约定见 :class:`mlcore.nn.LSTM` 和 :class:`mlcore.nn.GRU`。
"""

from __future__ import annotations

import math
from typing import Any

from mlcore.autograd import Tensor, apply
from mlcore.backend import array_namespace, asarray, describe
from mlcore.checks import choice, whole_number
from mlcore.nn.module import Module
from mlcore.random import Generator


class RecurrentCell(Module):
    """三种单元共用的部分。

    Parameters
    ----------
    input_size, hidden_size : int
    generator : Generator
        初值从这里取，±1/√hidden_size 之间均匀分布。

    Attributes
    ----------
    weight_ih : Tensor (G·H, I)
    weight_hh : Tensor (G·H, H)
    bias_ih, bias_hh : Tensor (G·H,)
        G 是门的个数。
    """

    gates = 1

    def __init__(self, input_size: int, hidden_size: int, *, generator: Generator) -> None:
        self.input_size = whole_number("input_size", input_size, 1)
        self.hidden_size = whole_number("hidden_size", hidden_size, 1)
        if not isinstance(generator, Generator):
            raise TypeError(f"generator 要是 mlcore.random.Generator，得到 {describe(generator)}")
        bound, rows = 1 / math.sqrt(self.hidden_size), self.gates * self.hidden_size
        start = [
            Tensor(generator.uniform(shape, -bound, bound), requires_grad=True)
            for shape in ((rows, self.input_size), (rows, self.hidden_size), (rows,), (rows,))
        ]
        self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh = start

    def __call__(self, x: Any, state: Any = None) -> Any:
        """走一步。

        Parameters
        ----------
        x : Tensor (N, I)
        state : Tensor (N, H)，可选
            上一步的状态，默认是 0；LSTMCell 的是一对 (h, c)。

        Returns
        -------
        和 state 同样的东西
            这一步以后的状态。
        """
        x = x if type(x) is Tensor else Tensor(asarray(x, self.dtype))
        if x.ndim != 2 or x.shape[1] != self.input_size:
            raise ValueError(
                f"x 的形状要是 (N, I)，其中 I = {self.input_size}，得到 {describe(x.data)}"
            )
        return self.forward(x, state)

    def forward(self, x: Tensor, state: Any = None) -> Any:
        raise NotImplementedError

    def _start(self, x: Tensor) -> Tensor:
        xp = array_namespace(x.data)
        shape = (x.shape[0], self.hidden_size)
        return Tensor(xp.zeros(shape, dtype=x.dtype, device=x.data.device))

    def _parts(self, name: str, x: Tensor) -> list[Tensor]:
        """``x @ weight.T + bias``，切成一门一段。"""
        weight, bias = (self.weight_ih, self.bias_ih) if name == "ih" else (
            self.weight_hh, self.bias_hh
        )  # fmt: skip
        sums, size = apply("linear", x, weight, bias), self.hidden_size
        return [sums[:, k * size : (k + 1) * size] for k in range(self.gates)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size})"


class RNNCell(RecurrentCell):
    """普通循环层的一步：``h ← tanh(W_ih x + b_ih + W_hh h + b_hh)``，或者 relu。"""

    def __init__(self, *sizes: int, nonlinearity: str = "tanh", generator: Generator) -> None:
        super().__init__(*sizes, generator=generator)
        self.nonlinearity = choice("nonlinearity", nonlinearity, ("tanh", "relu"))

    def forward(self, x: Tensor, state: Tensor | None = None) -> Tensor:
        h = self._start(x) if state is None else state
        (from_x,), (from_h,) = self._parts("ih", x), self._parts("hh", h)
        return apply(self.nonlinearity, from_x + from_h)


class LSTMCell(RecurrentCell):
    """LSTM 的一步：(h, c) → (h, c)。"""

    gates = 4

    def forward(  # type: ignore[override]
        self, x: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        h, c = (self._start(x), self._start(x)) if state is None else state
        sums = [a + b for a, b in zip(self._parts("ih", x), self._parts("hh", h), strict=True)]
        i, f, g, o = sums[0].sigmoid(), sums[1].sigmoid(), sums[2].tanh(), sums[3].sigmoid()
        c = f * c + i * g
        return o * c.tanh(), c


class GRUCell(RecurrentCell):
    """GRU 的一步。"""

    gates = 3

    def forward(self, x: Tensor, state: Tensor | None = None) -> Tensor:
        h = self._start(x) if state is None else state
        (r_x, z_x, n_x), (r_h, z_h, n_h) = self._parts("ih", x), self._parts("hh", h)
        r = (r_x + r_h).sigmoid()
        z = (z_x + z_h).sigmoid()
        n = (n_x + r * n_h).tanh()
        return (1 - z) * n + z * h

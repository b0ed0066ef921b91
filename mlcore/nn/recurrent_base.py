"""循环层共用的部分：叠层、两个方向、有长有短的序列。三种循环层在 :mod:`mlcore.nn.recurrent`。"""

from __future__ import annotations

import math
from typing import Any

from mlcore.autograd import Tensor, apply
from mlcore.backend import array_namespace, asarray, describe
from mlcore.checks import whole_number
from mlcore.nn.activations import Identity
from mlcore.nn.dropout import Dropout
from mlcore.nn.masks import check_mask, mask_from_lengths
from mlcore.nn.module import Module
from mlcore.random import Generator

State = Any
"""循环层的状态：一个 Tensor，LSTM 是一对 (h, c)。"""


class Recurrent(Module):
    """三种循环层共用的部分。

    Parameters
    ----------
    input_size, hidden_size : int
        每一步读多少个数、状态有多少个数。
    num_layers : int
        叠几层；上一层的输出是下一层的输入。
    bias : bool
    batch_first : bool
        True 时 x 和输出的形状是 (N, T, …)，否则是 (T, N, …)。状态不受影响。
    bidirectional : bool
        再从后往前走一遍，输出把两个方向并排，先正后反。
    dropout : float
        训练时，层与层之间的输出以这个概率丢弃；最后一层的不丢。
    generator : Generator
        初值从这里取，±1/√hidden_size 之间均匀分布；丢弃的掩码也从这里取。

    Attributes
    ----------
    weight_ih_l0 : Tensor (G·H, I)
        第 0 层读输入的权重，G 是门的个数；其余名字和 PyTorch 的一样：``weight_hh_l0``、
        ``bias_ih_l0``、``bias_hh_l0``，反方向的加 ``_reverse``，下一层是 ``_l1``。
    """

    operation = ""
    gates = 1
    cells = False

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        generator: Generator,
        bias: bool = True,
        batch_first: bool = False,
        bidirectional: bool = False,
        dropout: float = 0.0,
    ) -> None:
        self.input_size = whole_number("input_size", input_size, 1)
        self.hidden_size = whole_number("hidden_size", hidden_size, 1)
        self.num_layers = whole_number("num_layers", num_layers, 1)
        if not isinstance(generator, Generator):
            raise TypeError(f"generator 要是 mlcore.random.Generator，得到 {describe(generator)}")
        self.bias = bias
        self.batch_first = batch_first
        self.bidirectional = bidirectional
        self.attrs: dict[str, Any] = {}
        bound = 1 / math.sqrt(self.hidden_size)
        rows, width = self.gates * self.hidden_size, self.input_size
        for layer in range(self.num_layers):
            shapes = ((rows, width), (rows, self.hidden_size), (rows,), (rows,))
            for ending in self._endings(layer):
                for name, shape in zip(self._names(), shapes, strict=False):
                    start = Tensor(generator.uniform(shape, -bound, bound), requires_grad=True)
                    setattr(self, name + ending, start)
            width = self.hidden_size * self.directions
        # Without dropping, the parameters have the same names as in PyTorch, and nothing else.
        self.dropout = Dropout(dropout, generator=generator) if dropout else Identity()
        if dropout and self.num_layers == 1:
            raise ValueError("dropout 在层与层之间，只有一层时没有地方放；请在外面接一个 Dropout")

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _endings(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][: self.directions]

    def _names(self) -> list[str]:
        return ["weight_ih", "weight_hh", "bias_ih", "bias_hh"][: 4 if self.bias else 2]

    def __call__(  # type: ignore[override]
        self, x: Any, state: State = None, *, lengths: Any = None, mask: Any = None
    ) -> tuple[Tensor, State]:
        x = x if type(x) is Tensor else Tensor(asarray(x, self.dtype))
        return self.forward(x, state, lengths=lengths, mask=mask)

    def forward(  # type: ignore[override]
        self, x: Tensor, state: State = None, *, lengths: Any = None, mask: Any = None
    ) -> tuple[Tensor, State]:
        """走完一批序列。

        Parameters
        ----------
        x : Tensor (T, N, I)
        state : Tensor (num_layers · D, N, H)，可选
            开始的状态，默认全是 0；D 是方向的个数。LSTM 的是一对 (h_0, c_0)。
        lengths : 整数 (N,)，可选
            每个序列有几步是真的，后面是补的。
        mask : 布尔 (T, N)，可选
            哪些是真的一步，和 x 的前两个轴一样排；lengths 只能说「补在后面」，它什么都能说。
            补的一步不改状态，输出是 0，所以和 PyTorch 的 packed sequence 结果一样。

        Returns
        -------
        output : Tensor (T, N, D · H)
            最后一层每一步的状态。
        state : 和参数 state 同样的形状
            每一层、每个方向走完以后的状态。

        Raises
        ------
        ValueError, TypeError
            形状不对、序列是空的、长度不在 1 到 T 之间。
        """
        if x.ndim != 3 or x.shape[2] != self.input_size:
            wanted = "(N, T, I)" if self.batch_first else "(T, N, I)"
            raise ValueError(
                f"x 的形状要是 {wanted}，其中 I = {self.input_size}，得到 {describe(x.data)}"
            )
        if 0 in x.shape:
            raise ValueError(f"序列至少要有一步、一个样本，得到 {describe(x.data)}")
        if self.batch_first:
            x = x.permute(1, 0, 2)
        real = self._mask(lengths, mask, x)
        starts = self._starts(state, x)
        ends: list[list[Tensor]] = []
        for layer in range(self.num_layers):
            x, last = self._layer(layer, self.dropout(x) if layer else x, starts, real)
            ends.append(last)
        states = [_join(parts) for parts in zip(*ends, strict=True)]
        output = x.permute(1, 0, 2) if self.batch_first else x
        return output, tuple(states) if self.cells else states[0]

    def _layer(
        self, layer: int, x: Tensor, starts: list[Tensor], real: Tensor | None
    ) -> tuple[Tensor, list[Tensor]]:
        """第 layer 层：它的输出，和走完以后的 [h]，或者 [h, c]。"""
        steps, size = x.shape[0], self.hidden_size
        rows = slice(layer * self.directions, (layer + 1) * self.directions)
        weights = [self._weight(n, e, x) for e in self._endings(layer) for n in range(4)]
        masks = () if real is None else (real,)
        states = apply(
            self.operation, x, *[start[rows] for start in starts], *weights, *masks, **self.attrs
        )
        # Forwards the last state is that of the last step, backwards that of the first.
        last = [states[steps - 1 : steps, :, :size]]
        if self.bidirectional:
            last.append(states[0:1, :, size:])
        ends = [_join(last)]
        if self.cells:
            cells = [
                states[steps:, :, k * size : (k + 1) * size] for k in range(self.directions)
            ]
            ends.append(_join(cells))
            states = states[:steps]
        return states if real is None else states * real, ends

    def _weight(self, number: int, ending: str, like: Tensor) -> Tensor:
        names = self._names()
        if number < len(names):
            return getattr(self, names[number] + ending)  # type: ignore[no-any-return]
        return _zeros(like, self.gates * self.hidden_size)

    def _starts(self, state: State, x: Tensor) -> list[Tensor]:
        shape = (self.num_layers * self.directions, x.shape[1], self.hidden_size)
        count = 2 if self.cells else 1
        if state is None:
            return [_zeros(x, *shape)] * count
        parts = state if self.cells else (state,)
        if not isinstance(parts, tuple | list) or len(parts) != count:
            raise TypeError(f"LSTM 的 state 要是一对 (h_0, c_0)，得到 {describe(state)}")
        starts = [p if isinstance(p, Tensor) else Tensor(asarray(p, x.dtype)) for p in parts]
        for start in starts:
            if start.shape != shape:
                raise ValueError(f"state 的形状要是 {shape}，得到 {describe(start.data)}")
        return starts

    def _mask(self, lengths: Any, mask: Any, x: Tensor) -> Tensor | None:
        """(T, N, 1) 的 0 和 1。"""
        if lengths is None and mask is None:
            return None
        if lengths is not None and mask is not None:
            raise ValueError("lengths 和 mask 只要给一个")
        steps, count = x.shape[:2]
        if mask is not None:
            shape = (count, steps) if self.batch_first else (steps, count)
            real = check_mask("mask", mask, shape)
            real = real.T if self.batch_first else real
        else:
            real = mask_from_lengths(lengths, steps)
            if real.shape[1] != count:
                raise ValueError(f"lengths 要有 {count} 个数，得到 {describe(lengths)}")
        return Tensor(array_namespace(real).astype(real, x.dtype)[..., None])

    def __repr__(self) -> str:
        sizes = f"{self.input_size}, {self.hidden_size}, num_layers={self.num_layers}"
        return f"{type(self).__name__}({sizes}, bidirectional={self.bidirectional})"


def _zeros(like: Tensor, *shape: int) -> Tensor:
    xp = array_namespace(like.data)
    return Tensor(xp.zeros(shape, dtype=like.dtype, device=like.data.device))


def _join(parts: Any) -> Tensor:
    return parts[0] if len(parts) == 1 else apply("concat", *parts, axis=0)

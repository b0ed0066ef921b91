"""循环层：RNN、LSTM、GRU，可以几层叠起来，可以两个方向，句子可以有长有短。

每一层是一个运算（:mod:`mlcore.operations.recurrent`）；一步一步写开的样子在
:mod:`mlcore.nn.recurrent_cells`，两者的结果一样。
"""

from __future__ import annotations

from typing import Any

from mlcore.checks import choice, real_number
from mlcore.nn.recurrent_base import Recurrent


class RNN(Recurrent):
    """普通的循环层（Elman 1990）：``h ← tanh(W_ih x + b_ih + W_hh h + b_hh)``。

    两个偏置加在一起才有意义，PyTorch 分成两个，这里照办。参数见 :class:`Recurrent`。

    Parameters
    ----------
    nonlinearity : {"tanh", "relu"}
    """

    operation = "rnn"

    def __init__(self, *sizes: int, nonlinearity: str = "tanh", **options: Any) -> None:
        super().__init__(*sizes, **options)
        self.attrs = {"nonlinearity": choice("nonlinearity", nonlinearity, ("tanh", "relu"))}


class LSTM(Recurrent):
    """长短期记忆（Hochreiter 与 Schmidhuber 1997；遗忘门来自 Gers 等 2000）。

    ::

        i = σ(W_ii x + b_ii + W_hi h + b_hi)      输入门：新内容写进去多少
        f = σ(W_if x + b_if + W_hf h + b_hf)      遗忘门：旧内容留下多少
        g = tanh(W_ig x + b_ig + W_hg h + b_hg)   新内容
        o = σ(W_io x + b_io + W_ho h + b_ho)      输出门：露出来多少
        c ← f ⊙ c + i ⊙ g
        h ← o ⊙ tanh(c)

    四段在权重里依次是 i、f、g、o，和 PyTorch 一样。资料 Y3 依次写作 i、f、o、c（它的 c 就是
    这里的 g），每段一个偏置，权重转置着放；换过来之后是同一个函数。门不看 c（没有 peephole）。

    Parameters
    ----------
    forget_bias : float，可选
        遗忘门的偏置从多少开始（b_if + b_hf），不给就和别的参数一样是随机的小数。Y3 从 1 开始，
        一开始多记一些（Jozefowicz 等 2015）。
    """

    operation = "lstm"
    gates = 4
    cells = True

    def __init__(self, *sizes: int, forget_bias: float | None = None, **options: Any) -> None:
        super().__init__(*sizes, **options)
        if forget_bias is None:
            return
        if not self.bias:
            raise ValueError("bias=False 时没有偏置，不能给 forget_bias")
        forget = slice(self.hidden_size, 2 * self.hidden_size)
        for layer in range(self.num_layers):
            for ending in self._endings(layer):
                getattr(self, "bias_ih" + ending).data[forget] = real_number(
                    "forget_bias", forget_bias
                )
                getattr(self, "bias_hh" + ending).data[forget] = 0.0


class GRU(Recurrent):
    """门控循环单元（Cho 等 2014）。

    ::

        r = σ(W_ir x + b_ir + W_hr h + b_hr)          重置门
        z = σ(W_iz x + b_iz + W_hz h + b_hz)          更新门
        n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn)) 新内容
        h ← (1 − z) ⊙ n + z ⊙ h

    有两处写法不一，这里和 PyTorch 一样：

    - r 乘在 W_hn h + b_hn **之后**。Cho 等的原文乘在之前，``tanh(W_in x + W_hn (r ⊙ h))``，两者是
      不同的函数。资料 Y3 的代码乘在之后，它的图（出自 colah）乘在之前。
    - z 是**留下旧状态**的份额。Y3 的 u 是换成新内容的份额，``h ← (1 − u) ⊙ h + u ⊙ n``，所以
      z = 1 − u：把 u 的权重和偏置变号，就是 z 的。Y3 也没有 b_hn，那等于 b_hn = 0。

    三段在权重里依次是 r、z、n。
    """

    operation = "gru"
    gates = 3

"""n 元模型：下一个字的概率，由前面 n − 1 个字之后出现过什么数出来；数得少的，向更短的前文借。

用的是改进的 Kneser–Ney 插值平滑（Chen 与 Goodman 1998），数出来的语言模型里最好的一种。
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from mlcore.backend import describe, to_numpy
from mlcore.checks import real_number, whole_number

Integers = np.ndarray[Any, Any]


class Level(NamedTuple):
    """k 元的计数：每个 k 元组扣过折扣的份数，每种前文的总数和扣下来的折扣。"""

    grams: Integers
    shares: np.ndarray[Any, Any]
    contexts: Integers
    totals: np.ndarray[Any, Any]
    saved: np.ndarray[Any, Any]


class KneserNey:
    """插值的 Kneser–Ney n 元模型。

    ``p(w | 前文) = max(c − D, 0) / Σc + λ · p(w | 短一个字的前文)``，λ 是前文省下的折扣占的份额，
    所以每种前文的概率加起来是 1。最高一元的 c 是次数；低的几元里，c 是「前面接过几种不同的字」：
    「琶」很常见，却几乎只在「琵」后面，没有前文时就不该猜它。最低一元再和 1/V 插值。

    Parameters
    ----------
    sequences : 整数 (N, T)
        N 段等长的文字，字的编号在 0 到 vocabulary − 1 之间。开头之前当作有 order − 1 个特别的
        「开始」，它从不被猜。
    vocabulary : int
        有几种字，V；没有出现过的也有概率。
    order : int
        n，至多 4。
    discount : float，可选
        折扣 D，0 到 1。不给时每一元用三个折扣（次数是 1、2、更多），由「出现一次、两次、三次、
        四次的各有几种」估计出来。

    Raises
    ------
    ValueError, TypeError
        编号不是整数、超出范围，或者是空的。
    """

    def __init__(
        self, sequences: Any, vocabulary: int, order: int = 3, *, discount: float | None = None
    ) -> None:
        self.vocabulary = whole_number("vocabulary", vocabulary, 1, 50_000)
        self.order = whole_number("order", order, 1, 4)
        if discount is not None:
            discount = real_number("discount", discount, 0.0, 1.0)
        windows = self._windows(sequences).reshape(-1, self.order)
        grams, counts = np.unique(self._codes(windows), return_counts=True)
        self.levels: list[Level] = []
        for length in range(self.order, 0, -1):
            self.levels.insert(0, self._level(grams, counts, discount))
            if length > 1:
                # One word shorter: the same ending after how many different first words?
                grams, counts = np.unique(grams % self._base ** (length - 1), return_counts=True)

    @property
    def _base(self) -> int:
        return self.vocabulary + 1

    def _windows(self, sequences: Any) -> Integers:
        """每个字和它前面的 order − 1 个：(N, T, order)。"""
        text = np.asarray(to_numpy(sequences))
        if text.ndim != 2 or text.size == 0:
            raise ValueError(f"sequences 要是 (N, T) 的编号，里面有字，得到{describe(text)}")
        if text.dtype.kind not in "iu":
            raise TypeError(f"字的编号要是整数，得到{describe(text)}")
        low, high = int(text.min()), int(text.max())
        if low < 0 or high >= self.vocabulary:
            raise ValueError(f"字的编号要在 0 到 {self.vocabulary - 1} 之间，得到 {low} 到 {high}")
        padded = np.pad(
            text.astype(np.int64), ((0, 0), (self.order - 1, 0)), constant_values=self.vocabulary
        )
        return np.lib.stride_tricks.sliding_window_view(padded, self.order, axis=1)

    def _codes(self, grams: Integers) -> Integers:
        """一个 k 元组变成一个整数：V + 1 进制，最后的字是个位。"""
        codes: Integers = grams @ self._base ** np.arange(grams.shape[-1])[::-1]
        return codes

    def _level(self, grams: Integers, counts: Integers, discount: float | None) -> Level:
        taken = discounts(counts) if discount is None else (discount,) * 3
        off = np.asarray(taken)[np.minimum(counts, 3) - 1]
        contexts, member = np.unique(grams // self._base, return_inverse=True)
        totals, saved = (np.bincount(member, weights) for weights in (counts, off))
        return Level(grams, counts - off, contexts, totals, saved)

    def probabilities(self, sequences: Any) -> np.ndarray[Any, Any]:
        """每一段的每个字，在它的前文之后的概率：(N, T)。"""
        windows = self._windows(sequences)
        found = np.full(windows.shape[:2], 1 / self.vocabulary)
        for length, level in enumerate(self.levels, 1):
            codes = self._codes(windows[..., self.order - length :])
            share = _looked_up(codes, level.grams, level.shares)
            total = _looked_up(codes // self._base, level.contexts, level.totals)
            saved = _looked_up(codes // self._base, level.contexts, level.saved)
            seen = total > 0
            total[~seen] = 1
            found = np.where(seen, (share + saved * found) / total, found)
        return found

    def next_probabilities(self, context: Any) -> np.ndarray[Any, Any]:
        """前文（编号的序列，可以是空的）之后，每一种字的概率：(V,)，加起来是 1。"""
        before = np.asarray(context, dtype=np.int64).reshape(-1)
        rows = np.tile(before, (self.vocabulary, 1))
        rows = np.concatenate([rows, np.arange(self.vocabulary)[:, None]], axis=1)
        return self.probabilities(rows)[:, -1]

    def perplexity(self, sequences: Any) -> float:
        """困惑度：平均每个字好像在几种一样可能的字里猜。"""
        return math.exp(-float(np.mean(np.log(self.probabilities(sequences)))))


def discounts(counts: Integers) -> tuple[float, float, float]:
    """出现 1 次、2 次、3 次以上的各扣多少（Chen 与 Goodman 1998，式 17）。

    Parameters
    ----------
    counts : 整数数组
        各种 n 元组的次数。太少而估计不出来时，都扣一半。
    """
    ones, twos, threes, fours = (int(np.sum(counts == k)) for k in range(1, 5))
    if min(ones, twos, threes) == 0:
        return 0.5, 0.5, 0.5
    y = ones / (ones + 2 * twos)
    raw = 1 - 2 * y * twos / ones, 2 - 3 * y * threes / twos, 3 - 4 * y * fours / threes
    first, second, third = (min(max(one, 0.0), 1.0 * k) for k, one in enumerate(raw, 1))
    return first, second, third


def _looked_up(codes: Integers, keys: Integers, values: Any) -> np.ndarray[Any, Any]:
    """keys（排好的）里有的，取它的值；没有的是 0。"""
    at = np.minimum(np.searchsorted(keys, codes), len(keys) - 1)
    return np.where(keys[at] == codes, values[at], 0.0)

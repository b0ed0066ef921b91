"""诗变成编号：按首分成三份，字表只看训练的那一份，别的字一律是「生字」。"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlcore.random import Generator
from mlcore.train import split

UNKNOWN = "□"
"""生字：训练的那一份里没有、或者只出现过一次的字。"""


@dataclass(frozen=True)
class PoemText:
    """编好号的诗。

    Attributes
    ----------
    letters : str
        字表：编号是 i 的字是 ``letters[i]``，0 是生字。
    train, valid, test : int64 (N, T)
        三份诗，一首一行；同一首诗只在一份里。
    """

    letters: str
    train: np.ndarray[Any, Any]
    valid: np.ndarray[Any, Any]
    test: np.ndarray[Any, Any]

    @property
    def vocabulary(self) -> int:
        return len(self.letters)

    def read(self, numbers: Any) -> str:
        """编号变回诗，四句之间空一格。"""
        letters = [self.letters[int(number)] for number in numbers]
        line = len(letters) // 4
        return " ".join("".join(letters[at : at + line]) for at in range(0, len(letters), line))


def encode(poems: Any, dice: Generator, least: int = 2) -> PoemText:
    """一样长的诗（字符串）按 90 %、5 %、5 % 分成三份，编上号。

    Parameters
    ----------
    poems : 字符串的序列
        长短要一样。
    least : int
        训练的那一份里至少出现几次，才进字表。
    """
    lengths = {len(poem) for poem in poems}
    if len(lengths) != 1:
        raise ValueError(f"诗要一样长，得到的长度有 {sorted(lengths)}")
    parts = split(len(poems), (0.9, 0.05, 0.05), generator=dice)
    texts = [[poems[int(row)] for row in rows] for rows in parts]
    counted = Counter("".join(texts[0]))
    letters = UNKNOWN + "".join(sorted(one for one, count in counted.items() if count >= least))
    number = {letter: i for i, letter in enumerate(letters)}
    encoded = [np.array([[number.get(one, 0) for one in poem] for poem in text]) for text in texts]
    return PoemText(letters, *encoded)

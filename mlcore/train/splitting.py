"""把样本分成训练集、验证集、测试集：由种子定，可以按类别分层。"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mlcore.backend import Array, asarray, describe, to_numpy
from mlcore.checks import real_number, whole_number
from mlcore.losses import check_labels
from mlcore.random import Generator


def split(
    n: int,
    fractions: Sequence[float] = (0.8, 0.1, 0.1),
    *,
    generator: Generator,
    stratify: Any = None,
) -> tuple[Array, ...]:
    """把 0, …, n − 1 打乱，按比例分成几份，每份是样本的下标。

    Parameters
    ----------
    n : int
        样本数。
    fractions : 正数的序列
        每一份占几成，加起来是 1；默认是训练、验证、测试各 0.8、0.1、0.1。
    generator : Generator
        打乱用的随机数从这里取。
    stratify : 整数数组 (n,)，可选
        类别。给了它，每一类也各按这个比例分：每一类在每一份里的个数，和应得的至多差 1。

    Returns
    -------
    tuple of 整数数组
        每个样本恰好在一份里；``x[train], y[train]`` 就是训练集。

    Raises
    ------
    ValueError
        比例不对，样本少得有一份是空的，或者 stratify 的长度不是 n。

    Examples
    --------
    >>> train, valid, test = split(len(y), generator=Generator(0), stratify=y)
    """
    n = whole_number("n", n, 1)
    shares = [real_number("fractions", share, 0.0, 1.0, above=True) for share in fractions]
    if abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"fractions 加起来要是 1，得到 {shares}，和是 {sum(shares):g}")
    if not isinstance(generator, Generator):
        raise TypeError(f"generator 要是 mlcore.random.Generator，得到 {describe(generator)}")
    labels = np.zeros(n, dtype=np.int64) if stratify is None else _labels(stratify, n)

    order = to_numpy(generator.permutation(n))
    part = np.empty(n, dtype=np.int64)
    owed = [0.0] * len(shares)
    for label in np.unique(labels):
        members = np.flatnonzero(labels[order] == label)
        part[members] = np.repeat(np.arange(len(shares)), _counts(len(members), shares, owed))
    parts = [order[part == number] for number in range(len(shares))]
    if any(rows.size == 0 for rows in parts):
        sizes = [rows.size for rows in parts]
        raise ValueError(f"{n} 个样本按 {shares} 分，得到 {sizes}：有一份是空的")
    return tuple(asarray(rows) for rows in parts)


def _labels(stratify: Any, n: int) -> np.ndarray:
    labels = asarray(stratify)
    if tuple(labels.shape) != (n,):
        raise ValueError(f"stratify 要有 {n} 个类别，得到{describe(labels)}")
    check_labels("stratify", labels)
    return to_numpy(labels)


def _counts(total: int, shares: list[float], owed: list[float]) -> list[int]:
    """total 个按比例分，每份取整；零头记在 owed 里，欠得多的先补，所以合起来也合乎比例。"""
    exact = [round(total * share, 9) for share in shares]
    counts = [math.floor(value) for value in exact]
    for number, value in enumerate(exact):
        owed[number] += value - counts[number]
    most_owed = sorted(range(len(shares)), key=lambda number: -owed[number])
    for number in most_owed[: total - sum(counts)]:
        counts[number] += 1
        owed[number] -= 1
    return counts

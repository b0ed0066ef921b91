"""序列的运算：按编号取词向量；注意力的权重。循环层在 :mod:`mlcore.operations.recurrent`。"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.backend import Array
from mlcore.operations.base import Operation


def add_rows(xp: Any, total: Array, index: Array, rows: Array) -> None:
    """``total[index[i]] += rows[i]``，同一行可以加许多次；index (n,)，rows (n, d)。

    :func:`numpy.add.at` 一行一行地加。这里先排序，让同一个编号的行挨着，再一段一段地求和。
    """
    if xp is not np:
        total.index_add_(0, index, rows)
    elif len(index):
        order = np.argsort(index, kind="stable")
        ordered = index[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        total[ordered[starts]] += np.add.reduceat(rows[order], starts, axis=0)


def add_rows_plainly(xp: Any, total: Array, index: Array, rows: Array) -> None:
    """:func:`add_rows` 的意思，照字面写出来。"""
    for i, row in zip(index, rows, strict=True):
        total[i] += row


def _embedding_backward(
    xp: Any,
    needs: Any,
    grad: Array,
    out: Array,
    weight: Array,
    index: Array,
    padding_idx: int | None,
) -> tuple[Any, ...]:
    total = xp.zeros_like(weight)
    rows = xp.reshape(grad, (-1, weight.shape[1]))
    add_rows(xp, total, xp.reshape(index, (-1,)), rows)
    if padding_idx is not None:
        total[padding_idx] = 0
    return total, None


def _attention_weights(
    xp: Any, query: Array, key: Array, bias: Array | None = None, *, scale: float
) -> Array:
    scores = query @ key.mT
    scores *= scale
    if bias is not None:
        scores = scores + bias
    top = xp.max(scores, axis=-1, keepdims=True)
    # A query that may look nowhere has −∞ alone: its weights become zeros, not NaN.
    weights = xp.exp(scores - xp.where(xp.isfinite(top), top, xp.zeros_like(top)))
    total = xp.sum(weights, axis=-1, keepdims=True)
    return weights / (total + xp.astype(total == 0, total.dtype))


def _attention_weights_backward(
    xp: Any,
    needs: Any,
    grad: Array,
    weights: Array,
    query: Array,
    key: Array,
    bias: Array | None = None,
    *,
    scale: float,
) -> tuple[Any, ...]:
    slopes = weights * (grad - xp.sum(grad * weights, axis=-1, keepdims=True))
    slopes *= scale
    grads = (slopes @ key, slopes.mT @ query)
    return grads if bias is None else (*grads, None)


OPS: dict[str, Operation] = {
    "embedding": Operation(
        lambda xp, weight, index, padding_idx: weight[index],
        _embedding_backward,
    ),
    "attention_weights": Operation(_attention_weights, _attention_weights_backward),
}

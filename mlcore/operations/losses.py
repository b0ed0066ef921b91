"""损失：取平均，得一个数；留下的是损失对输出的梯度。"""

from __future__ import annotations

from typing import Any

from mlcore.backend import Array
from mlcore.operations.activations import sigmoid, softplus
from mlcore.operations.base import Operation, fold, size


def _softmax_cross_entropy(xp: Any, logits: Array, target: Array) -> tuple[Array, Array]:
    count = logits.shape[0]
    rows = xp.arange(count, device=logits.device)
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    powers = xp.exp(shifted)
    totals = powers.sum(axis=1)
    loss = (xp.log(totals) - shifted[rows, target]).sum() * (1 / count)
    powers /= totals[:, None]
    powers[rows, target] -= 1
    powers *= 1 / count
    return loss, powers


def _masked_cross_entropy(
    xp: Any, logits: Array, target: Array, mask: Array | None = None, *, ignore_index: int | None
) -> tuple[Array, Array]:
    """只平均 mask 为 1、标签不是 ignore_index 的地方；logits (…, k)，target (…)。"""
    labels = xp.reshape(target, (-1,))
    table = xp.reshape(logits, (-1, logits.shape[-1]))
    weight = xp.ones_like(table[:, 0]) if mask is None else xp.reshape(mask, (-1,))
    counted = weight != 0
    if ignore_index is not None:
        counted = counted & (labels != ignore_index)
        weight = weight * counted
    # What is left out may hold any number: look up the first class there, with weight zero.
    labels = labels * counted
    weight = weight / weight.sum()
    rows = xp.arange(labels.shape[0], device=logits.device)
    shifted = table - xp.max(table, axis=1, keepdims=True)
    powers = xp.exp(shifted)
    totals = powers.sum(axis=1)
    loss = (weight * (xp.log(totals) - shifted[rows, labels])).sum()
    powers /= totals[:, None]
    powers[rows, labels] -= 1
    powers *= weight[:, None]
    return loss, xp.reshape(powers, logits.shape)


def _sigmoid_binary_cross_entropy(xp: Any, logits: Array, target: Array) -> tuple[Array, Array]:
    scale = 1 / size(logits)
    loss = (softplus(xp, logits) - logits * target).sum() * scale
    return loss, (sigmoid(xp, logits) - target) * scale


def _mse(xp: Any, prediction: Array, target: Array) -> tuple[Array, Array]:
    difference = prediction - target
    scale = 1 / size(difference)
    return (difference * difference).sum() * scale, difference * (2 * scale)


OPS: dict[str, Operation] = {
    "softmax_cross_entropy": Operation(
        _softmax_cross_entropy,
        lambda xp, needs, grad, kept, logits, target: (grad * kept, None),
        saves=True,
    ),
    "masked_cross_entropy": Operation(
        _masked_cross_entropy,
        lambda xp, needs, grad, kept, logits, *rest, ignore_index: (
            grad * kept,
            *[None] * len(rest),
        ),
        saves=True,
    ),
    "sigmoid_binary_cross_entropy": Operation(
        _sigmoid_binary_cross_entropy,
        lambda xp, needs, grad, kept, logits, target: (
            grad * kept,
            grad * logits * (-1 / size(logits)) if needs[1] else None,
        ),
        saves=True,
    ),
    "mse": Operation(
        _mse,
        lambda xp, needs, grad, kept, prediction, target: (
            fold(xp, grad * kept, prediction) if needs[0] else None,
            fold(xp, -grad * kept, target) if needs[1] else None,
        ),
        saves=True,
    ),
}

"""损失函数：输出离目标有多远，对一批取平均。从 :mod:`mlcore.nn` 里用。"""

from __future__ import annotations

import math
from typing import Any

from mlcore.autograd import Tensor, apply
from mlcore.backend import Array, array_namespace, asarray, describe


def cross_entropy(logits: Tensor, target: Any) -> Tensor:
    """softmax 之后的平均交叉熵（自然对数）。

    Parameters
    ----------
    logits : Tensor (n, k)
    target : 整数数组 (n,)
        每个样本的类别，0 到 k − 1。
    """
    if type(target) is not Tensor:
        target = Tensor(asarray(target))
        check_labels("target", target.data, logits.shape[-1])
    if logits.data.ndim != 2 or target.data.shape != logits.data.shape[:1]:
        raise ValueError(
            f"cross_entropy 要 logits (n, k) 和 target (n,)，得到 {logits.shape} 和 {target.shape}"
        )
    return apply("softmax_cross_entropy", logits, target)


def binary_cross_entropy_with_logits(logits: Tensor, target: Any) -> Tensor:
    """sigmoid 之后的平均二元交叉熵。

    Parameters
    ----------
    logits : Tensor (n,) 或 (n, 1)
    target : 数组 (n,) 或 (n, 1)
        0 或 1，或者其间的概率。
    """
    return apply("sigmoid_binary_cross_entropy", logits, _like(target, logits))


def mse_loss(prediction: Tensor, target: Any) -> Tensor:
    """差的平方的平均。"""
    return apply("mse", prediction, _like(target, prediction))


def _like(target: Any, output: Tensor) -> Tensor:
    """把 target 变成和 output 同样形状、同样类型的 Tensor；(n,) 与 (n, 1) 算同样。"""
    wanted = target if isinstance(target, Tensor) else Tensor(asarray(target, output.data.dtype))
    if wanted.data.dtype != output.data.dtype:
        wanted = Tensor(asarray(wanted.data, output.data.dtype))
    if wanted.data.shape == output.data.shape:
        return wanted
    if wanted.shape == output.shape[:1] and output.shape[1:] == (1,):
        return wanted.reshape(output.shape)
    # Broadcasting (n,) against (n, 1) would compare every sample with every other.
    raise ValueError(f"target 的形状要和输出一样是 {output.shape}，得到 {wanted.shape}")


def check_labels(name: str, labels: Array, classes: int | None = None) -> None:
    """检查类别标签：整数，不小于 0，小于 classes。"""
    xp = array_namespace(labels)
    if not xp.isdtype(labels.dtype, "integral"):
        raise TypeError(f"{name} 要是整数的类别，得到{describe(labels)}")
    if math.prod(labels.shape) == 0:
        raise ValueError(f"{name} 是空的")
    low, high = int(xp.min(labels)), int(xp.max(labels))
    if low < 0 or (classes is not None and high >= classes):
        wanted = "不小于 0" if classes is None else f"在 0 到 {classes - 1} 之间"
        raise ValueError(f"{name} 的类别要{wanted}，得到 {low} 到 {high}")

"""类别和概率的损失：交叉熵、KL 散度、合页损失。"""

from __future__ import annotations

from typing import Any

from mlcore.autograd import Tensor, apply
from mlcore.backend import array_namespace, asarray
from mlcore.checks import choice, real_number, whole_number
from mlcore.losses.targets import check_labels, like, masked_mean, real_steps


def cross_entropy(
    logits: Tensor, target: Any, mask: Any = None, ignore_index: int | None = None
) -> Tensor:
    """softmax 之后的平均交叉熵（自然对数）。

    Parameters
    ----------
    logits : Tensor (n, k)，或序列的 (N, T, k)
        类别在最后一个轴上（PyTorch 里序列的类别在第二个轴上，(N, k, T)）。
    target : 整数数组 (n,) 或 (N, T)
        每个样本、每一步的类别，0 到 k − 1。
    mask : 布尔数组，可选
        和 target 一样大；只平均 True 的地方。
    ignore_index : int，可选
        target 里是这个数的地方不算。PyTorch 的默认是 −100，这里没有默认，什么都不悄悄略过。

    Raises
    ------
    TypeError, ValueError
        标签不是整数或者超出范围，形状对不上，没有一处要算。
    """
    given = type(target) is Tensor
    labels = target if given else Tensor(asarray(target))
    shape = labels.shape
    if logits.ndim < 2 or shape != logits.shape[:-1]:
        raise ValueError(
            f"cross_entropy 要 logits (n, k) 和 target (n,)，或者 (N, T, k) 和 (N, T)，"
            f"得到 {logits.shape} 和 {shape}"
        )
    if mask is None and ignore_index is None:
        if not given:
            check_labels("target", labels.data, logits.shape[-1])
        if logits.ndim > 2:
            logits, labels = logits.reshape(-1, logits.shape[-1]), labels.reshape(-1)
        return apply("softmax_cross_entropy", logits, labels)
    if ignore_index is not None:
        ignore_index = whole_number("ignore_index", ignore_index, -(2**31))
    real = () if mask is None else (real_steps(mask, shape, logits),)
    _check_counted(logits, labels, real, ignore_index)
    return apply("masked_cross_entropy", logits, labels, *real, ignore_index=ignore_index)


def _check_counted(
    logits: Tensor, labels: Tensor, real: tuple[Tensor, ...], ignore_index: int | None
) -> None:
    """要算的那些地方，标签要对，而且至少有一个。"""
    xp = array_namespace(labels.data)
    counted = xp.ones_like(labels.data, dtype=xp.bool)
    for mask in real:
        counted = counted & (mask.data > 0)
    if ignore_index is not None:
        counted = counted & (labels.data != ignore_index)
    if not bool(xp.any(counted)):
        raise ValueError("target 里没有一处要算：全被 mask 或 ignore_index 略过了")
    check_labels("target", labels.data[counted], logits.shape[-1])


def binary_cross_entropy_with_logits(logits: Tensor, target: Any, mask: Any = None) -> Tensor:
    """sigmoid 之后的平均二元交叉熵。

    Parameters
    ----------
    logits : Tensor (n,) 或 (n, 1)，或任何形状
    target : 同样形状的数组
        0 或 1，或者其间的概率。
    mask : 布尔数组，可选
        前几个轴那么大，如 (N, T)；只平均 True 的地方。
    """
    wanted = like(target, logits)
    if mask is None:
        return apply("sigmoid_binary_cross_entropy", logits, wanted)
    return masked_mean(logits.softplus() - logits * wanted, mask)


def kl_div(log_probs: Tensor, target: Any, reduction: str = "batchmean") -> Tensor:
    """KL 散度 ``Σ p (ln p − ln q)``：从 p 看，q 差多少。

    Parameters
    ----------
    log_probs : Tensor (n, …)
        ln q，是概率的对数（如 log_softmax 的结果），不是概率。
    target : 数组，同样形状
        p，当作常数。
    reduction : {"batchmean", "sum"}
        batchmean 把和除以样本数 n，是每个样本的 KL 散度的平均。PyTorch 还有一种 mean，除以元素的
        个数，那不是 KL 散度，所以这里没有。

    Raises
    ------
    ValueError
        p 里有负数。
    """
    choice("reduction", reduction, ("batchmean", "sum"))
    if log_probs.ndim == 0 or 0 in log_probs.shape:
        raise ValueError(f"log_probs 要是 (n, …)，里面有东西，得到 {log_probs.shape}")
    wanted = like(target, log_probs).detach()
    xp = array_namespace(wanted.data)
    if bool(xp.any(wanted.data < 0)):
        raise ValueError(f"target 要是概率，不能有负数，得到最小的 {float(xp.min(wanted.data)):g}")
    zero = wanted.data == 0
    entropy = wanted.data * xp.log(wanted.data + xp.astype(zero, wanted.dtype))
    total = (Tensor(entropy) - wanted * log_probs).sum()
    return total / len(log_probs) if reduction == "batchmean" else total


def hinge_loss(scores: Tensor, target: Any, margin: float = 1.0) -> Tensor:
    """合页损失 ``max(0, margin − y·s)`` 的平均（Cortes 与 Vapnik 1995）。

    Parameters
    ----------
    scores : Tensor (n,) 或 (n, 1)
        打的分，正的判为 +1。
    target : 数组 (n,) 或 (n, 1)
        −1 或 1。
    margin : float
        分数超过它就不再罚。

    Raises
    ------
    ValueError
        标签不全是 −1 和 1。
    """
    margin = real_number("margin", margin, 0.0, above=True)
    signs = like(target, scores)
    xp = array_namespace(signs.data)
    if not bool(xp.all(xp.abs(signs.data) == 1)):
        low, high = float(xp.min(signs.data)), float(xp.max(signs.data))
        raise ValueError(f"合页损失的标签要是 −1 或 1，得到 {low:g} 到 {high:g}")
    return (margin - scores * signs).relu().mean()

"""分数：模型做得怎么样，用人看得懂的数说。

都是数组的函数，收什么库的数组都行；``logits`` 是网络的输出，``target`` 是答案。
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from mlcore.backend import Array, array_namespace, asarray, describe
from mlcore.checks import whole_number
from mlcore.losses import check_labels


def accuracy(logits: Any, target: Any) -> float:
    """准确率：判对的占几成。

    Parameters
    ----------
    logits : (…, k) 的浮点数，或 (…) 的整数
        每一类的分数，最大的就是判的类；或者直接是判的类。
    target : 整数 (…)
    """
    logits, target = asarray(logits), _labels(target)
    xp = array_namespace(logits)
    guess = xp.argmax(logits, axis=-1) if logits.ndim > target.ndim else logits
    _same_shape("logits", guess, target)
    return _mean(guess == target)


def top_k_accuracy(logits: Any, target: Any, k: int) -> float:
    """分数最高的 k 类里有正确的那一类，算对；对的占几成。分数一样的，排在前面的类先算。

    Parameters
    ----------
    logits : (…, 类别数)
    target : 整数 (…)
    k : int
        1 到类别数。
    """
    logits, target = asarray(logits), _labels(target)
    xp = array_namespace(logits)
    _same_shape("logits[..., 0]", logits[..., 0], target)
    classes = logits.shape[-1]
    k = whole_number("k", k, 1, classes)
    check_labels("target", target, classes)
    truth = xp.take_along_axis(logits, target[..., None], axis=-1)
    number = xp.arange(classes, device=logits.device)
    ahead = (logits > truth) | ((logits == truth) & (number < target[..., None]))
    return _mean(xp.sum(xp.astype(ahead, xp.int64), axis=-1) < k)


def confusion_matrix(guess: Any, target: Any, classes: int | None = None) -> Array:
    """混淆矩阵：第 i 行第 j 列，是第 i 类里被判成第 j 类的个数。

    Parameters
    ----------
    guess, target : 整数 (n,)
        判的类，和真的类。
    classes : int，可选
        几类；不给就数到出现过的最大的一类。

    Returns
    -------
    (classes, classes) 的 int64
    """
    guess, target = _labels(guess, "guess"), _labels(target)
    _same_shape("guess", guess, target)
    xp = array_namespace(guess)
    seen = max(int(xp.max(guess)), int(xp.max(target))) + 1
    k = seen if classes is None else whole_number("classes", classes, 1)
    check_labels("guess", guess, k)
    check_labels("target", target, k)
    # Sorted by cell, the members of each cell stand between two borders.
    cells = xp.sort(target * k + guess)
    borders = xp.searchsorted(cells, xp.arange(k * k + 1, dtype=xp.int64, device=cells.device))
    return xp.reshape(xp.astype(borders[1:] - borders[:-1], xp.int64), (k, k))


class Scores(NamedTuple):
    """一类的精确率、召回率，和两者的调和平均 F1；没有定义的是 NaN。"""

    precision: float
    recall: float
    f1: float


def precision_recall(guess: Any, target: Any, positive: int = 1) -> Scores:
    """精确率：判成 positive 的里面几成真的是；召回率：真的 positive 里面几成被判出来。

    Parameters
    ----------
    guess, target : 整数 (n,)
    positive : int
        算作「是」的那一类。
    """
    guess, target = _labels(guess, "guess"), _labels(target)
    _same_shape("guess", guess, target)
    xp = array_namespace(guess)
    said, true = guess == positive, target == positive
    hits, claims, cases = (
        int(xp.sum(xp.astype(one, xp.int64))) for one in (said & true, said, true)
    )
    return Scores(
        hits / claims if claims else math.nan,
        hits / cases if cases else math.nan,
        2 * hits / (claims + cases) if claims + cases else math.nan,
    )


def perplexity(mean_cross_entropy: float) -> float:
    """困惑度 exp(平均交叉熵)：模型每次好像在几个一样可能的词里挑。

    Parameters
    ----------
    mean_cross_entropy : float
        每个词的平均交叉熵，自然对数，如 ``Trainer.evaluate`` 的 ``"loss"``。
    """
    try:
        return math.exp(mean_cross_entropy)
    except OverflowError:
        return math.inf


def mean_absolute_error(prediction: Any, target: Any) -> float:
    """差的绝对值的平均；单位和 target 一样。"""
    prediction, target = _pair(prediction, target)
    return _mean(array_namespace(prediction).abs(prediction - target))


def root_mean_squared_error(prediction: Any, target: Any) -> float:
    """差的平方的平均，再开方；单位和 target 一样，大的差算得更重。"""
    prediction, target = _pair(prediction, target)
    return math.sqrt(_mean((prediction - target) ** 2))


def r_squared(prediction: Any, target: Any) -> float:
    """R²：比总猜平均值少错几成，1 − Σ差² / Σ(target − 平均)²；最好是 1，可以是负的。"""
    prediction, target = _pair(prediction, target)
    xp = array_namespace(prediction)
    spread = _mean((target - xp.mean(target)) ** 2)
    if spread == 0:
        raise ValueError("target 全都一样，R² 没有定义")
    return 1 - _mean((prediction - target) ** 2) / spread


def _labels(labels: Any, name: str = "target") -> Array:
    labels = asarray(labels)
    check_labels(name, labels)
    xp = array_namespace(labels)
    return xp.astype(labels, xp.int64)


def _pair(prediction: Any, target: Any) -> tuple[Array, Array]:
    """两个浮点数组；(n, 1) 的预测和 (n,) 的答案算同样形状。"""
    prediction, target = asarray(prediction, "float64"), asarray(target, "float64")
    xp = array_namespace(prediction)
    if prediction.shape == (*target.shape, 1):
        prediction = xp.reshape(prediction, target.shape)
    _same_shape("prediction", prediction, target)
    if math.prod(target.shape) == 0:
        raise ValueError("target 是空的")
    return prediction, target


def _same_shape(name: str, left: Array, right: Array) -> None:
    if tuple(left.shape) != tuple(right.shape):
        raise ValueError(f"{name} 和 target 的形状要一样，得到{describe(left)}和{describe(right)}")


def _mean(values: Array) -> float:
    xp = array_namespace(values)
    return float(xp.mean(xp.astype(values, xp.float64)))

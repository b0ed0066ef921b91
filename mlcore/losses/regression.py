"""数值的损失：差的平方、差的绝对值、三元组里的远近。"""

from __future__ import annotations

from typing import Any

from mlcore.autograd import Tensor, apply
from mlcore.checks import real_number
from mlcore.losses.targets import like, masked_mean


def mse_loss(prediction: Tensor, target: Any, mask: Any = None) -> Tensor:
    """差的平方的平均。

    Parameters
    ----------
    prediction : Tensor
    target : 同样形状的数组
    mask : 布尔数组，可选
        前几个轴那么大，如 (N, T)；只平均 True 的地方。
    """
    if mask is None:
        return apply("mse", prediction, like(target, prediction))
    difference = prediction - like(target, prediction)
    return masked_mean(difference * difference, mask)


def l1_loss(prediction: Tensor, target: Any, mask: Any = None) -> Tensor:
    """差的绝对值的平均（MAE）；参数同 :func:`mse_loss`。正好相等的地方，导数取 0。"""
    distance = (prediction - like(target, prediction)).abs()
    return distance.mean() if mask is None else masked_mean(distance, mask)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    *,
    squared: bool = False,
) -> Tensor:
    """同类要比异类近，至少近 margin：``max(0, d(a, p) − d(a, n) + margin)`` 的平均。

    Parameters
    ----------
    anchor, positive, negative : Tensor (n, d)
        一个样本、和它同类的、和它异类的。
    margin : float
    squared : bool
        False 用距离，和 PyTorch 一样（差里先加 1e-6，距离为 0 时才有导数）；True 用距离的平方，
        和 FaceNet 一样（Schroff 等 2015）。
    """
    margin = real_number("margin", margin, 0.0)
    if anchor.ndim != 2 or not anchor.shape == positive.shape == negative.shape:
        raise ValueError(
            "anchor、positive、negative 要一样大，都是 (n, d)，"
            f"得到 {anchor.shape}、{positive.shape} 和 {negative.shape}"
        )
    near, far = (_distance(anchor, other, squared) for other in (positive, negative))
    return (near - far + margin).relu().mean()


def _distance(a: Tensor, b: Tensor, squared: bool) -> Tensor:
    if squared:
        return ((a - b) ** 2).sum(axis=1)
    return ((a - b + 1e-6) ** 2).sum(axis=1) ** 0.5

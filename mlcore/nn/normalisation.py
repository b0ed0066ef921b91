"""归一化层：让每一层收到的数总在差不多的范围里。"""

from __future__ import annotations

from typing import Any

from mlcore.autograd import Tensor, apply
from mlcore.backend import get_backend
from mlcore.checks import real_number, sizes, whole_number
from mlcore.nn.module import Module


class _BatchNorm(Module):
    """批归一化（Ioffe 与 Szegedy 2015）。"""

    axes: tuple[int, ...] = ()

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        self.num_features = whole_number("num_features", num_features, 1)
        self.eps = real_number("eps", eps, 0.0)
        self.momentum = real_number("momentum", momentum, 0.0, 1.0)
        self.weight = Tensor(_full(num_features, 1.0), requires_grad=True)
        self.bias = Tensor(_full(num_features, 0.0), requires_grad=True)
        self.running_mean = Tensor(_full(num_features, 0.0))
        self.running_var = Tensor(_full(num_features, 1.0))

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim not in self.axes:
            wanted = " 或 ".join(map(str, self.axes))
            raise ValueError(f"{type(self).__name__} 的输入要有 {wanted} 个轴，得到形状 {x.shape}")
        inputs = (x, self.weight, self.bias, self.running_mean, self.running_var)
        if self.training:
            return apply("batch_norm", *inputs, momentum=self.momentum, eps=self.eps)
        return apply("frozen_batch_norm", *inputs, eps=self.eps)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.num_features})"


class BatchNorm1d(_BatchNorm):
    """批归一化：x (N, C) 或 (N, C, L)，每个通道减去这一批的平均，除以这一批的标准差。

    训练时用这一批自己的平均和方差（除以 n），同时记进滑动平均：新 = (1 − momentum) 旧 +
    momentum 这一批（方差除以 n − 1）。``eval()`` 之后用记下来的，一个样本的结果不再受同一批里
    别的样本影响。出自 Ioffe 与 Szegedy 2015。

    Parameters
    ----------
    num_features : int
        通道数 C。
    eps : float
        加在方差上，免得除以零。
    momentum : float
        新的一批占多大分量，0 到 1。

    Attributes
    ----------
    weight, bias : Tensor (C,)
        归一化之后再乘、再加的数，从 1 和 0 开始。
    running_mean, running_var : Tensor (C,)
        缓冲：滑动平均，从 0 和 1 开始。
    """

    axes = (2, 3)


class BatchNorm2d(_BatchNorm):
    """批归一化：x (N, C, H, W)；说明见 :class:`BatchNorm1d`。"""

    axes = (4,)


class LayerNorm(Module):
    """层归一化：每个样本自己的最后几个轴，减去平均，除以标准差（Ba、Kiros 与 Hinton 2016）。

    不看同一批里别的样本，所以训练和使用时一样。

    Parameters
    ----------
    normalized_shape : int 或 int 的元组
        最后几个轴的大小。
    eps : float
        加在方差上，免得除以零。

    Attributes
    ----------
    weight, bias : Tensor (*normalized_shape)
        从 1 和 0 开始。
    """

    def __init__(self, normalized_shape: Any, eps: float = 1e-5) -> None:
        count = len(normalized_shape) if isinstance(normalized_shape, tuple | list) else 1
        if count == 0:
            raise ValueError("normalized_shape 至少要有一个轴")
        self.normalized_shape = sizes("normalized_shape", normalized_shape, count, 1)
        self.eps = real_number("eps", eps, 0.0)
        self.weight = Tensor(_full(self.normalized_shape, 1.0), requires_grad=True)
        self.bias = Tensor(_full(self.normalized_shape, 0.0), requires_grad=True)

    def forward(self, x: Tensor) -> Tensor:
        return apply("layer_norm", x, self.weight, self.bias, eps=self.eps)

    def __repr__(self) -> str:
        return f"LayerNorm({', '.join(map(str, self.normalized_shape))})"


def _full(shape: Any, value: float) -> Any:
    backend = get_backend()
    return backend.xp.full(shape, value, dtype=backend.dtype, device=backend.device)

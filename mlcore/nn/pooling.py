"""汇聚层：窗里的数变成一个。"""

from __future__ import annotations

from typing import Any

from mlcore.autograd import Tensor, apply
from mlcore.backend import describe
from mlcore.checks import sizes
from mlcore.nn.module import Module


class _Pooling(Module):
    axes = 2
    operation = "max_pool"

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        kernel = sizes("kernel_size", kernel_size, self.axes, 1)
        self.attrs: dict[str, Any] = {
            "kernel": kernel,
            "stride": kernel if stride is None else sizes("stride", stride, self.axes, 1),
            "padding": sizes("padding", padding, self.axes, 0),
        }
        if any(2 * pad > size for pad, size in zip(self.attrs["padding"], kernel, strict=True)):
            raise ValueError(
                f"padding 至多是 kernel_size 的一半，得到 {self.attrs['padding']} 和 {kernel}"
            )

    def forward(self, x: Tensor) -> Tensor:
        return apply(self.operation, x, **self.attrs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.attrs['kernel']})"


class MaxPool1d(_Pooling):
    """一维最大汇聚：x (N, C, L) → (N, C, L')。参数见 :class:`MaxPool2d`。"""

    axes = 1


class MaxPool2d(_Pooling):
    """二维最大汇聚：每扇窗留下最大的数，x (N, C, H, W) → (N, C, H', W')。

    H' = ⌊(H + 2 padding − kernel_size) / stride⌋ + 1。几个一样大时，梯度归第一个。

    Parameters
    ----------
    kernel_size : int 或两个 int
    stride : int 或两个 int，可选
        默认和 kernel_size 一样，窗与窗不重叠。
    padding : int 或两个 int
        四周补几圈 −∞，至多是窗的一半。
    """

    axes = 2


class _Average(_Pooling):
    operation = "avg_pool"

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding)
        if not isinstance(count_include_pad, bool):
            raise TypeError(
                f"count_include_pad 要是 True 或 False，得到 {describe(count_include_pad)}"
            )
        self.attrs["count_include_pad"] = count_include_pad


class AvgPool1d(_Average):
    """一维平均汇聚：x (N, C, L) → (N, C, L')。参数见 :class:`AvgPool2d`。"""

    axes = 1


class AvgPool2d(_Average):
    """二维平均汇聚：每扇窗变成它的平均，x (N, C, H, W) → (N, C, H', W')。

    Parameters
    ----------
    kernel_size, stride, padding
        同 :class:`MaxPool2d`，补的是 0。
    count_include_pad : bool
        取平均时补的 0 算不算个数。
    """

    axes = 2

"""卷积层和转置卷积层，一维和二维。"""

from __future__ import annotations

from typing import Any

from mlcore.autograd import Tensor, apply
from mlcore.backend import array_namespace
from mlcore.checks import sizes, whole_number
from mlcore.nn.initializers import Initializer, initial
from mlcore.nn.module import Module
from mlcore.random import Generator


class _Convolution(Module):
    """卷积和转置卷积共有的：参数和属性。"""

    axes = 2
    operation = "convolution"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        generator: Generator,
        init: str | Initializer = "kaiming_uniform",
    ) -> None:
        self.in_channels = whole_number("in_channels", in_channels, 1)
        self.out_channels = whole_number("out_channels", out_channels, 1)
        self.kernel_size = sizes("kernel_size", kernel_size, self.axes, 1)
        self.groups = whole_number("groups", groups, 1)
        for name, channels in ("in_channels", in_channels), ("out_channels", out_channels):
            if channels % groups:
                raise ValueError(f"{name} = {channels} 不能分成 groups = {groups} 组")
        self.attrs: dict[str, Any] = {
            "stride": sizes("stride", stride, self.axes, 1),
            "padding": sizes("padding", padding, self.axes, 0),
            "dilation": sizes("dilation", dilation, self.axes, 1),
            "groups": self.groups,
        }
        weight = initial(init, generator, self._weight_shape())
        self.weight = Tensor(weight, requires_grad=True)
        zeros = array_namespace(weight).zeros(
            self.out_channels, dtype=weight.dtype, device=weight.device
        )
        self.bias = Tensor(zeros, requires_grad=True) if bias else None

    def _weight_shape(self) -> tuple[int, ...]:
        return (self.out_channels, self.in_channels // self.groups, *self.kernel_size)

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return apply(self.operation, x, self.weight, **self.attrs)
        return apply(self.operation, x, self.weight, self.bias, **self.attrs)

    def __repr__(self) -> str:
        usual = {"stride": 1, "padding": 0, "dilation": 1, "output_padding": 0}
        parts = [f"{self.in_channels}, {self.out_channels}, {_short(self.kernel_size)}"]
        for name, value in self.attrs.items():
            if value != (self.groups if name == "groups" else (usual[name],) * self.axes):
                parts.append(f"{name}={_short(value)}")
        if self.groups > 1:
            parts.append(f"groups={self.groups}")
        return f"{type(self).__name__}({', '.join(parts)})"


class Conv1d(_Convolution):
    """一维卷积：x (N, in_channels, L) → (N, out_channels, L')。

    L' = ⌊(L + 2 padding − dilation (kernel_size − 1) − 1) / stride⌋ + 1。参数和 :class:`Conv2d`
    的一样，只是每样一个整数。
    """

    axes = 1


class Conv2d(_Convolution):
    """二维卷积：x (N, in_channels, H, W) → (N, out_channels, H', W')。

    H' = ⌊(H + 2 padding − dilation (kernel_size − 1) − 1) / stride⌋ + 1，W' 也是。

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, padding, dilation : int 或两个 int
        核的大小，一次移几格，四周补几圈 0，核里相邻两格隔多远。
    groups : int
        通道分成几组，各算各的；两个通道数都要能被它整除。
    bias : bool
        要不要偏置，每个输出通道一个，从 0 开始。
    generator : Generator
        初值从这里取。
    init : str 或函数
        :data:`INITIALIZERS` 里的一个名字，或自己的函数 ``(generator, shape) → 数组``。

    Attributes
    ----------
    weight : Tensor (out_channels, in_channels / groups, *kernel_size)
    bias : Tensor (out_channels,) 或 None
    """

    axes = 2


class _Transposed(_Convolution):
    operation = "transposed_convolution"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        *,
        generator: Generator,
        init: str | Initializer = "kaiming_uniform",
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias,
            generator=generator, init=init,
        )  # fmt: skip
        extra = sizes("output_padding", output_padding, self.axes, 0)
        self.attrs["output_padding"] = extra
        for one, step, gap in zip(extra, self.attrs["stride"], self.attrs["dilation"], strict=True):
            if one >= max(step, gap):
                raise ValueError(
                    f"output_padding 要小于 stride 或 dilation，得到 {_short(extra)}"
                )

    def _weight_shape(self) -> tuple[int, ...]:
        return (self.in_channels, self.out_channels // self.groups, *self.kernel_size)


class ConvTranspose1d(_Transposed):
    """一维转置卷积：x (N, in_channels, L) → (N, out_channels, L')；见 :class:`ConvTranspose2d`。"""

    axes = 1


class ConvTranspose2d(_Transposed):
    """二维转置卷积：把同样参数的 :class:`Conv2d` 的形状变化倒过来，常用来放大。

    H' = (H − 1) stride − 2 padding + dilation (kernel_size − 1) + output_padding + 1，W' 也是。
    步幅大于 1 时有几种 H' 经卷积都得到 H，output_padding 从中选一种。

    Attributes
    ----------
    weight : Tensor (in_channels, out_channels / groups, *kernel_size)
    bias : Tensor (out_channels,) 或 None
    """

    axes = 2


def _short(value: tuple[int, ...]) -> str:
    """几个轴都一样时只写一个数。"""
    return str(value[0] if len(set(value)) == 1 else value)

"""残差连接：一条路做变换，一条路原样走，最后相加。"""

from __future__ import annotations

from mlcore.autograd import Tensor
from mlcore.backend import describe
from mlcore.checks import whole_number
from mlcore.nn.activations import Identity, ReLU
from mlcore.nn.convolution import Conv2d
from mlcore.nn.module import Module, Sequential
from mlcore.nn.normalisation import BatchNorm2d
from mlcore.random import Generator


class Residual(Module):
    """``body(x) + shortcut(x)``（何恺明等 2016）。body 只要学「该改多少」。

    Parameters
    ----------
    body : Module
    shortcut : Module，可选
        默认原样走；body 改了形状时，用它把 x 也变成那个形状（投影）。
    """

    def __init__(self, body: Module, shortcut: Module | None = None) -> None:
        for name, part in ("body", body), ("shortcut", shortcut):
            if part is not None and not isinstance(part, Module):
                raise TypeError(f"{name} 要是 Module，得到 {describe(part)}")
        self.body = body
        self.shortcut = shortcut or Identity()

    def forward(self, x: Tensor) -> Tensor:
        changed, kept = self.body.forward(x), self.shortcut.forward(x)
        if changed.shape != kept.shape:
            raise ValueError(
                f"两条路的形状要一样才能相加：body 给出 {changed.shape}，shortcut 给出 {kept.shape}"
            )
        return changed + kept

    def __repr__(self) -> str:
        return f"Residual({self.body!r}, {self.shortcut!r})"


class ResidualBlock(Residual):
    """ResNet 的基本块：两次 3×3 卷积，各跟一次批归一化，加上原来的 x，再过 ReLU。

    通道数或大小变了时，x 走的那条路上是一次步幅相同的 1×1 卷积和批归一化。

    Parameters
    ----------
    in_channels, out_channels : int
    stride : int
        第一次卷积的步幅；2 时长宽减半。
    generator : Generator
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, *, generator: Generator
    ) -> None:
        stride = whole_number("stride", stride, 1)

        def convolution(channels: int, kernel: int, step: int) -> list[Module]:
            # Batch normalisation subtracts any bias again, so there is none.
            layer = Conv2d(
                channels, out_channels, kernel, step, kernel // 2, bias=False, generator=generator
            )
            return [layer, BatchNorm2d(out_channels)]

        body = [*convolution(in_channels, 3, stride), ReLU(), *convolution(out_channels, 3, 1)]
        same = stride == 1 and in_channels == out_channels
        projection = None if same else Sequential(*convolution(in_channels, 1, stride))
        super().__init__(Sequential(*body), projection)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).relu()

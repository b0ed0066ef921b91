"""把几个轴摊成一个。"""

from __future__ import annotations

import math

from mlcore.autograd import Tensor
from mlcore.checks import whole_number
from mlcore.nn.module import Module


class Flatten(Module):
    """(N, C, H, W) → (N, C × H × W)：start_dim 之前的轴留着，其余摊成一个。"""

    def __init__(self, start_dim: int = 1) -> None:
        self.start_dim = whole_number("start_dim", start_dim)

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim <= self.start_dim:
            raise ValueError(f"没有第 {self.start_dim} 个轴可摊：输入的形状是 {x.shape}")
        kept = x.shape[: self.start_dim]
        return x.reshape(*kept, math.prod(x.shape[self.start_dim :]))

    def __repr__(self) -> str:
        return "Flatten()"

"""有名字的运算：每一种怎样往前算，又怎样把梯度往回传。

:data:`OPS` 是一张表：名字 → :class:`Operation`，一对纯函数（会原地改写输入的，写明改写哪个）。它们
只认识普通数组，不认识计算图（那在 :mod:`mlcore.autograd`）。同一类运算在同一个文件里，表由各个
文件的拼成。
"""

from __future__ import annotations

from mlcore.operations import (
    activations,
    basic,
    convolution,
    gated,
    losses,
    more_activations,
    normalisation,
    pooling,
    recurrent,
    sequences,
)
from mlcore.operations.base import Operation as Operation

OPS: dict[str, Operation] = {
    **basic.OPS,
    **activations.OPS,
    **more_activations.OPS,
    **losses.OPS,
    **convolution.OPS,
    **pooling.OPS,
    **normalisation.OPS,
    **sequences.OPS,
    **recurrent.OPS,
    **gated.OPS,
}

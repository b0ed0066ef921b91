"""卷积和转置卷积。"""

from typing import Any

import torch.nn.functional as F

from tests.samples import Sample, normal


def _attrs(axes: int, groups: int = 1, **given: int) -> dict[str, Any]:
    names = {"stride": 1, "padding": 0, "dilation": 1, **given}
    return {**{name: (value,) * axes for name, value in names.items()}, "groups": groups}


def _sample(x: Any, weight: Any, bias: bool, transposed: bool = False, **attrs: Any) -> Sample:
    """torch 的同名函数，参数也同名。"""
    axes = x.ndim - 2
    peers = (F.conv_transpose1d, F.conv_transpose2d) if transposed else (F.conv1d, F.conv2d)
    peer = peers[axes - 1]
    if transposed:
        attrs.setdefault("output_padding", 0)
    channels = weight.shape[1] * attrs.get("groups", 1) if transposed else weight.shape[0]
    inputs = (x, weight, normal(channels)) if bias else (x, weight)
    return Sample(inputs, lambda *arrays: peer(*arrays, **attrs), _attrs(axes, **attrs))


SAMPLES = {
    "convolution": [
        _sample(normal(2, 3, 5, 6), normal(4, 3, 3, 2), True),
        _sample(normal(2, 3, 5, 6), normal(4, 3, 3, 2), False),
        _sample(normal(2, 3, 7, 6), normal(4, 3, 3, 3), True, stride=2, padding=1),
        _sample(normal(2, 4, 7, 8), normal(6, 2, 2, 3), True, padding=2, dilation=2, groups=2),
        _sample(normal(2, 3, 4, 4), normal(3, 1, 3, 3), False, stride=3, padding=1, groups=3),
        _sample(normal(2, 3, 4, 5), normal(4, 3, 1, 1), True),
        _sample(normal(2, 3, 9), normal(4, 3, 3), True, stride=2, padding=1),
        _sample(normal(2, 4, 9), normal(4, 2, 3), False, dilation=3, padding=2, groups=2),
        _sample(normal(1, 1, 5), normal(2, 1, 5), True),
    ],
    "transposed_convolution": [
        _sample(normal(2, 3, 4, 5), normal(3, 4, 3, 2), True, transposed=True),
        _sample(normal(2, 3, 4, 5), normal(3, 4, 3, 3), True, True, stride=2, padding=1),
        _sample(
            normal(2, 4, 3, 4), normal(4, 3, 3, 3), True, True,
            stride=3, padding=1, output_padding=2, groups=2,
        ),
        _sample(normal(2, 3, 6), normal(3, 4, 3), False, True, dilation=2, output_padding=1),
        _sample(normal(2, 3, 6), normal(3, 4, 4), True, True, stride=2, padding=1),
    ],
}  # fmt: skip

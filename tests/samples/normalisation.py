"""批归一化和层归一化。"""

from typing import Any

import torch
import torch.nn.functional as F

from tests.samples import Sample, normal, positive


def _batch(momentum: float, training: bool) -> Any:
    def peer(x: Any, weight: Any, bias: Any, mean: Any, variance: Any) -> torch.Tensor:
        mean, variance = mean.detach().clone(), variance.detach().clone()
        return F.batch_norm(x, mean, variance, weight, bias, training, momentum, 1e-5)

    return peer


def _channels(count: int) -> tuple[Any, ...]:
    return positive(count), normal(count), normal(count), positive(count)


ATTRS = {"momentum": 0.1, "eps": 1e-5}

SAMPLES = {
    "batch_norm": [
        Sample((normal(6, 3), *_channels(3)), _batch(0.1, True), ATTRS),
        Sample((normal(2, 3, 4) * 5 + 100, *_channels(3)), _batch(0.1, True), ATTRS),
        Sample((normal(2, 3, 4, 5), *_channels(3)), _batch(0.1, True), ATTRS),
    ],
    "frozen_batch_norm": [
        Sample((normal(6, 3), *_channels(3)), _batch(0.1, False), {"eps": 1e-5}),
        Sample((normal(2, 3, 4, 5), *_channels(3)), _batch(0.1, False), {"eps": 1e-5}),
    ],
    "layer_norm": [
        Sample(
            (normal(4, 5), positive(5), normal(5)),
            lambda x, w, b: F.layer_norm(x, (5,), w, b, 1e-5),
            {"eps": 1e-5},
        ),
        Sample(
            (normal(2, 3, 4, 5), positive(4, 5), normal(4, 5)),
            lambda x, w, b: F.layer_norm(x, (4, 5), w, b, 1e-3),
            {"eps": 1e-3},
        ),
        Sample(
            (normal(5), positive(5), normal(5)),
            lambda x, w, b: F.layer_norm(x, (5,), w, b, 1e-5),
            {"eps": 1e-5},
        ),
    ],
}

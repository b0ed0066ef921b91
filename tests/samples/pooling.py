"""最大汇聚和平均汇聚。"""

from typing import Any

import numpy as np
import torch.nn.functional as F

from tests.samples import Sample, normal

FLAT = np.zeros((1, 2, 4, 4))


def _sample(kind: str, x: Any, **attrs: Any) -> Sample:
    axes = x.ndim - 2
    peer = getattr(F, f"{kind}_pool{axes}d")
    whole = {
        name: value if isinstance(value, tuple | bool) else (value,) * axes
        for name, value in {"stride": attrs["kernel"], "padding": 0, **attrs}.items()
    }
    names = {("kernel_size" if name == "kernel" else name): v for name, v in whole.items()}
    return Sample((x,), lambda x: peer(x, **names), whole)


SAMPLES = {
    "max_pool": [
        _sample("max", normal(2, 3, 6, 4), kernel=2),
        _sample("max", normal(2, 3, 7, 6), kernel=3, stride=2, padding=1),
        _sample("max", normal(2, 3, 5, 6), kernel=(2, 3), stride=1),
        _sample("max", normal(2, 3, 5, 6), kernel=1),
        _sample("max", FLAT, kernel=2),
        _sample("max", FLAT, kernel=3, stride=1, padding=1),
        _sample("max", normal(2, 3, 9), kernel=3, stride=2, padding=1),
    ],
    "avg_pool": [
        _sample("avg", normal(2, 3, 6, 4), kernel=2, count_include_pad=True),
        _sample("avg", normal(2, 3, 7, 6), kernel=3, stride=2, padding=1, count_include_pad=True),
        _sample("avg", normal(2, 3, 7, 6), kernel=3, stride=2, padding=1, count_include_pad=False),
        _sample("avg", normal(2, 3, 5, 6), kernel=(2, 3), stride=1, count_include_pad=True),
        _sample("avg", normal(2, 3, 9), kernel=3, stride=1, padding=1, count_include_pad=False),
    ],
}

"""激活函数，torch 没有的按它们的公式。"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from tests.samples import Sample, normal, positive

# Kinks, far out, and around nought.
EDGES = np.array([[-800.0, -37.0, -5.0, -3.0, -1.0], [-1e-3, 0.0, 1e-9, 0.2, 0.3]])
FAR = np.array([0.999, 1.0, 2.5, 3.0, 6.0, 30.0, 800.0])


def _everywhere(peer: Callable[..., Any], edges: Any = EDGES, **attrs: Any) -> list[Sample]:
    arrays = [normal(3, 4) * 2, edges, FAR]
    return [Sample((x,), peer, attrs) for x in arrays if x is not None]


def _step(x: torch.Tensor) -> torch.Tensor:
    return (x >= 0).to(x.dtype) + 0 * x


def _sinc(x: torch.Tensor) -> torch.Tensor:
    return torch.sinc(x / torch.pi)


def _soft_exponential(alpha: float) -> Callable[[torch.Tensor], torch.Tensor]:
    if alpha < 0:
        return lambda x: -torch.log(1 - alpha * (x + alpha)) / alpha
    return lambda x: torch.expm1(alpha * x) / alpha + alpha


SAMPLES = {
    "step": _everywhere(_step),
    "arctan": _everywhere(torch.atan),
    "softsign": _everywhere(F.softsign),
    "hardtanh": _everywhere(lambda x: F.hardtanh(x, -1.0, 3.0), low=-1.0, high=3.0),
    "hardsigmoid": _everywhere(F.hardsigmoid),
    "prelu": [
        Sample((normal(4, 3), normal(1)), F.prelu),
        Sample((normal(4, 3), normal(3)), F.prelu),
        Sample((normal(2, 3, 4), normal(3, 1)), lambda x, w: F.prelu(x, w[:, 0])),
        Sample((np.array([-2.0, 0.0, 3.0]), normal(1)), F.prelu),
    ],
    "elu": [
        *_everywhere(lambda x: F.elu(x, 1.0), alpha=1.0),
        *_everywhere(lambda x: F.elu(x, 0.3), alpha=0.3),
    ],
    "selu": _everywhere(F.selu),
    "gelu": [
        *_everywhere(F.gelu, EDGES[1], approximate="none"),
        *_everywhere(lambda x: F.gelu(x, approximate="tanh"), EDGES[1], approximate="tanh"),
    ],
    "silu": _everywhere(F.silu),
    "mish": _everywhere(F.mish),
    "bent_identity": _everywhere(lambda x: (torch.sqrt(x * x + 1) - 1) / 2 + x, EDGES[1]),
    "soft_exponential": [
        Sample((positive(3, 4),), _soft_exponential(-0.7), {"alpha": -0.7}),
        Sample((normal(3, 4),), lambda x: x, {"alpha": 0.0}),
        Sample((normal(3, 4),), _soft_exponential(0.4), {"alpha": 0.4}),
    ],
    "sinc": [Sample((x,), _sinc) for x in (normal(3, 4) * 5, np.array([-40.0, 0.25, 1.0, 0.0]))],
    "gaussian": _everywhere(lambda x: torch.exp(-x * x)),
    "softmax": [
        Sample((normal(3, 4),), lambda x: torch.softmax(x, 1), {"axis": 1}),
        Sample((normal(2, 3, 4),), lambda x: torch.softmax(x, -2), {"axis": -2}),
        Sample((EDGES,), lambda x: torch.softmax(x, 1), {"axis": 1}),
    ],
    "log_softmax": [
        Sample((normal(3, 4),), lambda x: torch.log_softmax(x, 1), {"axis": 1}),
        Sample((EDGES,), lambda x: torch.log_softmax(x, -1), {"axis": -1}),
    ],
}

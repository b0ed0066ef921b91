"""权重从什么数开始。"""

from __future__ import annotations

import math
from collections.abc import Callable

from mlcore.backend import Array
from mlcore.random import Generator

INITIALIZERS: dict[str, Callable[[Generator, int, int], Array]] = {
    # Glorot & Bengio 2010
    "xavier_uniform": lambda generator, n_out, n_in: _uniform(
        generator, n_out, n_in, math.sqrt(6 / (n_in + n_out))
    ),
    "xavier_normal": lambda generator, n_out, n_in: generator.normal(
        (n_out, n_in), std=math.sqrt(2 / (n_in + n_out))
    ),
    # He et al. 2015
    "kaiming_uniform": lambda generator, n_out, n_in: _uniform(
        generator, n_out, n_in, math.sqrt(6 / n_in)
    ),
    "kaiming_normal": lambda generator, n_out, n_in: generator.normal(
        (n_out, n_in), std=math.sqrt(2 / n_in)
    ),
    # LeCun et al. 1998
    "lecun_normal": lambda generator, n_out, n_in: generator.normal(
        (n_out, n_in), std=math.sqrt(1 / n_in)
    ),
}


def _uniform(generator: Generator, n_out: int, n_in: int, bound: float) -> Array:
    return generator.uniform((n_out, n_in), -bound, bound)

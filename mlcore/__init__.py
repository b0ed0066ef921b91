"""《智能的形状》的计算核心：书里每一幅会动的图，都由它算出来。

子模块在第一次用到时才载入，所以 ``import mlcore`` 几乎不花时间。
"""

from importlib import import_module
from typing import Any

import numpy as _numpy  # noqa: F401  (the one dependency: fail here, at once, where it is missing)

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """让 ``mlcore.space`` 这样的写法不必先 ``import mlcore.space``。"""
    full_name = f"{__name__}.{name}"
    if not name.startswith("_"):
        try:
            return import_module(full_name)
        except ModuleNotFoundError as error:
            if error.name != full_name:
                raise
    raise AttributeError(f"mlcore 里没有 {name}")

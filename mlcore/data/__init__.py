"""数据集，一个一句话。

随软件包来的：平面上的小数据集（:mod:`mlcore.data.toy`）和 :func:`digits`。第一次用时去取、
以后留在缓存里的：:func:`mnist`、:func:`fashion_mnist`、:func:`cifar10`、:func:`poems`。
来路、缓存和怎样再加一个，见 :mod:`mlcore.data.source`。

它们在第一次用到时才载入：网页上多半只用 ``toy``。
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlcore.data.images import cifar10, digits, fashion_mnist, mnist
    from mlcore.data.poetry import poems
    from mlcore.data.source import Unavailable

__all__ = ["Unavailable", "cifar10", "digits", "fashion_mnist", "mnist", "poems"]

_HOMES = {"poems": "poetry", "Unavailable": "source"}


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'images')}"), name)
    raise AttributeError(f"mlcore.data 里没有 {name}；有 {'、'.join(__all__)}，和模块 toy")

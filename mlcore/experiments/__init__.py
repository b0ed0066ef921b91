"""真的练一遍：``python -m mlcore.experiments mnist-mlp``。

一个实验一个文件，一屏看得完，只用 mlcore 的 data、nn、train：取数据、搭网络、练、在没见过的
数据上打分。断点、进度条、记录是共用的，在 ``job.py`` 和 ``record.py`` 里。
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

NAMES = ("mnist-mlp", "mnist-cnn", "cifar-cnn", "poem-lm")


def experiment(name: str) -> ModuleType:
    """叫这个名字的实验：一个有 ``TITLE``、``SOURCE``、``EPOCHS``、``load``、``run`` 的模块。"""
    return import_module(f"{__name__}.{name.replace('-', '_')}")

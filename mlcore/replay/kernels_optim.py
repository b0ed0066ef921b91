"""优化器的就地写法：对整条参数一次做完，长的一段一段地做，好留在缓存里。

每个旋钮都是跑的时候才读的，所以拧它不必重录。没有就地写法的优化器，用它自己的更新。
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from mlcore.optim import SGD, Adam, Optimizer
from mlcore.replay.site import Call, Scratch


def update(optimizer: Optimizer, scratch: Scratch) -> list[Call]:
    """最后一条指令的调用：更新全部参数。"""
    make = KERNELS.get(type(optimizer))
    return [make(optimizer, scratch) if make else partial(_plain, optimizer)]


def _plain(optimizer: Optimizer) -> None:
    optimizer.steps += 1
    for param, grad, *state in optimizer._blocks:
        if optimizer.weight_decay or optimizer.l1_decay:
            optimizer._decay(param, grad)
        optimizer._update(param, grad, *state)


class _Numbers:
    """零维的数组：同样的调用，每一步换一个数。"""

    def __init__(self, dtype: np.dtype, *names: str) -> None:
        self.arrays = {name: np.zeros((), dtype) for name in names}

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def set(self, **values: float) -> None:
        for name, value in values.items():
            self.arrays[name].fill(value)


def _sgd(optimizer: SGD, scratch: Scratch) -> Call:
    dtype = optimizer._flat.dtype
    n = _Numbers(dtype, "rate", "momentum", "decay")
    longest = optimizer._blocks[0][0].shape
    move = scratch.take(longest, dtype)
    lists: dict[tuple[bool, bool, bool], list[Call]] = {}

    def listed(momentum: bool, decay: bool, nesterov: bool) -> list[Call]:
        calls: list[Call] = []
        for param, grad, velocity in optimizer._blocks:
            t = move[: len(param)]
            if decay:
                calls += [
                    partial(np.multiply, param, n["decay"], t),
                    partial(np.add, grad, t, grad),
                ]
            way = grad
            if momentum:
                calls += [
                    partial(np.multiply, velocity, n["momentum"], velocity),
                    partial(np.add, velocity, grad, velocity),
                ]
                way = velocity
                if nesterov:
                    calls += [
                        partial(np.multiply, velocity, n["momentum"], t),
                        partial(np.add, grad, t, grad),
                    ]
                    way = grad
            calls += [
                partial(np.multiply, way, n["rate"], t),
                partial(np.subtract, param, t, param),
            ]
        return calls

    def run() -> None:
        if optimizer.l1_decay:
            _plain(optimizer)
            return
        optimizer.steps += 1
        key = (optimizer.momentum > 0, optimizer.weight_decay > 0, optimizer.nesterov)
        calls = lists.get(key)
        if calls is None:
            calls = lists[key] = listed(*key)
        n.arrays["rate"].fill(optimizer.learning_rate)
        if key[0] or key[1]:
            n.set(momentum=optimizer.momentum, decay=optimizer.weight_decay)
        for call in calls:
            call()

    return run


def _adam(optimizer: Adam, scratch: Scratch) -> Call:
    dtype = optimizer._flat.dtype
    n = _Numbers(dtype, "beta1", "beta2", "eps", "rate", "decay")
    move = scratch.take(optimizer._blocks[0][0].shape, dtype)
    decays: list[Call] = []
    calls: list[Call] = []
    for param, grad, first, second in optimizer._blocks:
        t = move[: len(param)]
        decays += [partial(np.multiply, param, n["decay"], t), partial(np.add, grad, t, grad)]
        calls += [
            partial(np.multiply, first, n["beta1"], first),
            partial(np.add, first, grad, first),
            partial(np.multiply, second, n["beta2"], second),
            partial(np.multiply, grad, grad, t),
            partial(np.add, second, t, second),
            partial(np.sqrt, second, t),
            partial(np.add, t, n["eps"], t),
            partial(np.divide, first, t, t),
            partial(np.multiply, t, n["rate"], t),
            partial(np.subtract, param, t, param),
        ]

    def run() -> None:
        if optimizer.l1_decay:
            _plain(optimizer)
            return
        optimizer.steps += 1
        beta1, beta2 = optimizer.betas
        # The moments are sums without the factors 1 − β, as in mlcore.optim.Adam.
        scale1 = (1 - beta1) / (1 - beta1**optimizer.steps)
        scale2 = math.sqrt((1 - beta2) / (1 - beta2**optimizer.steps))
        arrays = n.arrays
        arrays["beta1"].fill(beta1)
        arrays["beta2"].fill(beta2)
        arrays["eps"].fill(optimizer.eps / scale2)
        arrays["rate"].fill(optimizer.learning_rate * scale1 / scale2)
        if optimizer.weight_decay:
            arrays["decay"].fill(optimizer.weight_decay)
            for call in decays:
                call()
        for call in calls:
            call()

    return run


KERNELS: dict[type[Optimizer], Callable[..., Call]] = {SGD: _sgd, Adam: _adam}

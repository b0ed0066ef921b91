"""优化器在 torch 上的就地写法：CPU 上一段一段地做，好留在缓存里；CUDA 上整条做，好捕获成图。

和 :mod:`mlcore.replay.kernels_optim` 一样，旋钮都是走的时候才读的。
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from mlcore.optim import SGD, Adam, Optimizer


def updater(optimizer: Optimizer) -> Any:
    """给 optimizer 的参数走一步的东西：``update()`` 走，``refresh()`` 在它之前读旋钮。"""
    return (_OnCuda if optimizer._flat.device.type == "cuda" else _OnCpu)(optimizer)


def plain(optimizer: Optimizer) -> None:
    """优化器自己的更新。"""
    for param, grad, *state in optimizer._blocks:
        if optimizer.weight_decay or optimizer.l1_decay:
            optimizer._decay(param, grad)
        optimizer._update(param, grad, *state)


# ── CPU ──────────────────────────────────────────────────────────────────────


class _OnCpu:
    capturable = False

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.size = torch.empty_like(optimizer._blocks[0][0])
        kinds: dict[type, Callable[[Any], None]] = {SGD: self._sgd, Adam: self._adam}
        self.fast = kinds.get(type(optimizer))

    def refresh(self) -> bool:
        return False

    def update(self) -> None:
        o = self.optimizer
        if self.fast is None or o.l1_decay:
            plain(o)
        else:
            self.fast(o)

    def _sgd(self, o: SGD) -> None:
        for param, grad, velocity in o._blocks:
            if o.weight_decay:
                grad.add_(param, alpha=o.weight_decay)
            if o.momentum:
                velocity.mul_(o.momentum).add_(grad)
                grad = grad.add_(velocity, alpha=o.momentum) if o.nesterov else velocity
            param.add_(grad, alpha=-o.learning_rate)

    def _adam(self, o: Adam) -> None:
        rate, beta1, beta2, eps = adam_numbers(o)
        for param, grad, first, second in o._blocks:
            if o.weight_decay:
                grad.add_(param, alpha=o.weight_decay)
            size = self.size[: len(param)]
            first.mul_(beta1).add_(grad)
            second.mul_(beta2).addcmul_(grad, grad)
            torch.sqrt(second, out=size).add_(eps)
            param.addcdiv_(first, size, value=-rate)


def adam_numbers(o: Adam) -> tuple[float, float, float, float]:
    """这一步的学习率、β₁、β₂、ε；两个平均里没有乘的 1 − β 和开头的修正都算在里面。"""
    beta1, beta2 = o.betas
    scale1 = (1 - beta1) / (1 - beta1**o.steps)
    scale2 = math.sqrt((1 - beta2) / (1 - beta2**o.steps))
    return o.learning_rate * scale1 / scale2, beta1, beta2, o.eps / scale2


# ── CUDA ─────────────────────────────────────────────────────────────────────


class _OnCuda:
    """随步数变的几个数，放在设备上的一条小数组里，好让捕获的图每次读到新的。"""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.capturable = type(optimizer) in (SGD, Adam)
        self.host = torch.zeros(5, dtype=optimizer._flat.dtype, pin_memory=True)
        self.device = self.host.to(optimizer._flat.device)
        self.kind = self.form()

    def form(self) -> tuple[bool, bool, float]:
        """做哪些运算：带不带动量、是不是 Nesterov 的、L1 正则的系数。"""
        o = self.optimizer
        if type(o) is SGD:
            return o.momentum > 0, o.nesterov, o.l1_decay
        return False, False, o.l1_decay

    def refresh(self) -> bool:
        """写进这一步的数；做哪些运算也变了，就返回 True。"""
        o = self.optimizer
        if not self.capturable:
            return False
        before, self.kind = self.kind, self.form()
        if type(o) is SGD:
            found = [o.learning_rate, o.momentum, o.weight_decay, 0.0, 0.0]
        else:
            assert isinstance(o, Adam)
            rate, beta1, beta2, eps = adam_numbers(o)
            found = [rate, beta1, o.weight_decay, beta2, eps]
        # The copy must have been made before the next step writes here: `run` waits for the loss.
        self.host.copy_(torch.tensor(found, dtype=self.host.dtype))
        self.device.copy_(self.host, non_blocking=True)
        return self.kind != before

    def update(self) -> None:
        o = self.optimizer
        if not self.capturable:
            plain(o)
            return
        param, grad = o._flat, o._grad
        if self.kind[2]:
            grad.add_(param.sign() * o.l1_decay)
        rate, beta1, decay, beta2, eps = self.device.unbind()
        if type(o) is SGD:
            grad.addcmul_(param, decay)
            if self.kind[0]:
                velocity = o._state["velocity"]
                velocity.mul_(beta1).add_(grad)
                grad = grad.addcmul_(velocity, beta1) if self.kind[1] else velocity
            param.addcmul_(grad, rate, value=-1)
        elif type(o) is Adam:
            first, second = o._state["first"], o._state["second"]
            grad.addcmul_(param, decay)
            first.mul_(beta1).add_(grad)
            second.mul_(beta2).addcmul_(grad, grad)
            param.addcdiv_(first * rate, second.sqrt().add_(eps), value=-1)

"""学习率怎样随步数变：每一种都是「步数 → 学习率」的普通函数，第一步的步数是 0。

和 ``torch.optim.lr_scheduler`` 里的对应：第 t 次更新用的学习率，等于 torch 里调过 t 次
``scheduler.step()`` 之后的。这里的 ``steps``、``every`` 数的都是更新的次数；要按轮来，就乘上一轮
有几批。
"""

from __future__ import annotations

import math
from collections.abc import Callable

from mlcore.checks import real_number, whole_number

Schedule = Callable[[int], float]


def constant(learning_rate: float) -> Schedule:
    """一直不变；放在 :func:`warmup` 后面用。"""
    rate = real_number("learning_rate", learning_rate, 0.0)
    return lambda step: rate


def step(learning_rate: float, every: int, gamma: float = 0.1) -> Schedule:
    """每走 every 步，乘一次 gamma（torch 的 ``StepLR``）。

    Parameters
    ----------
    learning_rate : float
        一开始的学习率。
    every : int
    gamma : float
    """
    rate = real_number("learning_rate", learning_rate, 0.0)
    every = whole_number("every", every, 1)
    gamma = real_number("gamma", gamma, 0.0)
    return lambda step: rate * gamma ** (step // every)


def exponential(learning_rate: float, gamma: float) -> Schedule:
    """每一步都乘 gamma（torch 的 ``ExponentialLR``）。"""
    rate = real_number("learning_rate", learning_rate, 0.0)
    gamma = real_number("gamma", gamma, 0.0)
    return lambda step: rate * gamma**step


def cosine(learning_rate: float, steps: int, minimum: float = 0.0) -> Schedule:
    """沿半个余弦，用 steps 步从 learning_rate 降到 minimum（Loshchilov 与 Hutter 2017）。

    和 torch 的 ``CosineAnnealingLR`` 一样，再走下去会沿余弦升回来。

    Parameters
    ----------
    learning_rate : float
        一开始的学习率。
    steps : int
        几步降到底。
    minimum : float
        底是多少，不大于 learning_rate。
    """
    rate = real_number("learning_rate", learning_rate, 0.0)
    low = real_number("minimum", minimum, 0.0, rate)
    steps = whole_number("steps", steps, 1)
    return lambda step: low + (rate - low) * (1 + math.cos(math.pi * step / steps)) / 2


def warmup(after: Schedule, steps: int, start: float = 0.0) -> Schedule:
    """先用 steps 步从小到大直线升上去，再接着走 after。

    Parameters
    ----------
    after : 步数 → 学习率
        升完之后的；它的步数从 0 数起，升到的就是 ``after(0)``。
    steps : int
    start : float
        第一步是 ``after(0)`` 的几成，0 到 1。

    Notes
    -----
    torch 里是 ``SequentialLR([LinearLR(start_factor=start, total_iters=steps), after], [steps])``；
    那里的 start_factor 不许是 0，这里许：第一步原地不动。
    """
    if not callable(after):
        raise TypeError(f"after 要是「步数 → 学习率」的函数，得到 {after!r}")
    steps = whole_number("steps", steps, 1)
    start = real_number("start", start, 0.0, 1.0)
    top = real_number("after(0)", after(0), 0.0)

    def schedule(step: int) -> float:
        if step >= steps:
            return after(step - steps)
        return top * (start + (1 - start) * step / steps)

    return schedule

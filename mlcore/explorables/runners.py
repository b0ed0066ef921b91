"""同一块曲面上赛跑的优化器：一次跑完所有学习率，谁几步到、谁飞了，各自最好的学习率是多少。

优化器是逐元素的，所以一个优化器的一条长参数里可以装下几十个起点相同、学习率不同的运行；
用的就是 ``mlcore.optim`` 里的那几个，别处没有第二份。
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlcore.autograd import Tensor
from mlcore.checks import float_array, real_number, whole_number
from mlcore.explorables.surfaces import Surface
from mlcore.optim import SGD, Adadelta, Adagrad, Adam, Optimizer, RMSprop

Array = Any
Make = Callable[[Iterable[Tensor], float, float], Optimizer]

STEPS = 100
"""一场跑多少步。"""
FAR = 3.0
"""离画面中心超过看得见的范围的这么多倍，就算飞出去了。"""
RATES = np.array([float(f"{10.0 ** (k / 10):.3g}") for k in range(-30, 26)])
"""扫过的学习率：0.001 到 316，每十倍分十格。"""
SETTLED = 1e-9
"""低到这里就不再分高低：剩下的是舍入误差，各台机器不一样。"""


@dataclass(frozen=True)
class Runner:
    """一位选手：名字、用梯度和动量系数怎样造出来。旋钮没写的都是 PyTorch 的默认值。"""

    label: str
    make: Make
    linear: bool = False
    """梯度是一次函数时，走几步之后的位置是起点的一次函数。"""


def _momentum(nesterov: bool) -> Make:
    def make(params: Iterable[Tensor], rate: float, momentum: float) -> Optimizer:
        return SGD(params, rate, momentum, nesterov=nesterov and momentum > 0)

    return make


RUNNERS: dict[str, Runner] = {
    "descent": Runner("梯度下降", lambda params, rate, _: SGD(params, rate), True),
    "momentum": Runner("动量", _momentum(False), True),
    "nesterov": Runner("Nesterov", _momentum(True), True),
    "adagrad": Runner("Adagrad", lambda params, rate, _: Adagrad(params, rate)),
    "rmsprop": Runner("RMSProp", lambda params, rate, _: RMSprop(params, rate)),
    "adadelta": Runner("Adadelta", lambda params, rate, _: Adadelta(params, rate)),
    "adam": Runner("Adam", lambda params, rate, _: Adam(params, rate)),
}


@dataclass(frozen=True)
class Field:
    """一场比赛的全部结果；R 是学习率的个数，K 是选手的个数。

    Attributes
    ----------
    rates : (R,)
    paths : (steps + 1, K, R, 2)
        飞出去之后停在最后一个还看得住的位置。
    left : (K, R) 的整数
        第几步飞出去的；没有飞就是 steps + 1。
    arrived : (K, R) 的整数
        从第几步起再没有离开过终点圈；没到就是 steps + 1。
    best : (K,) 的整数
        每位选手最好的学习率是第几个：最早到的；一样早或都没到的，最后最低的；还一样，小的。
    """

    rates: Array
    paths: Array
    left: Array
    arrived: Array
    best: Array

    def largest_safe(self, runners: Iterable[int]) -> int:
        """这些选手都不飞的最大的学习率是第几个；一个也没有就是 0。"""
        safe = np.all(self.left[list(runners)] >= len(self.paths), axis=0)
        # Larger steps may come back by luck; what is wanted is the edge of the unbroken part.
        return max(int(np.argmin(safe)) - 1, 0) if not safe.all() else len(self.rates) - 1


def race(
    surface: Surface,
    start: Any,
    momentum: float = 0.9,
    rates: Any = RATES,
    steps: int = STEPS,
    runners: Iterable[str] = tuple(RUNNERS),
) -> Field:
    """每位选手从 ``start`` 出发，用 ``rates`` 里的每一个学习率各跑 ``steps`` 步。

    Parameters
    ----------
    surface : Surface
    start : (2,)
    momentum : float
        「动量」和「Nesterov」的动量系数，[0, 1)。
    rates : (R,)，都大于 0
    steps : int
    runners : ``RUNNERS`` 里的名字

    Raises
    ------
    ValueError
        学习率不是正数，或者别的参数不在范围里。
    """
    start = float_array("start", np.asarray(start, dtype=np.float64), (2,))
    rates = float_array("rates", np.atleast_1d(np.asarray(rates, dtype=np.float64)), (None,))
    if not np.all(rates > 0):
        raise ValueError(f"rates 要都大于 0，得到 {float(rates.min()):g}")
    momentum = real_number("momentum", momentum, 0.0, 0.999)
    steps = whole_number("steps", steps, 1)
    names = list(runners)

    now = np.broadcast_to(start, (len(names), len(rates), 2)).copy()
    params = [Tensor(now[k].copy(), requires_grad=True) for k in range(len(names))]
    optimizers = []
    for name, parameter in zip(names, params, strict=True):
        optimizer = RUNNERS[name].make([parameter], 1.0, momentum)
        # Every pair of numbers has a step size of its own; all the rest is element by element.
        optimizer.learning_rate = np.repeat(rates, 2)  # type: ignore[assignment]
        optimizers.append(optimizer)

    paths = np.empty((steps + 1, *now.shape))
    paths[0] = now
    left = np.full(now.shape[:2], steps + 1)
    running = np.ones(now.shape[:2], dtype=bool)
    bound = FAR * surface.reach
    centre = np.array(surface.centre)
    for step in range(1, steps + 1):
        slopes = surface.gradient(now)
        slopes[~running] = 0.0
        for k, (parameter, optimizer) in enumerate(zip(params, optimizers, strict=True)):
            parameter.grad = slopes[k]
            optimizer.step()
        moved = np.stack([parameter.data for parameter in params])
        gone = running & ~(np.abs(moved - centre).max(-1) < bound)
        left[gone] = step
        running &= ~gone
        now = np.where(running[..., None], moved, now)
        paths[step] = now
    return _judged(surface, rates, paths, left)


def _judged(surface: Surface, rates: Array, paths: Array, left: Array) -> Field:
    count = len(paths)
    above = surface.above(paths)
    outside = above > surface.goal
    arrived = np.where(outside, np.arange(count)[:, None, None], -1).max(0) + 1
    arrived[left < count] = count
    last = np.where(left < count, np.inf, np.maximum(above[-1], SETTLED))
    best = [int(np.lexsort((low, early))[0]) for low, early in zip(last, arrived, strict=True)]
    return Field(rates, paths, left, arrived, np.array(best))


def walk(
    runner: str, surface: Surface, start: Any, rate: float, steps: int, momentum: float = 0.9
) -> Array:
    """一位选手走过的点，(steps + 1, 2)。"""
    field = race(surface, start, momentum, [rate], steps, [runner])
    return field.paths[:, 0, 0]


def first_step(runner: str, slope: float, rate: float) -> float:
    """斜率是 ``slope`` 的地方，第一步挪多少。

    Adam 的第一步是 −α·g/(|g| + ε)：斜率远大于 ε（1e-8）时就是 −α·sign(g)，和斜率多大无关；
    斜率等于 ε 时正好是一半（Kingma 与 Ba 2015；curriculum L-09）。
    """
    parameter = Tensor(np.zeros(1), requires_grad=True)
    optimizer = RUNNERS[runner].make([parameter], real_number("rate", rate, 0.0), 0.9)
    parameter.grad = np.array([real_number("slope", slope)])
    optimizer.step()
    return float(parameter.data[0])

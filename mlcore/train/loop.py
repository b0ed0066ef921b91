"""小批量训练：一批一批地走，记下损失；验证、滑动平均、早停都是可选的。"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import cached_property
from typing import Any

import numpy as np

from mlcore.autograd import Tensor
from mlcore.backend import Array, describe
from mlcore.checks import choice, real_number, whole_number
from mlcore.nn import Module
from mlcore.optim import Optimizer, WeightAverage
from mlcore.optim.schedules import Schedule
from mlcore.random import Generator
from mlcore.train.divergence import Divergence, divergence_at, ignorant_loss
from mlcore.train.evaluation import Metric, evaluate
from mlcore.train.history import History
from mlcore.train.samples import check_samples, check_two_classes, fingerprint
from mlcore.train.steps import EagerSteps, ReplayedSteps
from mlcore.train.stopping import EarlyStopping

Augment = Callable[[Array, Generator], Array]


class Trainer:
    """小批量训练。每一轮（epoch）把样本重新打乱，依次取完，最后一批可能短一些。

    Parameters
    ----------
    model : Module
    loss : callable
        ``loss(output, target)`` 返回一个数的 Tensor，如 :func:`mlcore.nn.cross_entropy`。
    optimizer : Optimizer
    x : 数组 (n, …)
        换成参数的浮点类型；``indices=True`` 时是整数，原样给网络。
    y : 数组 (n, …)
        整数是类别，至少要有两类；浮点数是要逼近的值。
    batch_size : int
        大于 n 时，每一批就是全部样本。
    generator : Generator
        打乱用的随机数从这里取。
    schedule : 步数 → 学习率，可选
        见 :mod:`mlcore.optim.schedules`；每一步之前问它。
    clip_norm, clip_value : float，可选
        裁剪梯度，见 :func:`mlcore.optim.clip_grad_norm`、``clip_grad_value``。
    average : float，可选
        权重滑动平均的系数；验证用平均的权重。
    validation : (x, y)，可选
        验证集；每一轮走完，验证一次。
    metrics : dict[str, callable]，可选
        除了损失还要的分数，``metric(output, target)``，见 :mod:`mlcore.train.metrics`。
    stopping : EarlyStopping，可选
        要有 validation。
    indices : bool，可选
        x 是下标（给 Embedding 的词），不是数；不给就问网络（``model.reads_indices``）。
    augment : callable，可选
        ``augment(batch, generator)`` 返回变了样的一批（翻个面、挪一挪），形状和类型不变；只在训练
        时用。随机数从 generator 取，停下再续还是同样的数。
    replay : bool
        录下一步再重放，见 :mod:`mlcore.replay`：不再每步建图，权重和普通的步一样，到舍入为止。

    Attributes
    ----------
    steps, epoch : int
        走了多少步、正在第几轮（从 0 数起）。
    history : History
        每一步的损失，是这一步更新之前的；还有每次验证的分数。
    average : WeightAverage 或 None

    Raises
    ------
    ValueError, TypeError
        数据是空的、有 NaN、x 和 y 的个数不同、标签只有一类……
    NotRecordable
        ``replay=True`` 而这一步录不下来；在第一步时。

    Notes
    -----
    replay 默认是 False：录下来的是一批数据走过的路，有没有别的路（比如只有损失大时才走的分支），
    录的时候看不全，所以要由人来说「每一步都一样」。录一次要花几毫秒，参数的 ``grad`` 也不再更新。
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[[Tensor, Any], Tensor],
        optimizer: Optimizer,
        x: Any,
        y: Any,
        batch_size: int,
        generator: Generator,
        *,
        schedule: Schedule | None = None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        average: float | None = None,
        validation: tuple[Any, Any] | None = None,
        metrics: Mapping[str, Metric] | None = None,
        stopping: EarlyStopping | None = None,
        indices: bool | None = None,
        augment: Augment | None = None,
        replay: bool = False,
    ) -> None:
        if not isinstance(generator, Generator):
            raise TypeError(f"generator 要是 mlcore.random.Generator，得到 {describe(generator)}")
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.batch_size = whole_number("batch_size", batch_size, 1)
        self.generator = generator
        indices = model.reads_indices if indices is None else bool(indices)
        dtype = None if indices else model.dtype
        self.x, self.y = check_samples(x, y, dtype)
        check_two_classes(self.y)
        self._ignorant = ignorant_loss(self.y)
        self.indices = indices
        self.augment = augment
        steps = ReplayedSteps if replay else EagerSteps
        self._way: EagerSteps | ReplayedSteps = steps(model, loss, optimizer)
        self.schedule = schedule
        self.clip_norm = _limit("clip_norm", clip_norm)
        self.clip_value = _limit("clip_value", clip_value)
        self.average = None if average is None else WeightAverage(optimizer.params, average)
        self.validation = None if validation is None else check_samples(*validation, dtype)
        self.metrics = dict(metrics or {})
        self.stopping = stopping
        if stopping is not None:
            if validation is None:
                raise ValueError("早停要有验证集：请给 validation=(x, y)")
            choice("stopping.metric", stopping.metric, ["loss", *self.metrics])
        self.steps = 0
        self.history = History()
        self.divergence: Divergence | None = None
        self._shuffle()

    @property
    def batches(self) -> int:
        """一轮有几批。"""
        return math.ceil(len(self.x) / self.batch_size)

    @property
    def epoch(self) -> int:
        return self.steps // self.batches

    @property
    def stopped(self) -> bool:
        """早停说够了。"""
        return self.stopping is not None and self.stopping.stopped

    @cached_property
    def samples(self) -> dict[str, Any]:
        """样本的校验和、一批几个：续着训练时，看是不是同一份。第一次用到时才算。"""
        x, y = fingerprint(self.x), fingerprint(self.y)
        return {"x": x, "y": y, "batch_size": self.batch_size}

    def _shuffle(self) -> None:
        self._order_counter = self.generator.counter
        self._order = self.generator.permutation(self.x.shape[0])

    def step(self, n: int = 1) -> float:
        """走 n 步（n 批），返回最后一步的损失；每走完一轮就验证（要是有 validation）。

        Raises
        ------
        Divergence
            损失不再有限，或者最近十步的平均是开始时的十倍以上（批小的时候要更多，见
            mlcore.train.divergence）。这一步不更新参数；用
            load_state_dict 退回从前之后可以接着走。
        """
        if self.divergence is not None:
            raise self.divergence
        batches, size = self.batches, self.batch_size
        # What overflows here is reported by us, with the step, not by NumPy.
        with np.errstate(all="ignore"):
            for _ in range(whole_number("n", n, 1)):
                position = self.steps % batches
                if position == 0 and self.steps:
                    self._shuffle()
                rows = self._order[position * size : (position + 1) * size]
                if self.schedule is not None:
                    self.optimizer.learning_rate = self.schedule(self.steps)
                value = self._learn(rows)
                self.steps += 1
                self.history.append(value)
                if self.average is not None:
                    self.average.update()
                if self.validation is not None and position == batches - 1:
                    self._validate()
        return value

    def _learn(self, rows: Any) -> float:
        """用这几行走一步：前向、反向、更新；返回更新之前的损失。"""
        if self.augment is None:
            value = self._way.forward(self.x, self.y, rows)
        else:
            value = self._way.forward(self.augment(self.x[rows], self.generator), self.y[rows])
        self.divergence = divergence_at(
            self.steps + 1, value, self.history, self._ignorant, self.batch_size
        )
        if self.divergence is not None:
            raise self.divergence
        self._way.update(self.clip_norm, self.clip_value)
        return value

    def _validate(self) -> None:
        assert self.validation is not None
        with nullcontext() if self.average is None else self.average.applied():
            scores = self.evaluate(*self.validation)
            self.history.record(self.steps, scores)
            if self.stopping is not None:
                score = scores[self.stopping.metric]
                self.stopping.update(score, self.steps, self.model.state_dict())

    def evaluate(self, x: Any, y: Any) -> dict[str, float]:
        """网络在 (x, y) 上的损失和 metrics，见 :func:`mlcore.train.evaluate`。"""
        return evaluate(
            self.model, self.loss, x, y, self.metrics,
            batch_size=self.batch_size, indices=self.indices,
        )  # fmt: skip

    def use_best(self) -> None:
        """把网络换成早停记下的最好的权重；没有验证过就不动。"""
        if self.stopping is not None and self.stopping.weights is not None:
            self.model.load_state_dict(self.stopping.weights)

    def state_dict(self) -> dict[str, Any]:
        """一切：放回去接着走，得到的每一位都一样。"""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "stopping": None if self.stopping is None else self.stopping.state_dict(),
            "steps": self.steps,
            "history": self.history.state_dict(),
            "seed": self.generator.seed,
            "stream": self.generator.stream,
            "counter": self.generator.counter,
            "order_counter": self._order_counter,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """恢复 :meth:`state_dict` 存下的一切，数据要是同一份。"""
        if missing := self.state_dict().keys() - state.keys():
            raise ValueError(f"state 缺 {'、'.join(sorted(missing))}")
        extras = {"average": self.average, "stopping": self.stopping}
        for name, part in extras.items():
            if (part is None) != (state[name] is None):
                raise ValueError(f"state 和 Trainer 的 {name} 一边有、一边没有；两次的设置要一样")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        if self.stopping is not None:
            self.stopping.load_state_dict(state["stopping"])
        self.steps = int(state["steps"])
        self.history = History.from_state(state["history"])
        self.generator.seed = int(state["seed"])
        self.generator.stream = int(state["stream"])
        self.generator.counter = int(state["order_counter"])
        self._shuffle()
        self.generator.counter = int(state["counter"])
        self.divergence = None


def _limit(name: str, value: float | None) -> float | None:
    return None if value is None else real_number(name, value, 0.0, above=True)

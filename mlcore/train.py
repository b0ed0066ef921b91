"""训练：一批一批地走，记下损失，能存、能续，发散了就停下来说清楚。"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from mlcore.autograd import Tensor
from mlcore.backend import array_namespace, asarray, describe
from mlcore.checks import finite, whole_number
from mlcore.losses import check_labels
from mlcore.nn import Module
from mlcore.optim import Optimizer
from mlcore.random import Generator

# A run counts as diverged when the mean of its last WINDOW losses is EXPLOSION times the loss at
# the start (or that of a model which knows nothing, if it started better than that).
EXPLOSION = 10.0
WINDOW = 10


class Divergence(ArithmeticError):
    """训练发散：损失变成 NaN、无穷大，或者远远超过开始的时候。

    Attributes
    ----------
    step : int
        从 1 数起，第几步看到的。
    loss, start : float
        这一步的损失，和开始时的损失。
    """

    def __init__(self, step: int, loss: float, start: float) -> None:
        self.step = step
        self.loss = loss
        self.start = start
        ending = f"涨到了 {loss:.3g}" if math.isfinite(loss) else "变成了无穷大或 NaN"
        super().__init__(
            f"第 {step} 步发散：损失从 {start:.3g} {ending}。"
            "多半是学习率太大：退回发散之前，把它减到十分之一再试。"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.step, self.loss, self.start)


class Trainer:
    """小批量训练。每一轮（epoch）把样本重新打乱，依次取完，最后一批可能短一些。

    Parameters
    ----------
    model : Module
    loss : callable
        ``loss(output, target)`` 返回一个数的 Tensor，如 :func:`mlcore.nn.cross_entropy`。
    optimizer : Optimizer
    x : 数组 (n, …)
        换成参数的浮点类型。
    y : 数组 (n, …)
        整数是类别，至少要有两类；浮点数是要逼近的值。
    batch_size : int
        大于 n 时，每一批就是全部样本。
    generator : Generator
        打乱用的随机数从这里取。

    Attributes
    ----------
    steps, epoch : int
        走了多少步、正在第几轮（从 0 数起）。
    history : list of float
        每一步的损失，是这一步更新之前的。

    Raises
    ------
    ValueError, TypeError
        数据是空的、有 NaN、x 和 y 的个数不同、标签只有一类……
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
    ) -> None:
        if not isinstance(generator, Generator):
            raise TypeError(f"generator 要是 mlcore.random.Generator，得到 {describe(generator)}")
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.batch_size = whole_number("batch_size", batch_size, 1)
        self.generator = generator
        self.x, self.y = _check_data(x, y, model.dtype)
        self._baseline = _ignorant_loss(self.y)
        self.steps = 0
        self.history: list[float] = []
        self.divergence: Divergence | None = None
        self._shuffle()

    @property
    def batches(self) -> int:
        """一轮有几批。"""
        return math.ceil(len(self.x) / self.batch_size)

    @property
    def epoch(self) -> int:
        return self.steps // self.batches

    def _shuffle(self) -> None:
        self._order_counter = self.generator.counter
        self._order = self.generator.permutation(self.x.shape[0])

    def step(self, n: int = 1) -> float:
        """走 n 步（n 批），返回最后一步的损失。

        Raises
        ------
        Divergence
            损失不再有限，或者最近十步的平均是开始时的十倍以上。这一步不更新参数；用
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
                loss = self.loss(self.model.forward(Tensor(self.x[rows])), Tensor(self.y[rows]))
                value = float(loss.data)
                if self._diverged(value):
                    start = self.history[0] if self.history else value
                    self.divergence = Divergence(self.steps + 1, value, start)
                    raise self.divergence
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                self.steps += 1
                self.history.append(value)
        return value

    def _diverged(self, value: float) -> bool:
        if not math.isfinite(value):
            return True
        if not self.history or value < self._baseline:
            return False
        recent = [*self.history[1 - WINDOW :], value]
        return sum(recent) / len(recent) > EXPLOSION * max(self.history[0], self._baseline)

    def state_dict(self) -> dict[str, Any]:
        """一切：放回去接着走，得到的每一位都一样。"""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "history": np.asarray(self.history, dtype=np.float64),
            "seed": self.generator.seed,
            "stream": self.generator.stream,
            "counter": self.generator.counter,
            "order_counter": self._order_counter,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """恢复 :meth:`state_dict` 存下的一切，数据要是同一份。"""
        missing = self.state_dict().keys() - state.keys()
        if missing:
            raise ValueError(f"state 缺 {'、'.join(sorted(missing))}")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps = int(state["steps"])
        self.history = [float(value) for value in state["history"]]
        self.generator.seed = int(state["seed"])
        self.generator.stream = int(state["stream"])
        self.generator.counter = int(state["order_counter"])
        self._shuffle()
        self.generator.counter = int(state["counter"])
        self.divergence = None


def _check_data(x: Any, y: Any, dtype: Any) -> tuple[Any, Any]:
    x, y = asarray(x, dtype), asarray(y)
    if x.ndim == 0 or x.shape[0] == 0:
        raise ValueError(f"x 里没有样本：得到{describe(x)}")
    if y.ndim == 0 or y.shape[0] != x.shape[0]:
        raise ValueError(f"x 和 y 的样本数要一样，得到{describe(x)}和{describe(y)}")
    finite("x", x)
    xp = array_namespace(y)
    if xp.isdtype(y.dtype, "real floating"):
        finite("y", y)
        return x, asarray(y, dtype)
    y = xp.astype(y, xp.int64)
    check_labels("y", y)
    if bool(xp.all(y == y[0])):
        raise ValueError(f"y 只有一类（全是 {int(xp.max(y))}），没有东西要分；至少要有两类的点")
    return x, y


def _ignorant_loss(y: Any) -> float:
    """什么也没学会的模型，损失大约是多少：k 类各猜 1/k 是 ln k，总猜平均值是方差。"""
    xp = array_namespace(y)
    if xp.isdtype(y.dtype, "integral"):
        return math.log(int(xp.max(y)) + 1)
    return float(xp.var(y))


def fit(
    model: Module,
    loss: Callable[[Tensor, Any], Tensor],
    optimizer: Optimizer,
    x: Any,
    y: Any,
    *,
    epochs: int,
    batch_size: int,
    generator: Generator,
    progress: bool = True,
) -> Trainer:
    """训练 epochs 轮，可带进度条，返回 :class:`Trainer`；各参数见那里。"""
    trainer = Trainer(model, loss, optimizer, x, y, batch_size, generator)
    rounds: Iterable[int] = range(whole_number("epochs", epochs, 1))
    for _ in _with_bar(rounds, trainer) if progress else rounds:
        trainer.step(trainer.batches)
    return trainer


def _with_bar(rounds: Iterable[int], trainer: Trainer) -> Iterator[int]:
    """tqdm 的进度条，后面写着损失；浏览器里没有 tqdm，就不画。"""
    try:
        from tqdm import tqdm
    except ImportError:
        yield from rounds
        return
    bar = tqdm(rounds, unit="轮", leave=False, file=sys.stderr)
    for number in bar:
        yield number
        bar.set_postfix_str(f"损失 {trainer.history[-1]:.3g}", refresh=False)

"""从头练到尾：进度条、检查点、早停。"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from mlcore import checkpoint as checkpoints
from mlcore.autograd import Tensor
from mlcore.checks import whole_number
from mlcore.nn import Module
from mlcore.optim import Optimizer
from mlcore.random import Generator
from mlcore.train.loop import Trainer
from mlcore.train.saving import restore, save

PIECE = 10
"""走这么多步，动一次进度条。"""


def run(
    trainer: Trainer,
    epochs: int,
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    every: int | None = None,
    progress: bool = True,
    stop: Callable[[], bool] | None = None,
) -> Trainer:
    """练到第 epochs 轮为止，或者到早停；最后换成早停记下的最好的权重。

    Parameters
    ----------
    trainer : Trainer
    epochs : int
        一共几轮；已经走过的也算在内。
    checkpoint : 路径，可选
        检查点。已经有了就从那里接着走，所以被杀掉之后把同样的命令再跑一遍就行，最后的权重一位也
        不差。
    every : int，可选
        每几步存一次；默认每一轮存一次。练完时总要存。
    progress : bool
        要不要进度条，一格是一批。
    stop : callable，可选
        走几步就问它一次；它说 True，就存下检查点，停在这里，权重不换。
    """
    epochs = whole_number("epochs", epochs, 1)
    batches = trainer.batches
    every = batches if every is None else whole_number("every", every, 1)
    if checkpoint is not None and checkpoints.exists(checkpoint):
        restore(trainer, checkpoint)
    total = epochs * batches
    with _bar(total, trainer.steps, progress) as bar:
        while trainer.steps < total and not trainer.stopped:
            if stop is not None and stop():
                if checkpoint is not None:
                    save(trainer, checkpoint)
                return trainer
            left = batches - trainer.steps % batches, every - trainer.steps % every
            steps = min(*left, PIECE)
            trainer.step(steps)
            ended = trainer.steps == total or trainer.stopped
            if checkpoint is not None and (ended or trainer.steps % every == 0):
                save(trainer, checkpoint)
            if bar is not None:
                bar.set_description_str(f"第 {_epoch(trainer)}/{epochs} 轮", refresh=False)
                bar.set_postfix_str(_news(trainer), refresh=False)
                bar.update(steps)
    trainer.use_best()
    return trainer


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
    checkpoint: str | os.PathLike[str] | None = None,
    every: int | None = None,
    **options: Any,
) -> Trainer:
    """训练 epochs 轮，返回 :class:`Trainer`；各参数见那里和 :func:`run`。"""
    trainer = Trainer(model, loss, optimizer, x, y, batch_size, generator, **options)
    return run(trainer, epochs, checkpoint=checkpoint, every=every, progress=progress)


def _bar(total: int, done: int, shown: bool) -> AbstractContextManager[Any]:
    """tqdm 的进度条；不要，或者没有 tqdm（浏览器里），就是 None。"""
    if not shown:
        return nullcontext()
    try:
        from tqdm import tqdm
    except ImportError:
        return nullcontext()
    return tqdm(  # type: ignore[no-any-return]
        total=total, initial=done, unit="批", leave=False, file=sys.stderr, dynamic_ncols=True
    )


def _epoch(trainer: Trainer) -> int:
    """正在第几轮，从 1 数起；刚走完的算这一轮。"""
    return (trainer.steps - 1) // trainer.batches + 1


def _news(trainer: Trainer) -> str:
    said = f"损失 {trainer.history[-1]:.3g}"
    valid = trainer.history.valid.get("loss")
    return f"{said}，验证 {valid[-1]:.3g}" if valid else said

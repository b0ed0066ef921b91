"""图片分类的一次实验：分出验证集，练，最后在测试集上打一次分。"""

from __future__ import annotations

import math

from mlcore import nn, optim
from mlcore.backend import Array, array_namespace
from mlcore.data.images import Images
from mlcore.experiments.job import Job, Result
from mlcore.optim import schedules
from mlcore.random import Generator
from mlcore.train import Trainer, metrics, split
from mlcore.train.loop import Augment


def classify(
    data: Images,
    job: Job,
    model: nn.Module,
    *,
    batch_size: int,
    learning_rate: float,
    weight_decay: float = 0.0,
    augment: Augment | None = None,
) -> Result:
    """用 AdamW 练一个分类的网络，学习率先升后降。

    Parameters
    ----------
    data : Images
        像素已经是浮点数。训练集里分出 1/12 做验证，测试集只在最后用一次。
    learning_rate : float
        最大的学习率：先用十分之一的步数升上来，再沿余弦降到 0。
    """
    dice = Generator(job.seed, stream=1)
    labels = data.train_y
    train, valid = split(len(labels), (11 / 12, 1 / 12), generator=dice, stratify=labels)
    batch_size = min(batch_size, len(train))
    steps = job.epochs * math.ceil(len(train) / batch_size)
    rising = max(1, steps // 10)
    schedule = schedules.warmup(schedules.cosine(learning_rate, max(1, steps - rising)), rising)
    trainer = Trainer(
        model,
        nn.cross_entropy,
        optim.AdamW(model.parameters(), learning_rate, weight_decay=weight_decay),
        data.train_x[train],
        labels[train],
        batch_size,
        dice,
        schedule=schedule,
        validation=(data.train_x[valid], labels[valid]),
        metrics={"accuracy": metrics.accuracy},
        augment=augment,
        replay=job.replay,
    )
    job.train(trainer)
    found = trainer.evaluate(data.test_x, data.test_y)
    return {
        "测试准确率": found["accuracy"],
        "测试损失": found["loss"],
        "验证准确率": trainer.history.valid["accuracy"][-1],
        "训练样本": len(train),
        "参数": count(model),
        "步数": trainer.steps,
    }


def count(model: nn.Module) -> int:
    """有几个参数。"""
    return sum(math.prod(parameter.shape) for parameter in model.parameters())


def flip(images: Array, dice: Generator) -> Array:
    """每张图 (n, 通道, 高, 宽) 各有一半的机会左右翻个面。"""
    xp = array_namespace(images)
    turned = dice.uniform((images.shape[0], 1, 1, 1)) < 0.5
    return xp.where(turned, xp.flip(images, axis=3), images)


def shift(images: Array, dice: Generator, most: int) -> Array:
    """一批图 (n, 通道, 高, 宽) 一起上下左右挪一挪，各至多 most 格，空出来的是 0。"""
    down, right = (int(part) - most for part in dice.integers(2, 0, 2 * most + 1))
    moved = array_namespace(images).zeros_like(images)
    (to_y, from_y), (to_x, from_x) = _overlap(down), _overlap(right)
    moved[:, :, to_y, to_x] = images[:, :, from_y, from_x]
    return moved


def _overlap(move: int) -> tuple[slice, slice]:
    """挪了 move 格，哪一段放得下，它从哪一段来。"""
    return (
        slice(max(move, 0), min(move, 0) or None),
        slice(max(-move, 0), min(-move, 0) or None),
    )

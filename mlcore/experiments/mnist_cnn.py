"""MNIST，卷积网络：两次卷积和汇聚，样子来自 LeNet（LeCun 等 1998），学的时候把图挪一挪。"""

from __future__ import annotations

from functools import partial

from mlcore import data, nn
from mlcore.data.images import MNIST, Images
from mlcore.experiments.classification import classify, shift
from mlcore.experiments.job import Job, Result
from mlcore.random import Generator

TITLE = "MNIST 手写数字，卷积网络"
SOURCE = MNIST
BACKEND = "torch"
EPOCHS, FULL_EPOCHS = 6, 20


def load() -> Images:
    return data.mnist("float32", "channels")


def network(side: int, channels: int, dice: Generator) -> nn.Module:
    """边长 side 的灰度图，两次汇聚之后边长是四分之一，通道是 2 · channels。"""
    return nn.Sequential(
        nn.Conv2d(1, channels, 5, padding=2, generator=dice, init="kaiming_normal"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(channels, 2 * channels, 5, padding=2, generator=dice, init="kaiming_normal"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(2 * channels * (side // 4) ** 2, 128, generator=dice, init="kaiming_normal"),
        nn.ReLU(),
        nn.Dropout(0.4, generator=dice),
        nn.Linear(128, 10, generator=dice),
    )


def run(images: Images, job: Job) -> Result:
    """练，返回表里的每一行。"""
    model = network(images.train_x.shape[2], 32 if job.full else 12, Generator(job.seed))
    return classify(
        images, job, model, batch_size=64, learning_rate=2e-3, weight_decay=0.01,
        augment=partial(shift, most=2),
    )  # fmt: skip

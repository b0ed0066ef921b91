"""MNIST，多层感知机：每张图拉成一行 784 个数，两个隐层，随机丢弃一些。"""

from __future__ import annotations

from mlcore import data, nn
from mlcore.data.images import MNIST, Images
from mlcore.experiments.classification import classify
from mlcore.experiments.job import Job, Result
from mlcore.random import Generator

TITLE = "MNIST 手写数字，多层感知机"
SOURCE = MNIST
BACKEND = "numpy"
EPOCHS, FULL_EPOCHS = 12, 40


def load() -> Images:
    return data.mnist("float32", "flat")


def network(inputs: int, width: int, dice: Generator) -> nn.Module:
    """inputs → width → width / 2 → 10。"""
    return nn.Sequential(
        nn.Dropout(0.1, generator=dice),
        nn.Linear(inputs, width, generator=dice, init="kaiming_normal"),
        nn.ReLU(),
        nn.Dropout(0.3, generator=dice),
        nn.Linear(width, width // 2, generator=dice, init="kaiming_normal"),
        nn.ReLU(),
        nn.Linear(width // 2, 10, generator=dice),
    )


def run(images: Images, job: Job) -> Result:
    """练，返回表里的每一行。"""
    width = 1024 if job.full else 512
    model = network(images.train_x.shape[1], width, Generator(job.seed))
    return classify(images, job, model, batch_size=128, learning_rate=2e-3, weight_decay=0.01)

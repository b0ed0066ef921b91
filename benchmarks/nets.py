"""量的那些网络：每一个，PyTorch 的和 mlcore 的，大小、初值的分布、损失、优化器都一样。"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from mlcore import nn, optim
from mlcore.autograd import Tensor
from mlcore.random import Generator

Draw = Callable[[Generator], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Work:
    """一件活：两边的网络、一批数据、优化器，和要求的比值。"""

    name: str
    target: float
    ours: Callable[[Generator], nn.Module]
    peer: Callable[[Any], Any]
    draw: Draw
    optimizer: str
    loss: str = "cross_entropy"
    tags: tuple[str, ...] = field(default=())


class Last(nn.Module):
    """循环层，取最后一步的状态分类。"""

    def __init__(self, layer: nn.Module, width: int, generator: Generator) -> None:
        self.layer = layer
        self.head = nn.Linear(width, 10, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.head.forward(self.layer(x)[0][-1])


def torch_last(torch: Any, layer: Any, width: int) -> Any:
    class Model(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer
            self.head = torch.nn.Linear(width, 10)

        def forward(self, x: Any) -> Any:
            return self.head(self.layer(x)[0][-1])

    return Model()


def mlp_work(
    target: float, sizes: tuple[int, ...], batch: int, optimizer: str, loss: str = "cross_entropy"
) -> Work:
    activation = "tanh" if sizes[0] == 2 else "relu"

    def peer(torch: Any) -> Any:
        layers: list[Any] = []
        for n_in, n_out in pairwise(sizes):
            if layers:
                layers.append(torch.nn.Tanh() if activation == "tanh" else torch.nn.ReLU())
            layers.append(torch.nn.Linear(n_in, n_out))
        return torch.nn.Sequential(*layers)

    def draw(generator: Generator) -> tuple[np.ndarray, np.ndarray]:
        x = generator.normal((batch, sizes[0]))
        if loss == "mse":
            return x, generator.uniform((batch, sizes[-1]), -1.0, 1.0)
        return x, generator.integers(batch, 0, sizes[-1])

    name = f"{'-'.join(map(str, sizes))} b{batch}，{optimizer}"
    return Work(
        name, target, lambda g: nn.mlp(sizes, activation, generator=g), peer, draw, optimizer, loss
    )


def images(batch: int, channels: int, side: int) -> Draw:
    return lambda g: (g.normal((batch, channels, side, side)), g.integers(batch, 0, 10))


def sequence(steps: int, batch: int, width: int) -> Draw:
    return lambda g: (g.normal((steps, batch, width)), g.integers(batch, 0, 10))


def lenet(g: Generator) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2, generator=g), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5, generator=g), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120, generator=g), nn.ReLU(),
        nn.Linear(120, 84, generator=g), nn.ReLU(), nn.Linear(84, 10, generator=g),
    )  # fmt: skip


def torch_lenet(torch: Any) -> Any:
    t = torch.nn
    return t.Sequential(
        t.Conv2d(1, 6, 5, padding=2), t.ReLU(), t.MaxPool2d(2),
        t.Conv2d(6, 16, 5), t.ReLU(), t.MaxPool2d(2), t.Flatten(),
        t.Linear(400, 120), t.ReLU(), t.Linear(120, 84), t.ReLU(), t.Linear(84, 10),
    )  # fmt: skip


def cifar(g: Generator) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1, generator=g), nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1, generator=g), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1, generator=g), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(4096, 10, generator=g),
    )  # fmt: skip


def torch_cifar(torch: Any) -> Any:
    t = torch.nn
    return t.Sequential(
        t.Conv2d(3, 32, 3, padding=1), t.ReLU(),
        t.Conv2d(32, 32, 3, padding=1), t.ReLU(), t.MaxPool2d(2),
        t.Conv2d(32, 64, 3, padding=1), t.ReLU(), t.MaxPool2d(2), t.Flatten(),
        t.Linear(4096, 10),
    )  # fmt: skip


def language(g: Generator) -> nn.Module:
    """Bengio 等 2003 的样子：四个词的词向量并排，一个隐层，5000 个词里猜下一个。"""
    return nn.Sequential(
        nn.Embedding(5000, 64, generator=g), nn.Flatten(),
        nn.Linear(256, 128, generator=g), nn.Tanh(), nn.Linear(128, 5000, generator=g),
    )  # fmt: skip


def torch_language(torch: Any) -> Any:
    t = torch.nn
    return t.Sequential(
        t.Embedding(5000, 64), t.Flatten(), t.Linear(256, 128), t.Tanh(), t.Linear(128, 5000)
    )


WORKS = (
    mlp_work(6.0, (2, 8, 8, 1), 200, "Adam", "mse"),
    mlp_work(5.0, (784, 16, 16, 10), 32, "SGD"),
    mlp_work(1.4, (784, 128, 32, 10), 100, "Adam"),
    mlp_work(1.1, (39, 1000, 1000, 48), 64, "SGD"),
    mlp_work(1.1, (784, 500, 500, 10), 128, "Adam"),
    Work("LeNet b64，SGD", 1.3, lenet, torch_lenet, images(64, 1, 28), "SGD"),
    Work("CIFAR CNN 32-32-64 b64，SGD", 0.8, cifar, torch_cifar, images(64, 3, 32), "SGD"),
    Work(
        "LSTM 64→128，T 32，b32，SGD", 0.5,
        lambda g: Last(nn.LSTM(64, 128, generator=g), 128, g),
        lambda torch: torch_last(torch, torch.nn.LSTM(64, 128), 128),
        sequence(32, 32, 64), "SGD",
    ),
    Work(
        "双向 GRU 64→128，T 32，b32，SGD", 1.5,
        lambda g: Last(nn.GRU(64, 128, bidirectional=True, generator=g), 256, g),
        lambda torch: torch_last(torch, torch.nn.GRU(64, 128, bidirectional=True), 256),
        sequence(32, 32, 64), "SGD",
    ),
    Work(
        "词向量 + softmax，V 5000，b128，SGD", 1.0, language, torch_language,
        lambda g: (g.integers((128, 4), 0, 5000), g.integers(128, 0, 5000)), "SGD",
    ),
)  # fmt: skip

RATES = {"Adam": 1e-3, "SGD": 1e-2}


def our_optimizer(work: Work, model: nn.Module) -> optim.Optimizer:
    return getattr(optim, work.optimizer)(model.parameters(), RATES[work.optimizer])  # type: ignore[no-any-return]


def our_loss(work: Work) -> Callable[[Tensor, Any], Tensor]:
    return nn.mse_loss if work.loss == "mse" else nn.cross_entropy

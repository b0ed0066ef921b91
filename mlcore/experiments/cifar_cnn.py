"""CIFAR-10，卷积网络：短的是四次卷积，完整的是残差网络（He 等 2016）。图学的时候翻个面、挪一挪。"""

from __future__ import annotations

from mlcore import data, nn
from mlcore.backend import Array, asarray
from mlcore.data.images import CIFAR10, Images
from mlcore.experiments.classification import classify, flip, shift
from mlcore.experiments.job import Job, Result
from mlcore.random import Generator

TITLE = "CIFAR-10 照片，卷积网络"
SOURCE = CIFAR10
BACKEND = "torch"
EPOCHS, FULL_EPOCHS = 8, 100


def load() -> Images:
    """每个颜色减去平均、除以标准差；两个数都只由训练集算。"""
    images = data.cifar10("float32", "channels")
    center = asarray([0.4914, 0.4822, 0.4465])[:, None, None]
    scale = asarray([0.2470, 0.2435, 0.2616])[:, None, None]
    return images._replace(
        train_x=(images.train_x - center) / scale, test_x=(images.test_x - center) / scale
    )


def network(side: int, dice: Generator) -> nn.Module:
    """两次卷积、汇聚，再两次卷积、汇聚，最后一个线性层。"""
    def convolution(inputs: int, outputs: int) -> list[nn.Module]:
        # Batch normalisation subtracts any bias again, so there is none.
        layer = nn.Conv2d(
            inputs, outputs, 3, padding=1, bias=False, generator=dice, init="kaiming_normal"
        )
        return [layer, nn.BatchNorm2d(outputs), nn.ReLU()]

    return nn.Sequential(
        *convolution(3, 32), *convolution(32, 32), nn.MaxPool2d(2),
        *convolution(32, 64), *convolution(64, 64), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.3, generator=dice),
        nn.Linear(64 * (side // 4) ** 2, 10, generator=dice),
    )  # fmt: skip


def residual_network(side: int, blocks: int, dice: Generator) -> nn.Module:
    """ResNet：一次卷积，三段残差块（16、32、64 通道，边长减半），整张平均。"""
    layers: list[nn.Module] = [
        nn.Conv2d(3, 16, 3, padding=1, bias=False, generator=dice, init="kaiming_normal"),
        nn.BatchNorm2d(16), nn.ReLU(),
    ]  # fmt: skip
    before = 16
    for channels in (16, 32, 64):
        for _ in range(blocks):
            layers.append(
                nn.ResidualBlock(before, channels, channels // before, generator=dice)
            )
            before = channels
    pooled = nn.AvgPool2d(side // 4)
    return nn.Sequential(*layers, pooled, nn.Flatten(), nn.Linear(64, 10, generator=dice))


def augment(images: Array, dice: Generator) -> Array:
    return shift(flip(images, dice), dice, most=4)


def run(images: Images, job: Job) -> Result:
    """练，返回表里的每一行。"""
    side, dice = images.train_x.shape[2], Generator(job.seed)
    model = residual_network(side, 3, dice) if job.full else network(side, dice)
    return classify(
        images, job, model, batch_size=64, learning_rate=3e-3, weight_decay=0.05, augment=augment
    )

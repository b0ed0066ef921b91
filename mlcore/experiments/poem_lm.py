"""七言绝句，一个字一个字地猜：GRU 对三元的 Kneser–Ney 模型，同样的诗，同样的字表。"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from mlcore import data, nn, optim
from mlcore.autograd import Tensor, apply, no_grad
from mlcore.backend import asarray, to_numpy
from mlcore.data.poetry import POEMS, STOPS
from mlcore.experiments.classification import count
from mlcore.experiments.job import Job, Result
from mlcore.experiments.poem_text import PoemText, encode
from mlcore.ngram import KneserNey
from mlcore.optim import schedules
from mlcore.random import Generator
from mlcore.train import EarlyStopping, Trainer, metrics
from mlcore.train.evaluation import in_use

TITLE = "七言绝句，一个字一个字地猜"
SOURCE = POEMS
BACKEND = "torch"
EPOCHS, FULL_EPOCHS = 12, 30
BATCH, RATE = 64, 3e-3


def load() -> list[str]:
    """七绝，每首 28 个字；标点的位置是格律定的，不用猜，所以去掉。"""
    return [re.sub(f"[{STOPS}、]", "", text) for text in data.poems("七绝").text]


class Poet(nn.Module):
    """前面的字 (N, T) → 下一个字的分数 (N, T, V + 1)；编号 V 是「开始」，只读，从不出现。

    读和猜用同一张词向量表（Press 与 Wolf 2017）：意思相近的字，前面像，后面也像。
    """

    def __init__(self, vocabulary: int, width: int, hidden: int, drop: float, seed: int) -> None:
        dice = Generator(seed)
        self.table = nn.Embedding(vocabulary + 1, width, generator=dice)
        self.table.weight.data *= 0.1
        self.memory = nn.GRU(width, hidden, batch_first=True, generator=dice)
        self.narrow = nn.Linear(hidden, width, generator=dice)
        self.bias = Tensor(asarray(np.zeros(vocabulary + 1)), requires_grad=True)
        self.drop_words, self.drop_states, self.drop_guess = (
            nn.Dropout(drop, generator=dice) for _ in range(3)
        )

    def forward(self, x: Tensor) -> Tensor:
        words = self.drop_words.forward(self.table.forward(x))
        states = self.drop_states.forward(self.memory.forward(words)[0])
        guess = self.drop_guess.forward(self.narrow.forward(states))
        return apply("linear", guess, self.table.weight, self.bias)


def shifted(poems: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
    """每个字前面的那一个（第一个字前面是「开始」），和这个字。"""
    return np.pad(poems[:, :-1], ((0, 0), (1, 0)), constant_values=start), poems


def run(poems: Any, job: Job) -> Result:
    """练，和三元模型在同样的测试诗上比，再写两首。"""
    dice = Generator(job.seed, stream=1)
    text = encode(poems, dice)
    start = text.vocabulary
    width, hidden = (256, 512) if job.full else (128, 256)
    model = Poet(start, width, hidden, 0.4 if job.full else 0.3, job.seed)
    x, y = shifted(text.train, start)
    steps = job.epochs * math.ceil(len(x) / BATCH)
    schedule = schedules.warmup(schedules.cosine(RATE, steps - steps // 10), max(1, steps // 10))
    trainer = Trainer(
        model, nn.cross_entropy, optim.AdamW(model.parameters(), RATE), x, y, BATCH, dice,
        schedule=schedule, clip_norm=1.0, validation=shifted(text.valid, start),
        stopping=EarlyStopping(3), replay=job.replay,
    )  # fmt: skip
    job.train(trainer)
    ours = metrics.perplexity(trainer.evaluate(*shifted(text.test, start))["loss"])
    grams = {n: KneserNey(text.train, text.vocabulary, n).perplexity(text.test) for n in (1, 2, 3)}
    return {
        "测试困惑度，GRU": ours,
        "测试困惑度，三元": grams[3],
        "测试困惑度，二元": grams[2],
        "测试困惑度，一元": grams[1],
        "字表": text.vocabulary,
        "训练的诗": len(text.train),
        "测试的诗": len(text.test),
        "参数": count(model),
        "步数": trainer.steps,
        "它写的": "\n".join(text.read(poem) for poem in write(model, text, 2, dice)),
    }


def write(model: nn.Module, text: PoemText, poems: int, dice: Generator) -> np.ndarray:
    """照模型的概率一个字一个字地写，生字不用：(poems, T) 的编号。"""
    length, start = text.train.shape[1], text.vocabulary
    lines = np.full((poems, length + 1), start)
    with no_grad(), in_use(model):
        for at in range(length):
            scores = to_numpy(model(lines[:, : at + 1]).data)[:, -1, 1:start].astype(np.float64)
            odds = np.exp(scores - scores.max(axis=1, keepdims=True)).cumsum(axis=1)
            draw = to_numpy(dice.uniform((poems, 1), dtype="float64")) * odds[:, -1:]
            lines[:, at + 1] = 1 + (odds < draw).sum(axis=1)
    return lines[:, 1:]

"""scikit-learn 的 MLPClassifier 和重放的步，各训练三轮 784-128-32-10（Adam，批 100）。

准确率要一样，不然快也不算。
"""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np

from benchmarks.table import Row
from mlcore import nn, optim
from mlcore.random import Generator
from mlcore.replay import Replay

LABEL = "MLPClassifier 784-128-32-10，三轮"
HIDDEN = (128, 32)
EPOCHS = 3
BATCH = 100
TARGET = 2.0
EQUAL = 0.003
"""几个种子的平均准确率差不到这么多，算一样。"""


def row(quick: bool) -> Row:
    from mlcore import data

    try:
        found = data.mnist("float32", "flat")
    except data.Unavailable as error:
        # Another data set would be another work: without this one the row misses.
        return Row(LABEL, 1.0, 0.0, "s", target=TARGET, detail=f"没有量：{error}")
    x, y = found.train_x, found.train_y
    if quick:
        x, y = x[:10000], y[:10000]
    peers, ours, scores = [], [], []
    for seed in range(1 if quick else 3):
        for train, times in ((theirs, peers), (mine, ours)):
            begun = time.perf_counter()
            predict = train(x, y, seed)
            times.append(time.perf_counter() - begun)
            scores.append(float(np.mean(predict(found.test_x) == found.test_y)))
    peer_score, our_score = float(np.mean(scores[::2])), float(np.mean(scores[1::2]))
    detail = f"MNIST，准确率 {our_score:.2%}，scikit-learn {peer_score:.2%}"
    peer = min(peers)
    # On a sixth of the data, with one seed, chance is greater than the difference.
    if our_score < peer_score - (0.01 if quick else EQUAL):
        peer, detail = 0.0, detail + "（不一样，不算）"
    return Row(LABEL, min(ours), peer, "s", target=TARGET, detail=detail)


def theirs(x: np.ndarray, y: np.ndarray, seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(HIDDEN, batch_size=BATCH, max_iter=EPOCHS, random_state=seed, tol=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It says that three epochs have not converged.
        model.fit(x, y)
    return model.predict


def mine(x: np.ndarray, y: np.ndarray, seed: int) -> Any:
    generator = Generator(seed)
    model = nn.mlp((x.shape[1], *HIDDEN, 10), "relu", generator=generator)
    replay = Replay(model, nn.cross_entropy, optim.Adam(model.parameters(), 1e-3))
    for _ in range(EPOCHS):
        order = generator.permutation(len(x))
        for low in range(0, len(x), BATCH):
            rows = order[low : low + BATCH]
            step = replay.step(x[: len(rows)], y[: len(rows)])
            step.gather(x, y, rows)
            step.update()
    return lambda images: model(images).numpy().argmax(axis=1)

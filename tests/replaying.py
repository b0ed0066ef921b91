"""重放的测试共用的：和普通的步比，量一步要了多少新的内存。"""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from mlcore import optim
from mlcore.autograd import Tensor
from mlcore.random import Generator
from mlcore.replay import record
from mlcore.replay.run_numpy import Step


def weighted_squares(output, target):
    """随便的权重：每个结果的梯度都不同。"""
    return (output * output * target).sum()


def assert_replayed_as_eager(model, x, tolerance, loss=weighted_squares, y=None):
    """重放算出的损失和梯度，就是普通的步的；返回重放的那一步。"""
    if y is None:
        y = Generator(5).normal(model(x).shape).astype(x.dtype)
    optimizer = optim.SGD(model.parameters(), 0.0)
    step = Step(record(model, loss, optimizer, x, y), optimizer, model)
    value = loss(model(x), Tensor(y))
    optimizer.zero_grad()
    value.backward()
    wanted = [parameter.grad.copy() for parameter in optimizer.params]
    for _ in range(2):
        assert step.gradients(x, y) == pytest.approx(value.item(), rel=tolerance, abs=tolerance)
        grads = [step.arrays[slot.id] for slot in step.program.of_kind("gradient")]
        for ours, theirs in zip(grads, wanted, strict=True):
            scale = max(1.0, float(np.abs(theirs).max()))
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * scale)
    return step


def peak_of_a_step(step, x, y):
    """走热之后再走一步，中间最多多占了几个字节。"""
    for _ in range(3):
        step.run(x, y)
    tracemalloc.start()
    try:
        step.run(x, y)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        step.run(x, y)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()

"""打分：网络在一份数据上的损失和别的分数。"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mlcore.autograd import Tensor, no_grad
from mlcore.backend import array_namespace
from mlcore.checks import whole_number
from mlcore.nn import Module
from mlcore.train.samples import check_samples

Metric = Callable[[Any, Any], float]


def evaluate(
    model: Module,
    loss: Callable[[Tensor, Any], Tensor],
    x: Any,
    y: Any,
    metrics: Mapping[str, Metric] | None = None,
    *,
    batch_size: int = 1000,
    indices: bool | None = None,
) -> dict[str, float]:
    """一批一批地算，不记计算图；Dropout 和批归一化这时按使用的样子算。

    Parameters
    ----------
    model : Module
    loss : callable
        ``loss(output, target)`` 返回一批的平均。
    x, y : 数组 (n, …)
    metrics : dict[str, callable]，可选
        另外的分数，``metric(output, target)``，见 :mod:`mlcore.train.metrics`；全部的输出一起给它。
    batch_size : int
    indices : bool，可选
        x 是整数的下标（给 Embedding 的词）；不给就问网络（``model.reads_indices``）。

    Returns
    -------
    dict[str, float]
        ``"loss"`` 是各批的平均按样本数加权；再加上 metrics 里的每一个。
    """
    indices = model.reads_indices if indices is None else indices
    x, y = check_samples(x, y, None if indices else model.dtype)
    size = whole_number("batch_size", batch_size, 1)
    total, outputs = 0.0, []
    with no_grad(), in_use(model):
        for low in range(0, len(x), size):
            rows = slice(low, low + size)
            output = model.forward(Tensor(x[rows]))
            total += float(loss(output, Tensor(y[rows])).data) * len(x[rows])
            if metrics:
                outputs.append(output.data)
    scores = {"loss": total / len(x)}
    if metrics:
        whole = array_namespace(x).concat(outputs)
        scores |= {name: float(metric(whole, y)) for name, metric in metrics.items()}
    return scores


@contextmanager
def in_use(model: Module) -> Iterator[None]:
    """在 ``with in_use(model):`` 里，网络按使用的样子算；出来再回到原来的样子。"""
    was = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was)

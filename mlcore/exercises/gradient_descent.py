"""「梯度下降」里写代码的题怎样检查。

每个 ``check_<名字>`` 拿到读者的函数，答对时返回 ``None``，是想得到的错法就返回那个误解的
名字，别的错法抛出 ``Unexplained``，用一组看得懂的数说明差在哪里。
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.exercises.verdict import Unexplained

START, RATE, STEPS = 3.0, 0.1, 4


def _slope(x: Any) -> Any:
    return 2 * x


def _steep(x: Any) -> Any:
    return 3 * x * x + 1


def _walked(slope: Callable[[Any], Any], x: float, rate: float, steps: int) -> list[float]:
    places = [x]
    for _ in range(steps):
        x = x - rate * slope(x)
        places.append(x)
    return places


def _same(got: Any, wanted: Any) -> bool:
    try:
        found = np.asarray(got, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    right = np.asarray(wanted, dtype=np.float64)
    return found.shape == right.shape and bool(np.allclose(found, right, rtol=1e-9, atol=1e-12))


def check_descend(descend: Callable[..., Any]) -> str | None:
    """``descend(slope, x, learning_rate, steps)`` 是不是梯度下降。"""
    got = descend(_slope, START, RATE, STEPS)
    if got is None or got is ...:
        raise Unexplained("`descend` 还没有返回东西。")
    wanted = _walked(_slope, START, RATE, STEPS)
    signs = [START - RATE * k for k in range(STEPS + 1)]
    known = {
        "朝上坡走": _walked(_slope, START, -RATE, STEPS),
        "坡度只问了一次": [START - RATE * _slope(START) * k for k in range(STEPS + 1)],
        "只看坡度的正负": signs,
        "漏了起点": wanted[1:],
    }
    for name, value in known.items():
        if _same(got, value):
            return name
    if not _same(got, wanted):
        rounded = [round(v, 4) for v in wanted[:3]]
        raise Unexplained(
            f"坡度是 2x、从 3 出发、学习率 0.1，前三个位置应当是 {rounded}，"
            f"你的是 {_first(got)}。"
        )
    if not _same(descend(_steep, 0.5, 0.05, 3), _walked(_steep, 0.5, 0.05, 3)):
        raise Unexplained("坡度是 2x 时对了，换一个坡度函数就不对：坡度要用 `slope(x)` 来问。")
    return None


def _first(got: Any) -> Any:
    try:
        return [round(float(v), 4) for v in list(got)[:3]]
    except (TypeError, ValueError):
        return repr(got)


def check_batches(batch_gradients: Callable[..., Any]) -> str | None:
    """``batch_gradients(gradients, order, size)`` 是不是一轮里各批的平均梯度。"""
    gradients = np.array([[1.0, -2.0], [0.5, 4.0], [-3.0, 1.5], [2.0, 0.25], [7.0, -1.0]])
    order = np.array([3, 0, 4, 2, 1])
    got = batch_gradients(gradients.copy(), order.copy(), 2)
    if got is None or got is ...:
        raise Unexplained("`batch_gradients` 还没有返回东西。")
    groups = [order[:2], order[2:4], order[4:]]
    wanted = [gradients[g].mean(axis=0) for g in groups]
    known = {
        "用了总和": [gradients[g].sum(axis=0) for g in groups],
        "丢了最后不满的一批": wanted[:2],
        "没有照打乱的次序": [gradients[i : i + 2].mean(axis=0) for i in (0, 2, 4)],
        "把整批混成一个数": [gradients[g].mean() for g in groups],
    }
    for name, value in known.items():
        if _same(got, value):
            return name
    if not _same(got, wanted):
        raise Unexplained(
            f"第一批是第 3、0 号样本，平均应当是 {wanted[0].tolist()}；一共应当有 3 批。"
        )
    whole = batch_gradients(gradients.copy(), order.copy(), 5)
    if not _same(whole, [gradients.mean(axis=0)]):
        raise Unexplained("每批 2 个时对了，一批就是全部时不对：不要把 2 写死在函数里。")
    return None

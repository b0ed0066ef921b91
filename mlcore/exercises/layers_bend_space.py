"""「层：会弯的空间」里写代码的题怎样检查。

每个 ``check_<名字>`` 拿到读者的函数，答对时返回 ``None``，是想得到的错法就返回那个误解的
名字，别的错法抛出 ``Unexplained``，用一组看得懂的数说明差在哪里。
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.exercises.verdict import Unexplained

# 随手写下的数：没有对称、没有 0 和 1，不同的错法给出不同的结果。
W1 = np.array([[0.7, -1.2], [0.4, 0.9]])
B1 = np.array([0.3, -0.8])
W2 = np.array([[-0.5, 1.1], [1.6, 0.2]])
B2 = np.array([0.6, 0.25])
X = np.array([[0.5, -1.0], [1.5, 0.4], [-0.7, 0.2]])
TALL = np.array([[0.7, -1.2], [0.4, 0.9], [-1.3, 0.5]])
TALL_B = np.array([0.3, -0.8, 0.1])


def _same(got: Any, wanted: np.ndarray) -> bool:
    return np.shape(got) == wanted.shape and bool(np.allclose(got, wanted, rtol=1e-9, atol=1e-9))


def check_layer(layer: Callable[..., Any]) -> str | None:
    """``layer(x, w, b)`` 是不是 tanh(x Wᵀ + b)。"""
    got = layer(X.copy(), W1.copy(), B1.copy())
    if got is None or got is ...:
        raise Unexplained("`layer` 还没有返回东西。")
    known = {
        "忘了转置": np.tanh(X @ W1 + B1),
        "先弯后移": np.tanh(X @ W1.T) + B1,
        "没有弯": X @ W1.T + B1,
        "漏了偏置": np.tanh(X @ W1.T),
    }
    for name, value in known.items():
        if _same(got, value):
            return name
    wanted = np.tanh(X @ W1.T + B1)
    if not _same(got, wanted):
        raise Unexplained(f"w={W1.tolist()}、b={B1.tolist()} 时，{_difference(X[0], got, wanted)}")
    tall = np.tanh(X @ TALL.T + TALL_B)
    if not _same(layer(X.copy(), TALL.copy(), TALL_B.copy()), tall):
        raise Unexplained("进 2 出 2 的层对了，进 2 出 3 的层不对：不要把 2 写死在函数里。")
    return None


def _difference(point: np.ndarray, got: Any, wanted: np.ndarray) -> str:
    if np.shape(got) != wanted.shape:
        return f"结果的形状应是 {wanted.shape}，你的是 {np.shape(got)}。"
    first, right = np.round(np.asarray(got)[0], 3).tolist(), np.round(wanted[0], 3).tolist()
    return f"点 {point.tolist()} 应当变成 {right}，你的是 {first}。"


def check_collapse(collapse: Callable[..., Any]) -> str | None:
    """``collapse(w1, b1, w2, b2)`` 返回的一层是不是和两层一样。"""
    answer = collapse(W1.copy(), B1.copy(), W2.copy(), B2.copy())
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise Unexplained("要返回两样东西：`return w, b`。")
    w, b = answer
    if w is ... or b is ... or w is None or b is None:
        raise Unexplained("`w` 和 `b` 还没有写。")
    matrices = {
        "先后弄反": W1 @ W2,
        "逐个元素相乘": W2 * W1,
        "把两层加起来": W2 + W1,
    }
    for name, value in matrices.items():
        if _same(w, value):
            return name
    offsets = {"偏置没有过第二层": B1 + B2, "丢了第一层的偏置": B2}
    if _same(w, W2 @ W1):
        for name, value in offsets.items():
            if _same(b, value):
                return name
    point = np.array([1.0, 0.0])
    wanted = W2 @ (W1 @ point + B1) + B2
    if not (_same(w, W2 @ W1) and _same(b, W2 @ B1 + B2)):
        got = _applied(w, b, point)
        raise Unexplained(f"点 [1, 0] 过两层是 {np.round(wanted, 3).tolist()}，过你的一层{got}。")
    w, b = collapse(TALL.copy(), TALL_B.copy(), TALL.T.copy(), B2.copy())
    if not (_same(w, TALL.T @ TALL) and _same(b, TALL.T @ TALL_B + B2)):
        raise Unexplained("中间是 2 维时对了，中间是 3 维时不对：不要把 2 写死在函数里。")
    return None


def _applied(w: Any, b: Any, point: np.ndarray) -> str:
    try:
        return f"是 {np.round(np.asarray(w) @ point + np.asarray(b), 3).tolist()}"
    except (ValueError, TypeError):
        return f"算不出来：`w` 的形状是 {np.shape(w)}，`b` 的形状是 {np.shape(b)}"

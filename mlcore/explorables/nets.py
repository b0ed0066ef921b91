"""把一个小网络写成场景：权重、激活函数的表、每个空间怎样画在三个方向上、每层怎样走过去。

一层是三段路：乘矩阵、加偏置、弯。前端照着这里给的仿射变换和表移动点和格子，
自己不认识任何激活函数。宽度不超过 3 的空间照实画；更宽的只画得出它在三个方向上的影子。
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from mlcore import space
from mlcore.autograd import Tensor
from mlcore.nn import ACTIVATION_LAYERS, ACTIVATIONS, Linear, Sequential

Array = Any

REACH = 1.25
"""画出来的那张纸从 −REACH 到 REACH。"""
FIELD = 41
"""判断场每边取几个点，也是纸上格点的个数。"""
PATH = 9
"""矩阵那一段路上取几个矩阵，中间由前端连直线。"""
HUGE = 1e4
"""发散之后的权重截到这么大再画：反正只是要看出它飞走了。"""

NAMES = {
    "tanh": "tanh",
    "relu": "ReLU",
    "sigmoid": "S 形",
    "leaky_relu": "带坡的 ReLU",
    "softplus": "圆角的 ReLU",
    "identity": "不弯",
}
"""给读者选的激活函数和它们的名字。"""

_PIECEWISE_LINEAR = ("relu", "leaky_relu", "identity")


def linear_layers(model: Sequential) -> list[tuple[Array, Array]]:
    """各线性层的 (权重, 偏置)，从输入一侧开始；发散过的也都是有限的数。"""
    pairs = [(la.weight.data, la.bias.data) for la in model if isinstance(la, Linear)]  # type: ignore[union-attr]
    if all(np.all(np.isfinite(array)) for pair in pairs for array in pair):
        return pairs
    tamed = [[np.clip(np.nan_to_num(a), -HUGE, HUGE) for a in pair] for pair in pairs]
    return [(weight, bias) for weight, bias in tamed]


def sizes(layers: Sequence[tuple[Array, Array]]) -> list[int]:
    """各层的宽度，从输入到输出。"""
    return [layers[0][0].shape[1], *[weight.shape[0] for weight, _ in layers]]


def hidden_spaces(layers: Sequence[tuple[Array, Array]], activation: str, x: Array) -> list[Array]:
    """点在各个空间里的位置：输入，然后是每个隐层之后，最后一个线性层不算。"""
    bend = ACTIVATIONS[activation]
    found = [np.asarray(x, dtype=layers[0][0].dtype)]
    for weight, bias in layers[:-1]:
        found.append(bend(found[-1] @ weight.T + bias))
    return found


def read_out(layers: Sequence[tuple[Array, Array]]) -> tuple[Array, float]:
    """最后一个空间里的分界：``normal · h + offset`` 大于 0 判为蓝。

    两个输出时是第 1 类与第 0 类的对数优势之差，一个输出时就是它自己。
    """
    weight, bias = layers[-1]
    if weight.shape[0] == 1:
        return weight[0], float(bias[0])
    return weight[1] - weight[0], float(bias[1] - bias[0])


def scores(layers: Sequence[tuple[Array, Array]], activation: str, x: Array) -> Array:
    """每个点的对数优势 (n,)，大于 0 判为蓝。"""
    normal, offset = read_out(layers)
    return hidden_spaces(layers, activation, x)[-1] @ normal + offset


def squashed(score: Array) -> Array:
    """对数优势 → −127 到 127 的整数：2p − 1，橙色为负，蓝色为正。"""
    return np.rint(127 * ACTIVATIONS["tanh"](0.5 * score)).astype(np.int8)


def grid(count: int = FIELD, reach: float = REACH) -> Array:
    """方格的格点 (count², 2)，一行一行从下往上。"""
    ticks = np.linspace(-reach, reach, count, dtype=np.float32)
    x, y = np.meshgrid(ticks, ticks)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def field(layers: Sequence[tuple[Array, Array]], activation: str) -> Array:
    """纸上每个格点的判断，(FIELD, FIELD) 的 int8。"""
    return squashed(scores(layers, activation, GRID)).reshape(FIELD, FIELD)


GRID = grid()


@cache
def table(activation: str) -> dict[str, Any]:
    """激活函数的等距表。逐段是直线的三个点就够，别的带上斜率。"""
    if activation in _PIECEWISE_LINEAR:
        x, slopes = np.linspace(-1.0, 1.0, 3), None
    else:
        x = np.linspace(-16.0, 16.0, 513)
        inputs = Tensor(x.copy(), requires_grad=True)
        ACTIVATION_LAYERS[activation]().forward(inputs).sum().backward()
        slopes = np.asarray(inputs.grad)
    values = np.asarray(ACTIVATIONS[activation](x))
    return {"low": float(x[0]), "step": float(x[1] - x[0]), "values": values, "slopes": slopes}


# ---- 怎样画：每个空间看三个方向 ----


def projections(
    layers: Sequence[tuple[Array, Array]], spaces: Sequence[Array], labels: Array
) -> list[Array]:
    """每个空间的 (3, D) 显示矩阵，各行正交、长为 1。

    D ≤ 3 时就是坐标本身。更宽时跟着纸走：选最接近「上一张图原样不动」的方向，这样进到宽空间时
    纸不会无故乱转；多出来的第三个方向给两类中心分得最开的那个，最后一个空间给分界面的法线。
    """
    found = [np.eye(3, 2)]
    normal, _ = read_out(layers)
    for k, (weight, _) in enumerate(layers[:-1]):
        width = weight.shape[0]
        if width <= 3:
            found.append(np.eye(3, width))
            continue
        carried = weight.astype(np.float64) @ found[-1].T
        third = None
        if k == len(layers) - 2:
            third = np.asarray(normal, dtype=np.float64)
        elif k == 0:
            third = _apart(spaces[k + 1], labels)
        found.append(_follow(carried, third))
    return found


def _apart(points: Array, labels: Array) -> Array:
    """从橙点的中心指向蓝点的中心；只有一种颜色时，指向全体的中心。"""
    points = np.asarray(points, dtype=np.float64)
    blue = labels == 1
    if not len(labels):
        return np.ones(points.shape[1])
    if blue.all() or not blue.any():
        return points.mean(0)
    return points[blue].mean(0) - points[~blue].mean(0)


def _follow(carried: Array, third: Array | None) -> Array:
    """三个正交的方向：前两个（或三个）尽量跟着 carried 的列，给了 third 就让它当第三个。"""
    if third is None:
        u, _, vt = np.linalg.svd(carried, full_matrices=False)
        return (u @ vt).T
    flat = carried[:, :2]
    size = float(np.linalg.norm(third))
    if size < 1e-9:
        third, size = np.ones(len(third)), float(np.sqrt(len(third)))
    third = third / size
    if np.linalg.norm(carried[:, 2]) > 0:
        # A last space: its third direction is the separator's, the others give way.
        flat = flat - np.outer(third, third @ flat)
    u, _, vt = np.linalg.svd(flat, full_matrices=False)
    first = u @ vt
    third = third - first @ (first.T @ third)
    size = float(np.linalg.norm(third))
    if size < 1e-9:
        third = np.linalg.svd(first, full_matrices=True)[0][:, -1]
        size = 1.0
    return np.concatenate([first, third[:, None] / size], axis=1).T


def layer_path(before: Array, after: Array, weight: Array) -> Array:
    """从「原样画」到「乘过矩阵再画」的一条路 (PATH, 3, D)。"""
    end = after @ weight.astype(np.float64)
    width = before.shape[1]
    if width <= 3:
        return space.matrix_path(before, end, PATH)
    seen = end @ before.T
    hidden = end - seen @ before  # what the shadow did not show before
    turned = space.matrix_path(np.eye(3), seen, PATH) @ before
    return turned + np.linspace(0.0, 1.0, PATH)[:, None, None] * hidden


def journey(
    layers: Sequence[tuple[Array, Array]], activation: str, spaces: Sequence[Array], labels: Array
) -> dict[str, Any]:
    """前端走完整段旅程所需的一切；``spaces`` 是数据点在各个空间里的位置。"""
    shown = projections(layers, spaces, labels)
    normal, offset = read_out(layers)
    last = shown[-1]
    seen = last @ normal if last.shape[1] <= 3 else np.array([0.0, 0.0, np.linalg.norm(normal)])
    return {
        "sizes": sizes(layers),
        "activation": activation,
        "activation_name": NAMES[activation],
        "table": table(activation),
        "reach": REACH,
        "layers": [
            {
                "weight": weight.astype(np.float32),
                "bias": bias.astype(np.float32),
                "path": layer_path(shown[k], shown[k + 1], weight).astype(np.float32),
            }
            for k, (weight, bias) in enumerate(layers[:-1])
        ],
        "projections": [matrix.astype(np.float32) for matrix in shown],
        "final": {"normal": normal.astype(np.float32), "offset": offset},
        "separator": {"normal": seen.astype(np.float32), "offset": offset},
    }


def product(layers: Sequence[tuple[Array, Array]], x: Array) -> dict[str, Any]:
    """没有弯的网络：各层乘成的一个矩阵和一个偏置，以及它和逐层算的结果最多差多少。"""
    weight, bias = layers[0]
    for next_weight, next_bias in layers[1:]:
        weight, bias = next_weight @ weight, next_weight @ bias + next_bias
    steps = np.asarray(x, dtype=weight.dtype)
    for layer_weight, layer_bias in layers:
        steps = steps @ layer_weight.T + layer_bias
    direct = np.asarray(x, dtype=weight.dtype) @ weight.T + bias
    difference = float(np.max(np.abs(direct - steps))) if len(steps) else 0.0
    return {"weight": weight, "bias": bias, "difference": difference}

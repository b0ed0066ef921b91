"""空间的五种操作和矩阵的拆解。点是行，矩阵作用在点上：``points @ matrix.T + offset``。

所有函数都接受遵守 array API 标准的数组（NumPy、PyTorch …）或列表，用 float64 计算，结果和输入来自
同一个库。角度是弧度，逆时针为正。
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from mlcore.backend import Array, array_namespace, asarray
from mlcore.checks import float_array, real_number, whole_number

# ---- 五种操作 ----


def rotation(angle: float) -> Array:
    """逆时针转 angle 的矩阵 (2, 2)。"""
    angle = real_number("angle", angle)
    c, s = math.cos(angle), math.sin(angle)
    return asarray([[c, -s], [s, c]], "float64")


def scaling(sx: float, sy: float) -> Array:
    """横向放大 sx 倍、纵向 sy 倍的矩阵 (2, 2)；负数会翻面，0 会压扁。"""
    return asarray([[real_number("sx", sx), 0.0], [0.0, real_number("sy", sy)]], "float64")


def shear(k: float) -> Array:
    """横向剪切的矩阵 [[1, k], [0, 1]]：越高的地方向右推得越多。"""
    return asarray([[1.0, real_number("k", k)], [0.0, 1.0]], "float64")


def reflection(angle: float) -> Array:
    """以过原点、方向为 angle 的直线为镜子的矩阵 (2, 2)。"""
    angle = real_number("angle", angle)
    c, s = math.cos(2 * angle), math.sin(2 * angle)
    return asarray([[c, s], [s, -c]], "float64")


def apply(matrix: Any, points: Any, offset: Any = None) -> Array:
    """把线性变换和平移作用在每个点上。

    Parameters
    ----------
    matrix : (r, c)
    points : (…, c)
    offset : (r,)，可选

    Returns
    -------
    (…, r)

    Raises
    ------
    ValueError
        形状对不上，或者有 NaN、无穷大。
    """
    matrix = _float64("matrix", matrix, (None, None))
    points = _float64("points", points)
    rows, columns = matrix.shape
    if points.ndim == 0 or points.shape[-1] != columns:
        raise ValueError(
            f"points 的最后一维要等于 matrix 的列数 {columns}，得到形状 {tuple(points.shape)}"
        )
    array_namespace(matrix, points)
    moved = points @ matrix.T
    return moved if offset is None else moved + _float64("offset", offset, (rows,))


def lift(points: Any, height: Any) -> Array:
    """升维：给每个点添上一个坐标。

    Parameters
    ----------
    points : (n, d)
    height : (n,) 或一个数

    Returns
    -------
    (n, d + 1)
    """
    points = _float64("points", points, (None, None))
    xp = array_namespace(points)
    height = _float64("height", height)
    if height.ndim == 0:
        height = xp.full(points.shape[0], float(height), dtype=xp.float64, device=points.device)
    if tuple(height.shape) != (points.shape[0],):
        raise ValueError(
            f"height 要是一个数或 ({points.shape[0]},) 的数组，得到形状 {tuple(height.shape)}"
        )
    return xp.concat([points, xp.expand_dims(height, axis=1)], axis=1)


def project(points: Any, axis: int = -1) -> Array:
    """降维：沿着第 axis 个坐标压扁，也就是去掉它。(n, d) → (n, d − 1)。"""
    points = _float64("points", points, (None, None))
    dimension = points.shape[1]
    if dimension < 2:
        raise ValueError("points 只有一维，不能再压了")
    axis = whole_number("axis", axis, -dimension, dimension - 1) % dimension
    xp = array_namespace(points)
    return xp.concat([points[:, :axis], points[:, axis + 1 :]], axis=1)


# ---- 一个矩阵拆成：转、拉、转 ----


class Decomposition(NamedTuple):
    """2×2 矩阵的奇异值分解，两次转都是真正的旋转，翻面单独写出来。

    矩阵 = 转 ``last_turn`` · 翻 · 沿坐标轴拉 ``stretch`` · 转 ``first_turn``（右边的先做）。
    """

    first_turn: float
    """先转的角度，在 (−π/2, π/2] 里。"""
    stretch: tuple[float, float]
    """横向和纵向的倍数，第一个不小于第二个，都不小于 0。"""
    last_turn: float
    """后转的角度，在 (−π, π] 里。"""
    flip: bool
    """要不要上下翻面（以横轴为镜子）：行列式为负时要。"""
    u: Array
    s: Array
    vt: Array

    def steps(self) -> list[tuple[str, Array]]:
        """依次要做的四个矩阵和它们的名字；连乘起来就是原来的矩阵。"""
        xp = array_namespace(self.s)
        mirror = _like([[1.0, 0.0], [0.0, -1.0 if self.flip else 1.0]], self.s)
        stretch = _like([[1.0, 0.0], [0.0, 1.0]], self.s) * xp.expand_dims(self.s, axis=1)
        return [("转", self.vt), ("拉", stretch), ("翻", mirror), ("转", self.u)]


def decompose(matrix: Any) -> Decomposition:
    """把 2×2 矩阵拆成转、拉、（翻、）转。

    用闭式解（Blinn 1996）：矩阵是一个旋转缩放（长 q、角 α）与一个镜像缩放（长 r、角 β）之和。
    例如 [[1, 1], [0, 1]] 先转 −58.3°，拉 1.618 和 0.618 倍，再转 31.7°。

    两个方向拉得一样多时，先转多少都行，这里取 0。

    Raises
    ------
    ValueError
        不是 (2, 2)，或者有 NaN、无穷大。
    """
    matrix = _float64("matrix", matrix, (2, 2))
    a, b = float(matrix[0, 0]), float(matrix[0, 1])
    c, d = float(matrix[1, 0]), float(matrix[1, 1])
    q, alpha = math.hypot(a + d, c - b) / 2, math.atan2(c - b, a + d)
    r, beta = math.hypot(a - d, c + b) / 2, math.atan2(c + b, a - d)
    flip = r > q
    if min(q, r) <= 1e-12 * max(q, r):
        first, last = 0.0, beta if flip else alpha
    else:
        first, last = (alpha - beta) / 2, (alpha + beta) / 2
    while first > math.pi / 2:
        first, last = first - math.pi, last + math.pi
    while first <= -math.pi / 2:
        first, last = first + math.pi, last - math.pi
    last = math.pi - (math.pi - last) % (2 * math.pi)
    stretch = (q + r, abs(q - r))
    return Decomposition(
        first,
        stretch,
        last,
        flip,
        _like(rotation(last), matrix),
        _like(stretch, matrix),
        _like(rotation(first), matrix),
    )


# ---- 从一个线性变换平滑地走到另一个 ----


def matrix_path(start: Any, end: Any, count: int) -> Array:
    """从线性变换 start 到 end 的一条平滑的路，不无谓地压扁空间。

    矩阵 = 转 · 拉（极分解）；转沿最短的弧走，拉按比例变。只有两头一个翻面、一个不翻，又没有多余的
    一维可以翻身时，路上才非压扁一次不可；从平面到空间的 (3, 2) 矩阵有这一维，翻面就是把纸翻过来。

    Parameters
    ----------
    start, end : (r, c)
    count : int
        路上取几个矩阵，含两头，至少 2。

    Returns
    -------
    (count, r, c)
    """
    start = _float64("start", start, (None, None))
    end = _float64("end", end, tuple(start.shape))
    count = whole_number("count", count, 2)
    xp = array_namespace(start, end)
    rows, columns = start.shape
    size = max(rows, columns)
    start, end = _pad(xp, start, size), _pad(xp, end, size)
    mirror = _eye(xp, size, start)
    if float(xp.linalg.det(start)) < 0 and float(xp.linalg.det(end)) < 0:
        # Both are mirrored: walk between their mirror images, which are not.
        mirror[size - 1, size - 1] = -1.0
    turn0, pull0 = _polar(xp, start @ mirror)
    turn1, pull1 = _polar(xp, end @ mirror)
    # A map that sends everything to zero has no turn of its own.
    if not bool(xp.any(pull0 != 0)):
        turn0 = turn1
    if not bool(xp.any(pull1 != 0)):
        turn1 = turn0
    times = xp.linspace(0.0, 1.0, count, dtype=xp.float64, device=start.device)
    times = xp.reshape(times, (count, 1, 1))
    pulls = (1 - times) * pull0 + times * pull1
    path = turn0 @ _turn_powers(xp, turn0.T @ turn1, times) @ pulls @ mirror
    return path[:, :rows, :columns]


def _pad(xp: Any, matrix: Array, size: int) -> Array:
    """用 0 补成 size × size。"""
    padded = xp.zeros((size, size), dtype=xp.float64, device=matrix.device)
    padded[: matrix.shape[0], : matrix.shape[1]] = matrix
    return padded


def _eye(xp: Any, size: int, like: Array) -> Array:
    return xp.eye(size, dtype=xp.float64, device=like.device)


def _polar(xp: Any, matrix: Array) -> tuple[Array, Array]:
    """极分解 matrix = 旋转 · 对称；矩阵翻面时，对称的那个在拉得最少的方向上取负。"""
    u, s, vt = xp.linalg.svd(matrix)
    if float(xp.linalg.det(u)) * float(xp.linalg.det(vt)) < 0:
        signs = _eye(xp, s.shape[0], s)
        signs[-1, -1] = -1.0
        u, s = u @ signs, signs @ s
    return u @ vt, vt.T @ (xp.expand_dims(s, axis=1) * vt)


def _turn_powers(xp: Any, turn: Array, times: Array) -> Array:
    """旋转 turn 的 t 次方：每个不变平面里的角度各乘以 t。times 是 (count, 1, 1)。

    turn 的对称部分在每个平面里是 cos θ，反对称部分是 sin θ 乘以转四分之一圈；两者可以交换，
    所以 turnᵗ = cos tθ + (sin tθ / sin θ) · 反对称部分。
    """
    cosines, basis = xp.linalg.eigh((turn + turn.T) / 2)
    skew = (turn - turn.T) / 2
    sines = xp.sqrt(xp.sum((skew @ basis) ** 2, axis=0))
    half_turn = (cosines < 0) & (sines < 1e-9)
    angles = xp.atan2(sines, cosines)
    if bool(xp.any(half_turn)):
        # Half a turn does not say in which plane: pair the directions up ourselves.
        axes = [i for i in range(cosines.shape[0]) if bool(half_turn[i])]
        for i, j in zip(axes[::2], axes[1::2], strict=True):
            v, w = basis[:, i : i + 1], basis[:, j : j + 1]
            skew = skew + w @ v.T - v @ w.T
        sines = xp.where(half_turn, xp.ones_like(sines), sines)
    safe = xp.where(sines > 0, sines, xp.ones_like(sines))
    angles = xp.reshape(angles, (1, 1, -1))
    ratio = xp.where(sines > 0, xp.sin(times * angles) / safe, times + 0 * angles)
    return (basis * xp.cos(times * angles)) @ basis.T + (skew @ basis * ratio) @ basis.T


def _float64(name: str, x: Any, shape: tuple[int | None, ...] | None = None) -> Array:
    array = float_array(name, x, shape)
    xp = array_namespace(array)
    return array if array.dtype == xp.float64 else xp.astype(array, xp.float64)


def _like(values: Any, like: Array) -> Array:
    """和 like 来自同一个库、在同一个设备上的 float64 数组。"""
    xp = array_namespace(like)
    if hasattr(values, "tolist"):
        values = values.tolist()
    return xp.asarray(values, dtype=xp.float64, device=like.device)

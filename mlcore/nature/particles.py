"""一盒会碰撞的粒子，时间可以分毫不差地倒回去。

位置是整数（盒子的边长是 2³⁰ 个单位），每一小步按 Störmer–Verlet 走：

    x(n+1) = 2 x(n) − x(n−1) + a(x(n))

a 由整数算出、取整成整数，整数的加减又没有舍入，所以把 x(n−1) 换成 x(n+1)，同一条公式就一位不差地
走回头路（Levesque 与 Verlet 1993, *Molecular dynamics and time reversibility*）。浮点数做不到：
每步的舍入就是误差，碰撞把它一次次放大，十来次碰撞之后就迷了路。整数的和不分先后，所以网页上、
笔记本里、不同的机器上，每一位也都相同。

墙是镜子：``here`` 和 ``before`` 里是展开之后的坐标（墙那边还有镜像的盒子），``fold`` 把它们
折回盒子。
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.checks import real_number, whole_number
from mlcore.information import surprise
from mlcore.random import Generator

Array = Any

BITS = 30
SIDE = 1 << BITS
"""盒子的边长，单位是能分辨的最小距离；一个单位约是边长的十亿分之一。"""
PERIOD = 2 * SIDE


def fold(places: Array) -> tuple[Array, Array]:
    """展开的坐标折回盒子里：(位置 0 … SIDE−1, 方向 ±1)。

    Parameters
    ----------
    places : (…,) int64
        每过一道墙，方向就反一次。
    """
    inside = places & (PERIOD - 1)
    mirrored = inside >= SIDE
    return np.where(mirrored, PERIOD - 1 - inside, inside), np.where(mirrored, -1, 1)


class Repulsion:
    """一个软的圆：近到 ``reach`` 以内就推开，位能是 (k d²/6)(1 − r²/d²)³，d 是 ``reach``。

    Parameters
    ----------
    reach : float
        多近才推，以边长为 1。
    stiffness : float
        正中心的 k，单位是每小步²；实际的 k 取成移位就能算的数，见 ``stiffness``。

    Raises
    ------
    ValueError
        ``reach`` 不在 0.001 到 0.25 之间，或 ``stiffness`` 不在 0.01 到 1 之间。
    """

    def __init__(self, reach: float, stiffness: float) -> None:
        self.reach = int(real_number("reach", reach, 0.001, 0.25) * SIDE)
        self.square = self.reach * self.reach
        self._narrow = max(0, self.square.bit_length() - BITS)
        top = ((self.square >> self._narrow) ** 2) >> BITS
        wanted = int(top / real_number("stiffness", stiffness, 0.01, 1.0))
        self._scale = wanted.bit_length() - 1
        self.stiffness = top / (1 << self._scale)

    def push(self, dx: Array, dy: Array) -> tuple[Array, Array]:
        """相距 (dx, dy) 的圆推过来的加速度，整数；取整对正负对称，所以推和被推恰好抵消。"""
        gap = np.maximum(self.square - dx * dx - dy * dy, 0) >> self._narrow
        strength = (gap * gap) >> BITS
        return self._rounded(strength * dx), self._rounded(strength * dy)

    def _rounded(self, product: Array) -> Array:
        half = 1 << (self._scale - 1)
        return (product + half - (product < 0)) >> self._scale

    def energy(self, square: Array) -> Array:
        """距离的平方是 ``square`` 时的位能（单位质量，以边长为 1，每小步²）。"""
        gap = np.clip(1.0 - square / self.square, 0.0, None)
        return self.stiffness * self.square / SIDE**2 / 6.0 * gap**3


class Gas:
    """盒子里的粒子，后面可以跟着一些「影子」：它们受力，但不推别人。

    影子是第 0 个粒子的别的可能：它们感到第 0 个以外的全部粒子，而那些粒子照原样走。粒子只撞固定的
    柱子（或什么也不撞）时，粒子之间本来就互不相干，影子就是准确的；粒子互撞时这是近似，因为第 0 个
    走了别的路，别的粒子也会跟着变。

    Parameters
    ----------
    here, before : (n + 影子数, 2) int64
        这一小步和上一小步的坐标（展开的）。
    count : int
        真的粒子 n 个。
    law : Repulsion, 可选
        碰到时怎样推；None 是谁也不碰谁。
    pillars : (m, 2) int64, 可选
        固定的圆柱的中心。给了它，粒子就只撞柱子；不给，粒子互相撞。
    """

    def __init__(
        self,
        here: Array,
        before: Array,
        count: int,
        law: Repulsion | None = None,
        pillars: Array | None = None,
    ) -> None:
        self.here = np.array(here, dtype=np.int64)
        self.before = np.array(before, dtype=np.int64)
        self.count = whole_number("count", count, 1, len(self.here))
        if self.here.ndim != 2 or self.here.shape[1] != 2 or self.here.shape != self.before.shape:
            raise ValueError(
                "here 和 before 要是同样形状的 (n, 2)，"
                f"得到 {self.here.shape} 和 {self.before.shape}"
            )
        self.law = law
        self.pillars = None if pillars is None else np.asarray(pillars, dtype=np.int64)

    def step(self, times: int = 1) -> None:
        """走 ``times`` 小步。"""
        for _ in range(times):
            ahead = 2 * self.here - self.before + self.accelerations()
            self.before, self.here = self.here, ahead

    def reverse(self) -> None:
        """全部速度倒转，位置不动：把「上一步」换成本来的下一步，往后走的就是来时的路。"""
        self.before = 2 * self.here - self.before + self.accelerations()

    def nudge(self, which: Any, units: int) -> None:
        """把第 ``which`` 个（或一些）粒子往右挪 ``units`` 个单位，速度不变。"""
        units = whole_number("units", units)
        self.here[which, 0] += units
        self.before[which, 0] += units

    def places(self) -> Array:
        """盒子里的位置，(n + 影子数, 2)，0 … SIDE−1。"""
        return fold(self.here)[0]

    def velocities(self) -> Array:
        """这一小步走了多少（盒子里看到的方向）。"""
        return (self.here - self.before) * fold(self.here)[1]

    def accelerations(self) -> Array:
        """每个粒子（和影子）这一小步的加速度，(n + 影子数, 2) 的整数。"""
        if self.law is None:
            return np.zeros_like(self.here)
        inside, way = fold(self.here)
        one, other = self._neighbours(inside)
        from_ = inside if self.pillars is None else self.pillars
        pushes = self.law.push(*(inside[one] - from_[other]).T)
        total = np.empty_like(self.here)
        for axis, push in enumerate(pushes):
            # Sums of integers below 2**53 are exact in float64, in any order.
            total[:, axis] = np.bincount(one, push, len(inside))
        return total * way

    def _neighbours(self, inside: Array) -> tuple[Array, Array]:
        """横向近得可能碰到的每一对（受力的、推它的）：按横坐标排好，一段一段地取。"""
        from_ = inside[: self.count] if self.pillars is None else self.pillars
        reach = self.law.reach if self.law else 0
        order = np.argsort(from_[:, 0], kind="stable")
        across = from_[order, 0]
        first = np.searchsorted(across, inside[:, 0] - reach)
        many = np.searchsorted(across, inside[:, 0] + reach) - first
        one = np.repeat(np.arange(len(inside)), many)
        skipped = np.repeat(first - np.cumsum(many) + many, many)
        other = order[np.arange(len(one)) + skipped]
        if self.pillars is not None:
            return one, other
        # 自己不推自己，影子和它的本尊也不相碰。
        apart = (one != other) & ((one < self.count) | (other > 0))
        return one[apart], other[apart]

    def energy(self) -> float:
        """真的粒子的动能加位能（单位质量，以边长为 1，每小步²）。"""
        ahead = 2 * self.here - self.before + self.accelerations()
        speed = (ahead - self.before)[: self.count] / (2.0 * SIDE)
        total = 0.5 * float((speed**2).sum())
        if self.law is None:
            return total
        inside = self.places()[: self.count]
        from_ = inside if self.pillars is None else self.pillars
        apart = inside[:, None, :] - from_[None, :, :]
        square = (apart**2).sum(axis=-1).astype(float)
        if self.pillars is None:
            square[np.arange(self.count), np.arange(self.count)] = np.inf
            return total + 0.5 * float(self.law.energy(square).sum())
        return total + float(self.law.energy(square).sum())


def start(places: Array, speed: float, generator: Generator) -> tuple[Array, Array]:
    """粒子从 ``places`` 出发，一样快，方向随意：(``here``, ``before``)。

    Parameters
    ----------
    places : (n, 2)
        以边长为 1。
    speed : float
        每小步走多远（边长）。
    generator
        方向是单位圆里的随机点除以它的长度：加减乘除和开方的舍入处处一样，所以速度也逐位相同。
    """
    here = np.floor(np.asarray(places) * SIDE).astype(np.int64)
    tries = generator.uniform((4 * len(here) + 16, 2), -1.0, 1.0, dtype="float64")
    length = np.sqrt(tries[:, 0] ** 2 + tries[:, 1] ** 2)
    inside = np.flatnonzero((length <= 1.0) & (length > 0.1))[: len(here)]
    way = tries[inside] / length[inside, None]
    return here, here - np.floor(way * (speed * SIDE)).astype(np.int64)


def clear_of(places: Array, pillars: Array, reach: float) -> Array:
    """落在柱子里的点沿半径挪到柱子边上；都以边长为 1。"""
    moved = np.array(places, dtype=float)
    for pillar in np.asarray(pillars, dtype=float):
        apart = moved - pillar
        length = np.sqrt(apart[:, 0] ** 2 + apart[:, 1] ** 2)
        inside = (length < reach) & (length > 0)
        moved[inside] = pillar + apart[inside] * (reach / length[inside, None])
    return moved


def possible(gas: Gas, sight: float, count: int, generator: Generator) -> None:
    """看第 0 个粒子一眼，把影子换成看得见的误差之内的 ``count`` 个可能。粒子自己不动。

    位置在 ± ``sight`` × 边长以内，速度在 ± ``sight`` × 方均根速度以内。
    """
    sight = real_number("sight", sight, 0.0, 1.0)
    place, velocity = gas.here[0], gas.here[0] - gas.before[0]
    speeds = (gas.here - gas.before)[: gas.count].astype(float)
    apart = max(1, int(sight * SIDE))
    faster = max(1, int(sight * float(np.sqrt((speeds**2).mean()))))
    here = place + generator.integers((count, 2), -apart, apart + 1)
    # 贴着墙看，也知道它在墙的这一边。
    wall = place // SIDE * SIDE
    here = np.clip(here, wall, wall + SIDE - 1)
    before = here - velocity - generator.integers((count, 2), -faster, faster + 1)
    gas.here = np.concatenate([gas.here[: gas.count], here])
    gas.before = np.concatenate([gas.before[: gas.count], before])


def coarse_counts(places: Array, bits: int) -> Array:
    """盒子分成 2ᵇ × 2ᵇ 格，每格里有几个，(4ᵇ,)；格子从左下角起一行一行数。"""
    cell = places >> (BITS - bits)
    # bincount wants intp, which is 32 bits in the browser.
    return np.bincount(((cell[:, 1] << bits) + cell[:, 0]).astype(np.intp), minlength=1 << 2 * bits)


def coarser(counts: Array) -> Array:
    """格子粗一倍：每四格并成一格。"""
    side = int(len(counts) ** 0.5) // 2
    return counts.reshape(side, 2, side, 2).sum(axis=(1, 3)).ravel()


LOG_FACTORIAL = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1.0, 4097.0)))])
"""ln n!，n 从 0 到 4096。"""


def log_ways(counts: Array) -> float:
    """粗粒的热力学熵 S/k = ln W（nat），W = n! / ∏ nᵢ!：分得出彼此的粒子，有几种摆法是这些格数。

    Notes
    -----
    Boltzmann 1877；Planck 1901 写成 S = k ln W。只数位置，不数速度；格子越细，数值越大。
    """
    return float(LOG_FACTORIAL[int(counts.sum())] - LOG_FACTORIAL[counts].sum())


def missing_bits(counts: Array, table: Array) -> float:
    """观察者还缺几 bit 才知道粒子在哪一格：各格可能性的香农熵。

    ``table`` 由 ``shares`` 给出；``counts`` 是影子落在各格的个数。
    """
    return float(table[counts].sum())


def shares(count: int) -> Array:
    """0 … count 个影子占的份额 p 对香农熵的贡献 p · log₂(1/p)（bit）。"""
    share = np.arange(count + 1) / count
    return np.where(share > 0, share * np.where(share > 0, surprise(share), 0.0), 0.0)

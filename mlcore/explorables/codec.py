"""场景的搬运：一个带 NumPy 数组的字典 ↔ 一段 JSON 加几块连续的字节。

数组在 JSON 里留下 ``{"$": 第几块, "dtype": "f4", "shape": [...]}``，字节另外走，
因此网页、Jupyter 的消息和烘焙好的文件用的是同一种写法。
"""

from __future__ import annotations

import base64
import gzip
import json
import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

DTYPES = {"f8": "<f8", "f4": "<f4", "i4": "<i4", "i2": "<i2", "u1": "|u1", "i1": "|i1"}
MAGIC = b"MLF1"


def _name_of(array: np.ndarray) -> str:
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "b":
        return "u1"
    if kind == "i" and size == 8:
        return "i4"
    name = f"{kind}{size}"
    if name not in DTYPES:
        raise TypeError(f"场景里的数组不能是 {array.dtype}，可用的是 {'、'.join(DTYPES)}")
    return name


def _walk(value: Any, store: Callable[[np.ndarray], dict[str, Any]], compact: bool) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f" and not np.all(np.isfinite(value)):
            raise ValueError("场景里的数组有 NaN 或无穷；请先在 view() 里处理")
        if compact and value.dtype == np.float64:
            value = value.astype(np.float32)
        return store(value)
    if isinstance(value, dict):
        return {str(key): _walk(item, store, compact) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_walk(item, store, compact) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


def encode(scene: Any) -> tuple[str, list[bytes]]:
    """场景 → (JSON 文本, 各数组的字节)。数组保持原来的精度。"""
    buffers: list[bytes] = []

    def store(array: np.ndarray) -> dict[str, Any]:
        name = _name_of(array)
        buffers.append(np.ascontiguousarray(array, dtype=DTYPES[name]).tobytes())
        return {"$": len(buffers) - 1, "dtype": name, "shape": list(array.shape)}

    text = json.dumps(_walk(scene, store, False), ensure_ascii=False, allow_nan=False)
    return text, buffers


def decode(text: str, buffers: Sequence[bytes | memoryview]) -> Any:
    """``encode`` 的反面：还原出带 NumPy 数组的字典。"""

    def restore(value: Any) -> Any:
        if isinstance(value, dict):
            if "$" in value:
                raw = np.frombuffer(bytes(buffers[value["$"]]), dtype=DTYPES[value["dtype"]])
                return raw.reshape(value["shape"]).copy()
            return {key: restore(item) for key, item in value.items()}
        if isinstance(value, list):
            return [restore(item) for item in value]
        return value

    return restore(json.loads(text))


def inline(scene: Any) -> str:
    """场景 → 可以直接写进网页的 JSON，数组用 base64 写在原处（float32）。

    各数的第一个字节排在一起，然后是第二个……：相邻的数头几位多半一样，网页压起来小一截。
    """

    def store(array: np.ndarray) -> dict[str, Any]:
        name = _name_of(array)
        whole = np.ascontiguousarray(array, dtype=DTYPES[name]).reshape(-1)
        raw = whole.view(np.uint8).reshape(-1, whole.itemsize).T.tobytes()
        text = base64.b64encode(raw).decode("ascii")
        return {"$b": text, "dtype": name, "shape": list(array.shape)}

    text = json.dumps(
        _walk(scene, store, True), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return text.replace("</", "<\\/")


def nested(value: Any) -> Any:
    """数组都写成一层套一层的列表：给不认得我们这种写法的人（plotly）看的 JSON。

    有 NaN 或无穷时抛出 ``ValueError``。
    """

    def listed(array: np.ndarray) -> Any:
        return array.tolist()

    return _walk(value, listed, False)


def pack(scenes: Any) -> bytes:
    """一串场景 → 一个压好的文件：魔数、JSON 长度、JSON、各数组的字节（相同的只存一份）。"""
    blob = bytearray()
    seen: dict[tuple[str, bytes], int] = {}

    def store(array: np.ndarray) -> dict[str, Any]:
        name = _name_of(array)
        raw = np.ascontiguousarray(array, dtype=DTYPES[name]).tobytes()
        if (name, raw) not in seen:
            blob.extend(b"\0" * (-len(blob) % 8))
            seen[name, raw] = len(blob)
            blob.extend(raw)
        return {"$o": seen[name, raw], "dtype": name, "shape": list(array.shape)}

    text = json.dumps(
        _walk(scenes, store, True), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode()
    text += b" " * (-(len(text) + 8) % 8)
    body = MAGIC + struct.pack("<I", len(text)) + text + bytes(blob)
    return gzip.compress(body, compresslevel=9, mtime=0)

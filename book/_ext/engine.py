"""网页带走的引擎：把 mlcore 打成一个 wheel，字节只由源文件决定。

前端、笔记本的小部件和 NumPy 之外的东西不进去；文件按名字排好、时间戳固定，所以同样的
源文件总得到同样的字节，改一个字也会换一个名字，浏览器不会拿到旧的引擎。
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = ("widgets",)
SUFFIXES = {".py", ".json", ".npz", ".toml", ".typed"}


def engine_files(package: Path = ROOT / "mlcore") -> list[Path]:
    """进 wheel 的文件，按名字排好。"""
    return sorted(
        path
        for path in package.rglob("*")
        if path.suffix in SUFFIXES
        and path.relative_to(package).parts[0] not in LEFT_OUT
        and "__pycache__" not in path.parts
    )


def engine_wheel(package: Path = ROOT / "mlcore") -> bytes:
    """wheel 的字节；同样的源文件总是同样的字节。"""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in engine_files(package):
            name = path.relative_to(package.parent).as_posix()
            entry = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
    return target.getvalue()


def short_hash(data: bytes) -> str:
    """放进文件名的 12 位散列。"""
    return hashlib.sha256(data).hexdigest()[:12]

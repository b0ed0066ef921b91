"""记录：在什么上面、用什么、怎样跑出来的，写成 JSON，一步到位。"""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

import mlcore
from mlcore.backend import get_backend


def describe_run(arguments: list[str]) -> dict[str, Any]:
    """日期、命令、版本、硬件、后端。"""
    backend = get_backend()
    return {
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": f"python -m mlcore.experiments {shlex.join(arguments)}",
        "commit": commit(),
        "versions": versions(),
        "hardware": hardware(),
        "backend": {
            "name": backend.name,
            "device": str(backend.device),
            "dtype": str(backend.dtype).replace("torch.", "").removeprefix("<class 'numpy.")
            .removesuffix("'>"),
        },
    }  # fmt: skip


def versions() -> dict[str, str]:
    """装着的、这次用到的各个软件的版本。"""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    found = {
        "mlcore": mlcore.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas.get('name', '?')} {blas.get('version', '?')}",
        "system": f"{platform.system()} {platform.release()}",
    }
    if "torch" in sys.modules:
        found["torch"] = str(sys.modules["torch"].__version__)
    return found


def hardware() -> dict[str, Any]:
    """处理器、核、线程、内存、GPU；问不到的是 None。"""
    torch = sys.modules.get("torch")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    given = os.environ.get("OMP_NUM_THREADS") or os.environ.get("OPENBLAS_NUM_THREADS")
    gpu = None
    if torch is not None and torch.cuda.is_available():
        gpu = str(torch.cuda.get_device_name())
    return {
        "cpu": processor(),
        "cores": cores,
        "threads": int(given) if given and given.isdigit() else cores,
        "memory_bytes": memory(),
        "gpu": gpu,
    }


def processor() -> str | None:
    """处理器的型号。"""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or None


def memory() -> int | None:
    """内存有多少字节。"""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def commit() -> str | None:
    """代码是哪一次提交；有没有提交的改动，后面加 ``+``；不在 git 里是 None。"""
    folder = Path(mlcore.__file__).parent
    try:
        head = _git(folder, "rev-parse", "HEAD")
        return head + ("+" if _git(folder, "status", "--porcelain", "--", ".") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True, check=True, timeout=20
    )
    return done.stdout.strip()


def write(path: Path, content: dict[str, Any]) -> None:
    """写成 JSON：先写到旁边，落到磁盘上，再改名。"""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, half = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(content, stream, ensure_ascii=False, indent=2)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(half, 0o644)
        os.replace(half, path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise

"""数据集的来路和缓存：取不到、取坏了、写到一半被杀掉、两个进程一起，都不留下坏的缓存。

都不联网：软件包的客户端换成复制本地小归档的函数，网址换成这台机器上的一个小服务器。
"""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import textwrap
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mlcore.data import download
from mlcore.data.source import (
    Source,
    Unavailable,
    Way,
    cache_folder,
    digest,
    load,
    read_cache,
    write_atomically,
)

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = bytes(range(200)) * 50


def read(files):
    return {"numbers": np.frombuffer(files["numbers.bin"], np.uint8).reshape(-1, 100)}


WANTED = digest(read({"numbers.bin": NUMBERS}))


def source(*ways: Way, sha256: str = WANTED) -> Source:
    return Source("small", "小数据集", "10 KB", sha256, ways)


def packed(folder: Path, kind: str, data: bytes = NUMBERS, name: str = "numbers.bin") -> Path:
    """一个装着一个文件的归档。"""
    path = folder / f"archive.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"package/data/{name}", data)
            archive.writestr("package/README.md", "x")
        return path
    tar = path if kind == "tgz" else folder / "data.tar"
    with tarfile.open(tar, "w:gz" if kind == "tgz" else "w:xz") as archive:
        for member, content in ((f"package/data/{name}", data), ("package/README.md", b"x")):
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    if kind == "deb":
        members = [(b"debian-binary", b"2.0"), (b"data.tar.xz", tar.read_bytes())]
        parts = [download.DEBIAN]
        for member, content in members:
            size = str(len(content)).encode()
            parts += [member.ljust(16) + b"0".ljust(32) + size.ljust(10) + b"`\n", content]
            parts += [b"\n"] * (len(content) % 2)
        path.write_bytes(b"".join(parts))
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("MLCORE_DATA", str(folder))
    return folder


@pytest.fixture
def registry(monkeypatch) -> dict[str, Path]:
    """假的软件包客户端：地址 → 本地的归档；不在里面的就像连不上。"""
    held: dict[str, Path] = {}

    def fetch(address, output_file, _):
        if address not in held:
            raise OSError("连不上")
        shutil.copyfile(held[address], output_file)

    monkeypatch.setattr(download, "fetch_package", fetch)
    return held


@pytest.fixture
def server():
    """这台机器上的小服务器：路径 → (状态, 声称的长度, 内容)。"""
    pages: dict[str, tuple[int, int, bytes]] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, length, data = pages.get(self.path, (404, 0, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield pages, f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()
    thread.join()


# ── 取来 ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["zip", "tgz", "deb"])
def test_a_package_of_any_kind_gives_the_same_arrays(kind, registry, tmp_path):
    path = registry["npm:small@1.0"] = packed(tmp_path, kind)
    got = load(source(Way({"npm:small@1.0": sha256(path)}, read, ("*.bin",))))
    np.testing.assert_array_equal(got["numbers"], read({"numbers.bin": NUMBERS})["numbers"])
    assert got["numbers"].flags.writeable


def test_an_address_gives_the_same_arrays_and_gz_is_opened(server):
    pages, address = server
    data = gzip.compress(NUMBERS)
    pages["/numbers.bin.gz"] = (200, len(data), data)
    way = Way({f"{address}/numbers.bin.gz": hashlib.sha256(data).hexdigest()}, read)
    assert digest(load(source(way))) == WANTED


def test_a_second_call_reads_the_cache_and_asks_nobody(registry, tmp_path):
    path = registry["npm:small"] = packed(tmp_path, "tgz")
    small = source(Way({"npm:small": sha256(path)}, read, ("*.bin",)))
    load(small)
    registry.clear()
    assert digest(load(small)) == WANTED
    assert [one.name for one in cache_folder().iterdir()] == ["small.npz"]


def test_where_one_way_is_closed_the_next_is_taken(registry, server, tmp_path):
    _, address = server
    registry["apt:small"] = packed(tmp_path, "deb")
    ways = [Way({f"{address}/missing.bin": "0" * 64}, read), Way({"pip:small": ""}, read),
            Way({"apt:small": ""}, read, ("*.bin",))]
    assert digest(load(source(*ways))) == WANTED


def test_a_set_may_lie_in_two_packages(registry, tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        registry[f"npm:{name}"] = packed(tmp_path / name, "tgz", b"abc", f"{name}.bin")

    def both(files):
        return {"x": np.frombuffer(files["first.bin"] + files["second.bin"], np.uint8)}

    way = Way({"npm:first": "", "npm:second": ""}, both, ("*.bin",))
    wanted = digest({"x": np.frombuffer(b"abcabc", np.uint8)})
    assert load(source(way, sha256=wanted))["x"].tolist() == [97, 98, 99] * 2


# ── 取坏了 ────────────────────────────────────────────────────────────────────


def refused(small: Source) -> str:
    """取不到时说的话：一句怎么办，加上每条来路的原因。"""
    with pytest.raises(Unavailable) as caught:
        load(small)
    assert not list(cache_folder().glob("*"))
    text = str(caught.value)
    assert "\n" not in text and "请联网后再运行一次" in text and "small.npz" in text
    return "\n".join(caught.value.__notes__)


def test_offline_without_a_cache_one_sentence_says_what_to_do(registry):
    reasons = refused(source(Way({"npm:small": ""}, read), Way({"apt:small": ""}, read)))
    assert reasons == "npm:small：连不上\napt:small：连不上"


def test_a_corrupt_package_is_refused_before_it_is_opened(registry, tmp_path):
    path = registry["npm:small"] = packed(tmp_path, "zip")
    right = sha256(path)
    path.write_bytes(path.read_bytes().replace(b"package", b"pakkage"))
    opened: list[object] = []
    refused(source(Way({"npm:small": right}, lambda files: opened.append(files) or {})))
    assert opened == []


@pytest.mark.parametrize("kind", ["zip", "tgz", "deb"])
@pytest.mark.parametrize("part", [0.0, 0.5, 0.95])
def test_a_truncated_package_is_refused(kind, part, registry, tmp_path):
    path = registry["apt:small"] = packed(tmp_path, kind, np.random.default_rng(0).bytes(20_000))
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
    assert refused(source(Way({"apt:small": ""}, read, ("*.bin",)))).startswith("apt:small：")


def test_an_answer_that_breaks_off_is_refused(server):
    pages, address = server
    pages["/numbers.bin"] = (200, len(NUMBERS), NUMBERS[:500])
    right = hashlib.sha256(NUMBERS).hexdigest()
    refused(source(Way({f"{address}/numbers.bin": right}, read)))


def test_arrays_that_are_not_the_recorded_ones_are_refused(registry, tmp_path):
    registry["apt:small"] = packed(tmp_path, "deb", NUMBERS[::-1])
    assert "sha256" in refused(source(Way({"apt:small": ""}, read, ("*.bin",))))


def test_two_files_of_one_name_are_named(tmp_path):
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("good/a.json", "1")
        archive.writestr("bad/a.json", "2")
    with pytest.raises(ValueError, match=r"有两个 a\.json"):
        download.contents(path)
    assert download.contents(path, ("good/*",)) == {"a.json": b"1"}


def test_without_pooch_and_on_a_page_the_sentence_is_another(monkeypatch):
    small = source(Way({"npm:small": ""}, read))
    with monkeypatch.context() as changed:
        changed.setitem(sys.modules, "pooch", None)
        with pytest.raises(Unavailable, match="pip install pooch"):
            load(small)
    monkeypatch.setattr(sys, "platform", "emscripten")
    with pytest.raises(Unavailable, match="网页上不取"):
        load(small)


def test_where_only_a_client_is_missing_the_sentence_names_it(monkeypatch):
    monkeypatch.setattr(download.shutil, "which", lambda program: None)
    with pytest.raises(Unavailable, match=r"没有 npm（Node.js 里有），请装上它联网后"):
        load(source(Way({"npm:small": ""}, read)))


def test_the_client_of_a_package_is_asked_in_an_empty_folder(tmp_path, monkeypatch):
    write = "import sys, pathlib; pathlib.Path('got.tgz').write_text(sys.argv[-1])"
    fail = "import sys; print('E: no such package', file=sys.stderr); sys.exit(100)"
    monkeypatch.setitem(download.CLIENTS, "npm", [sys.executable, "-c", write])
    monkeypatch.setitem(download.CLIENTS, "apt", [sys.executable, "-c", fail])
    monkeypatch.setitem(download.CLIENTS, "pip", ["no-such-program"])
    download.fetch_package("npm:@scope/name@1.2", str(tmp_path / "out"), None)
    assert (tmp_path / "out").read_text() == "@scope/name@1.2"
    with pytest.raises(OSError, match="E: no such package"):
        download.fetch_package("apt:small", str(tmp_path / "out"), None)
    with pytest.raises(OSError, match="没有 no-such-program"):
        download.fetch_package("pip:small", str(tmp_path / "out"), None)


# ── 缓存 ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("damage", ["empty", "half", "one bit", "text", "other arrays", "renamed"])
def test_a_damaged_cache_is_noticed_and_fetched_again(damage, registry, tmp_path):
    path = registry["npm:small"] = packed(tmp_path, "tgz")
    small = source(Way({"npm:small": sha256(path)}, read, ("*.bin",)))
    numbers = load(small)["numbers"]
    stored = cache_folder() / "small.npz"
    data = bytearray(stored.read_bytes())
    if damage == "empty":
        stored.write_bytes(b"")
    elif damage == "half":
        stored.write_bytes(data[: len(data) // 2])
    elif damage == "one bit":
        data[len(data) // 2] ^= 4
        stored.write_bytes(data)
    elif damage == "text":
        stored.write_text("not an archive", encoding="utf-8")
    elif damage == "other arrays":
        np.savez(stored, numbers=numbers + 1)
    else:
        np.savez(stored, digits=numbers)
    assert read_cache(stored, WANTED) is None
    assert digest(load(small)) == WANTED
    assert read_cache(stored, WANTED) is not None


def test_a_pickle_in_the_cache_is_never_opened(empty_cache):
    empty_cache.mkdir()
    np.savez(empty_cache / "small.npz", numbers=np.array([{"a": 1}], dtype=object))
    assert read_cache(empty_cache / "small.npz", WANTED) is None


def test_a_cache_that_cannot_be_written_costs_nothing_but_a_warning(
    registry, tmp_path, monkeypatch
):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("MLCORE_DATA", str(tmp_path / "file" / "cache"))
    path = registry["npm:small"] = packed(tmp_path, "tgz")
    with pytest.warns(UserWarning, match="MLCORE_DATA"):
        got = load(source(Way({"npm:small": sha256(path)}, read, ("*.bin",))))
    assert digest(got) == WANTED


def test_the_cache_lies_where_the_system_keeps_caches(monkeypatch, tmp_path):
    assert cache_folder() == Path(os.environ["MLCORE_DATA"])
    monkeypatch.delenv("MLCORE_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    if sys.platform == "linux":
        assert cache_folder() == tmp_path / "xdg" / "mlcore"
    assert cache_folder().name == "mlcore"


# A process that writes a set into the cache and is killed, or waits, at a chosen moment.
WRITER = """
import os, signal, sys
import numpy as np
from mlcore.data import source

limit = int(sys.argv[1])  # After so many bytes the process is gone; −1: never.
open_file, written = os.fdopen, 0


class Counted:
    def __init__(self, stream):
        self.stream = stream

    def write(self, data):
        global written
        room = limit - written if limit >= 0 else len(data)
        done = self.stream.write(data[:room])
        written += done
        if done < len(data):
            self.stream.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()


os.fdopen = lambda *given: Counted(open_file(*given))
numbers = np.frombuffer(bytes(range(200)) * 50, np.uint8).reshape(-1, 100)
path = source.cache_folder() / "small.npz"
for _ in range(int(sys.argv[2])):
    source.write_atomically(path, {"numbers": numbers})
"""


def writer(limit: int, times: int = 1) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(limit), str(times)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.skipif(os.name == "nt", reason="没有 SIGKILL")
def test_a_process_killed_while_writing_leaves_the_cache_as_it_was(empty_cache):
    stored = empty_cache / "small.npz"
    killed = [writer(limit) for limit in (0, 1, 500, 5_000, 10_100)]
    assert [process.wait() for process in killed] == [-signal.SIGKILL] * 5
    assert not stored.exists()
    assert len(list(empty_cache.glob("*.half"))) == 5
    assert writer(-1).wait() == 0
    assert read_cache(stored, WANTED) is not None
    assert writer(3_000).wait() == -signal.SIGKILL
    assert read_cache(stored, WANTED) is not None


def test_what_a_killed_process_left_behind_goes_after_a_day(empty_cache):
    empty_cache.mkdir()
    old, new = (empty_cache / f"small.npz.{name}.half" for name in ("old", "new"))
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (1, 1))
    write_atomically(empty_cache / "small.npz", read({"numbers.bin": NUMBERS}))
    assert {path.name for path in empty_cache.iterdir()} == {"small.npz", new.name}


@pytest.mark.skipif(os.name == "nt", reason="Windows 不许改名到别人开着的文件上")
def test_two_processes_write_at_once_and_every_reader_sees_a_whole_file(empty_cache):
    stored = empty_cache / "small.npz"
    both = [writer(-1, 150), writer(-1, 150)]
    seen = 0
    while any(process.poll() is None for process in both):
        if stored.exists():
            assert read_cache(stored, WANTED) is not None
            seen += 1
    assert [process.returncode for process in both] == [0, 0]
    assert seen > 0 and read_cache(stored, WANTED) is not None
    assert [path.name for path in empty_cache.iterdir()] == ["small.npz"]

"""自带的小服务器和压缩包：没有别的服务器的读者全靠它们。"""

from __future__ import annotations

import gzip
import http.client
import importlib.util
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tools import pack

ROOT = Path(__file__).resolve().parents[1]
TYPES = {
    "a.js": "text/javascript; charset=utf-8",
    "a.mjs": "text/javascript; charset=utf-8",
    "a.wasm": "application/wasm",
    "a.json": "application/json; charset=utf-8",
    "a.whl": "application/zip",
    "a.css": "text/css; charset=utf-8",
    "a.woff": "font/woff",
    "a.unknown": "application/octet-stream",
}


def load_server() -> ModuleType:
    specification = importlib.util.spec_from_file_location("serve", ROOT / "book" / "serve.py")
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


serve = load_server()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / "nbs").mkdir(parents=True)
    (site / "_assets" / "style-0123456789").mkdir(parents=True)
    (site / "index.html").write_text("<html><head></head>封面</html>", "utf8")
    (site / "404.html").write_text("<html><head></head>没有</html>", "utf8")
    (site / "nbs" / "章.html").write_text("一章", "utf8")
    (site / "_assets" / "style-0123456789" / "book.css").write_text("body{}")
    (site / ".buildinfo").write_text("secret")
    (tmp_path / "outside.txt").write_text("secret")
    for name in TYPES:
        (site / name).write_bytes(b"x" * 2000)
    return site


class Client:
    """一个起好的服务器，和问它的办法。"""

    def __init__(self, server: object) -> None:
        self.server = server

    def get(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        port = self.server.server_address[1]  # type: ignore[attr-defined]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, body


@pytest.fixture
def start(folder: Path) -> Iterator[object]:
    running = []

    def begin(**settings: object) -> Client:
        server = serve.make_server(folder, **settings)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        running.append(server)
        return Client(server)

    yield begin
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("name", "kind"), TYPES.items())
def test_content_types_do_not_depend_on_the_machine(start, name: str, kind: str) -> None:
    status, headers, body = start().get(f"/{name}")
    assert (status, headers["content-type"], len(body)) == (200, kind, 2000)


def test_it_listens_on_this_machine_alone(folder: Path) -> None:
    server = serve.make_server(folder)
    assert server.server_address[0] == "127.0.0.1"
    server.server_close()


def test_a_ready_made_gz_is_sent_to_who_accepts_it(start, folder: Path) -> None:
    (folder / "a.js.gz").write_bytes(gzip.compress(b"packed"))
    client = start()
    _, headers, body = client.get("/a.js", Accept_Encoding="gzip, br")
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"].startswith("text/javascript")
    assert gzip.decompress(body) == b"packed"
    _, headers, body = client.get("/a.js")
    assert "content-encoding" not in headers and len(body) == 2000


def test_it_compresses_on_the_fly_only_when_asked(start) -> None:
    _, headers, _ = start().get("/a.js", Accept_Encoding="gzip")
    assert "content-encoding" not in headers
    _, headers, body = start(squeeze=True).get("/a.js", Accept_Encoding="gzip")
    assert headers["content-encoding"] == "gzip" and gzip.decompress(body) == b"x" * 2000


def test_it_serves_under_a_sub_path(start) -> None:
    client = start(base="book")
    assert client.get("/book/")[0] == 200
    assert client.get("/book/nbs/%E7%AB%A0.html")[2].decode() == "一章"
    assert client.get("/book")[1]["location"] == "/book/"
    assert client.get("/")[1]["location"] == "/book/"
    assert client.get("/index.html")[0] == 404
    assert client.get("/bookish/index.html")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.txt",
        "/%2e%2e/outside.txt",
        "/nbs/../../outside.txt",
        "/.buildinfo",
        "//etc/passwd",
    ],
)
def test_nothing_outside_the_folder_and_nothing_hidden_is_served(start, path: str) -> None:
    status, _, body = start().get(path)
    assert status == 404 and b"secret" not in body


def test_a_lost_page_knows_where_the_book_begins(start) -> None:
    status, _, body = start(base="/book/").get("/book/x/y/z.html")
    assert status == 404
    assert '<base href="/book/">' in body.decode()


def test_the_policy_is_sent_when_asked(start) -> None:
    assert "content-security-policy" not in start().get("/")[1]
    policy = start(policy=True).get("/")[1]["content-security-policy"]
    assert "default-src 'self'" in policy and "unsafe-eval'" not in policy.replace(
        "wasm-unsafe-eval", ""
    )


def test_hashed_names_are_kept_for_ever_and_pages_are_asked_for_again(start) -> None:
    client = start()
    assert "immutable" in client.get("/_assets/style-0123456789/book.css")[1]["cache-control"]
    _, headers, _ = client.get("/index.html")
    assert headers["cache-control"] == "no-cache"
    assert client.get("/index.html", If_None_Match=headers["etag"])[0] == 304


def test_head_has_the_headers_and_no_body(start) -> None:
    status, headers, body = start().get("/a.js", method="HEAD")
    assert (status, headers["content-length"], body) == (200, "2000", b"")


def test_a_taken_port_or_a_missing_folder_is_one_sentence(folder: Path, capsys) -> None:
    server = serve.make_server(folder)
    taken = str(server.server_address[1])
    assert serve.main([str(folder), "--port", taken, "--no-open"]) == 1
    assert serve.main([str(folder / "nowhere"), "--no-open"]) == 1
    assert serve.main([str(folder), "--port", "99999", "--no-open"]) == 1
    assert capsys.readouterr().err.count("没能启动") == 3
    server.server_close()


def test_the_zip_carries_the_site_and_its_server_and_nothing_hidden(
    folder: Path, tmp_path: Path
) -> None:
    target = tmp_path / "book.zip"
    pack.pack(folder, target)
    with zipfile.ZipFile(target) as archive:
        names = set(archive.namelist())
        assert archive.read(f"{pack.TOP}/serve.py") == (ROOT / "book" / "serve.py").read_bytes()
    assert {f"{pack.TOP}/index.html", f"{pack.TOP}/nbs/章.html", f"{pack.TOP}/先读我.txt"} <= names
    assert not [name for name in names if "/." in name]


def test_the_same_site_always_gives_the_same_zip(folder: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "1.zip", tmp_path / "2.zip"
    pack.pack(folder, one)
    (folder / "index.html").touch()
    pack.pack(folder, two)
    assert one.read_bytes() == two.read_bytes()


def test_packing_before_building_is_one_sentence(tmp_path: Path, capsys) -> None:
    assert pack.main([str(tmp_path / "x.zip"), "--site", str(tmp_path)]) == 1
    assert "python tasks.py build" in capsys.readouterr().err

#!/usr/bin/env python3
"""在自己的电脑上打开这本书：python serve.py

只用标准库，Python 3.8 以上都行，不连外网，只有这台电脑访问得到。

双击 index.html 只能读字：浏览器不让那样打开的网页用模块和计算线程。所以要有一个小小的
服务器。内容类型由这里自己定（有的 Windows 注册表说 .js 是纯文本）；旁边有 .gz 的就发
压缩过的。
"""

import argparse
import gzip
import os
import posixpath
import sys
import threading
import webbrowser
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".ipynb": "application/x-ipynb+json; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".py": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".whl": "application/zip",
    ".zip": "application/zip",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".map": "application/json",
}
# 网页应当在这条政策下工作：不向别处请求任何东西。
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; "
    "worker-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' data: blob:"
)
COMPRESSED = {".html", ".css", ".js", ".mjs", ".json", ".ipynb", ".svg", ".wasm", ".frames", ".txt"}
LOST = (
    "<!DOCTYPE html><html lang='zh-CN'><head><meta charset='utf-8'><title>没有这一页</title>"
    "</head><p>没有这一页。"
)


def type_of(path):
    """一个文件的内容类型；.gz 之类认不得的当作字节。"""
    return TYPES.get(path.suffix.lower(), "application/octet-stream")


@lru_cache(maxsize=256)
def squeezed(path, stamp):
    """当场压缩并记住；``stamp`` 是文件的时间，文件变了就重压。"""
    return gzip.compress(path.read_bytes(), 6)


class Handler(BaseHTTPRequestHandler):
    """只读的静态文件。设置放在子类的属性里，见 ``make_server``。"""

    protocol_version = "HTTP/1.1"
    folder = Path(__file__).resolve().parent
    base = "/"
    policy = False
    squeeze = False
    quiet = True

    def do_GET(self):
        self.answer(True)

    def do_HEAD(self):
        self.answer(False)

    def find(self, address):
        """地址 → 文件；不在文件夹里的、隐藏的、不存在的都是 None。"""
        path = posixpath.normpath(unquote(address))
        if address.endswith("/"):
            path += "/index.html"
        if not (path + "/").startswith(self.base):
            return None
        parts = [part for part in path[len(self.base) :].split("/") if part]
        if any(part.startswith(".") or os.sep in part for part in parts):
            return None
        found = self.folder.joinpath(*parts)
        if found.is_dir():
            found = found / "index.html"
        try:
            found.resolve().relative_to(self.folder.resolve())
        except ValueError:
            return None
        return found if found.is_file() else None

    def answer(self, with_body):
        address = urlsplit(self.path).path
        if address == self.base.rstrip("/") and address:
            moved = [("Location", self.base)]
            return self.send(HTTPStatus.MOVED_PERMANENTLY, moved, b"", with_body)
        if address == "/" and self.base != "/":
            return self.send(HTTPStatus.FOUND, [("Location", self.base)], b"", with_body)
        found = self.find(address)
        if found is None:
            return self.lost(with_body)
        if found.name == "index.html" and not address.endswith(("/", ".html")):
            return self.send(
                HTTPStatus.MOVED_PERMANENTLY, [("Location", quote(address) + "/")], b"", with_body
            )
        stat = found.stat()
        tag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
        # 名字里带散列的东西不会变，可以一直留着；别的每次问一声。
        kept = "/_assets/" in address
        headers = [
            ("Content-Type", type_of(found)),
            ("Cache-Control", "public, max-age=31536000, immutable" if kept else "no-cache"),
            ("ETag", tag),
        ]
        if self.headers.get("If-None-Match") == tag:
            return self.send(HTTPStatus.NOT_MODIFIED, headers, b"", False)
        body, encoding = self.content(found, stat)
        if encoding:
            headers += [("Content-Encoding", encoding), ("Vary", "Accept-Encoding")]
        return self.send(HTTPStatus.OK, headers, body, with_body)

    def content(self, found, stat):
        """(字节, 压缩方式)：有现成的 .gz 就发它；``--gzip`` 时当场压。"""
        accepted = "gzip" in self.headers.get("Accept-Encoding", "")
        ready = found.with_name(found.name + ".gz")
        if accepted and ready.is_file():
            return ready.read_bytes(), "gzip"
        if accepted and self.squeeze and found.suffix in COMPRESSED and stat.st_size > 500:
            return squeezed(found, stat.st_mtime_ns), "gzip"
        return found.read_bytes(), ""

    def lost(self, with_body):
        page = self.folder / "404.html"
        text = page.read_text("utf-8") if page.is_file() else LOST
        # 这一页可能出现在任何深度，所以告诉它书的根在哪里。
        text = text.replace("<head>", f'<head><base href="{self.base}">', 1)
        headers = [("Content-Type", TYPES[".html"]), ("Cache-Control", "no-cache")]
        self.send(HTTPStatus.NOT_FOUND, headers, text.encode("utf-8"), with_body)

    def send(self, status, headers, body, with_body):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.policy:
            self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def version_string(self):
        return "zhi"

    def log_message(self, text, *values):
        if not self.quiet:
            super().log_message(text, *values)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # Windows 上允许重用地址会让两个程序占同一个端口。
    allow_reuse_address = os.name != "nt"

    def handle_error(self, request, client_address):
        """读者关掉网页时连接会断，那不是错误。"""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def make_server(folder, port=0, base="/", policy=False, squeeze=False, quiet=True):
    """绑好端口、还没开始的服务器；``port`` 为 0 时由系统挑一个空着的。

    ``base`` 是子路径，例如 ``/book/``；``policy`` 给每个回答带上内容安全政策。
    """
    path = Path(folder).resolve()
    if not path.is_dir():
        raise ValueError(f"folder 要是一个文件夹，得到 {folder}")
    prefix = "/" + base.strip("/")
    settings = {
        "folder": path,
        "base": prefix if prefix.endswith("/") else prefix + "/",
        "policy": policy,
        "squeeze": squeeze,
        "quiet": quiet,
    }
    return Server(("127.0.0.1", port), type("BookHandler", (Handler,), settings))


def address_of(server):
    """可以在浏览器里打开的地址。"""
    return f"http://127.0.0.1:{server.server_address[1]}{server.RequestHandlerClass.base}"


def main(arguments=None):
    parser = argparse.ArgumentParser(description="在自己的电脑上打开这本书。")
    parser.add_argument("folder", nargs="?", help="网站所在的文件夹，不写就是这个文件所在的")
    parser.add_argument("--port", type=int, default=0, help="端口，不写就自己找一个空着的")
    parser.add_argument("--base", default="/", help="子路径，例如 /book/")
    parser.add_argument("--no-open", action="store_true", help="不打开浏览器")
    parser.add_argument("--csp", action="store_true", help="带上内容安全政策（测试用）")
    parser.add_argument("--gzip", action="store_true", help="当场压缩（测量用）")
    parser.add_argument("--log", action="store_true", help="打印每一个请求")
    options = parser.parse_args(arguments)
    folder = options.folder or Path(__file__).resolve().parent
    try:
        server = make_server(
            folder, options.port, options.base, options.csp, options.gzip, not options.log
        )
    except (OSError, ValueError, OverflowError) as error:
        print(f"没能启动：{error}", file=sys.stderr)
        return 1
    address = address_of(server)
    print(f"书在 {address}  （按 Ctrl+C 结束）", flush=True)
    if not options.no_open:
        threading.Timer(0.3, webbrowser.open, [address]).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("\n再见。")
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

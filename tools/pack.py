#!/usr/bin/env python3
"""把 ``_build/html`` 打成一个压缩包：``python tools/pack.py [输出的文件]``

解开就能放到任何静态服务器上；没有服务器的人运行里面的 ``python serve.py``。同样的网站
总打出同样的字节（文件按名字排好，时间戳固定），所以可以比较和核对。
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
SERVER = ROOT / "book" / "serve.py"
DEFAULT = ROOT / "dist" / "智能的形状.zip"
TOP = "智能的形状"  # 压缩包里只有这一个文件夹，解开不会撒得到处都是
MOMENT = (2020, 1, 1, 0, 0, 0)
STORED = {".whl", ".zip", ".png", ".jpg", ".woff", ".woff2", ".gz"}  # 已经压过，再压没有用

READ_ME = """《智能的形状》

在自己的电脑上读：装有 Python 3.8 以上就行，打开命令行，进到这个文件夹，运行

    python serve.py

放到网上：把这个文件夹里的东西原样放到任何静态服务器上，根目录或子路径都可以。
只有一个要求：.wasm 的内容类型是 application/wasm，.js 的是 text/javascript
（常见的服务器默认就是）。能压缩传输更好。
"""


def files_in(site: Path) -> list[Path]:
    """要打包的文件，按名字排好；隐藏的（Sphinx 的记号）不带。"""
    return sorted(
        path
        for path in site.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(site).parts)
    )


def pack(site: Path, target: Path) -> int:
    """打包，返回文件的个数。

    Raises
    ------
    FileNotFoundError
        网站还没有构建。
    """
    if not (site / "index.html").is_file():
        raise FileNotFoundError(f"{site} 里没有网站，先运行 python tasks.py build")
    target.parent.mkdir(parents=True, exist_ok=True)
    contents: dict[str, bytes] = {
        "serve.py": SERVER.read_bytes(),
        # 记事本认不出没有 BOM 的 UTF-8，也不认单独的换行。
        "先读我.txt": b"\xef\xbb\xbf" + READ_ME.replace("\n", "\r\n").encode(),
    }
    for path in files_in(site):
        contents.setdefault(path.relative_to(site).as_posix(), path.read_bytes())
    half = target.with_name(target.name + ".half")
    with zipfile.ZipFile(half, "w") as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(f"{TOP}/{name}", MOMENT)
            entry.external_attr = 0o644 << 16
            squeezed = Path(name).suffix.lower() not in STORED
            entry.compress_type = zipfile.ZIP_DEFLATED if squeezed else zipfile.ZIP_STORED
            archive.writestr(entry, contents[name], compresslevel=9 if squeezed else None)
    half.replace(target)
    return len(contents)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="把网站打成一个压缩包。")
    parser.add_argument("target", nargs="?", type=Path, default=DEFAULT, help="写到哪里")
    parser.add_argument("--site", type=Path, default=SITE, help="网站所在的文件夹")
    options = parser.parse_args(arguments)
    try:
        count = pack(options.site, options.target)
    except OSError as error:
        print(f"没有打成：{error}", file=sys.stderr)
        return 1
    size = options.target.stat().st_size / 1e6
    print(f"{count} 个文件，{size:.1f} MB：{options.target}")
    print("解开后运行 python serve.py 就能读，也可以原样放到任何静态服务器上。")
    return 0


if __name__ == "__main__":
    sys.exit(main())

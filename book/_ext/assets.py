"""网站带走的文件：构建后放到带散列的名字下，``_assets/<名字>-<散列>/…``。

散列只由文件的内容决定，所以换了内容就换了地址，读者的浏览器不会拿到旧的；没换的可以
永远缓存。登记在写页面之前（``config-inited`` 或 ``builder-inited``），写页面时用
``address`` 取地址，构建结束时复制。登记的内容变了，``pages.ZhiBuilder`` 会重写全部页面。

用法::

    assets.add(app, "mathjax", {"tex.js": Path("…/tex.js")})   # 几个文件，或
    assets.add(app, "page", Path("mlcore/widgets/static/page"))  # 一整个文件夹
    assets.address(app, pagename, "page", "page.js")           # 从这一页出发的相对地址
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

FOLDER = "_assets"
HASH_LENGTH = 10
Content = Path | bytes


@dataclass(frozen=True)
class Asset:
    """一组登记好的文件；``files`` 是（组内的路径, 内容）。"""

    name: str
    digest: str
    files: tuple[tuple[str, Content], ...]

    @property
    def folder(self) -> str:
        """相对网站根的文件夹，末尾没有斜线。"""
        return f"{FOLDER}/{self.name}-{self.digest}"


_tables: WeakKeyDictionary[Sphinx, dict[str, Asset]] = WeakKeyDictionary()


def table(app: Sphinx) -> dict[str, Asset]:
    """名字 → 登记好的文件。"""
    return _tables.setdefault(app, {})


def files_of(source: Path) -> dict[str, Content]:
    """文件夹里的全部文件，隐藏的除外；键用正斜线。"""
    return {
        path.relative_to(source).as_posix(): path
        for path in sorted(source.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def read(content: Content) -> bytes:
    return content.read_bytes() if isinstance(content, Path) else content


def digest_of(files: Mapping[str, Content]) -> str:
    """由路径和内容决定的短散列，与登记的次序无关。"""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(name.encode())
        total.update(hashlib.sha256(read(files[name])).digest())
    return total.hexdigest()[:HASH_LENGTH]


def add(app: Sphinx, name: str, source: Path | Mapping[str, Content]) -> Asset:
    """登记一组文件；同名的以后一次为准。

    Raises
    ------
    ValueError
        名字不能做文件名，或者一个文件也没有。
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*", name):
        raise ValueError(f"name 要由小写字母和数字组成，得到 {name!r}")
    files = files_of(source) if isinstance(source, Path) else dict(source)
    if not files:
        raise ValueError(f"{name} 一个文件也没有：{source}")
    asset = Asset(name, digest_of(files), tuple(sorted(files.items(), key=lambda item: item[0])))
    table(app)[name] = asset
    return asset


def address(app: Sphinx, pagename: str, name: str, inner: str = "") -> str:
    """从一页出发，到某组文件（或其中 ``inner`` 这一个）的相对地址。

    Raises
    ------
    KeyError
        没有登记过这个名字，或者组里没有这个文件。
    """
    asset = table(app)[name]
    if inner and inner not in dict(asset.files):
        raise KeyError(f"{name} 里没有 {inner}")
    page = app.builder.get_target_uri(pagename)
    return relative_uri(page, f"{asset.folder}/{inner}")


def fingerprint(app: Sphinx) -> dict[str, str]:
    """名字 → 散列；它变了，页面都要重写。"""
    return {name: asset.digest for name, asset in sorted(table(app).items())}


def publish(app: Sphinx, exception: Exception | None) -> None:
    """构建结束：复制登记的文件，删去同名的旧版本。"""
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for asset in table(app).values():
        target = out / asset.folder
        if not target.exists():
            # 先写到旁边再改名：写到一半被打断，也不会留下一个看起来完整的文件夹。
            half = target.with_name(target.name + ".half")
            shutil.rmtree(half, ignore_errors=True)
            for inner, content in asset.files:
                path = half / inner
                path.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(content, Path):
                    shutil.copyfile(content, path)
                else:
                    path.write_bytes(content)
            half.rename(target)
        pattern = re.compile(rf"{re.escape(asset.name)}-[0-9a-f]{{{HASH_LENGTH}}}(\.half)?")
        for old in (out / FOLDER).iterdir():
            if old.name != target.name and pattern.fullmatch(old.name):
                shutil.rmtree(old)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", publish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

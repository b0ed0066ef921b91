"""Binder：环境都来自钉死的版本，没有 torch；写了仓库的地址才有按钮。"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from book._ext.interface import binder_link

ROOT = Path(__file__).resolve().parents[1]
WANTED = (ROOT / "binder/requirements.txt").read_text("utf8").splitlines()
NAMES = {line for line in WANTED if line and line[0] not in "#-"}
PINNED = dict(
    line.split(" ;")[0].split("==")
    for line in (ROOT / "constraints.txt").read_text("utf8").splitlines()
    if "==" in line and not line.startswith("#")
)


def test_everything_in_binder_is_pinned_and_nothing_is_torch() -> None:
    assert "-c ../constraints.txt" in WANTED
    assert NAMES and all(name in PINNED for name in NAMES)
    assert not {"torch", "jupyter-book", "playwright"} & NAMES
    # Binder 用这两个命令里的一个把镜像跑起来。
    assert {"notebook", "jupyterlab"} <= NAMES


def test_the_image_is_built_from_what_is_pinned() -> None:
    """底子写明版本，Python 是项目要的；每个 pip install 要么读 requirements，要么不再取别的。"""
    recipe = (ROOT / "binder/Dockerfile").read_text("utf8")
    (base,) = re.findall(r"^FROM (.+)$", recipe, re.MULTILINE)
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base)
    for options in re.findall(r"pip install (.+?)(?: &&|$)", recipe, re.MULTILINE):
        assert options == "-r binder/requirements.txt" or (
            "--no-deps" in options and "--no-build-isolation" in options
        )
    # 读者不是 root，自己的文件夹能写。
    assert recipe.index("chown -R") < recipe.index("USER ${NB_USER}")


def test_the_interface_of_the_image_is_chinese() -> None:
    """选了的语言有它的包，选的那一份文件放到了 JupyterLab 读它的地方。"""
    chosen = json.loads((ROOT / "binder/overrides.json").read_text("utf8"))
    locale = chosen["@jupyterlab/translation-extension:plugin"]["locale"]
    assert f"jupyterlab-language-pack-{locale.replace('_', '-').lower()}" in NAMES
    recipe = (ROOT / "binder/Dockerfile").read_text("utf8")
    (copied,) = re.findall(r"^COPY binder/overrides.json (\S+)$", recipe, re.MULTILINE)
    assert copied == "/usr/local/share/jupyter/lab/settings/overrides.json"


def test_binder_has_what_the_chapters_import() -> None:
    """笔记本里 import 的，要么是标准库和 mlcore，要么在 binder 的环境里。"""
    import sys

    known = set(sys.stdlib_module_names) | {"mlcore", "matplotlib_inline"}
    known |= {name.replace("-", "_") for name in NAMES}
    for path in (ROOT / "nbs").rglob("*.ipynb"):
        for cell in json.loads(path.read_text("utf8"))["cells"]:
            source = re.sub(r"^[%!].*$", "", "".join(cell["source"]), flags=re.MULTILINE)
            # 带 kernel 标签的格要的是读者自己的环境（比如 torch）。
            if cell["cell_type"] != "code" or "kernel" in cell["metadata"].get("tags", []):
                continue
            for node in ast.walk(ast.parse(source)):
                names = (
                    [one.name for one in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
                for name in names:
                    assert name.split(".")[0] in known, f"{path.name}: {name}"


def test_the_button_appears_only_with_an_address() -> None:
    chapter = "nbs/4-networks/03-layers-bend-space.ipynb"
    assert binder_link("", chapter) == ""
    assert binder_link("https://github.com/a/b", "") == ""
    assert binder_link("https://github.com/a/b.git", chapter) == (
        "https://mybinder.org/v2/gh/a/b/HEAD"
        "?urlpath=lab%2Ftree%2Fnbs%2F4-networks%2F03-layers-bend-space.ipynb"
    )
    assert "/v2/gl/a%2Fb/HEAD" in binder_link("https://gitlab.com/a/b", chapter)
    assert "/v2/git/https%3A%2F%2Fcode.example%2Fa%2Fb/HEAD" in binder_link(
        "https://code.example/a/b", chapter
    )


@pytest.mark.parametrize("bad", ["github.com/a/b", "http://github.com/a/b", "https://github.com/"])
def test_a_bad_address_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="zhi_repository"):
        binder_link(bad, "nbs/x.ipynb")

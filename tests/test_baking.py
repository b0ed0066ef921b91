"""烘焙：算不出来的图让构建失败，说清是哪一页的哪一幅。"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONF = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
import tools.pyodide
from mlcore.explorables.hand import HandWarp

tools.pyodide.copy_into = lambda out: None
extensions = ["book._ext.explorable"]
html_theme = "basic"
language = "zh_CN"
if not Path(__file__).with_name("mended").exists():
    def view(self):
        raise ZeroDivisionError("除以了零")
    HandWarp.view = view
"""
PAGE = """一页
====

.. explorable:: mlcore.explorables.hand:HandWarp
   :id: first

.. explorable:: mlcore.explorables.hand:HandWarp
   :id: second
"""


@pytest.fixture
def small_book(tmp_path: Path) -> Path:
    """一页的书，页上的两幅图都算不出来；有了文件 mended 就好了。"""
    (tmp_path / "conf.py").write_text(CONF.format(root=str(ROOT)), "utf-8")
    (tmp_path / "index.rst").write_text(PAGE, "utf-8")
    return tmp_path


def build(book: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", "html", book, book / "_build/html"],
        capture_output=True, text=True, check=False, encoding="utf-8",
    )


def test_a_picture_that_cannot_be_computed_fails_the_build_until_it_is_mended(small_book: Path):
    page = small_book / "_build/html/index.html"
    for _ in range(2):  # 第二次没有改过的页面，也一样要失败
        done = build(small_book)
        assert done.returncode != 0
        said = done.stderr.strip().splitlines()
        assert sum("除以了零" in line for line in said) == 2
        assert "没有构建成功，有 2 幅图" in said[-1]
        for name in ("first", "second"):
            assert f"index 的交互图 {name}（mlcore.explorables.hand:HandWarp）" in said[-1]
        assert not page.exists()
    (small_book / "mended").touch()
    done = build(small_book)
    assert done.returncode == 0, done.stderr
    assert page.read_text("utf-8").count('data-state="baked"') == 2

"""写一章：从模板新建，在新的内核里运行并写下整齐的输出，检查。

    python tasks.py notebook new 4-networks/06-activations
    python tasks.py notebook run  [路径…]
    python tasks.py notebook check [路径…] [--fix] [--quick]

不写路径就是全部章节。``run`` 只在每一格都成功之后才改文件；``check`` 查结构、文字和输出，
再用 nbval 重新运行一遍（``--quick`` 不运行），``--fix`` 补上汉字与拉丁字母之间缺的空格。
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # 直接运行这个文件时，tools 还不是一个包
    sys.path.insert(0, str(ROOT))

import nbformat  # noqa: E402
from nbformat import NotebookNode  # noqa: E402

from tools.chapters import chapters  # noqa: E402
from tools.structure import check_notebook  # noqa: E402

KEPT_MIMES = ("text/plain", "text/html", "text/latex", "image/svg+xml", "image/png")
"""写进文件的几种输出；小部件的编号每次都变，不写。"""
CELL_SECONDS = 120
NOTEBOOK_SECONDS = 60


class Trouble(Exception):
    """作者能自己解决的问题：打印这句话就够了，不需要回溯。"""


def all_notebooks() -> list[Path]:
    """全部章节，按地址排好。"""
    return sorted(
        path for path in (ROOT / "nbs").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
    )


def chosen(names: Sequence[str]) -> list[Path]:
    """命令行里的路径；``部/章`` 这样的地址也认得。"""
    found = []
    for name in names:
        candidates = [Path(name), ROOT / name, ROOT / "nbs" / f"{name}.ipynb"]
        path = next((c for c in candidates if c.is_file()), None)
        if path is None:
            raise Trouble(f"没有找到笔记本 {name}")
        found.append(path.resolve())
    return found or all_notebooks()


def shown(path: Path) -> str:
    """给人看的路径：相对仓库的根，末尾总是正斜线的样子。"""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def read(path: Path) -> NotebookNode:
    """读一个笔记本；不是笔记本就抛出 ``Trouble``。"""
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:
        raise Trouble(f"{shown(path)} 读不出来：{error}") from error


def write(path: Path, notebook: NotebookNode) -> None:
    """写在旁边再换上去，写到一半被打断也不会弄坏原来的文件。"""
    text = nbformat.writes(notebook, version=4).rstrip("\n") + "\n"
    handle, half = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".half")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        if path.exists():
            os.chmod(half, path.stat().st_mode)
        else:
            os.chmod(half, 0o644)
        os.replace(half, path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise


def normalised(notebook: NotebookNode) -> NotebookNode:
    """去掉每次运行都会变的东西，使 diff 里只有真正变了的：时间、版本、小部件的编号、进度条。"""
    result = nbformat.from_dict(notebook)
    result.nbformat, result.nbformat_minor = 4, 5
    result.metadata = nbformat.from_dict({
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    })
    used: set[str] = set()
    for number, cell in enumerate(result.cells, 1):
        identity = cell.get("id", "")
        if not identity or identity in used:
            identity = f"cell-{number:02d}"
        used.add(identity)
        cell["id"] = identity
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        cell.source = cell.source.strip("\n")
        if cell.cell_type == "code":
            cell.outputs = [o for o in map(_output, _merged(cell.outputs)) if o is not None]
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = cell.execution_count
    return result


def _merged(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    """同一个流的几段接成一段：内核分几次送来，每次运行都不一样。"""
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if last and output.output_type == "stream" == last.output_type and last.name == output.name:
            last.text += output.text
        else:
            merged.append(nbformat.from_dict(output))
    return merged


def _output(output: NotebookNode) -> NotebookNode | None:
    if output.output_type == "stream":
        if "\r" in output.text:  # 进度条
            if output.name == "stderr":
                return None
            lines = output.text.split("\n")
            output.text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
        return output if output.text else None
    if output.output_type in ("display_data", "execute_result"):
        data = {mime: output.data[mime] for mime in KEPT_MIMES if mime in output.data}
        if not data:
            return None
        output.data, output.metadata = nbformat.from_dict(data), nbformat.from_dict({})
    return output


def run(path: Path) -> float:
    """在新的内核里运行一章，写下整齐的输出，返回用了几秒。

    哪一格出错就抛出 ``Trouble``，说明是哪一格、错在哪里；文件保持原样。
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook, timeout=CELL_SECONDS, kernel_name="python3", store_widget_state=False,
        record_timing=False, resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )  # fmt: skip
    begun = time.monotonic()
    try:
        with _environment():
            client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise Trouble(_blame(path, notebook, error)) from error
    seconds = time.monotonic() - begun
    write(path, normalised(notebook))
    return seconds


class _environment:
    """内核的环境：找得到这个文件夹里的 mlcore，用 NumPy，不受作者的设置影响。"""

    def __enter__(self) -> None:
        self.before = dict(os.environ)
        os.environ.update(kernel_environment())

    def __exit__(self, *_: object) -> None:
        os.environ.clear()
        os.environ.update(self.before)


def kernel_environment() -> dict[str, str]:
    """运行笔记本的内核要的环境变量。"""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "MLCORE_BACKEND": "numpy",
        "PYTHONHASHSEED": "0",
    }


def _blame(path: Path, notebook: NotebookNode, error: Exception) -> str:
    """说清是哪一格：第一个没有跑完的代码格。"""
    for number, cell in enumerate(notebook.cells, 1):
        failed = any(output.output_type == "error" for output in cell.get("outputs", []))
        waiting = cell.cell_type == "code" and cell.execution_count is None and cell.source.strip()
        if failed or waiting:
            first = cell.source.strip().partition("\n")[0]
            reason = f"{getattr(error, 'ename', type(error).__name__)}: " + str(
                getattr(error, "evalue", error)
            )
            return f"{shown(path)} 的第 {number} 格（{first}）没有跑通：\n    {reason}"
    return f"{shown(path)} 没有跑通：{error}"


def nbval(paths: Sequence[Path]) -> int:
    """重新运行，逐格比较输出；返回 pytest 的退出码。"""
    command = [
        sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env",
        "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "tools.nbval_live",
        "-o", "addopts=", "-o", "filterwarnings=",
        f"--nbval-cell-timeout={CELL_SECONDS}", *map(str, paths),
    ]  # fmt: skip
    environment = {**os.environ, **kernel_environment()}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def command_new(options: argparse.Namespace) -> int:
    from tools.template import new_chapter

    table = chapters()
    address = options.address.removeprefix("nbs/").removesuffix(".ipynb")
    if address not in table:
        part = address.partition("/")[0]
        near = [name for name in table if name.startswith(part + "/")] or list(table)
        raise Trouble(f"书里没有 {address} 这一章（见 book/chapters.yml）。有的是：\n    "
                      + "\n    ".join(near))  # fmt: skip
    chapter = table[address]
    if chapter.notebook.exists():
        raise Trouble(f"{shown(chapter.notebook)} 已经有了，不会盖掉它。")
    for path in new_chapter(chapter, options.title or chapter.title, read_write=write):
        print(f"写出 {shown(path)}")
    print(f"""接下来：
    1. 在 _toc.yml 里加一行        - file: nbs/{address}
    2. 打开笔记本，换掉每一处〔…〕
    3. python tasks.py notebook run {address}
    4. python tasks.py notebook check {address}""")
    return 0


def command_run(options: argparse.Namespace) -> int:
    for path in chosen(options.paths):
        seconds = run(path)
        print(f"{shown(path)}：跑完了，{seconds:.0f} 秒")
        if seconds > NOTEBOOK_SECONDS:
            print(f"    超过了 {NOTEBOOK_SECONDS} 秒；大的实验放进 mlcore.experiments，只记结果")
    return 0


def command_check(options: argparse.Namespace) -> int:
    paths = chosen(options.paths)
    if options.fix:
        for path in paths:
            fix(path)
    failed = 0
    for path in paths:
        found = check_notebook(path, read(path))
        failed += len(found)
        print(f"{shown(path)}：{f'{len(found)} 处要改' if found else '没有问题'}")
        for problem in found:
            print(f"    {problem}")
    if failed or options.quick or not paths:
        return 1 if failed else 0
    print("重新运行，比较输出：", flush=True)
    return 1 if nbval(paths) else 0


def fix(path: Path) -> None:
    """补上缺的空格，别的不动。"""
    from tools.language import spaced

    notebook = read(path)
    before: list[Any] = [cell.source for cell in notebook.cells]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = spaced(cell.source)
    if before != [cell.source for cell in notebook.cells]:
        write(path, notebook)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="notebook", description="新建、运行、检查一章。")
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("new", help="从模板新建一章")
    new.add_argument("address", help="部/章，例如 4-networks/06-activations")
    new.add_argument("--title", help="题目；不写就用 book/chapters.yml 里的")
    for name, text in (("run", "运行并写下输出"), ("check", "检查结构、文字和输出")):
        command = commands.add_parser(name, help=text)
        command.add_argument("paths", nargs="*", help="笔记本；不写就是全部")
        if name == "check":
            command.add_argument("--fix", action="store_true", help="补上缺的空格")
            command.add_argument("--quick", action="store_true", help="不重新运行")
    options = parser.parse_args(arguments)
    try:
        return {"new": command_new, "run": command_run, "check": command_check}[options.command](
            options
        )
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

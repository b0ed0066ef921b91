#!/usr/bin/env python3
"""这本书的全部命令，只用标准库，Linux、macOS、Windows 都一样；要求 Python 3.11 以上。

    python tasks.py open       建环境、构建网站、在浏览器里打开
    python tasks.py test       建环境、跑全部检查和测试
    python tasks.py build      只构建网站到 _build/html
    python tasks.py zip        把网站打成一个压缩包，放到任何静态服务器上都能用
    python tasks.py notebook   新建、运行、检查一章：notebook new|run|check …
    python tasks.py front      改了 front/ 之后重新构建前端（要 Node 18 以上）

环境变量
    TORCH_INDEX   PyTorch 的 CPU 版从哪里装，只在 Linux 上跑测试时用到；
                  不设则用 PyTorch 自己的索引，设成空串则只用 pip 平常的来源（CI 里如此）。
    CHROMIUM      Chromium 或 Chrome 的路径，找不到时用它指明。
    FIREFOX       Firefox 的路径，test --browsers all 找不到时用它指明。
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes.util
import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
SITE = ROOT / "_build" / "html"
FRONT = ROOT / "front"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
READ, TEST = "requirements.txt", "requirements-test.txt"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
NODE_AT_LEAST = 18


class Trouble(Exception):
    """读者能自己解决的问题：打印这句话就够了，不需要回溯。"""


def say(text: str) -> None:
    """打印一步在做什么；立刻写出，好和子进程的输出排对先后。"""
    print(f"── {text}", flush=True)


def run(command: Sequence[str | Path], *, cwd: Path = ROOT,
        env: dict[str, str] | None = None) -> int:
    """运行一条命令，输出直接给读者看，返回退出码。"""
    words = [str(word) for word in command]
    print("   $ " + " ".join(words), flush=True)
    return subprocess.run(words, cwd=cwd, env={**os.environ, **(env or {})}, check=False).returncode


def need(command: Sequence[str | Path], trouble: str, *, cwd: Path = ROOT) -> None:
    """运行一条命令，不成功就停下来，说明原因。"""
    if run(command, cwd=cwd) != 0:
        raise Trouble(trouble)


# ── 环境 ──────────────────────────────────────────────────────────────────────


def stamp_text(which: str) -> str:
    """一份环境由什么决定：依赖清单、版本约束和 Python 本身。任何一样变了就重装。"""
    digest = hashlib.sha256(sys.version.encode())
    for name in sorted({READ, which, "constraints.txt"}):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def ensure_environment(which: str) -> None:
    """建好 .venv 并装上 ``which`` 里的依赖；已经装好就什么也不做。"""
    for name in {which, TEST}:  # 测试的环境包含读书的环境。
        stamp = VENV / f".stamp-{name}"
        if PYTHON.exists() and stamp.exists() and stamp.read_text() == stamp_text(name):
            return
    if not PYTHON.exists():
        make_venv()
    say(f"安装 {which} 里的依赖（第一次要下载，之后很快）")
    pip: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check"]
    if which == TEST:
        install_torch(pip)
    failed = run([*pip, "install", "--quiet", "--no-compile", "-r", which, "-c", "constraints.txt"])
    if failed:
        raise Trouble("依赖没有装上，原因见上面 pip 的输出；多半是网络，再运行一次会接着装。")
    # 让 .venv 里的 Python（笔记本的内核也在内）总能找到这个文件夹里的 mlcore。
    (site_packages() / "zhi-book.pth").write_text(str(ROOT) + "\n", encoding="utf-8")
    (VENV / f".stamp-{which}").write_text(stamp_text(which))


def make_venv() -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not apt_install(["python3-venv"], "Python 的 venv 模块"):
            raise Trouble(
                "这个 Python 缺少 venv 模块（Debian 和 Ubuntu 把它单独打包）。请运行\n"
                f"    sudo apt install python3-venv        （或 {version}）\n"
                "然后重新运行这条命令。"
            )
    say("建立虚拟环境 .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    need([sys.executable, "-m", "venv", VENV], "虚拟环境没有建成，原因见上面的输出。")


def site_packages() -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    found = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True)
    return Path(found.stdout.strip())


def install_torch(pip: list[str | Path]) -> None:
    """Linux 上平常的来源给的是好几 GB 的 CUDA 版；CPU 版在 PyTorch 自己的索引里。"""
    index = os.environ.get("TORCH_INDEX", "" if IN_CI else TORCH_CPU_INDEX)
    if not sys.platform.startswith("linux") or not index:
        return
    check = "import importlib.metadata as m; print(m.version('torch'))"
    have = subprocess.run([PYTHON, "-c", check], capture_output=True, text=True, check=False)
    pinned = next(line for line in (ROOT / TEST).read_text(encoding="utf-8").splitlines()
                  if line.startswith("torch=="))
    if have.stdout.strip().split("+")[0] == pinned.split("==")[1]:
        return
    say(f"从 {index} 安装 PyTorch 的 CPU 版（换来源或不要这一步：设 TORCH_INDEX）")
    if run([*pip, "install", "--quiet", "--no-deps", "--retries", "1", "--timeout", "15",
            "--index-url", index, pinned]):
        raise Trouble(
            "PyTorch 的 CPU 版没有装上。可以把 TORCH_INDEX 设成另一个提供 CPU 版的索引再试；\n"
            "设成空串则从 pip 平常的来源安装（在 Linux 上那是 CUDA 版，要下载几 GB）。"
        )


# ── 这台机器上要有的程序：浏览器、Node、中文字体 ─────────────────────────────────


def apt_install(packages: Iterable[str], what: str) -> bool:
    """在 Debian 上以 root 运行时用 apt 安装；别的情况什么也不做，返回 ``False``。"""
    if os.name == "nt" or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    say(f"安装{what}（apt）")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    with contextlib.suppress(OSError):
        if any(Path("/var/lib/apt/lists").glob("*Packages*")) and run(install, env=quiet) == 0:
            return True
        return run(["apt-get", "update", "-qq"], env=quiet) == 0 and run(install, env=quiet) == 0
    return False


def find_chromium() -> str | None:
    """Chromium 或 Chrome 的路径；先看环境变量 ``CHROMIUM``。"""
    programs = [os.environ.get(name, "") for name in ("PROGRAMFILES", "PROGRAMFILES(X86)",
                                                      "LOCALAPPDATA")]
    places = [
        os.environ.get("CHROMIUM", ""),
        *(shutil.which(name) or "" for name in ("chromium", "chromium-browser",
                                                "google-chrome", "google-chrome-stable")),
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        *(str(Path(base, "Google/Chrome/Application/chrome.exe")) for base in programs if base),
    ]
    return next((place for place in places if place and Path(place).is_file()), None)


def find_firefox() -> str | None:
    """Firefox 的路径；先看环境变量 ``FIREFOX``。"""
    programs = [os.environ.get(name, "") for name in ("PROGRAMFILES", "PROGRAMFILES(X86)")]
    places = [
        os.environ.get("FIREFOX", ""),
        *(shutil.which(name) or "" for name in ("firefox-esr", "firefox")),
        "/Applications/Firefox.app/Contents/MacOS/firefox",
        *(str(Path(base, "Mozilla Firefox/firefox.exe")) for base in programs if base),
    ]
    return next((place for place in places if place and Path(place).is_file()), None)


def node_is_new_enough() -> bool:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    number = found.stdout.strip().removeprefix("v").split(".")[0]
    return number.isdigit() and int(number) >= NODE_AT_LEAST


def has_chinese_font() -> bool:
    """只有 Linux 可能没有中文字体；没有 fc-list 就当作没有。"""
    if not sys.platform.startswith("linux"):
        return True
    tool = shutil.which("fc-list")
    if tool is None:
        return False
    found = subprocess.run([tool, ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip())


def missing_tools() -> dict[str, tuple[list[str], str]]:
    """还缺哪些程序：名字 → （Debian 的包，别的系统上怎么办）。"""
    missing: dict[str, tuple[list[str], str]] = {}
    if find_chromium() is None:
        missing["Chromium"] = (["chromium"], "安装 Chrome 或 Chromium，或把 CHROMIUM 设成它的路径")
    if not node_is_new_enough():
        missing["Node"] = (["nodejs", "npm"],
                           f"从 nodejs.org 安装 Node {NODE_AT_LEAST} 以上（带 npm）")
    if sys.platform.startswith("linux") and ctypes.util.find_library("atomic") is None:
        missing["libatomic"] = (["libatomic1"], "安装 libatomic，驱动浏览器的程序要用它")
    if not has_chinese_font():
        missing["中文字体"] = (["fonts-noto-cjk", "fontconfig"], "安装 Noto Sans CJK SC 字体")
    return missing


def missing_engines() -> dict[str, tuple[list[str], str]]:
    """另外两个浏览器还缺哪些程序，样子同上。"""
    missing: dict[str, tuple[list[str], str]] = {}
    if find_firefox() is None:
        missing["Firefox"] = (["firefox-esr"], "安装 Firefox，或把 FIREFOX 设成它的路径")
    if shutil.which("WebKitWebDriver") is None:
        missing["WebKitGTK"] = (["webkit2gtk-driver"],
                                "安装 WebKitGTK 和它的 WebKitWebDriver（只有 Linux 上有）")
    if shutil.which("Xvfb") is None:
        missing["Xvfb"] = (["xvfb"], "安装 Xvfb，WebKitGTK 要画在它的屏幕上（只有 Linux 上有）")
    return missing


def ensure_tools(find: Callable[[], dict[str, tuple[list[str], str]]]) -> dict[str, str]:
    """装上（Debian、root）或说出缺什么；返回装不上的：名字 → 怎么办。"""
    for name, (packages, _) in find().items():
        apt_install(packages, f"测试要用的 {name}")
    return {name: how for name, (_, how) in find().items()}


# ── 命令 ──────────────────────────────────────────────────────────────────────


def build() -> None:
    """把书构建到 _build/html；警告当作错误。"""
    say("构建网站到 _build/html")
    need([PYTHON, "-c", "from jupyter_book.cli.main import main; main()", "build", ROOT,
          "--path-output", ROOT, "--warningiserror", "--keep-going", "--quiet"],
         "网站没有构建成功，原因见上面。")
    if not (SITE / "index.html").is_file():
        raise Trouble(f"构建完了却没有 {SITE / 'index.html'}。")


def free_port(wanted: int) -> int:
    """``wanted`` 被占用时换一个空着的。"""
    for port in (wanted, 0):
        with socket.socket() as probe:
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise Trouble("找不到空着的端口。")


def command_open(options: argparse.Namespace) -> int:
    ensure_environment(READ)
    build()
    port = free_port(options.port)
    address = f"http://127.0.0.1:{port}/"
    server = subprocess.Popen([str(PYTHON), str(ROOT / "book" / "serve.py"), str(SITE),
                               "--port", str(port), "--no-open"])
    try:
        wait_for(port, server)
        say(f"书已经打开：{address}　（按 Ctrl+C 结束）")
        if not options.no_open:
            webbrowser.open(address)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if server.poll() is not None:
            raise Trouble("本地服务器没有启动，原因见上面。")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.1)
    raise Trouble("本地服务器十秒内没有应答。")


def command_build(_: argparse.Namespace) -> int:
    ensure_environment(READ)
    build()
    say(f"网站在 {SITE}")
    return 0


def command_zip(options: argparse.Namespace) -> int:
    ensure_environment(READ)
    build()
    return run([PYTHON, ROOT / "tools" / "pack.py", *options.rest])


def command_notebook(options: argparse.Namespace) -> int:
    ensure_environment(READ)
    return run([PYTHON, ROOT / "tools" / "notebook.py", *options.rest])


def install_front() -> None:
    """按 package-lock.json 装前端的工具；没有变过就不重装。"""
    mark = FRONT / "node_modules" / ".stamp"
    wanted = hashlib.sha256((FRONT / "package-lock.json").read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text() != wanted:
        npm = shutil.which("npm") or "npm"
        need([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
             "前端的工具没有装上，原因见上面。", cwd=FRONT)
        mark.write_text(wanted)


def command_front(_: argparse.Namespace) -> int:
    if not node_is_new_enough():
        raise Trouble(f"构建前端要 Node {NODE_AT_LEAST} 以上（带 npm）；读书和写章节都用不到它。")
    install_front()
    return run(["node", "build.mjs"], cwd=FRONT)


def command_test(options: argparse.Namespace) -> int:
    """跑全部检查；一项不过也接着跑后面的，最后的退出码说明有没有失败。"""
    lacking = {} if options.without_browser else ensure_tools(missing_tools)
    more = options.browsers == "all" and not options.without_browser
    engines = ensure_tools(missing_engines) if more else {}
    ensure_environment(TEST)
    browser = not options.without_browser and not {"Chromium", "libatomic"} & lacking.keys()
    node = node_is_new_enough() and not options.without_browser
    failed: list[str] = []

    def check(name: str, command: Sequence[str | Path], cwd: Path = ROOT) -> None:
        say(name)
        started = time.monotonic()
        if run(command, cwd=cwd) != 0:
            failed.append(name)
        if "pytest" not in command:  # 它自己说用了多久，而且它的结尾要留在最后。
            print(f"   {time.monotonic() - started:.0f} 秒", flush=True)

    check("代码风格（ruff）", [PYTHON, "-m", "ruff", "check", "."])
    check("类型（mypy）", [PYTHON, "-m", "mypy"])
    if node:
        install_front()
        npm = shutil.which("npm") or "npm"
        check("前端：风格", [npm, "run", "--silent", "lint"], FRONT)
        check("前端：类型", [npm, "run", "--silent", "types"], FRONT)
        check("前端：重新构建，逐字节比较", [npm, "run", "--silent", "check"], FRONT)
    try:
        build()
    except Trouble as trouble:
        print(trouble, flush=True)
        failed.append("构建网站")
    if any((ROOT / "nbs").rglob("*.ipynb")):
        # 输出是否还成立（nbval）和别的测试一起跑，见 tests/test_notebooks.py。
        check("笔记本：结构、文字", [PYTHON, ROOT / "tools" / "notebook.py", "check", "--quick"])
    select = [] if browser else ["-m", "not browser"]
    which = ["--live", "all" if options.all else "changed"]
    if browser:
        os.environ["CHROMIUM"] = find_chromium() or ""
    if more and node and not engines:
        os.environ["FIREFOX"] = find_firefox() or ""
        which += ["--browsers", "all"]
    check("测试（pytest）", [PYTHON, "-m", "pytest", "-n", "2", "--dist", "worksteal",
                             "--durations", "10", *which, *select, *options.rest])
    for name, how in lacking.items():
        print(f"缺少 {name}，和它有关的测试没有跑。请{how}；"
              "不需要这些测试就加 --without-browser。", flush=True)
    for name, how in engines.items():
        print(f"缺少 {name}，另外两个浏览器的测试没有跑。请{how}；"
              "不需要这些测试就不加 --browsers all。", flush=True)
    if failed:
        print("没有通过：" + "、".join(failed), flush=True)
    return 1 if failed or lacking or engines else 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(dest="command", required=True, metavar="命令")

    def add(name: str, action: object, text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text)
        one.set_defaults(action=action)
        return one

    one = add("open", command_open, "建环境、构建网站、在浏览器里打开")
    one.add_argument("--no-open", action="store_true", help="启动服务器，但不打开浏览器")
    one.add_argument("--port", type=int, default=8000, help="本地端口（默认 8000，被占用时自动换）")
    one = add("test", command_test, "建环境、跑全部检查和测试")
    one.add_argument("--without-browser", action="store_true",
                     help="没有 Chromium 和 Node 时，只跑用不到它们的测试")
    one.add_argument("--browsers", choices=["chromium", "all"], default="chromium",
                     help="all：Firefox 和 WebKitGTK 也跑一遍（Debian 上以 root 运行时自己装）")
    one.add_argument("--all", action="store_true",
                     help="浏览器里把全部图都真的用一遍；不加，就用改过的和轮到的六分之一，"
                          "开头会打印这一份是怎么选的，--base 提交 和 --turn 次数 能再选出同样的")
    add("build", command_build, "只构建网站到 _build/html")
    add("zip", command_zip, "把网站打成压缩包")
    add("notebook", command_notebook, "新建、运行、检查一章：new|run|check")
    add("front", command_front, "重新构建前端")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036  (这一句就是说给旧版本听的)
        print("需要 Python 3.11 或更新的版本，现在是 " + sys.version.split()[0])
        return 2
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Windows 的控制台默认不是 UTF-8。
            stream.reconfigure(encoding="utf-8", errors="replace")
    options, rest = parser().parse_known_args(arguments)
    if rest and options.command not in {"test", "zip", "notebook"}:
        parser().error("不认识的参数：" + " ".join(rest))
    options.rest = rest
    try:
        return int(options.action(options))
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr, flush=True)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

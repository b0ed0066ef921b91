"""房子本身：命令入口、钉住的依赖、许可、构建好的前端和 Pyodide 的来路。"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import tools.pyodide as pyodide

ROOT = Path(__file__).resolve().parents[1]
FRONT = ROOT / "front"
STATIC = ROOT / "mlcore" / "widgets" / "static"
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"


def requirements(name: str) -> list[Requirement]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def pinned(requirement: Requirement) -> str:
    (specifier,) = requirement.specifier
    assert specifier.operator == "==", f"{requirement} 没有钉住版本"
    return specifier.version


def constraints() -> dict[str, str]:
    """在这个 Python 上生效的那些约束。"""
    return {
        canonicalize_name(one.name): pinned(one)
        for one in requirements("constraints.txt")
        if one.marker is None or one.marker.evaluate()
    }


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def tasks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tasks", ROOT / "tasks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ── 依赖 ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_direct_dependencies_are_pinned_as_in_the_constraints(name):
    pins = constraints()
    for requirement in requirements(name):
        assert pins[canonicalize_name(requirement.name)] == pinned(requirement), requirement


def test_constraints_cover_everything_that_gets_installed():
    pins = constraints()
    waiting = [canonicalize_name(one.name) for name in ("requirements.txt", "requirements-test.txt")
               for one in requirements(name)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            package = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # 装了 CPU 版的 torch，CUDA 的那些包就不在。
        assert name in pins, f"constraints.txt 缺 {name}"
        assert package.version.split("+")[0] == pins[name], f"{name} 装的是 {package.version}"
        for text in package.requires or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(needed.name))
    assert len(seen) > 100


def test_reading_does_not_need_torch():
    names = {canonicalize_name(one.name) for one in requirements("requirements.txt")}
    assert "torch" not in names


# ── 命令入口 ──────────────────────────────────────────────────────────────────


def imported_modules(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize("name", ["tasks.py", "tools/pyodide.py", "book/serve.py"])
def test_what_runs_before_anything_is_installed_uses_the_standard_library_only(name):
    assert imported_modules(ROOT / name) <= set(sys.stdlib_module_names)


def test_ci_calls_the_same_command_as_a_reader():
    script = ROOT / ".ci" / "run"
    assert "tasks.py test --browsers all" in script.read_text(encoding="utf-8")
    if os.name != "nt":
        assert os.access(script, os.X_OK)


def test_environment_is_renewed_when_a_requirement_changes(tasks, tmp_path, monkeypatch):
    for name in ("requirements.txt", "requirements-test.txt", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.setattr(tasks, "ROOT", tmp_path)
    before = {name: tasks.stamp_text(name) for name in (tasks.READ, tasks.TEST)}
    with (tmp_path / "requirements-test.txt").open("a") as stream:
        stream.write("six==1.17.0\n")
    assert tasks.stamp_text(tasks.READ) == before[tasks.READ]
    assert tasks.stamp_text(tasks.TEST) != before[tasks.TEST]


def test_a_missing_venv_module_is_named_with_the_way_out(tasks, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tasks, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(tasks, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(tasks.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(tasks, "apt_install", lambda packages, what: False)
    assert tasks.main(["build"]) == 2
    assert "sudo apt install python3-venv" in capsys.readouterr().err


@pytest.fixture
def nothing_to_do(tasks, monkeypatch):
    """``test`` 命令，但环境、构建和每一项检查都当场成功；返回它运行过的命令。"""
    ran: list[list[str]] = []

    def run(command, **_):
        ran.append([str(word) for word in command])
        return 0

    monkeypatch.setattr(tasks, "ensure_environment", lambda which: None)
    monkeypatch.setattr(tasks, "build", lambda: None)
    monkeypatch.setattr(tasks, "install_front", lambda: None)
    monkeypatch.setattr(tasks, "apt_install", lambda packages, what: False)
    monkeypatch.setattr(tasks, "run", run)
    monkeypatch.setenv("CHROMIUM", "")
    return ran


def test_without_a_browser_the_rest_is_run_and_the_exit_code_tells(
    tasks, nothing_to_do, monkeypatch, capsys
):
    monkeypatch.setattr(tasks, "find_chromium", lambda: None)
    assert tasks.main(["test"]) == 1
    assert nothing_to_do[-1][-2:] == ["-m", "not browser"]
    assert "缺少 Chromium" in capsys.readouterr().out
    assert tasks.main(["test", "--without-browser"]) == 0


def test_the_other_browsers_run_when_asked_for_and_there(
    tasks, nothing_to_do, monkeypatch, capsys
):
    monkeypatch.setattr(tasks, "missing_tools", dict)
    monkeypatch.setattr(tasks, "missing_engines", dict)
    monkeypatch.setattr(tasks, "node_is_new_enough", lambda: True)
    monkeypatch.setenv("FIREFOX", "")
    assert tasks.main(["test"]) == 0
    assert "--browsers" not in nothing_to_do[-1]
    assert tasks.main(["test", "--browsers", "all"]) == 0
    assert nothing_to_do[-1][-2:] == ["--browsers", "all"]
    how = {"Firefox": (["firefox-esr"], "安装 Firefox")}
    monkeypatch.setattr(tasks, "missing_engines", lambda: how)
    assert tasks.main(["test", "--browsers", "all"]) == 1
    assert "--browsers" not in nothing_to_do[-1]
    assert "请安装 Firefox；" in capsys.readouterr().out


def test_a_run_uses_what_changed_and_all_when_told(tasks, nothing_to_do, monkeypatch):
    monkeypatch.setattr(tasks, "missing_tools", dict)
    for given, live in ([], "changed"), (["--all"], "all"), (["--turn", "7"], "changed"):
        assert tasks.main(["test", *given]) == 0
        last = nothing_to_do[-1]
        assert last[last.index("--live") + 1] == live
    assert last[-2:] == ["--turn", "7"]


def test_one_failed_check_fails_the_command_and_stops_nothing(
    tasks, nothing_to_do, monkeypatch, capsys
):
    monkeypatch.setattr(tasks, "missing_tools", dict)

    def run(command, **_):
        nothing_to_do.append([str(word) for word in command])
        return int("ruff" in command)

    monkeypatch.setattr(tasks, "run", run)
    assert tasks.main(["test"]) == 1
    assert "pytest" in nothing_to_do[-1]
    assert "没有通过：代码风格（ruff）" in capsys.readouterr().out


def test_ci_does_not_ask_pytorchs_index_and_a_reader_may_change_it(tasks, monkeypatch):
    ran: list[list[str]] = []
    monkeypatch.setattr(tasks.sys, "platform", "linux")
    monkeypatch.setattr(tasks, "run", lambda command, **_: ran.append(command) or 0)
    monkeypatch.setattr(tasks.subprocess, "run",
                        lambda *a, **k: subprocess.CompletedProcess(a, 1, "", ""))
    monkeypatch.delenv("TORCH_INDEX", raising=False)
    monkeypatch.setattr(tasks, "IN_CI", True)
    tasks.install_torch(["pip"])
    assert not ran
    monkeypatch.setattr(tasks, "IN_CI", False)
    tasks.install_torch(["pip"])
    assert ran[-1][-2:] == [TORCH_INDEX, "torch==2.13.0"]
    monkeypatch.setenv("TORCH_INDEX", "http://mirror.example/cpu")
    tasks.install_torch(["pip"])
    assert ran[-1][-2] == "http://mirror.example/cpu"


# ── 仓库里不该有的东西 ────────────────────────────────────────────────────────

HOSTS = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com",
         "deb.debian" + ".org", "jsdelivr" + ".net", "unpkg" + ".com", "cdnjs" + ".",
         "npm" + "mirror",
         "googleapis" + ".com", "mirrors" + ".", "ali" + "yun"]


def test_no_registry_or_cdn_is_named_in_the_project():
    pattern = re.compile("|".join(map(re.escape, HOSTS)))
    for path in tracked_files():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found = pattern.search(text)
        assert found is None, f"{path.relative_to(ROOT)} 里写着 {found and found[0]}"


def test_pytorchs_own_index_is_named_only_where_it_can_be_changed():
    holders = {
        path.relative_to(ROOT).as_posix()
        for path in tracked_files()
        if b"download.pytorch" in path.read_bytes()
    }
    assert holders <= {"tasks.py", "tests/test_house.py", "README.md"}


# ── 读者会打开的代码 ──────────────────────────────────────────────────────────


def lines(path: str) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def test_the_tape_and_its_operations_can_be_read_in_one_sitting():
    assert lines("mlcore/autograd.py") + lines("mlcore/operations/basic.py") < 400


@pytest.mark.parametrize("folder", ["nn", "operations", "train", "experiments"])
def test_a_module_of_the_engine_is_short(folder):
    for path in sorted((ROOT / "mlcore" / folder).glob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        assert lines(name) <= 300, f"{name} 太长，一口气读不完"


# ── 前端 ──────────────────────────────────────────────────────────────────────


def front_packages() -> dict[str, dict[str, object]]:
    lock = json.loads((FRONT / "package-lock.json").read_text(encoding="utf-8"))
    return {
        name.split("node_modules/")[-1]: package
        for name, package in lock["packages"].items()
        if name
    }


def test_front_dependencies_are_exact_and_the_lock_names_no_address():
    package = json.loads((FRONT / "package.json").read_text(encoding="utf-8"))
    locked = front_packages()
    for kind in ("dependencies", "devDependencies"):
        for name, version in package[kind].items():
            assert re.fullmatch(r"\d+\.\d+\.\d+", version), (name, version)
            assert locked[name]["version"] == version
    assert not [name for name, one in locked.items() if "resolved" in one]


def test_notice_names_every_bundled_package_with_its_version_and_licence():
    rows = {
        row.split()[0]: row.split()[1:3]
        for row in (ROOT / "NOTICE").read_text(encoding="utf-8").splitlines()
        if re.match(r"@?[A-Za-z][\w/-]+ +\d+\.\d+\.\d+ ", row)
    }
    for name, package in front_packages().items():
        if not package.get("dev"):
            assert rows.get(name) == [package["version"], package["license"]], name
    pins = pyodide.pins()
    assert rows["Pyodide"][0] == pins["version"]
    assert rows["CPython"][0] == pins["lock"]["info"]["python"]
    assert rows["NumPy"][0] == pins["lock"]["packages"]["numpy"]["version"]
    mathjax = importlib.metadata.distribution("sphinx-mathjax-offline")
    core = Path(str(mathjax.locate_file("sphinx-mathjax-offline/static/mathjax/core.js")))
    assert f'"{rows["MathJax"][0]}"' in core.read_text(encoding="utf-8")


def test_licence_texts_are_all_there():
    for name in ("CC-BY-4.0", "Apache-2.0", "MPL-2.0", "Python-3.12"):
        assert len((ROOT / "LICENSES" / f"{name}.txt").read_text(encoding="utf-8")) > 9000
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "BSD-3-Clause" in licence
    assert "LICENSES/CC-BY-4.0.txt" in licence


def test_each_scene_is_built_for_the_page_and_for_jupyter():
    for scene in (FRONT / "src" / "scenes").glob("*.js"):
        assert (STATIC / scene.name).is_file()
        assert (STATIC / "page" / "scenes" / scene.name).is_file()
        text = (STATIC / scene.name).read_text(encoding="utf-8")
        assert not re.search(r'\bfrom\s*"\.|\bimport\s*\(?"\.', text), "给 Jupyter 的模块要自足"


needs_eslint = pytest.mark.skipif(
    shutil.which("node") is None or not (FRONT / "node_modules" / "eslint").is_dir(),
    reason="没有装前端的工具",
)


@needs_eslint
@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("Math.tanh(x)", False),
        ("Math.exp(x)", False),
        ("x ** 0.5", False),
        ("Math['log'](x)", False),
        ("Math.sqrt(x) + Math.max(x, 1)", True),
    ],
)
def test_scenes_may_not_compute_transcendental_functions(code, allowed):
    program = f"/** @param {{number}} x */\nexport const f = (x) => {code};\n"
    done = subprocess.run(
        ["node", "node_modules/eslint/bin/eslint.js", "--stdin", "--stdin-filename",
         "src/scenes/example.js"],
        cwd=FRONT, input=program, text=True, capture_output=True, check=False, encoding="utf-8",
    )
    assert (done.returncode == 0) is allowed, done.stdout + done.stderr


def test_the_package_ships_types_front_end_and_licences(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    (source / "README.md").write_text("x", encoding="utf-8")
    for name in ("mlcore", "LICENSES"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--no-index", "--wheel-dir", str(tmp_path), str(source)],
        capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("mlcore-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"mlcore/py.typed", "mlcore/data/digits.npz"} <= set(names)
    for path in STATIC.rglob("*.*"):
        assert path.relative_to(ROOT).as_posix() in names
    for name in ("LICENSE", "NOTICE"):
        assert any(one.endswith(f"licenses/{name}") for one in names)


# ── Pyodide ───────────────────────────────────────────────────────────────────

FILES = {"pyodide.js": b"let x = 1;" * 50, "numpy.whl": b"PK numpy"}


@pytest.fixture
def small_pyodide(tmp_path, monkeypatch) -> Path:
    """两个小文件代替真的 Pyodide；来源文件夹里它们都对，网络关着。"""
    pins = tmp_path / "pins.json"
    pins.write_text(json.dumps({
        "version": "0.0.1",
        "files": {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
                  for name, data in FILES.items()},
        "lock": {"info": {"version": "0.0.1"}, "packages": {"numpy": {"file_name": "numpy.whl"}}},
    }), encoding="utf-8")
    source = tmp_path / "source"
    source.mkdir()
    for name, data in FILES.items():
        (source / name).write_bytes(data)
    monkeypatch.setattr(pyodide, "PINS", pins)
    monkeypatch.setenv("BOOK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYODIDE_DIST", str(source))
    monkeypatch.setattr(pyodide, "from_pypi", lambda collector: None)
    monkeypatch.setattr(pyodide, "from_npm", lambda collector: None)
    return source


def test_the_pinned_hashes_are_those_of_the_lock_that_the_page_gets():
    pins = pyodide.pins()
    numpy = pins["lock"]["packages"]["numpy"]
    assert pins["files"][numpy["file_name"]]["sha256"] == numpy["sha256"]
    assert all(re.fullmatch(r"[0-9a-f]{64}", one["sha256"]) for one in pins["files"].values())


def test_pyodide_is_copied_under_a_hashed_name_with_compressed_twins(small_pyodide, tmp_path):
    old = tmp_path / "site" / "_assets" / "pyodide-0123456789"
    old.mkdir(parents=True)
    address = pyodide.copy_into(tmp_path / "site")
    assert address is not None
    assert re.fullmatch(r"_assets/pyodide-[0-9a-f]{10}/", address)
    folder = tmp_path / "site" / address
    assert {path.name for path in folder.iterdir()} == {
        "pyodide.js", "pyodide.js.gz", "numpy.whl", "pyodide-lock.json"}
    assert json.loads((folder / "pyodide-lock.json").read_text())["packages"].keys() == {"numpy"}
    assert not old.exists()
    assert pyodide.copy_into(tmp_path / "site") == address


def test_a_corrupt_file_is_refused_and_named(small_pyodide):
    (small_pyodide / "numpy.whl").write_bytes(b"PK something else")
    said: list[str] = []
    assert pyodide.ensure(said.append) is None
    assert any("numpy.whl" in line and "散列对不上" in line for line in said)
    assert not (pyodide.cache_folder() / "numpy.whl").exists()
    assert (pyodide.cache_folder() / "pyodide.js").exists()
    (small_pyodide / "numpy.whl").write_bytes(FILES["numpy.whl"])
    assert pyodide.ensure(said.append) == pyodide.cache_folder()


def test_a_cache_that_was_damaged_is_mended(small_pyodide):
    folder = pyodide.ensure()
    assert folder is not None
    (folder / "pyodide.js").write_bytes(b"half")
    assert pyodide.ensure() == folder
    assert (folder / "pyodide.js").read_bytes() == FILES["pyodide.js"]


def test_with_a_cache_no_source_is_asked(small_pyodide, monkeypatch):
    pyodide.ensure()
    monkeypatch.setenv("PYODIDE_DIST", "http://127.0.0.1:9/nowhere")
    said: list[str] = []
    assert pyodide.ensure(said.append) is not None
    assert said == []


def test_nothing_reachable_is_said_and_is_no_error(small_pyodide, monkeypatch, tmp_path):
    monkeypatch.setenv("PYODIDE_DIST", "http://127.0.0.1:9/nowhere")
    said: list[str] = []
    assert pyodide.copy_into(tmp_path / "site", said.append) is None
    assert "网站照常构建" in said[-1]


def test_an_archive_gives_its_files_wherever_they_lie(small_pyodide, tmp_path):
    archive = tmp_path / "archive.whl"
    with zipfile.ZipFile(archive, "w") as stream:
        for name, data in FILES.items():
            stream.writestr(f"package/assets/{name}", data)
    collector = pyodide.Collector(tmp_path / "cache" / "x", print)
    pyodide.from_archive(collector, archive)
    assert collector.missing() == []
    (tmp_path / "broken.whl").write_bytes(b"not a zip")
    pyodide.from_archive(pyodide.Collector(tmp_path / "y", print), tmp_path / "broken.whl")

"""命令行：选实验，练，打印一张表，写一份记录。"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import unicodedata
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from mlcore.backend import get_backend, set_backend
from mlcore.data import Unavailable
from mlcore.experiments import NAMES, experiment
from mlcore.experiments.job import Interrupted, Job, Result
from mlcore.experiments.record import describe_run, write
from mlcore.train import Divergence


def main(arguments: list[str] | None = None) -> int:
    """跑一个实验；0 是练完了，1 是没有数据或者发散，130 是按了 Ctrl-C。"""
    words = sys.argv[1:] if arguments is None else arguments
    options = parse(words)
    module = experiment(options.name)
    backend = options.backend or (module.BACKEND if torch_is_here() else "numpy")
    try:
        set_backend(backend, options.device)
    except (ValueError, ImportError) as error:
        print(error, file=sys.stderr)
        return 2
    epochs = options.epochs or (module.FULL_EPOCHS if options.full else module.EPOCHS)
    place = Place(options.record, options.name, options.seed, epochs, options.full, backend)
    job = Job(
        options.seed, epochs, options.full, backend == "numpy" or options.replay,
        place.checkpoint, options.progress,
    )  # fmt: skip
    print(f"{module.TITLE}，种子 {job.seed}，{epochs} 轮，{backend}（{get_backend().device}）")
    try:
        result = perform(module, job)
    except Interrupted as stop:
        print(stop, file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print("停了；断点停在上一次存的地方。", file=sys.stderr)
        return 130
    except (Unavailable, Divergence) as error:
        print(error, file=sys.stderr)
        return 1
    source = module.SOURCE
    write(place.record, {
        "experiment": options.name, "title": module.TITLE, "seed": job.seed, "epochs": epochs,
        "full": job.full, "replay": job.replay, "result": result, "seconds": round(job.seconds, 2),
        "resumed_from_step": job.resumed,
        "data": {"name": source.name, "sha256": source.sha256}, **describe_run(words),
    })  # fmt: skip
    place.clear()
    print(table(result | {"练的时间": f"{job.seconds:.1f} 秒" + resumed(job)}))
    print(f"记录写在 {place.record}")
    return 0


def perform(module: ModuleType, job: Job) -> Result:
    """取数据，跑。"""
    result: Result = module.run(module.load(), job)
    return result


def torch_is_here() -> bool:
    return all(importlib.util.find_spec(name) for name in ("torch", "array_api_compat"))


def resumed(job: Job) -> str:
    return f"（从第 {job.resumed} 步续起）" if job.resumed else ""


class Place:
    """记录和断点放在哪里。断点的名字由设置决定，所以同样的命令找得到它。"""

    def __init__(
        self, where: Path, name: str, seed: int, epochs: int, full: bool, backend: str
    ) -> None:
        if where.suffix == ".json":
            self.record = where
            self.checkpoint = where.with_suffix(".npz")
        else:
            now = datetime.now().strftime("%Y%m%d-%H%M%S")
            self.record = where / f"{name}-{now}.json"
            kind = f"{'full-' if full else ''}{epochs}-{seed}-{backend}"
            self.checkpoint = where / f"{name}-{kind}.npz"
        self.record.parent.mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """练完了，断点就不要了；不然同样的命令不会再练一遍。"""
        for ending in ("", ".previous"):
            self.checkpoint.with_name(self.checkpoint.name + ending).unlink(missing_ok=True)


# ── 选项 ──────────────────────────────────────────────────────────────────────


class _Parser(argparse.ArgumentParser):
    def format_help(self) -> str:
        return super().format_help().replace("usage:", "用法：", 1)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message}\n用法见 python -m mlcore.experiments --help\n")


def parse(words: list[str]) -> argparse.Namespace:
    """读命令行。"""
    about = "\n".join(f"  {name:<10} {experiment(name).TITLE}" for name in NAMES)
    parser = _Parser(
        prog="python -m mlcore.experiments", add_help=False,
        usage="python -m mlcore.experiments 实验 [选项]",
        description=f"真的练一遍，打印一张表，写一份记录。实验有：\n\n{about}\n\n"
        "随时可以按 Ctrl-C（被杀掉也一样）：同样的命令再运行一次，就接着练。",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    options = parser.add_argument_group("选项")
    parser.add_argument("name", metavar="实验", choices=NAMES, help=argparse.SUPPRESS)
    add = options.add_argument
    add("--full", action="store_true", help="完整的版本：网络更大，练得更久，最好有 GPU")
    add("--seed", type=_whole, default=0, metavar="N", help="随机数的种子，默认 0")
    add("--epochs", type=_positive, metavar="N", help="练几轮；不给就用实验自己的")
    add("--backend", choices=("numpy", "torch"), help="用什么算；不给就用实验自己的（torch 要装）")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto",
        help="torch 在哪里算；auto 是有 GPU 就用 GPU")  # fmt: skip
    add("--replay", action="store_true", help="torch 上也录下一步再重放（NumPy 上总是这样）")
    add("--record", type=Path, default=Path("runs"), metavar="PATH",
        help="记录写在哪里：.json 文件，或者文件夹；默认 runs")  # fmt: skip
    add("--no-progress", dest="progress", action="store_false", help="不要进度条")
    add("-h", "--help", action="help", help="打印这一页")
    return parser.parse_args(words)


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"要 0 到 2³²−1 的整数，得到 {text}")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"要正整数，得到 {text}")
    return int(text)


# ── 表 ────────────────────────────────────────────────────────────────────────


def table(result: dict[str, Any]) -> str:
    """两列的表；汉字占两格。"""
    rows = {name: _shown(name, value) for name, value in result.items()}
    wide = max(map(_width, rows))
    lines = []
    for name, text in rows.items():
        first, *rest = text.splitlines() or [""]
        lines.append(f"{name}{' ' * (wide - _width(name))}  {first}")
        lines += [f"{' ' * wide}  {line}" for line in rest]
    rule = "─" * max(map(_width, lines))
    return "\n".join([rule, *lines, rule])


def _shown(name: str, value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2%}" if name.endswith("率") else f"{value:.4g}"
    return str(value)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)

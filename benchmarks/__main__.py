"""``python -m benchmarks {page,cpu,gpu,growth} [--quick] [--only TEXT] [--json FILE]``：打印一张
表，也可以写成 JSON；``growth`` 还可以 ``--figure FILE.svg``，画成图。
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks import cpu, gpu, growth, page
from benchmarks.table import Row, missed, record, render

Suite = Callable[[bool, str], Iterable[Row]]

SUITES: dict[str, Suite] = {
    "cpu": cpu.measure,
    "gpu": gpu.measure,
    "page": lambda quick, only: page.measure(quick),
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suite", choices=[*sorted(SUITES), "growth"], help="量什么")
    parser.add_argument("--quick", action="store_true", help="少重复几次")
    parser.add_argument("--only", default="", metavar="TEXT", help="只要名字里有这几个字的行")
    parser.add_argument("--json", type=Path, metavar="FILE", help="把每一行写进这个文件")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="growth 的图（SVG）")
    options = parser.parse_args(arguments)
    print(record(), flush=True)
    if options.suite == "growth":
        write(options.json, growth.main(options.quick, options.figure))
        return 0
    rows = []
    for row in SUITES[options.suite](options.quick, options.only):
        if options.only not in row.work:
            continue
        # A full run takes a quarter of an hour: what is measured is told at once.
        print(f"{'✓' if row.met else '✗'} {row.work}  {row.ratio:.2f}", file=sys.stderr, flush=True)
        rows.append(row)
    if not rows:
        print(f"没有一行的名字里有「{options.only}」，什么也没有量。")
        return 1
    print(render(rows))
    for row in missed(rows):
        print(f"没有达到：{row.work}（{row.ratio:.2f}，要求 {row.target:g}）")
    write(options.json, [row.as_dict() for row in rows])
    return 0


def write(path: Path | None, rows: Sequence[dict[str, object]]) -> None:
    if path is not None:
        text = json.dumps(rows, ensure_ascii=False, indent=2)
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

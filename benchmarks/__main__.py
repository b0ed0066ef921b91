"""``python -m benchmarks {page,cpu} [--quick] [--json FILE]``：打印一张表，也可以写成 JSON。"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks import cpu, page
from benchmarks.table import missed, record, render

SUITES = {"cpu": cpu.measure, "page": page.measure}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suite", choices=sorted(SUITES), help="量什么")
    parser.add_argument("--quick", action="store_true", help="少重复几次，一分钟左右")
    parser.add_argument("--json", type=Path, metavar="FILE", help="把每一行写进这个文件")
    options = parser.parse_args(arguments)
    print(record(), flush=True)
    rows = []
    for row in SUITES[options.suite](options.quick):
        # A full run takes a quarter of an hour: what is measured is told at once.
        print(f"{'✓' if row.met else '✗'} {row.work}  {row.ratio:.2f}", file=sys.stderr, flush=True)
        rows.append(row)
    print(render(rows))
    for row in missed(rows):
        print(f"没有达到：{row.work}（{row.ratio:.2f}，要求 {row.target:g}）")
    if options.json:
        text = json.dumps([row.as_dict() for row in rows], ensure_ascii=False, indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`make bench`: every `bench_*.py` beside this file, one table. A row over its budget makes the exit code 1.

A bench module has `rows()`, which yields (what, measured, budget): two numbers of one unit, or budget None. Ratios are
of two measurements in the same run.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path


def main(wanted: list[str]) -> int:
    over = 0
    for file in sorted(Path(__file__).parent.glob("bench_*.py")):
        if wanted and file.stem.removeprefix("bench_") not in wanted:
            continue
        print(f"\n{file.stem.removeprefix('bench_')}", flush=True)
        for what, measured, budget in import_module(f"tests.bench.{file.stem}").rows():
            missed = budget is not None and measured > budget
            over += missed
            limit = "" if budget is None else f"{'over' if missed else 'within'} {budget:g}"
            print(f"  {what:<72} {measured:>10.3f}  {limit}", flush=True)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

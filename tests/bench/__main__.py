"""`make bench`: every `bench_*.py` beside this file, one table. A row over its budget makes the exit code 1.

A bench module has `rows()`, which yields `Row`s. Ratios are of two measurements in the same run. Arguments choose
modules (`python -m tests.bench engine store`); `counts` are those that count instead of measuring time, `cluster` those
that need one (on_cluster.py) and are not run unless they are named.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from tests.bench.row import Row

KNOWN = sorted(file.stem.removeprefix("bench_") for file in Path(__file__).parent.glob("bench_*.py"))
GROUPS = {
    "counts": ("delivery", "storm", "page"),
    "cluster": tuple(name for name in KNOWN if name.startswith("cluster_")),
}
ANYWHERE = [name for name in KNOWN if name not in GROUPS["cluster"]]


def main(wanted: list[str]) -> int:
    chosen = [name for word in wanted or ANYWHERE for name in GROUPS.get(word, (word,))]
    if unknown := sorted(set(chosen) - set(KNOWN)):
        print(f"there is no bench {', '.join(unknown)}; known: {', '.join([*GROUPS, *KNOWN])}", file=sys.stderr)
        return 2
    print(f"{'':<80}{'was':>10}{'now':>12}{'budget':>10}")
    over = 0
    for name in chosen:
        print(f"\n{name}", flush=True)
        for row in import_module(f"tests.bench.bench_{name}").rows():
            over += row.is_over
            print(_line(row), flush=True)
    print(f"\n{over} over budget" if over else "\nall within their budgets")
    return 1 if over else 0


def _line(row: Row) -> str:
    word = "" if row.budget is None else "  EXCEEDED" if row.is_over else "  ok"
    return f"  {row.what:<78}{_number(row.was):>10}{_number(row.measured):>12}{_number(row.budget):>10}{word}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return (
        f"{value:,.0f}"
        if value == int(value) and abs(value) < 1e9
        else f"{value:,.3g}"
        if value > 100
        else f"{value:.3f}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

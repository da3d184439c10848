"""The parts of Envoy's access log: `access.log`, which is written to, and older ones, `access.log.<number>`.

A part is set aside while Envoy runs: the name leads to a new file at once, and Envoy is told to open it. So there is
always a file of that name, and no line is in none of them. Read by the Envoy SLI provider.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PART_BYTES = 50_000_000
"""A longer one is set aside: some 200,000 requests."""
MOST_PARTS = 10
KEPT_S = 3600.0
"""So long a part is kept at least, however many there are: evaluations look back."""


def file(state_dir: Path) -> Path:
    return state_dir / "envoy" / "access.log"


def parts(log: Path) -> Sequence[Path]:
    """What was set aside, oldest first. The first is number 1 as long as nothing was forgotten."""
    found = [path for path in log.parent.glob(f"{log.name}.*") if path.suffix[1:].isdecimal()]
    return sorted(found, key=number)


def number(part: Path) -> int:
    return int(part.suffix[1:])


def bound(log: Path, *, reopen: Callable[[], None], part_bytes: int = PART_BYTES) -> None:
    """Set a log that is too long aside, and forget what is old. reopen: has Envoy open the file of that name anew."""
    if not log.exists() or log.stat().st_size <= part_bytes:
        return
    known = parts(log)
    log.with_name(f"{log.name}.{number(known[-1]) + 1 if known else 1}").hardlink_to(log)
    fresh = log.with_name(f".{log.name}.{os.getpid()}")
    fresh.touch()
    fresh.replace(log)
    reopen()
    for part in known[:-MOST_PARTS]:
        if part.stat().st_mtime < time.time() - KEPT_S:
            part.unlink(missing_ok=True)

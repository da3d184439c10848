"""The story as a whole: three stages, four versions, one repair."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
Row = tuple[str, float, float | None]


def rows() -> Iterator[Row]:
    begin = time.monotonic()
    command = [sys.executable, "-m", "examples.sockshop.demo"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    yield "the demo, seconds", time.monotonic() - begin, 120
    yield "the demo came out as told (0: yes)", done.returncode, 0

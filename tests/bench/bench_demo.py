"""The story as a whole: three stages, four versions, one repair."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.row import Row

ROOT = Path(__file__).parent.parent.parent


def rows() -> Iterator[Row]:
    begin = time.monotonic()
    command = [sys.executable, "-m", "examples.sockshop.demo"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    yield Row(what="the demo, after installation, seconds", measured=time.monotonic() - begin, was=80, budget=60)
    yield Row(what="the demo came out as told (0: yes)", measured=done.returncode, budget=0)

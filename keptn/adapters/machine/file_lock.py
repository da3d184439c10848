"""A lock between threads and processes of one machine, which the kernel takes back from a process that was killed."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keptn.errors import Unavailable

TIMEOUT_S = 10.0
_POLL_S = 0.002


@contextmanager
def locked(path: Path, *, timeout_s: float = TIMEOUT_S) -> Iterator[None]:
    """Hold the lock of that file, which is made if needed and stays. Raises Unavailable when it is not to be had."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(lock, path, deadline=time.monotonic() + timeout_s)
        yield
    finally:
        os.close(lock)  # which releases it


def _take(lock: int, path: Path, *, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            if time.monotonic() > deadline:
                raise Unavailable(f"another process holds {path} for too long; trying again later") from exc
            time.sleep(_POLL_S)
        else:
            return

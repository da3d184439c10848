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
_SHORTEST_POLL_S, _LONGEST_POLL_S = 0.002, 0.05


@contextmanager
def locked(path: Path, *, timeout_s: float = TIMEOUT_S) -> Iterator[int]:
    """Hold the lock of that file, which is made if needed and stays; gives its descriptor.

    Raises Unavailable when it is not to be had in time.
    """
    lock = _opened(path)
    try:
        _take(lock, path, deadline=time.monotonic() + timeout_s)
        yield lock
    finally:
        os.close(lock)  # which releases it


@contextmanager
def locked_if_free(path: Path) -> Iterator[int | None]:
    """Hold the lock of that file, if nobody does: the descriptor, else None."""
    lock = _opened(path)
    try:
        yield lock if _taken(lock) else None
    finally:
        os.close(lock)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _take(lock: int, path: Path, *, deadline: float) -> None:
    poll_s = _SHORTEST_POLL_S
    while not _taken(lock):
        if time.monotonic() > deadline:
            raise Unavailable(f"another process holds {path} for too long; trying again later")
        time.sleep(poll_s)
        poll_s = min(2 * poll_s, _LONGEST_POLL_S)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

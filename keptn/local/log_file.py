"""Log files of children, bounded: what is too long is moved aside once, the older part is forgotten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAX_BYTES = 8 * 1024 * 1024


@contextmanager
def opened(file: Path) -> Iterator[int]:
    """A descriptor that appends; children keep writing to the file after it is truncated."""
    file.parent.mkdir(parents=True, exist_ok=True)
    bound(file)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def bound(file: Path, *, max_bytes: int = MAX_BYTES) -> None:
    """Copy a file that is too long to `<name>.1` and empty it (a writer keeps its descriptor).

    Where there is no room for the copy, the file is emptied all the same: it is what takes the room.
    """
    if file.exists() and file.stat().st_size > max_bytes:
        aside = file.with_name(file.name + ".1")
        try:
            aside.write_bytes(file.read_bytes()[-max_bytes:])
        except OSError:
            aside.unlink(missing_ok=True)
        os.truncate(file, 0)

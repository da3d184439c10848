"""A small JSON file that several processes read and write: under a lock, replaced as a whole.

Used by the embedded platform and router. Not for what needs generations: that is the object store.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keptn.errors import Unavailable


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[int | None]:
    """Hold the lock beside the file; gives its descriptor. With wait=False, None if somebody else holds it.

    The kernel frees it when the process dies: nobody has to clean up.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor if _acquired(descriptor, wait=wait) else None
    finally:
        os.close(descriptor)


def read(path: Path) -> dict[str, Any]:
    """What is in the file; empty if there is none."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as exc:
        raise Unavailable(f"{path} is damaged ({exc}); restore it, or delete it to start afresh") from exc
    return content if isinstance(content, dict) else {}


def write(path: Path, content: object) -> None:
    """Replace the file: a reader sees the old or the new content, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _acquired(descriptor: int, *, wait: bool) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True

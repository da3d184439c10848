"""A small JSON file that several processes read and write: under a lock, replaced as a whole.

Used by the embedded platform and router. Not for what needs generations: that is the object store.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keptn.adapters.machine import disk, file_lock
from keptn.errors import Unavailable

LONGEST_S = 60.0
"""Who holds a lock may be stopping two workloads, each of which may take its time."""


@contextmanager
def locked(path: Path, *, timeout_s: float = LONGEST_S) -> Iterator[int]:
    """Hold the lock beside the file; gives its descriptor. Raises Unavailable when it is not to be had in time."""
    with file_lock.locked(_lock_of(path), timeout_s=timeout_s) as descriptor:
        yield descriptor


@contextmanager
def locked_if_free(path: Path) -> Iterator[int | None]:
    """Hold the lock beside the file, if nobody does: the descriptor, else None."""
    with file_lock.locked_if_free(_lock_of(path)) as descriptor:
        yield descriptor


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
    """Replace the file: a reader sees the old or the new content, whole. Raises Unavailable where the disk is full."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with disk.named(path):
        with fresh.open("w") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)


def _lock_of(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(path.name + ".lock")

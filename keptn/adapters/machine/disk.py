"""A disk that is full, as one sentence."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keptn.errors import Unavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOTHING_BYTES = 64 * 1024
"""Less than this is no room for anything that keptn writes."""


def is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < _NOTHING_BYTES


def full(path: Path) -> str:
    return f"the disk of {path} is full; make room there, and keptn goes on by itself"


@contextmanager
def named(path: Path) -> Iterator[None]:
    """A full disk becomes Unavailable. path: of what is written, where the error names no file."""
    try:
        yield
    except OSError as exc:
        if exc.errno not in _FULL:
            raise
        raise Unavailable(full(Path(exc.filename or path))) from exc

"""Secrets as files: `<folder>/<name>/<key>`, readable by their owner alone; mounted Kubernetes Secrets look the same.

One class reads and administers; which of the two a step may do, its port says.

Values are never part of an error or a log line.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from keptn.adapters.machine.file_lock import locked
from keptn.adapters.secrets import secret_name
from keptn.errors import Unavailable
from keptn.settings import Settings


class FolderSecrets:
    """Reads a file each time: a secret that was changed counts at once, in every process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def open(cls, *, settings: Settings) -> FolderSecrets:
        return cls(settings.state_dir / "secrets")

    def get(self, name: str, key: str) -> str | None:
        if not secret_name.is_name(name) or not secret_name.is_name(key):
            return None
        try:
            return secret_name.text((self._folder / name / key).read_bytes(), name=name, key=key)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as exc:
            raise Unavailable(f"secret {name!r} cannot be read: {exc.strerror}; see {self._folder}") from exc

    def put(self, name: str, values: Mapping[str, str]) -> None:
        with self._writing(name, values) as folder:
            for left in [left for left in folder.iterdir() if left.name not in values]:
                left.unlink(missing_ok=True)

    def merge(self, name: str, values: Mapping[str, str], *, instead_of: str = "") -> None:
        if not values and name not in self.names():
            return
        with self._writing(name, values) as folder:
            there = {left.name: "" for left in folder.iterdir()}
            for key in there.keys() - secret_name.left(there, instead_of=instead_of).keys() - values.keys():
                (folder / key).unlink(missing_ok=True)

    def names(self) -> Sequence[str]:
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir() if path.is_dir() and secret_name.is_name(path.name))

    def delete(self, name: str) -> None:
        if name in self.names():
            with _as_unavailable(name, self._folder):
                aside = self._folder / f".old-{uuid.uuid4()}"
                (self._folder / name).rename(aside)
                shutil.rmtree(aside, ignore_errors=True)

    @contextmanager
    def _writing(self, name: str, values: Mapping[str, str]) -> Iterator[Path]:
        """The secret's folder, in which the values are; nobody else writes meanwhile. Raises Refused or Unavailable."""
        secret_name.check(name, kind="secret")
        for key in values:
            secret_name.check(key, kind="key")
        with _as_unavailable(name, self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self._folder / ".lock"):
                folder = self._folder / name
                folder.mkdir(mode=0o700, exist_ok=True)
                for key, value in values.items():
                    _write(folder / key, value)
                yield folder


def _write(path: Path, value: str) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    fresh = path.with_name(f".{uuid.uuid4()}")
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "wb") as opened:
        opened.write(value.encode())
        opened.flush()
        os.fsync(opened.fileno())
    fresh.replace(path)


@contextmanager
def _as_unavailable(name: str, folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise Unavailable(f"secret {name!r} cannot be written: {exc.strerror}; see {folder}") from exc

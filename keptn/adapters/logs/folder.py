"""What functions wrote, from the local runtime's folder `logs/functions/<name>.log`. Reads the end of a file only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from keptn.errors import Unknown
from keptn.names import is_name
from keptn.settings import Settings

_MOST_BYTES = 512 * 1024


class FolderLogs:
    """One file per function, written by the local function host."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def open(cls, *, settings: Settings) -> FolderLogs:
        return cls(settings.state_dir / "logs" / "functions")

    def lines(self, function: str, *, limit: int = 100) -> Iterator[str]:
        """The last lines. Raises Unknown, listing the functions that wrote something."""
        file = self._folder / f"{function}.log"
        if not is_name(function) or not file.is_file():
            there = ", ".join(sorted(path.stem for path in self._folder.glob("*.log"))) or "none yet"
            raise Unknown(f"there is no log of function {function!r}; functions that wrote one: {there}")
        return iter(_tail(file).splitlines()[-limit:])


def _tail(file: Path) -> str:
    with file.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _MOST_BYTES))
        return stream.read().decode(errors="replace")

"""Files that users write, YAML or JSON, with the line of everything in them. Pure: text in, values out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keptn.errors import InvalidFile

Path = tuple[str | int, ...]
"""Keys and list positions from the root: `("stages", 0, "name")`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed file. data: what it holds. file: its name as the user knows it.

    notes: what was read otherwise than it is written, sentences with file and line.
    """

    file: str
    data: Any
    lines: dict[Path, int]
    notes: Sequence[str] = ()

    def line(self, path: Sequence[str | int] = ()) -> int | None:
        """The line of the value at the path, or of its nearest ancestor (1-based)."""
        for length in range(len(path), -1, -1):
            if found := self.lines.get(tuple(path[:length])):
                return found
        return None

    def error(self, reason: str, *path: str | int) -> InvalidFile:
        """The error that points at the path."""
        return InvalidFile(reason, file=self.file, line=self.line(path))


def load(text: str | bytes, *, file: str) -> Document:
    """Parse one YAML or JSON document. Raises InvalidFile (not parsable, not UTF-8, duplicate keys)."""
    from keptn import yaml_text  # noqa: PLC0415 - PyYAML is a tenth of what importing a function costs

    data, lines = yaml_text.parse(text, file=file)
    return Document(file=file, data=data, lines=lines)


def read(text: str | bytes, *, file: str, kind: str) -> Document:
    """`load` for a file of a kind that has a schema: small slips are read as they are meant, and noted.

    Raises InvalidFile, for an empty one too.
    """
    document = load(text, file=file)
    if document.data is None:
        raise document.error("is empty")
    return meant(document, kind=kind)


def meant(document: Document, *, kind: str) -> Document:
    """The document without its slips. kind: a `validation.Kind`."""
    from keptn.validation import spelling  # noqa: PLC0415 - it asks this module
    from keptn.validation.kinds import Kind  # noqa: PLC0415

    return spelling.meant(document, kind=Kind(kind))


def dump(data: object) -> bytes:
    """YAML as this project writes it: keys in the given order, block style."""
    from keptn import yaml_text  # noqa: PLC0415

    return yaml_text.dump(data)

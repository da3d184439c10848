"""A value of a user's file and its place: every check that fails names the line. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from keptn.documents import Document, Path
from keptn.errors import InvalidFile

_LONGEST = 60
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Place:
    """A value, and where it stands."""

    document: Document
    path: Path
    value: Any

    @property
    def name(self) -> str:
        """How a person calls it: `resources.limits.cpu`, `ports[1]`."""
        parts = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return parts.removeprefix(".")

    @property
    def absent(self) -> bool:
        """An empty key is an absent one."""
        return self.value is None

    def error(self, must: str) -> InvalidFile:
        """`ports[1].name 'x y' must be …`."""
        shown = repr(self.value)
        if self.absent:
            said = f"{self.name} is missing; it {must}"
        elif isinstance(self.value, dict | list) or len(shown) > _LONGEST:
            said = f"{self.name} {must}"
        else:
            said = f"{self.name} {shown} {must}"
        return self.document.error(said, *self.path)

    def __getitem__(self, key: str | int) -> Place:
        """What stands below; absent if nothing does."""
        value = self.value
        if isinstance(value, Mapping):
            return Place(self.document, (*self.path, key), value.get(key))
        return Place(self.document, (*self.path, key), value[key] if isinstance(key, int) else None)

    def mapping(self, *, keys: Collection[str] = ()) -> Mapping[str, Any]:
        """A mapping, of no other keys if some are given. An absent one is empty."""
        if self.absent:
            return {}
        if not isinstance(self.value, Mapping):
            raise self.error(f"must be a mapping with the keys {', '.join(keys)}" if keys else "must be a mapping")
        for key in self.value:
            if not isinstance(key, str):
                raise self.document.error(f"the key {key!r} is no text; put it in quotes", *self.path, str(key))
            if keys and key not in keys:
                raise self.document.error(
                    f"there is no key {key!r} in {self.name}; keys: {', '.join(keys)}", *self.path, key
                )
        return self.value

    def entries(self) -> Iterator[Place]:
        """The values of a mapping that has keys of the user's own."""
        return (self[key] for key, value in self.mapping().items() if value is not None)

    def items(self) -> Iterator[Place]:
        """The items of a list. An absent one is empty."""
        if not isinstance(self.value, list | None):
            raise self.error("must be a list")
        return (self[position] for position in range(len(self.value or ())))

    def text(self, pattern: str = r"(?s).+", *, must: str = "must be a text") -> str:
        if not isinstance(self.value, str) or not re.fullmatch(pattern, self.value):
            raise self.error(must)
        return self.value

    def scalar(self) -> str:
        """A text or a number; true and false as they were written."""
        if isinstance(self.value, bool):
            return str(self.value).lower()
        if isinstance(self.value, str | int | float):
            return str(self.value)
        raise self.error("must be a text or a number; write it in quotes")

    def number(self, least: int, most: int) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not least <= self.value <= most:
            raise self.error(f"must be a whole number from {least} to {most}")
        return self.value

    def json(self) -> Any:  # noqa: ANN401 - JSON
        """Anything that JSON has, too."""
        if isinstance(self.value, float) and not math.isfinite(self.value):
            raise self.error("must be a number that JSON has")
        if isinstance(self.value, Mapping):
            return {key: self[key].json() for key in self.mapping()}
        return [item.json() for item in self.items()] if isinstance(self.value, list) else self.value

    def flag(self) -> bool:
        """Absent is false."""
        if not isinstance(self.value, bool | None):
            raise self.error("must be true or false")
        return bool(self.value)

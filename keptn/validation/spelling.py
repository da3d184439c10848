"""Small slips in a file that its schema shows to be slips: read as they are meant, and noted. Pure but for the schemas.

A key with a blank too many, a word of a closed set in other letters, a free text (`description`, `comment`) where no
key of that name is known: real files have them, and keptn read them. Every parser reads through here
(`documents.read`), so a file means the same to `keptn validate` and to the step that needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from keptn.documents import Document, Path
from keptn.validation import helm, kinds, schemas
from keptn.validation.kinds import Kind

FREE = ("description", "comment")
"""Keys that may stand anywhere, with a text or number: they change nothing. Source: keptn's own samples."""
_BRANCHES = ("then", "else")
Rule = tuple[Mapping[str, Any], str]
"""A schema, and the name of the file it stands in."""


def meant(document: Document, *, kind: Kind) -> Document:
    """The document without its slips, which are among its notes: sentences with file and line."""
    if kind is Kind.VALUES:
        document = helm.translated(document)
    home = kinds.schema_of(kind, document.data)
    reader = _Reader(document)
    data = reader.read(document.data, list(_flat({"$ref": "#"}, home)), (), ())
    return replace(document, data=data, lines=reader.lines(), notes=(*document.notes, *reader.notes))


@dataclass(slots=True)
class _Reader:
    document: Document
    notes: list[str] = field(default_factory=list)
    renamed: dict[Path, Path] = field(default_factory=dict)

    def read(self, value: object, rules: list[Rule], at: Path, now: Path) -> object:
        """The value as it is meant. at: its path in the file; now: with the keys as they are meant."""
        if isinstance(value, dict):
            return self._mapping(value, rules, at, now)
        if isinstance(value, list):
            of_items = [found for rule, home in rules for found in _flat(rule.get("items"), home)]
            return [self.read(item, of_items, (*at, place), (*now, place)) for place, item in enumerate(value)]
        return self._word(value, rules, at) if isinstance(value, str) else value

    def _mapping(self, value: dict[Any, Any], rules: list[Rule], at: Path, now: Path) -> dict[Any, Any]:
        known = {key for rule, _ in rules for key in rule.get("properties", ())}
        closed = any(rule.get("additionalProperties") is False for rule, _ in rules)
        found: dict[Any, Any] = {}
        for key, item in value.items():
            if closed and key in FREE and key not in known and isinstance(item, str | int | float | None):
                continue
            name = self._key(key, known, value, at)
            if name != key:
                self.renamed[(*at, key)] = (*now, name)
            found[name] = self.read(item, _of_key(rules, name), (*at, key), (*now, name))
        return found

    def _key(self, key: Any, known: set[str], beside: Mapping[Any, Any], at: Path) -> Any:  # noqa: ANN401 - YAML's
        bare = key.strip() if isinstance(key, str) else key
        if bare == key or bare not in known or bare in beside:
            return key
        self.notes.append(str(self.document.error(f"{key!r} has a blank too many; it is read as `{bare}`", *at, key)))
        return bare

    def _word(self, value: str, rules: list[Rule], at: Path) -> str:
        words = [word for rule, _ in rules for word in _words(rule)]
        if not words or value in words:
            return value
        meant = next((word for word in words if word.casefold() == value.strip().casefold()), None)
        if meant is None:
            return value
        self.notes.append(str(self.document.error(f"{value!r} is read as {meant}; write it so", *at)))
        return meant

    def lines(self) -> dict[Path, int]:
        """The lines by the keys as they are meant."""
        if not self.renamed:
            return self.document.lines
        return {self._renamed(path): line for path, line in self.document.lines.items()}

    def _renamed(self, path: Path) -> Path:
        for length in range(len(path), 0, -1):
            if new := self.renamed.get(path[:length]):
                return (*new, *path[length:])
        return path


def _words(rule: Mapping[str, Any]) -> Iterator[str]:
    """A closed set, and the known words of an open one (`examples`)."""
    listed: Sequence[object] = (*rule.get("enum", ()), *rule.get("examples", ()), rule.get("const"))
    return (word for word in listed if isinstance(word, str))


def _of_key(rules: list[Rule], key: object) -> list[Rule]:
    below = [
        (rule["properties"][key] if key in rule.get("properties", ()) else rule.get("additionalProperties"), home)
        for rule, home in rules
    ]
    return [found for rule, home in below for found in _flat(rule, home)]


def _flat(rule: object, home: str) -> Iterator[Rule]:
    """The rule, what it refers to, and its alternatives, whichever of them holds."""
    if not isinstance(rule, Mapping):
        return
    if "$ref" in rule:
        file, _, pointer = rule["$ref"].partition("#")
        home = file.removesuffix(".schema.json") or home
        yield from _flat(_at(home, pointer), home)
        return
    yield rule, home
    for other in (*rule.get("anyOf", ()), *(rule[branch] for branch in _BRANCHES if branch in rule)):
        yield from _flat(other, home)


def _at(home: str, pointer: str) -> object:
    target: Any = _schema(home)
    for part in filter(None, pointer.split("/")):
        target = target[part]
    return target


@cache
def _schema(name: str) -> Mapping[str, Any]:
    return schemas.load(name)

"""Files that users write, YAML or JSON, with the line of everything in them. Pure: text in, values out."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from keptn.errors import InvalidFile

Path = tuple[str | int, ...]
"""Keys and list positions from the root: `("stages", 0, "name")`."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed file. data: what it holds. file: its name as the user knows it."""

    file: str
    data: Any
    lines: dict[Path, int]

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
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        parsed = json.loads(decoded) if file.endswith(".json") else None
        node = yaml.compose(_expanded(decoded, file), Loader=_Loader)
        lines = dict(_lines(node, (), file)) if node else {}
        data = parsed if file.endswith(".json") else _construct(node)
    except UnicodeDecodeError as exc:
        raise InvalidFile("the file is not UTF-8 text", file=file) from exc
    except json.JSONDecodeError as exc:
        raise InvalidFile(f"not valid JSON: {exc.msg}", file=file, line=exc.lineno) from exc
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        raise InvalidFile(f"not valid YAML: {exc.problem}", file=file, line=mark.line + 1 if mark else None) from exc
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise InvalidFile(f"cannot be read: {str(exc).splitlines()[0]}", file=file) from exc
    return Document(file=file, data=data, lines=lines)


def dump(data: object) -> bytes:
    """YAML as this project writes it: keys in the given order, block style."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120).encode()


_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _expanded(text: str, file: str) -> str:
    return text.expandtabs(2) if file.endswith(".json") else text  # YAML forbids the tabs that JSON allows


def _construct(node: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    if node is None:
        return None
    loader = _Loader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _lines(node: Any, path: Path, file: str) -> Iterator[tuple[Path, int]]:  # noqa: ANN401 - PyYAML has no types here
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _lines(item, (*path, position), file)
    elif isinstance(node, yaml.MappingNode):
        seen: set[Hashable] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise InvalidFile(f"the key {key.value!r} stands twice", file=file, line=line)
            seen.add(key.value)
            yield from _lines(value, (*path, key.value), file)
            yield (*path, key.value), line

"""Text of users' files to values and lines, and back, with PyYAML. Only documents.py calls it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import yaml

from keptn.documents import Path
from keptn.errors import InvalidFile

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX = "tag:yaml.org,2002:"
_TAGS = frozenset(_PREFIX + name for name in ("str", "int", "float", "bool", "null", "map", "seq", "merge"))
"""What JSON has, too: no date, bytes or set gets into a document."""
_DEEPEST = 100
_MOST_VALUES = 100_000
_SHORT = 4000
"""Characters that cannot nest deep enough to overflow the C stack of libyaml's composer."""


def parse(text: str | bytes, *, file: str) -> tuple[Any, dict[Path, int]]:
    """What the file holds, and the line of every path in it. Raises InvalidFile."""
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        parsed = json.loads(decoded) if file.endswith(".json") else None
        _refuse_depth(decoded, file)
        node = yaml.compose(_expanded(decoded, file), Loader=_Loader)
        lines = _all_lines(node, file) if node else {}
        data = parsed if file.endswith(".json") else _construct(node)
    except UnicodeDecodeError as exc:
        raise InvalidFile("the file is not UTF-8 text", file=file) from exc
    except json.JSONDecodeError as exc:
        raise InvalidFile(f"not valid JSON: {exc.msg}", file=file, line=exc.lineno) from exc
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        raise InvalidFile(_reason(exc, decoded), file=file, line=mark.line + 1 if mark else None) from exc
    except RecursionError as exc:
        raise InvalidFile(f"nested more than {_DEEPEST} levels deep; make it flatter", file=file) from exc
    except (yaml.YAMLError, ValueError) as exc:
        raise InvalidFile(f"cannot be read: {str(exc).splitlines()[0]}", file=file) from exc
    return data, lines


def dump(data: object) -> bytes:
    """As `documents.dump`."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120).encode()


def _reason(exc: yaml.MarkedYAMLError, text: str) -> str:
    """What is wrong, in words of a person where libyaml's are its own."""
    lines, mark = text.splitlines(), exc.problem_mark
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())] or (mark and line[mark.column : mark.column + 1] == "\t"):
        return "not valid YAML: a tab in the indentation; indent with spaces"
    if exc.problem == "found character that cannot start any token" and mark:
        return f"not valid YAML: nothing may begin with {line[mark.column : mark.column + 1]!r}; put it in quotes"
    if exc.problem == "but found another document":
        return "not valid YAML here: a second document begins; keep one in a file"
    return f"not valid YAML: {exc.problem}"


class _Loader(_Base):  # type: ignore[misc]
    """Reads a date as text, as JSON does."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag in _TAGS]
        for first, resolvers in _Base.yaml_implicit_resolvers.items()
    }


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


def _refuse_depth(text: str, file: str) -> None:
    """Before the composer sees it, which recurses in C. Raises InvalidFile."""
    depth = 0
    for event in yaml.parse(_expanded(text, file), Loader=_Loader) if len(text) > _SHORT else ():
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise RecursionError


def _all_lines(root: Any, file: str) -> dict[Path, int]:  # noqa: ANN401 - PyYAML has no types here
    """The line of every path. A value that aliases repeat counts each time: a few lines can stand for billions."""
    found: dict[Path, int] = {}
    for path, line in _lines(root, (), file):
        found[path] = line
        if len(found) > _MOST_VALUES:
            raise InvalidFile(f"has more than {_MOST_VALUES:,} values, aliases counted; make it smaller", file=file)
    return found


def _lines(node: Any, path: Path, file: str) -> Iterator[tuple[Path, int]]:  # noqa: ANN401
    line = node.start_mark.line + 1
    yield path, line
    if len(path) > _DEEPEST:
        raise RecursionError
    if node.tag not in _TAGS:
        tag = node.tag.replace(_PREFIX, "!!")
        raise InvalidFile(f"not valid YAML here: nobody reads the tag {tag!r}; leave it out", file=file, line=line)
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _lines(item, (*path, position), file)
    elif isinstance(node, yaml.MappingNode):
        yield from _mapping_lines(node, path, file)


def _mapping_lines(node: Any, path: Path, file: str) -> Iterator[tuple[Path, int]]:  # noqa: ANN401
    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise InvalidFile("a key must be a text, not a list or mapping", file=file, line=line)
        if key.value in seen and key.tag != f"{_PREFIX}merge":
            raise InvalidFile(f"the key {key.value!r} stands twice", file=file, line=line)
        seen.add(key.value)
        yield from _lines(value, (*path, key.value), file)
        yield (*path, key.value), line

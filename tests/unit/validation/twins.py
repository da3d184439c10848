"""Broken twins of an example: copies with one thing wrong, made from what its schema says. For test_schemas.py."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from keptn.documents import Path
from keptn.validation import schemas

_WRONG = ({"surprise": 1}, ["surprise"], "surprise", 1.5, True)
_TEXTS = ("not @ all", "", "a/b")
_TYPES = {"object": dict, "array": list, "string": str, "number": (int, float), "integer": int, "boolean": bool}


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """name: what was done to it; path: where the trouble is."""

    name: str
    path: Path
    data: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value of the example with all that the schema says of it. rules: plain keywords, references followed."""

    path: Path
    value: Any
    rules: tuple[Mapping[str, Any], ...]


def twins(data: Any, *, schema: str) -> Iterator[Twin]:
    """Each node of the example broken in each way that its schema forbids."""
    for node in nodes(data, schema=schema):
        for name, path, wrong in _breakages(node):
            yield Twin(
                name=f"{'.'.join(map(str, node.path)) or 'root'}: {name}", path=path, data=_with(data, path, wrong)
            )


def nodes(data: Any, *, schema: str) -> Iterator[Node]:
    """The example's values, each with its rules."""
    yield from _walk(data, (), (({"$ref": "#"}, schema),))


def _walk(value: Any, path: Path, given: tuple[tuple[Any, str], ...]) -> Iterator[Node]:
    rules = tuple(rule for one, home in given for rule in _flat(one, home, value))
    yield Node(path=path, value=value, rules=tuple(rule for rule, _ in rules))
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, (*path, key), tuple(found for r, h in rules for found in _of_key(r, h, key)))
    elif isinstance(value, list):
        of_items = tuple((rule["items"], home) for rule, home in rules if "items" in rule)
        for place, item in enumerate(value):
            yield from _walk(item, (*path, place), of_items)


def _of_key(rule: Mapping[str, Any], home: str, key: str) -> Iterator[tuple[Any, str]]:
    if key in rule.get("properties", {}):
        yield rule["properties"][key], home
    elif isinstance(rule.get("additionalProperties"), dict):
        yield rule["additionalProperties"], home


def _flat(rule: Any, home: str, value: Any) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The rule, what it refers to, and the branch of its `if` that the value takes; each with its schema's name."""
    if isinstance(rule, bool):
        return
    if "$ref" in rule:
        file, _, pointer = rule["$ref"].partition("#")
        home = file.removesuffix(".schema.json") or home
        target = schemas.load(home)
        for part in filter(None, pointer.split("/")):
            target = target[part]
        yield from _flat(target, home, value)
        return
    yield rule, home
    if "if" in rule:
        taken = "then" if Draft202012Validator(rule["if"]).is_valid(value) else "else"
        yield from _flat(rule.get(taken, True), home, value)


def _breakages(node: Node) -> Iterator[tuple[str, Path, Any]]:
    """What was done, where it shows, and the value to put there (`...`: nothing)."""
    for rule in node.rules:
        if isinstance(node.value, dict):
            for key in rule.get("required", ()):
                yield f"without {key}", (*node.path, key), ...
            if rule.get("additionalProperties") is False:
                yield "with an unknown key", (*node.path, "surprise"), 1
        if "type" in rule:
            wrong = next(value for value in _WRONG if not _fits(value, rule["type"]))
            yield f"of the wrong type ({wrong!r})", node.path, wrong
        if ("enum" in rule or "const" in rule) and node.path:
            yield "with an unknown word", node.path, "surprise"
        if "pattern" in rule and isinstance(node.value, str):
            yield (
                "against the pattern",
                node.path,
                next(text for text in _TEXTS if not re.search(rule["pattern"], text)),
            )
        if isinstance(node.value, list) and rule.get("minItems"):
            yield "empty", node.path, []
        for limit, step in (("minimum", -1), ("exclusiveMinimum", -1), ("maximum", 1), ("exclusiveMaximum", 1)):
            if limit in rule and isinstance(node.value, int | float):
                yield f"beyond the {limit}", node.path, rule[limit] + step


def _fits(value: Any, types: str | list[str]) -> bool:
    wanted = [types] if isinstance(types, str) else types
    if isinstance(value, bool):
        return "boolean" in wanted
    return any(isinstance(value, _TYPES[one]) for one in wanted)


def _with(data: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    twin = copy.deepcopy(data)
    place = twin
    for part in path[:-1]:
        place = place[part]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return twin

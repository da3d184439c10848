"""From what jsonschema reports to a sentence for a person: what is wrong, what to do. Pure.

A schema's `description` takes part: with a `pattern` it names what the value must be ("a duration such as 30s"), with
an `anyOf` what the mapping must do ("name its service").
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from keptn.documents import Path

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_LONGEST = 60


def of(error: Any) -> Iterator[tuple[Path, str]]:  # noqa: ANN401 - jsonschema is not imported here
    """Path and sentence of everything that one error reports."""
    path = tuple(error.absolute_path)
    if "propertyNames" in list(error.absolute_schema_path)[-2:]:
        yield (*path, error.instance), f"the key {error.instance!r} must be {error.schema['description']}"
    elif error.validator == "additionalProperties":
        yield from _surplus(error, path)
    elif error.validator == "required":
        lacking = [name for name in error.validator_value if name not in error.instance]
        yield path, f"{_where(path)} lacks {_listed(lacking)}; add {'them' if len(lacking) > 1 else 'it'}"
    else:
        yield path, f"{_where(path)} {_REASONS[error.validator](error)}"


def _surplus(error: Any, path: Path) -> Iterator[tuple[Path, str]]:  # noqa: ANN401
    listed = error.schema.get("properties", {})
    known = [key for key in listed if not key.startswith("$")]
    for key in error.instance:
        if key not in listed:
            yield (*path, key), f"`{key}` is not known in {_where(path)}; {_hint(key, known)}"


def _type(error: Any) -> str:  # noqa: ANN401
    named = error.validator_value
    wanted = [named] if isinstance(named, str) else named
    if "pattern" in error.schema:
        return f"must be {_description(error)}, not {_shown(error.instance)}"
    quotes = "; put it in quotes" if wanted == ["string"] and isinstance(error.instance, int | float) else ""
    keys = ", ".join(error.schema.get("properties", ())) if "object" in wanted else ""
    kinds = " or ".join(_TYPES[one] for one in wanted) + (f" with the keys {keys}" if keys else "")
    return f"must be {kinds}, not {_shown(error.instance)}{quotes}"


def _choice(error: Any) -> str:  # noqa: ANN401
    known = [str(value) for value in _distinct(error.validator_value)]
    near = difflib.get_close_matches(str(error.instance), known, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"must be one of {', '.join(known)}, not {_shown(error.instance)}{meant}"


def _limit(words: str) -> Callable[[Any], str]:
    return lambda error: f"must be {words} {error.validator_value:g}, not {_shown(error.instance)}"


def _description(error: Any) -> str:  # noqa: ANN401
    return str(error.schema["description"])


_REASONS: Mapping[str, Callable[[Any], str]] = {
    "type": _type,
    "enum": _choice,
    "const": lambda error: f"must be {error.validator_value}, not {_shown(error.instance)}",
    "pattern": lambda error: f"must be {_description(error)}, not {_shown(error.instance)}",
    "anyOf": lambda error: f"must {_description(error)}",
    "minimum": _limit("at least"),
    "maximum": _limit("at most"),
    "exclusiveMinimum": _limit("above"),
    "exclusiveMaximum": _limit("below"),
    "minItems": lambda _: "must have at least one entry",
    "minProperties": lambda _: "must have at least one entry",
    "minLength": lambda _: "must not be empty",
    "maxLength": lambda error: f"may have {error.validator_value} characters, not {len(error.instance)}; shorten it",
}
KEYWORDS = frozenset({*_REASONS, "required", "additionalProperties", "propertyNames"})
"""What a schema may say here; a test proves that ours say nothing else."""


def _where(path: Path) -> str:
    """What a person calls the place: the nearest key, and the entry if it is in a list."""
    names = [part for part in path if isinstance(part, str)]
    if not path:
        return "the file"
    if isinstance(path[-1], int):
        return f"entry {path[-1] + 1} of `{names[-1]}`" if names else f"entry {path[-1] + 1}"
    return f"`{path[-1]}`"


def _hint(key: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"known: {', '.join(map(str, _distinct(known)))}"


def _distinct(values: Iterable[object]) -> list[object]:
    """Without further spellings of the same word (`get`, `blue-green`)."""
    seen: dict[str, object] = {}
    for value in values:
        seen.setdefault(str(value).lower().replace("-", "_"), value)
    return list(seen.values())


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _shown(value: object) -> str:
    if value is None or isinstance(value, list | dict):
        return "nothing" if value is None else "a list" if isinstance(value, list) else "a mapping"
    shown = str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, str) else str(value)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"

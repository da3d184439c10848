"""Values, history and samples from files: what `keptn evaluate` and `keptn compare` read without a server. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from keptn import documents
from keptn.documents import Document, Path
from keptn.events import Result
from keptn.ports import SliValue
from keptn.quality import fields
from keptn.quality.judge import Samples
from keptn.quality.verdict import Measured, Previous

_VALUE = {"value", "success", "message", "samples"}
_HISTORY = {"id", "result", "invalidated", "values"}


def values(text: bytes, *, file: str) -> Measured:
    """`{metric: number | null | {value, success, message, samples} | [{key, value}]}`. Raises InvalidFile."""
    document = documents.load(text, file=file)
    given = fields.mapping(document, document.data)
    return {str(name): _measured(document, str(name), entry, (name,)) for name, entry in given.items()}


def history(text: bytes, *, file: str) -> Sequence[Previous]:
    """`[{id, result, invalidated, values}]`, newest first. Raises InvalidFile."""
    document = documents.load(text, file=file)
    return [_previous(document, entry, place) for place, entry in enumerate(fields.sequence(document, document.data))]


def samples(text: bytes, *, file: str) -> Samples:
    """`{metric: [number | null, …]}`. Raises InvalidFile."""
    document = documents.load(text, file=file)
    given = fields.mapping(document, document.data)
    return {str(name): _series(document, entry, name) for name, entry in given.items()}


def _measured(document: Document, name: str, entry: object, path: Path) -> SliValue:
    if isinstance(entry, list):
        return _entities(document, name, entry, path)
    if not isinstance(entry, dict):
        entry = {"value": entry}
    fields.known_keys(document, entry, _VALUE, *path)
    message = str(entry.get("message") or "")
    series = [one for one in _series(document, entry.get("samples") or [], *path, "samples") if one is not None]
    if entry.get("success", True) is not True:
        reason = message or "it was not measured successfully"
        return SliValue(indicator=name, query="", reason=reason, failed=True)
    known = {"": _number(document, entry.get("value"), *path)}
    return _value(name, known, series, message or _no_number(entry.get("value")))


def _entities(document: Document, name: str, listed: Sequence[object], path: Path) -> SliValue:
    known: dict[str, float] = {}
    for place, entry in enumerate(listed):
        given = fields.mapping(document, entry, *path, place)
        fields.known_keys(document, given, {"key", "value"}, *path, place)
        key = str(given.get("key", ""))
        if key in known:
            raise document.error(f"the entity {key!r} stands twice", *path, place)
        value = _number(document, given.get("value"), *path, place, "value")
        known[key] = math.nan if value is None else value
    return SliValue(indicator=name, query="", values=known, reason="" if known else "no values were given")


def _no_number(value: object) -> str:
    """What JSON has no number for, in its own words; Python reads it all the same."""
    if not isinstance(value, float) or math.isfinite(value):
        return ""
    return f"{'NaN' if math.isnan(value) else 'Infinity' if value > 0 else '-Infinity'} is no number"


def _value(name: str, known: Mapping[str, float | None], series: Sequence[float], message: str) -> SliValue:
    finite = {key: value for key, value in known.items() if value is not None and math.isfinite(value)}
    reason = "" if finite else message or "no value was given"
    return SliValue(indicator=name, query="", values=finite, samples=series, reason=reason)


def _number(document: Document, value: object, *path: str | int) -> float | None:
    """A number, or None for what JSON has no number for. Raises InvalidFile for anything else."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return fields.number(document, value, *path)


def _series(document: Document, entry: object, *path: str | int) -> list[float | None]:
    listed = fields.sequence(document, entry, *path)
    return [_number(document, value, *path, place) for place, value in enumerate(listed)]


def _previous(document: Document, entry: object, place: int) -> Previous:
    given = fields.mapping(document, entry, place)
    fields.known_keys(document, given, _HISTORY, place)
    found: Mapping[str, Any] = fields.mapping(document, given.get("values") or {}, place, "values")
    measured = {str(name): _measured(document, str(name), one, (place, "values", name)) for name, one in found.items()}
    return Previous(
        id=str(given.get("id", "")),
        result=fields.one_of(document, given.get("result"), list(Result), place, "result"),
        invalidated=fields.flag(document, given, "invalidated", place),
        values={name: value.values for name, value in measured.items() if value.values},
    )

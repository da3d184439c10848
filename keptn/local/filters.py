"""Trigger filters: which events a Trigger hears. Pure.

Both forms of eventing.knative.dev/v1: `filter.attributes`, and `filters`, which overrides it. A missing attribute never
matches. CESQL (`cesql`) is not supported: there is no parser for it in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from keptn.errors import Refused

Filter = Callable[[Mapping[str, str]], bool]
"""From an event's attributes to whether it matches."""


def of_trigger(spec: Mapping[str, Any], *, trigger: str) -> Filter:
    """The filter of a Trigger's `spec`. Raises Refused, naming the Trigger."""
    if filters := spec.get("filters"):
        return _all([_dialect(one, trigger) for one in filters])
    return _attributes((spec.get("filter") or {}).get("attributes") or {})


def _attributes(wanted: Mapping[str, str]) -> Filter:
    """Exact match; an empty value means any, of an attribute that is there (Trigger API, `filter.attributes`)."""
    return lambda event: all(k in event and v in ("", event[k]) for k, v in wanted.items())


def _dialect(spec: Mapping[str, Any], trigger: str) -> Filter:
    names = sorted(spec)
    if len(names) != 1:
        raise Refused(f"Trigger {trigger}: a filter must have exactly one dialect, not {', '.join(names) or 'none'}")
    name, value = names[0], spec[names[0]]
    if name in _SIMPLE:
        return _compared(_SIMPLE[name], value)
    if name in ("all", "any"):
        nested = [_dialect(one, trigger) for one in value]
        return _all(nested) if name == "all" else _any(nested)
    if name == "not":
        return _not(_dialect(value, trigger))
    known = ", ".join([*_SIMPLE, "all", "any", "not"])
    raise Refused(f"Trigger {trigger}: the filter dialect {name!r} is not supported here; write it with {known}")


_SIMPLE: Mapping[str, Callable[[str, str], bool]] = {
    "exact": str.__eq__,
    "prefix": str.startswith,
    "suffix": str.endswith,
}


def _compared(compare: Callable[[str, str], bool], wanted: Mapping[str, str]) -> Filter:
    return lambda event: all(k in event and compare(event[k], v) for k, v in wanted.items())


def _all(filters: Sequence[Filter]) -> Filter:
    return lambda event: all(one(event) for one in filters)


def _any(filters: Sequence[Filter]) -> Filter:
    return lambda event: any(one(event) for one in filters)


def _not(negated: Filter) -> Filter:
    return lambda event: not negated(event)

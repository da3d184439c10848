"""A notification, read by a mapping: its entries, each with the fields that the mapping finds in it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from keptn.events import derived_id
from keptn.webhooks.mappings import expressions
from keptn.webhooks.mappings.expressions import MOST, Told
from keptn.webhooks.mappings.file import Condition, SenderMapping

_SHOWN = 80
_TOO_MANY = f"a notification has at most {MOST} entries; this one and what follows were not read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. why_not: why the mapping's `only` leaves it out; empty if it counts."""

    mapping: SenderMapping
    told: Told
    why_not: str = ""

    def text(self, field: str) -> str:
        """The first text of the field; empty if there is none."""
        return next(iter(self.texts(field)), "")

    def texts(self, field: str) -> Sequence[str]:
        return expressions.texts(self.mapping.fields[field], self.told) if field in self.mapping.fields else []

    def values(self, field: str) -> Sequence[object]:
        """What stands there, of any type."""
        return self.mapping.fields[field].values(self.told) if field in self.mapping.fields else []

    @property
    def id(self) -> str:
        """What the mapping's field `id` finds; without it, the same for the same entry of the same sender."""
        return self.text("id") or derived_id(self.mapping.title, json.dumps(self.told.entry, sort_keys=True))


def entries(mapping: SenderMapping, body: object, headers: Mapping[str, str]) -> Iterator[Entry]:
    """Those of a notification; of more than `expressions.MOST` one more, which says so. headers: names in lower case.

    Raises Undecodable for a body that no path can be followed in.
    """
    whole = Told(body=body, entry=body, headers=headers)
    found = mapping.each[1].values(whole) if mapping.each else [body]
    for place, value in enumerate(found):
        told = Told(body=body, entry=value, headers=headers)
        reasons = (reason for one in mapping.only if (reason := _why_not(one, told)))
        why_not = _TOO_MANY if place >= MOST else next(reasons, "")
        yield Entry(mapping=mapping, told=told, why_not=why_not)


def _why_not(condition: Condition, told: Told) -> str:
    found = expressions.texts(condition.expression, told)
    if any(fnmatchcase(text, allowed) for text in found for allowed in condition.allowed):
        return ""
    shown = repr(found[0][:_SHOWN]) if found else "not there"
    return f"{condition.key} is {shown}, not {' or '.join(map(repr, condition.allowed))}"

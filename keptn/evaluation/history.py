"""The evaluations of one service in one stage, as a person looks at them: some side by side, and who took one out.

Read by the bridge, in two rounds of reads however long the history is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keptn.events import Scope
from keptn.ports import ObjectStore
from keptn.records import objects
from keptn.records.side_by_side import side_by_side

SIDE_BY_SIDE = 20
_MOST = 1000
"""Names that are looked through: those that are older are of no interest, and soon gone (`retention.py`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """records: newest first. words: by id, who took it out and why. newer, older: an evaluation beside these."""

    records: Sequence[Mapping[str, Any]]
    words: Mapping[str, Mapping[str, Any]]
    newer: str = ""
    older: str = ""


def around(store: ObjectStore, scope: Scope, wanted: str = "") -> History:
    """The wanted evaluation among its neighbours, or the newest; none if it is not there."""
    names = list(store.list(objects.evaluations(scope), limit=_MOST).names)
    ids = [objects.evaluation_id(name) for name in names]
    if wanted and wanted not in ids:
        return History(records=[], words={})
    first = ids.index(wanted) // SIDE_BY_SIDE * SIDE_BY_SIDE if wanted else 0
    over = first + SIDE_BY_SIDE
    shown = ids[first:over]
    words_of = [objects.invalidated(scope, one) for one in shown]
    found = side_by_side(store, store.get, [*names[first:over], *words_of])
    records = [json.loads(stored.data) for stored in found[: len(shown)] if stored]
    words = zip(shown, found[len(shown) :], strict=True)
    return History(
        records=records,
        words={one: json.loads(stored.data or b"{}") for one, stored in words if stored},
        newer=ids[first - 1] if first else "",
        older=next(iter(ids[over:]), ""),
    )

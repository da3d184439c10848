"""Evaluations in the object store, newest first. `evaluate` writes them, `api` and later evaluations read them.

evaluations/<project>/<stage>/<service>/<reversed time>-<id>.json     the whole record; only ever created
invalidated/<project>/<stage>/<service>/<id>       a person's word that it must not be compared with: by, reason, time
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from keptn import events
from keptn.errors import LostRace
from keptn.evaluation import record
from keptn.events import Event, Scope
from keptn.ports import ObjectStore
from keptn.quality.verdict import Comparison, Previous
from keptn.records import objects

MOST_LOOKED_AT = 50
"""How far back an evaluation looks for earlier ones that it may be compared with."""


def stored(store: ObjectStore, triggered: Event) -> dict[str, Any] | None:
    """The record of this very evaluation, if it was made before."""
    return _read(store, objects.evaluation(triggered))


def keep(store: ObjectStore, triggered: Event, made: Mapping[str, Any]) -> dict[str, Any]:
    """Store the record; return the one that counts, which is another's if that was first."""
    name = objects.evaluation(triggered)
    try:
        store.put(name, json.dumps(made, allow_nan=False).encode(), if_generation=0)
    except LostRace:
        return _read(store, name) or dict(made)
    return dict(made)


def earlier(store: ObjectStore, triggered: Event, comparison: Comparison, *, own: bool) -> Sequence[Previous]:
    """Evaluations of the same service and stage before this one that it is compared with, newest first.

    It looks at a bounded number of objects, however long the history is. own: also at those of this very delivery.
    """
    return comparison.of(_before(store, triggered, own=own)) if comparison.most else []


def newest(store: ObjectStore, scope: Scope, *, limit: int) -> Iterator[dict[str, Any]]:
    """The newest records, newest first."""
    page = store.list(objects.evaluations(scope), limit=limit)
    for name in page.names:
        if (found := _read(store, name)) is not None:
            yield found


def named_in(invalidated: Event) -> str:
    """The evaluation that an `evaluation.invalidated` event means; empty if it names none."""
    own = invalidated.data.get("evaluation")
    return invalidated.triggered_id or (str(own.get("id") or "") if isinstance(own, Mapping) else "")


def invalidate(store: ObjectStore, word: Event) -> None:
    """No later evaluation is compared with the named one any more. It may come before the evaluation itself."""
    if not (evaluation := named_in(word)):
        return
    said = {"by": word.extensions.get("keptnby", ""), "reason": word.message, "time": events.rfc3339(word.time)}
    with suppress(LostRace):
        store.put(objects.invalidated(word.scope, evaluation), json.dumps(said).encode(), if_generation=0)


def is_invalidated(store: ObjectStore, scope: Scope, evaluation: str) -> bool:
    return store.get(objects.invalidated(scope, evaluation)) is not None


def _before(store: ObjectStore, triggered: Event, *, own: bool) -> Iterator[Previous]:
    this = objects.evaluation(triggered)
    page = store.list(objects.evaluations(triggered.scope), start_offset=this, limit=MOST_LOOKED_AT + 1)
    for name in page.names:
        if name == this or (found := _read(store, name)) is None:
            continue
        if own or found.get("shkeptncontext") != triggered.context:
            yield record.previous_of(found, invalidated=is_invalidated(store, triggered.scope, str(found["id"])))


def _read(store: ObjectStore, name: str) -> dict[str, Any] | None:
    found = store.get(name)
    return json.loads(found.data) if found else None

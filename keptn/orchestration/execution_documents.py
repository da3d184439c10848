"""Writing what people read: one document per execution, one line per delivery, one object per verdict."""

from __future__ import annotations

import json

from keptn.errors import LostRace
from keptn.events import Scope, rfc3339
from keptn.ports import ObjectStore
from keptn.records import objects
from keptn.sequence.codec import plain
from keptn.sequence.execution_document import document
from keptn.sequence.slot import Execution, Rejection


def write(store: ObjectStore, execution: Execution, *, scope: Scope, revision: int) -> bool:
    """Write the document unless a newer one is there; with the first one the delivery appears in the list.

    revision: of the slot; 0 for what was not let in, whose document is only ever created. Returns False if it was let
    in after all: then its end is not this one.
    """
    name = objects.execution(
        execution.context, stage=scope.stage, sequence=execution.sequence, execution_id=execution.id
    )
    data = json.dumps(document(execution, scope=scope, revision=revision)).encode()
    while True:
        stored = store.get(name)
        known = json.loads(stored.data)["revision"] if stored else -1
        if known >= revision:
            return revision > 0 or known == 0
        if stored is None:
            _list(store, execution, scope)
        try:
            store.put(name, data, if_generation=stored.generation if stored else 0)
        except LostRace:
            continue  # somebody wrote another revision: compare again
        return True


def _list(store: ObjectStore, execution: Execution, scope: Scope) -> None:
    name = objects.delivery(
        scope.project, service=scope.service, context=execution.context, root_time=execution.root_time
    )
    line = {
        "context": execution.context,
        "project": scope.project,
        "service": scope.service,
        "stage": scope.stage,
        "sequence": execution.sequence,
        "image": execution.image,
        "time": rfc3339(execution.root_time),
    }
    _create(store, name, line)


def reject(store: ObjectStore, rejection: Rejection, *, scope: Scope) -> None:
    """Keep the verdict; the first one stays."""
    _create(store, objects.rejected(scope, rejection.digest), plain(rejection))


def _create(store: ObjectStore, name: str, value: object) -> None:
    try:
        store.put(name, json.dumps(value).encode(), if_generation=0)
    except LostRace:
        return  # it is there

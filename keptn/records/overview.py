"""What is going on in many projects, read in three rounds side by side: their lists, slots and names, the rest.

Read by the bridge. Costs as many reads as the projects have slots and one delivery each, never their history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from keptn.ports import ObjectStore
from keptn.records import deliveries, objects
from keptn.records.side_by_side import called
from keptn.sequence import codec
from keptn.sequence.slot import Slot

Documents = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """slots: those that ever ran something; they remember what failed in them.

    newest: documents of its newest delivery, empty before the first.
    """

    project: str
    slots: Sequence[Slot]
    newest: Documents


def of_projects(store: ObjectStore, projects: Sequence[str]) -> list[Overview]:
    """One of each, in their order."""
    lists = [call for one in projects for call in (_slot_names(store, one), _contexts(store, one))]
    listed = called(store, lists)
    slot_names, contexts = dict(zip(projects, listed[::2], strict=True)), dict(zip(projects, listed[1::2], strict=True))
    wanted = [name for one in projects for name in slot_names[one]]
    begun = [context for one in projects for context in contexts[one]]
    second = called(
        store,
        [
            *(_reading(store, name) for name in wanted),
            *(partial(deliveries.names_of, store, context) for context in begun),
        ],
    )
    slots = dict(zip(wanted, second, strict=False))
    names = dict(zip(begun, second[len(wanted) :], strict=True))
    found = dict(called(store, [_document(store, name) for context in begun for name in names[context]]))
    return [
        Overview(
            project=one,
            slots=[codec.decode(slots[name]) for name in slot_names[one] if slots[name]],
            newest=deliveries.in_order(found[name] for context in contexts[one] for name in names[context]),
        )
        for one in projects
    ]


def _slot_names(store: ObjectStore, project: str) -> Callable[[], Sequence[str]]:
    return lambda: list(deliveries.names(store, objects.slots(project)))


def _contexts(store: ObjectStore, project: str) -> Callable[[], Sequence[str]]:
    return lambda: [line.context for line in deliveries.lines(store, project, limit=1).lines]


def _reading(store: ObjectStore, name: str) -> Callable[[], bytes]:
    def read() -> bytes:
        stored = store.get(name)
        return stored.data if stored else b""

    return read


def _document(store: ObjectStore, name: str) -> Callable[[], tuple[str, Mapping[str, Any] | None]]:
    return lambda: (name, deliveries.read(store, name))

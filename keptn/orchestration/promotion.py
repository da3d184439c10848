"""What follows in other stages when a sequence has ended: events only, no slot is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from keptn import events
from keptn.context import Context
from keptn.events import Event, Phase, TypeParts, sequence_type
from keptn.orchestration import snapshots
from keptn.records import deliveries, objects
from keptn.sequence import SOURCE
from keptn.sequence.ending import carried, follow_up_id
from keptn.sequence.selector import Ended, FollowUp, following

SNAPSHOT = "keptnshipyard"
"""Event extension: the hash of the shipyard that the delivery began with."""


def promote(event: Event, parts: TypeParts, ctx: Context) -> None:
    """Trigger what follows in other stages; repeated, it gives the same events. Raises Unavailable.

    Only the end that the engine itself wrote counts: `.finished` of a sequence cannot be said by others.
    """
    name = objects.execution(event.context, stage=parts.stage, sequence=parts.name, execution_id=event.triggered_id)
    document = deliveries.read(ctx.store, name)
    if document is None or document["finished_event"] != event.id or not document["tasks"]:
        return
    if document["hops"] <= ctx.settings.max_hops:
        for follow_up in _elsewhere(document, ctx):
            ctx.sink.post(_triggered(event, follow_up, document["shipyard"]))


def awaited(documents: Sequence[Mapping[str, Any]], ctx: Context) -> list[FollowUp]:
    """What must still begin in other stages after these executions: its event is under way."""
    begun = {document["id"] for document in documents}
    ended = (d for d in documents if d["finished_event"] and d["tasks"] and d["hops"] <= ctx.settings.max_hops)
    return [
        follow_up
        for document in ended
        for follow_up in _elsewhere(document, ctx)
        if follow_up_id(document["finished_event"], follow_up) not in begun
    ]


def _elsewhere(document: Mapping[str, Any], ctx: Context) -> list[FollowUp]:
    """What follows this execution in other stages."""
    shipyard = snapshots.load(ctx.store, document["project"], document["shipyard"])
    return [found for found in following(shipyard, _ended(document)) if found.stage != document["stage"]]


def _ended(document: Mapping[str, Any]) -> Ended:
    last = document["tasks"][-1]
    return Ended(
        stage=document["stage"],
        sequence=document["sequence"],
        result=document["result"],
        status=document["status"],
        last_task=last["name"],
        last_result=last["result"],
    )


def _triggered(event: Event, follow_up: FollowUp, sha: str) -> Event:
    triggered = events.caused(
        event,
        type=sequence_type(follow_up.stage, follow_up.sequence.name, Phase.TRIGGERED),
        source=SOURCE,
        data=carried(event.data, stage=follow_up.stage),
        now=event.time,
        triggered_id=event.id,
        epoch=0,
    )
    extensions = {**triggered.extensions, SNAPSHOT: sha}
    return replace(triggered, id=follow_up_id(event.id, follow_up), git_commit_id="", extensions=extensions)

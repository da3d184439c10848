"""What follows in other stages when a sequence has ended: events only, no slot is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from keptn import deliveries, events, objects
from keptn.context import Context
from keptn.events import Event, Phase, TypeParts, sequence_type
from keptn.orchestration import snapshots
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
    shipyard = snapshots.load(ctx.store, document["project"], document["shipyard"])
    for follow_up in following(shipyard, _ended(document)):
        if follow_up.stage != parts.stage and document["hops"] <= ctx.settings.max_hops:
            ctx.sink.post(_triggered(event, follow_up, document["shipyard"]))


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

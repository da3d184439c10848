"""An executor's answer whose data contradicts its task: found by its context, and turned into the task's end."""

from __future__ import annotations

from dataclasses import replace

from keptn.context import Context
from keptn.events import Event, Phase, Result, Scope, Status, parse_type
from keptn.records import deliveries


def corrected(event: Event, ctx: Context) -> Event | None:
    """The answer as its own slot should hear it; None if it belongs to nothing that is open elsewhere.

    Asked only about an answer that said nothing new to the slot it names.
    """
    if not event.context or not event.triggered_id:
        return None
    for document in deliveries.documents(ctx.store, event.context):
        scope = Scope(project=document["project"], stage=document["stage"], service=document["service"])
        for task in document["tasks"]:
            if task["id"] == event.triggered_id and scope != event.scope and not task["finished_at"]:
                return _ended(event, scope)
    return None


def _ended(event: Event, scope: Scope) -> Event:
    place = {"project": scope.project, "stage": scope.stage, "service": scope.service}
    if not any(event.data.get(key) for key in place):  # it says nothing wrong, it says nothing
        return replace(event, data={**event.data, **place})
    parts = parse_type(event.type)
    if parts is None or parts.phase is not Phase.FINISHED:
        return replace(event, data=place)
    reason = f"{event.source} answered for {event.scope}, but its task belongs to {scope}; correct the executor"
    return replace(
        event,
        data={**place, "result": str(Result.FAIL), "status": str(Status.ERRORED), "message": reason},
    )

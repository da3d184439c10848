"""Control of a whole delivery: remembered for the stages it has not reached, sent on to each slot it is in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from keptn import events
from keptn.context import Context
from keptn.errors import LostRace
from keptn.events import Control, Event, Result, rfc3339, utc
from keptn.ports import ObjectStore
from keptn.records import deliveries, objects
from keptn.sequence.turn import SOURCE, Facts

_HELD = {Control.PAUSE, Control.ABORT}
_GIVEN_LATE = {*_HELD, Control.RESUME}


def spread(event: Event, control: Control, ctx: Context) -> None:
    """Remember the order, then send it to each slot where it has something to do. Raises Unavailable.

    In that order: an execution whose document is not there yet asks for the order after it has written it.
    """
    _remember(event, control, ctx)
    found = deliveries.documents(ctx.store, event.context)
    orders = filter(None, [subject(event, found)]) if control is Control.RERUN else _unfinished(event, found)
    for order in orders:
        ctx.sink.post(order_for(event, control, order))


def is_to_be_held(store: ObjectStore, context: str, stage: str) -> bool:
    """Whether the delivery is ordered to pause in the stage; without one, in any or as a whole."""
    stages = [stage] if stage else _known(store, context)
    return any(order["control"] == Control.PAUSE for one in stages if (order := _latest(context, one, store)))


def held(event: Event, stage: str, ctx: Context) -> tuple[str, str]:
    """Why a new sequence of this delivery is paused, and why it is over; empty if it is not."""
    latest = _latest(event.context, stage, ctx.store)
    return _text(latest, Control.PAUSE), _text(latest, Control.ABORT)


def given_since(event: Event, facts: Facts, ctx: Context) -> Event | None:
    """The order for the event's stage that its admission did not know of yet; None if there is none."""
    if held(event, event.scope.stage, ctx) == (facts.paused, facts.aborted):
        return None
    latest = _latest(event.context, event.scope.stage, ctx.store)
    if latest is None or latest["control"] not in _GIVEN_LATE:
        return None
    told = {key: latest[key] for key in ("by", "reason")}
    return Event(
        type=events.control_type(Control(latest["control"])),
        id=events.derived_id(event.context, "order", latest["at"]),
        source=SOURCE,
        time=utc(latest["at"]),
        context=event.context,
        data={**told, **{key: event.data[key] for key in ("project", "stage", "service")}},
    )


def _latest(context: str, stage: str, store: ObjectStore) -> Mapping[str, str] | None:
    known = _known(store, context)
    orders = [known[key] for key in ("", stage) if key in known]
    return max(orders, key=lambda order: str(order["at"]), default=None)


def _known(store: ObjectStore, context: str) -> Mapping[str, Mapping[str, str]]:
    """The latest order by the stage that it is for; empty: the delivery as a whole."""
    stored = store.get(objects.control(context))
    found: Mapping[str, Mapping[str, str]] = json.loads(stored.data) if stored else {}
    return found


def _text(order: Mapping[str, str] | None, control: Control) -> str:
    if not order or order["control"] != control:
        return ""
    done = "paused" if control is Control.PAUSE else "aborted"
    return f"{done} by {order['by']}: {order['reason']}" if order["reason"] else f"{done} by {order['by']}"


def _remember(event: Event, control: Control, ctx: Context) -> None:
    """Keep the latest order by the time it was given, for the delivery as a whole or for one stage.

    A rerun lifts an earlier abort for the stages that follow.
    """
    name, stage = objects.control(event.context), event.scope.stage
    told = {"by": str(event.data.get("by") or event.source), "reason": str(event.data.get("reason") or "")}
    order = {"control": str(control), **told, "at": rfc3339(event.time)}
    while True:
        stored = ctx.store.get(name)
        known = json.loads(stored.data) if stored else {}
        changed = _lifted(known, order) if control is Control.RERUN else {**known, stage: order}
        late = known.get(stage, {}).get("at", "") >= order["at"]
        if late or changed == known or (not known and control not in _HELD):
            return
        try:
            ctx.store.put(name, json.dumps(changed).encode(), if_generation=stored.generation if stored else 0)
        except LostRace:
            continue
        return


def _lifted(known: Mapping[str, Any], rerun: Mapping[str, str]) -> dict[str, Any]:
    """What was aborted before it runs again goes on to the stages after it; what is paused stays paused."""
    is_over = {key for key, order in known.items() if order["control"] == Control.ABORT and order["at"] < rerun["at"]}
    return {key: rerun if key in is_over else order for key, order in known.items()}


def _is_meant(event: Event, document: Mapping[str, Any]) -> bool:
    return event.scope.stage in {"", document["stage"]}


def _unfinished(event: Event, found: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    meant = [d for d in found if _is_meant(event, d)]
    scopes = {(d["project"], d["stage"], d["service"]) for d in meant if not d["finished_at"]}
    for project, stage, service in sorted(scopes):
        yield {"project": project, "stage": stage, "service": service}


def subject(event: Event, documents: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """What a rerun of the event's delivery is about: the execution that failed last, and whether a rollback has undone
    it since. documents: of all its executions.
    """
    found = [d for d in documents if _is_meant(event, d)]
    failed = [d for d in found if d["finished_at"] and d["result"] == Result.FAIL and d.get("data") and d["shipyard"]]
    if not failed:
        return None
    last = max(failed, key=lambda document: str(document["finished_at"]))
    scope = {key: last[key] for key in ("project", "stage", "service")}
    undone = any(
        d["triggered_at"] >= last["finished_at"]
        and {key: d[key] for key in scope} == scope
        and any(task["name"] == "rollback" for task in d["tasks"])
        for d in found
    )
    return {**scope, "execution": last["id"], "sequence": last["sequence"], "undone": undone}


def order_for(event: Event, control: Control, order: Mapping[str, Any]) -> Event:
    """The event's order, for one slot."""
    told = {key: event.data[key] for key in ("by", "reason", "force") if key in event.data}
    return events.caused(
        event,
        type=events.control_type(control),
        source=SOURCE,
        data={"by": event.source, **told, **order},
        now=event.time,  # the time of the order decides between a pause and a resume
        key=f"{order['stage']}/{order['service']}",
    )

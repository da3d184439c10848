"""Control of a whole delivery: remembered for the stages it has not reached, sent on to each slot it is in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from keptn import events
from keptn.context import Context
from keptn.errors import LostRace
from keptn.events import Control, Event, Result, rfc3339
from keptn.records import deliveries, objects
from keptn.sequence import SOURCE
from keptn.sequence.control import by_and_why

_HELD = {Control.PAUSE, Control.ABORT}


def spread(event: Event, control: Control, ctx: Context) -> None:
    """Remember the order, then send it to each slot where it has something to do. Raises Unavailable."""
    found = [d for d in deliveries.documents(ctx.store, event.context) if _is_meant(event, d)]
    _remember(event, control, ctx)
    for order in _failed(found) if control is Control.RERUN else _unfinished(found):
        ctx.sink.post(_order(event, control, order))


def held(event: Event, stage: str, ctx: Context) -> tuple[str, str]:
    """Why a new sequence of this delivery is paused, and why it is over; empty if it is not."""
    stored = ctx.store.get(objects.control(event.context))
    if stored is None:
        return "", ""
    known = json.loads(stored.data)
    orders = [known[key] for key in ("", stage) if key in known]
    latest = max(orders, key=lambda order: str(order["at"]), default={"control": "", "text": ""})
    return _text(latest, Control.PAUSE), _text(latest, Control.ABORT)


def _text(order: Mapping[str, Any], control: Control) -> str:
    return str(order["text"]) if order["control"] == control else ""


def _remember(event: Event, control: Control, ctx: Context) -> None:
    """Keep the latest order by the time it was given, for the delivery as a whole or for one stage.

    A rerun lifts an earlier abort for the stages that follow.
    """
    name, stage = objects.control(event.context), event.scope.stage
    text = f"{'paused' if control is Control.PAUSE else 'aborted'} {by_and_why(event)}"
    order = {"control": str(control), "text": text, "at": rfc3339(event.time)}
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


def _unfinished(found: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
    scopes = {(d["project"], d["stage"], d["service"]) for d in found if not d["finished_at"]}
    for project, stage, service in sorted(scopes):
        yield {"project": project, "stage": stage, "service": service}


def _failed(found: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The execution of the delivery that failed last; whether a rollback has undone it since."""
    failed = [d for d in found if d["finished_at"] and d["result"] == Result.FAIL and d.get("data") and d["shipyard"]]
    if not failed:
        return
    last = max(failed, key=lambda document: str(document["finished_at"]))
    scope = {key: last[key] for key in ("project", "stage", "service")}
    undone = any(
        d["triggered_at"] >= last["finished_at"]
        and {key: d[key] for key in scope} == scope
        and any(task["name"] == "rollback" for task in d["tasks"])
        for d in found
    )
    yield {**scope, "execution": last["id"], "sequence": last["sequence"], "undone": undone}


def _order(event: Event, control: Control, order: Mapping[str, Any]) -> Event:
    told = {key: event.data[key] for key in ("by", "reason") if key in event.data}
    return events.caused(
        event,
        type=events.control_type(control),
        source=SOURCE,
        data={"by": event.source, **told, **order},
        now=event.time,  # the time of the order decides between a pause and a resume
        key=f"{order['stage']}/{order['service']}",
    )

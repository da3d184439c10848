"""What people ask of running deliveries: pause, resume, promote, abort, rerun, pin, unpin. `orchestrate` obeys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn import events
from keptn.api import known
from keptn.api.call import Call
from keptn.api.deliveries import FINAL, view
from keptn.api.posting import new_event, posted
from keptn.context import Context
from keptn.errors import Unknown
from keptn.events import Control, Event, Scope
from keptn.records import deliveries, slots
from keptn.sequence.slot import State
from keptn.web import Answer, HttpError

_STATES = (Control.PAUSE, Control.RESUME, Control.PROMOTE, Control.ABORT, Control.RERUN)


def delivery(call: Call) -> Answer:
    """Bring a delivery into `state`: pause, resume, promote, abort or rerun; in `stage` only, or wherever it is."""
    wanted = call.text("state")
    if wanted not in set(_STATES):
        raise HttpError(f"state {wanted!r} must be one of {', '.join(_STATES)}", status=400)
    control, context = Control(wanted), call.path["context"]
    documents = deliveries.documents(call.ctx.store, context)
    if not documents:
        raise Unknown(f"there is no delivery {context!r}; keptn get delivery lists them")
    found = view(documents)
    data: dict[str, object] = {"project": str(found["project"]), **_told(call)}
    stage = call.optional("stage")
    if stage:
        stage = data["stage"] = known.stage(str(found["project"]), stage, call.ctx)
    if control is Control.RERUN:
        data |= call.force
    event = new_event(events.control_type(control), data, call, context=context)
    if why := _why_not(control, found, stage, event, call.ctx):
        raise HttpError(why, status=409)
    return posted(event, call.ctx)


def _why_not(control: Control, found: Mapping[str, Any], stage: str, event: Event, ctx: Context) -> str:
    """Why the order would change nothing; empty if it would."""
    if control is Control.RERUN:
        from keptn.orchestration import foresight  # noqa: PLC0415 - the engine is for this order alone

        return foresight.refusal(event, ctx)
    what = f"delivery {found['context']}{f' in {stage}' if stage else ''}"
    here = found if not stage else next((one for one in found["stages"] if one["stage"] == stage), None)
    if found["state"] in FINAL or (here and here["state"] in FINAL):
        state = here["state"] if here else found["state"]
        return f"{what} is over ({state}): it cannot {control}; rerun it instead"
    if control is Control.PROMOTE:
        return _why_not_promotable(found, stage)
    if control is Control.PAUSE and here and here["state"] == State.PAUSED:
        return f"{what} is paused already; keptn resume lets it go on"
    if control is Control.RESUME and not (_is_paused(found, stage) or _is_to_be_held(found, stage, ctx)):
        return f"{what} is not paused; see keptn status"
    return ""


def _is_paused(found: Mapping[str, Any], stage: str) -> bool:
    stages = [one for one in found["stages"] if stage in ("", one["stage"])]
    return any(sequence["state"] == State.PAUSED for one in stages for sequence in one["sequences"])


def _is_to_be_held(found: Mapping[str, Any], stage: str, ctx: Context) -> bool:
    """Where it has not come yet."""
    from keptn.orchestration import controls  # noqa: PLC0415

    return controls.is_to_be_held(ctx.store, found["context"], stage)


def _why_not_promotable(found: Mapping[str, Any], stage: str) -> str:
    """It has no deployed candidate that is not released yet."""
    sequences = [s for one in found["stages"] if stage in ("", one["stage"]) for s in one["sequences"]]
    begun = [{task["name"] for task in sequence["tasks"]} for sequence in sequences if not sequence["finished_at"]]
    if not any("deployment" in names and "release" not in names for names in begun):
        where = f" in {stage}" if stage else ""
        return f"delivery {found['context']} has no candidate{where} that waits for its release; see keptn status"
    return ""


def pin(call: Call) -> Answer:
    """Hold a service in a stage as it is: no delivery comes in until somebody lifts it. Needs a reason."""
    scope = _slot(call)
    call.text("reason")
    slot = slots.read(call.ctx.store, scope)
    if slot is None or slot.live is None:
        raise HttpError(f"nothing is live in {scope} yet: there is nothing to hold", status=409)
    if slot.pin:
        raise HttpError(f"{scope} is pinned already, by {slot.pin.by}: {slot.pin.reason}", status=409)
    return _posted(Control.PIN, scope, call)


def unpin(call: Call) -> Answer:
    """Let deliveries into a pinned stage again."""
    scope = _slot(call)
    slot = slots.read(call.ctx.store, scope)
    if slot is None or slot.pin is None:
        raise HttpError(f"{scope} is not pinned: there is nothing to lift", status=409)
    return _posted(Control.UNPIN, scope, call)


def _slot(call: Call) -> Scope:
    """The one that the path names."""
    project = known.project(call.path["project"], call.ctx)
    stage = known.stage(project, call.path["stage"], call.ctx)
    service = known.service_in(project, stage, call.path["service"], call.ctx)
    return Scope(project=project, stage=stage, service=service)


def _posted(control: Control, scope: Scope, call: Call) -> Answer:
    data = {"project": scope.project, "stage": scope.stage, "service": scope.service, **_told(call)}
    return posted(new_event(events.control_type(control), data, call), call.ctx)


def _told(call: Call) -> Mapping[str, str]:
    """Who asked, and why."""
    reason = call.optional("reason")
    return {"by": call.by, **({"reason": reason} if reason else {})}

"""What people ask of running deliveries: pause, resume, promote, abort, rerun, unpin. `orchestrate` obeys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn import events
from keptn.api import known
from keptn.api.call import Call
from keptn.api.posting import new_event, posted
from keptn.errors import Unknown
from keptn.events import Control
from keptn.records import deliveries
from keptn.web import Answer, HttpError

_FINAL = frozenset({"finished", "aborted", "timedOut", "superseded"})
_STATES = (Control.PAUSE, Control.RESUME, Control.PROMOTE, Control.ABORT, Control.RERUN)


def delivery(call: Call) -> Answer:
    """Bring a delivery into `state`: pause, resume, promote, abort or rerun; in `stage` only, or wherever it is."""
    wanted = call.text("state")
    if wanted not in set(_STATES):
        raise HttpError(f"state {wanted!r} must be one of {', '.join(_STATES)}", status=400)
    context = call.path["context"]
    found = deliveries.delivery(call.ctx.store, context)
    if found is None:
        raise Unknown(f"there is no delivery {context!r}; keptn get delivery lists them")
    _check_possible(found, wanted)
    data = {"project": str(found["project"]), **_told(call)}
    if stage := call.optional("stage"):
        stage = data["stage"] = known.stage(str(found["project"]), stage, call.ctx)
    if wanted == Control.PROMOTE:
        _check_promotable(found, stage)
    event = new_event(events.control_type(Control(wanted)), data, call, context=context)
    return posted(event, call.ctx)


def _check_possible(found: Mapping[str, object], wanted: str) -> None:
    """What is over can only be run again. Raises HttpError 409."""
    if found["state"] in _FINAL and wanted != Control.RERUN:
        sentence = f"delivery {found['context']} is over ({found['state']}): it cannot {wanted}; rerun it instead"
        raise HttpError(sentence, status=409)


def _check_promotable(found: Mapping[str, Any], stage: str) -> None:
    """What has deployed a candidate that is not released yet. Raises HttpError 409."""
    sequences = [s for one in found["stages"] if stage in ("", one["stage"]) for s in one["sequences"]]
    begun = [{task["name"] for task in sequence["tasks"]} for sequence in sequences if not sequence["finished_at"]]
    if not any("deployment" in names and "release" not in names for names in begun):
        where = f" in {stage}" if stage else ""
        sentence = f"delivery {found['context']} has no candidate{where} that waits for its release; see keptn status"
        raise HttpError(sentence, status=409)


def unpin(call: Call) -> Answer:
    """Let deliveries into a pinned stage again."""
    project = known.project(call.path["project"], call.ctx)
    stage = known.stage(project, call.path["stage"], call.ctx)
    service = known.service_in(project, stage, call.path["service"], call.ctx)
    data = {"project": project, "stage": stage, "service": service, **_told(call)}
    return posted(new_event(events.control_type(Control.UNPIN), data, call), call.ctx)


def _told(call: Call) -> Mapping[str, str] | dict[str, str]:
    """Who asked, and why."""
    reason = call.optional("reason")
    return {"by": call.by, **({"reason": reason} if reason else {})}

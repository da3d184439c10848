"""The last lines of a function or of a workload."""

from __future__ import annotations

from keptn.api import known
from keptn.api.call import Call
from keptn.events import Scope
from keptn.records import slots
from keptn.web import Answer, HttpError, json_answer

_MOST_LINES = 2000


def function(call: Call) -> Answer:
    name = call.path["name"].replace("_", "-")
    return json_answer({"lines": list(call.ctx.logs.lines(name, limit=_limit(call)))})


def workload(call: Call) -> Answer:
    """Of the colour asked for, else of the live one."""
    project = known.project(call.path["project"], call.ctx)
    stage = known.stage(project, call.path["stage"], call.ctx)
    service = known.service_in(project, stage, call.path["service"], call.ctx)
    scope = Scope(project=project, stage=stage, service=service)
    live = _live_colour(scope, call)
    colour = call.query("colour") or live
    if not colour:
        raise HttpError(f"nothing runs live in {scope} yet; say ?colour=blue or green", status=404)
    lines = list(call.ctx.platform.logs(scope, colour, lines=_limit(call)))
    if not lines:
        raise HttpError(f"{scope} {colour} has written nothing; {live or 'nothing'} is live there", status=404)
    return json_answer({"colour": colour, "lines": lines})


def _live_colour(scope: Scope, call: Call) -> str:
    """Empty if nothing is."""
    slot = slots.read(call.ctx.store, scope)
    return slot.live.colour if slot and slot.live else ""


def _limit(call: Call) -> int:
    text = call.query("lines") or "100"
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_LINES:
        raise HttpError(f"lines {text!r} must be a whole number from 1 to {_MOST_LINES}", status=400)
    return int(text)

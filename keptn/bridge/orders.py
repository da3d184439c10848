"""What a person orders by a form: each asks the api, says what came of it, and leads back to the page it was on."""

from __future__ import annotations

from collections.abc import Callable

from keptn.bridge.visit import Visit
from keptn.errors import KeptnError
from keptn.web import Answer

_DONE = {
    "pause": "It is to pause at the next task.",
    "resume": "It goes on.",
    "promote": "It is to be released now.",
    "abort": "It is to be aborted.",
    "rerun": "It is to run again.",
}


def control(visit: Visit) -> Answer:
    """Pause, resume, promote, abort or rerun a delivery; in one stage only if the form names one."""
    state = visit.form.get("state", "")
    forced = {"force": True} if visit.form.get("force") else {}
    body = {"state": state, **visit.given("stage", "reason"), **forced}
    return ordered(
        visit, lambda: visit.post("delivery", visit.path["context"], "control", body=body), _DONE.get(state, "")
    )


def approval(visit: Visit) -> Answer:
    result = visit.form.get("result", "")
    body = {"result": result, **visit.given("reason")}
    said = "You approved it." if result == "pass" else "You rejected it."
    return ordered(visit, lambda: visit.post("approval", visit.path["task"], body=body), said)


def roll_back(visit: Visit) -> Answer:
    """Back to the version before; this pins the stage until somebody lifts it."""
    body = {"data": {"rollback": visit.given("reason")}}
    return ordered(visit, lambda: visit.post(*visit.slot, "sequence", "rollback", body=body), "It is rolled back.")


def pin(visit: Visit) -> Answer:
    return ordered(visit, lambda: visit.post(*visit.slot, "pin", body=visit.given("reason")), "It is pinned.")


def unpin(visit: Visit) -> Answer:
    return ordered(visit, lambda: visit.post(*visit.slot, "unpin", body=visit.given("reason")), "The pin is lifted.")


def ordered(visit: Visit, ask: Callable[[], object], done: str) -> Answer:
    """The order, and back. What speaks against it is said there: the page shows what it is about."""
    try:
        ask()
    except KeptnError as why_not:
        return visit.back(say=f"Not done: {why_not}")
    return visit.back(say=done)

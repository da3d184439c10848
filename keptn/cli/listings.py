"""How `keptn get` shows what it found to people: which columns a table has, what is left out where it is narrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keptn import durations
from keptn.cli.tables import Forms, fields, image, table, when

Found = Mapping[str, Any]

_SHORT_STATES = {"waitingForApproval": "asks"}


def stages(found: Sequence[Found], *, problem: str | None, repository: str = "") -> str:
    rows = [
        (one["stageName"], one.get("deploymentStrategy") or "-", one.get("testStrategy") or "-", _gates(one),
         one.get("approval") or "-", one["services"])
        for one in found
    ]  # fmt: skip
    columns = ("STAGE", "STRATEGY", "TESTS", "GATE", "ASKS ON", "SERVICES")
    shown = table(rows, columns=columns, empty="There are no stages.")
    return "\n".join((shown, *([f"Repository: {repository}"] if repository else []), *([problem] if problem else [])))


def _gates(stage: Found) -> Forms:
    """Of each service; once if all have the same."""
    told = {gate["service"]: _gate(gate) for gate in stage.get("gates", ())}
    if len(told) == len(stage["services"]) and len(set(told.values())) == 1:
        return next(iter(told.values()))
    forms = ("; ".join(f"{service}: {gate[form]}" for service, gate in told.items()) for form in (0, 1))
    return Forms(form or "-" for form in forms)


def _gate(gate: Found) -> Forms:
    """Its file with what passes; or what is wrong with it."""
    if problem := gate.get("problem"):
        return Forms((problem, problem))
    passes = gate["limits"].partition(" (")[0]
    return Forms((f"{gate['file']} {gate['limits']}", f"{gate['file'].rpartition('/')[2]} {passes}"))


def slots(found: Sequence[Found], *, project: str) -> str:
    rows = [(one["serviceName"], one["stageName"], *_live(one), one.get("publicUrl"), _note(one)) for one in found]
    columns = ("SERVICE", "STAGE", "IMAGE", "COLOUR", "LIVE SINCE", "DIGEST", "URL", "NOTE")
    empty = f"There are no services yet: keptn onboard service --project={project} --values=FILE"
    return table(rows, columns=columns, empty=empty, ids=("URL",), spare=("DIGEST", "COLOUR", "LIVE SINCE"))


def _live(slot: Found) -> tuple[object, ...]:
    live = slot.get("live") or {}
    shown = image(live.get("image", "-"))
    return shown, live.get("colour", ""), when(live.get("since")), str(live.get("digest", ""))[:19]


def _note(slot: Found) -> str:
    pin = slot.get("pin")
    pinned = f"pinned by {pin.get('by')}: {pin.get('reason')}" if pin else ""
    repairs = (_repair(repair) for repair in slot.get("repairs", ()))
    return "; ".join(filter(None, (pinned, *repairs, slot.get("publicUrlProblem"))))


def _repair(repair: Found) -> str:
    """What a runbook did for the time of a problem, and until when at the latest."""
    names = repair.get("by", ())
    until = f" until {durations.moment(repair['latest'])}" if repair.get("latest") else ""
    return f"for a problem: {', '.join(names[1:] or names)}{until}"


def deliveries(found: Sequence[Found]) -> str:
    columns = ("CONTEXT", "BEGUN", "PROJECT", "SERVICE", "IMAGE", "STAGE", "STATE")
    rows = [
        (
            d["context"],
            when(d["time"]),
            d["project"],
            d["service"],
            image(d["image"]),
            d["stages"][-1]["stage"],
            _state(d),
        )
        for d in found
    ]
    ids, spare, whole = ("CONTEXT",), ("PROJECT",), "keptn get delivery CONTEXT"
    return table(rows, columns=columns, empty="There are no such deliveries.", ids=ids, spare=spare, whole=whole)


def _state(delivery: Found) -> Forms:
    """How it came out, else how far it is."""
    state = str(delivery["state"])
    shown = str(delivery["result"]) if state == "finished" and delivery["result"] else state
    return Forms((shown, _SHORT_STATES.get(shown, shown)))


def artifacts(found: Sequence[Found]) -> str:
    columns = ("TOLD", "PROJECT", "SERVICE", "IMAGE", "OUTCOME", "CONTEXT", "WHY")
    rows = [
        (when(one["time"]), one["project"], one["service"], image(one["image"]), one["outcome"], one["context"],
         _why(one))
        for one in found
    ]  # fmt: skip
    empty, spare = "No registry has told of an image of these services.", ("PROJECT", "TOLD")
    return table(rows, columns=columns, empty=empty, ids=("CONTEXT",), spare=spare)


def _why(arrival: Found) -> str:
    """Of the image, then of other tags that came with it."""
    others = (f"{one['tag']}: {one['why']}" for one in arrival["others"])
    return "; ".join(filter(None, (arrival["why"], *others)))


def approvals(found: Sequence[Found]) -> str:
    columns = ("ID", "PROJECT", "STAGE", "SERVICE", "IMAGE", "ASKED", "UNTIL", "WHY", "CONTEXT")
    rows = [
        (one["id"], one["project"], one["stage"], one["service"], image(one["image"]),
         when(one["since"]), when(one["until"]), one["why"], one["context"])
        for one in found
    ]  # fmt: skip
    ids, spare = ("ID", "CONTEXT"), ("CONTEXT", "WHY", "ASKED", "PROJECT")
    return table(rows, columns=columns, empty="Nothing waits for a person.", ids=ids, spare=spare)


def tokens(found: Sequence[Found]) -> str:
    columns = ("ID", "ROLE", "PROJECT", "EXPIRES", "LAST USED", "MADE", "MADE BY")
    rows = [
        (one["id"], one["role"], one["project"] or "all", "over" if one["over"] else when(one["expires"]) or "never",
         when(one["lastUsed"]) or "-", when(one["madeAt"]), one["madeBy"])
        for one in found
    ]  # fmt: skip
    empty = "There are no tokens yet: keptn create token NAME --role=ROLE"
    return table(rows, columns=columns, empty=empty, ids=("ID",), spare=("MADE BY", "MADE"))


def events(found: Sequence[Found]) -> str:
    rows = [(e["id"], when(e["time"]), _type(e), _scope(e), e["data"].get("result")) for e in found]
    columns = ("ID", "TIME", "TYPE", "SLOT", "RESULT")
    return table(rows, columns=columns, empty="There are no such events.", ids=("ID",), spare=("RESULT", "SLOT"))


def _type(event: Found) -> Forms:
    """Without the prefix that all have; without the stage that stands beside it."""
    whole = str(event["type"])
    short = whole.removeprefix("sh.keptn.event.")
    return Forms((whole, short, short.removeprefix(f"{event['data'].get('stage')}.")))


def letters(found: Sequence[Found]) -> str:
    rows = [(one["id"], when(one["time"]), _type(one["event"]), one["reason"]) for one in found]
    columns, whole = ("ID", "TIME", "TYPE", "REASON"), "keptn get dead-letter ID"
    return table(rows, columns=columns, empty="There are no dead letters.", ids=("ID",), spare=("TIME",), whole=whole)


def letter(found: Found) -> str:
    event, time, why = found["event"], when(found["time"]), found["reason"]
    of = {"Context": event.get("shkeptncontext"), "Type": event["type"], "Slot": _scope(event)}
    again = f"keptn redeliver {found['id']}"
    return fields({"Dead letter": found["id"], "Time": time, **of, "Reason": why, "Send again": again})


def _scope(event: Found) -> Forms:
    """Where it belongs; without its project where that is too long."""
    data = event["data"]
    parts = [str(data[key]) for key in ("project", "stage", "service") if data.get(key)]
    return Forms(("/".join(parts), "/".join(parts[1:]) or "/".join(parts)))

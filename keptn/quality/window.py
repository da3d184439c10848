"""Which span of time an evaluation covers. Pure; called by the evaluation step.

Source: keptn specification and lighthouse: start and end, else a timeframe, else the test run before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from keptn import durations, events
from keptn.errors import Refused
from keptn.events import Event, section
from keptn.quality.hold import CANARY_MIN_REQUESTS, Hold, Properties

MOST_AHEAD = timedelta(minutes=5)
"""How far the end of a window that was named may lie ahead."""


def of_evaluation(triggered: Event, *, beside_live: bool = False) -> Hold:
    """The window of `evaluation.triggered`. Raises Refused if its times are wrong or to come.

    Order: the evaluation's own `start` and `end`; one of them and `timeframe` (5 min if unsaid); of this deployment's
    test run and its step of traffic what was last, with a step `timeframe` from its end; `timeframe` from the end of
    the deployment or from a remediation's action; else the last `timeframe`.
    beside_live: another version is live, so that a step of traffic is worth only as much as its requests.
    """
    own = section(triggered.data, "evaluation")
    start, end = _moment(own, "start"), _moment(own, "end")
    if start and end and own.get("timeframe"):
        raise Refused("the evaluation names start, end and timeframe; leave one of end and timeframe out")
    asked = Properties(own)
    if not (start or end):
        return _implied(triggered, asked, beside_live=beside_live)
    try:
        if end:
            hold = asked.fixed(start or end - asked.timeframe, end)
        elif start:
            hold = asked.growing(start)
        check_past(hold.start, hold.start + hold.timeframe, now=triggered.time)
    except OverflowError as exc:
        raise Refused(f"the evaluation's window is before or after all time: {start or end}") from exc
    return hold


def check_past(start: datetime, end: datetime, *, now: datetime) -> None:
    """Raises Refused for a window that is to come: mostly a local time that was meant to be UTC.

    Its end may be a little ahead: that is waited for.
    """
    for what, moment, latest in (("starts", start, now), ("ends", end, now + MOST_AHEAD)):
        if moment > latest:
            ahead = durations.short(round((moment - now).total_seconds()))
            told = f"the window {what} in {ahead}: {durations.moment(moment)}, and it is now {durations.moment(now)}"
            raise Refused(f"{told}; times are UTC, unless they say otherwise as in 2026-01-31T14:00:00+02:00")


def stepped_at(triggered: Event) -> datetime | None:
    """When this deployment's last step of traffic was done; None without one."""
    stepped = _moment(section(triggered.data, "traffic"), "finished_at")
    deployed = _moment(section(triggered.data, "deployment"), "finished_at") if stepped else None
    return None if stepped and deployed and stepped < deployed else stepped  # an earlier stage's travels along


def _implied(triggered: Event, asked: Properties, *, beside_live: bool) -> Hold:
    test, deployed = section(triggered.data, "test"), _moment(section(triggered.data, "deployment"), "finished_at")
    tested_from, tested_to, stepped = _moment(test, "start"), _moment(test, "end"), stepped_at(triggered)
    since = max(filter(None, (deployed, stepped)), default=None)
    if tested_from and tested_to and not (since and tested_to <= since):  # else an earlier stage's, or before the step
        check_past(min(tested_from, triggered.time), tested_to, now=triggered.time)  # its executor's clock may be ahead
        return asked.fixed(tested_from, tested_to)
    if stepped:
        return asked.growing(stepped, min_requests=CANARY_MIN_REQUESTS if beside_live else 0)
    if deployed or any(name in triggered.data for name in ("deployment", "action", "problem")):
        return asked.growing(deployed or triggered.time)
    return asked.fixed(triggered.time - asked.timeframe, triggered.time)


def _moment(part: Mapping[str, Any], name: str) -> datetime | None:
    value = part.get(name)
    if not value:
        return None
    try:
        return events.utc(str(value))
    except (ValueError, OverflowError) as exc:
        raise Refused(f"the evaluation's {name} {value!r} is no RFC 3339 time, like 2026-01-31T12:00:00Z") from exc

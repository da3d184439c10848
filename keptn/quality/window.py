"""Which span of time an evaluation covers. Pure; called by the evaluation step.

Source: keptn specification and lighthouse: start and end, else a timeframe, else the test run before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from keptn import durations, events
from keptn.errors import Refused
from keptn.events import Event
from keptn.ports import Window

DEFAULT_TIMEFRAME = timedelta(minutes=5)
LONGEST_TIMEFRAME = timedelta(days=366)


def of_evaluation(triggered: Event) -> Window:
    """The window of `evaluation.triggered`. Raises Refused if its times cannot be read or contradict each other.

    Order: the evaluation's own `start` and `end`; one of them and `timeframe` (5 min if unsaid); this deployment's
    test run; `timeframe` from the end of the deployment or from a remediation's action; else the last `timeframe`.
    """
    own = _part(triggered, "evaluation")
    start, end = _moment(own, "start"), _moment(own, "end")
    if start and end and own.get("timeframe"):
        raise Refused("the evaluation names start, end and timeframe; leave one of end and timeframe out")
    if start and end:
        return _checked(start, end)
    timeframe = _timeframe(own)
    if end:
        return _checked(end - timeframe, end)
    if start:
        return _checked(start, start + timeframe)
    return _implied(triggered, timeframe=timeframe)


def _implied(triggered: Event, *, timeframe: timedelta) -> Window:
    test, deployment = _part(triggered, "test"), _part(triggered, "deployment")
    deployed, tested_from, tested_to = _moment(deployment, "finished_at"), _moment(test, "start"), _moment(test, "end")
    if tested_from and tested_to and not (deployed and tested_to <= deployed):  # else an earlier stage's test run
        return _checked(tested_from, tested_to)
    if deployed or any(name in triggered.data for name in ("deployment", "action", "problem")):
        begin = deployed or triggered.time
        return _checked(begin, begin + timeframe)
    return _checked(triggered.time - timeframe, triggered.time)


def _part(triggered: Event, name: str) -> Mapping[str, Any]:
    part = triggered.data.get(name)
    return part if isinstance(part, Mapping) else {}


def _moment(part: Mapping[str, Any], name: str) -> datetime | None:
    value = part.get(name)
    if not value:
        return None
    try:
        return events.utc(str(value))
    except (ValueError, OverflowError) as exc:
        raise Refused(f"the evaluation's {name} {value!r} is no RFC 3339 time, like 2026-01-31T12:00:00Z") from exc


def _timeframe(own: Mapping[str, Any]) -> timedelta:
    value = own.get("timeframe")
    if not value:
        return DEFAULT_TIMEFRAME
    try:
        timeframe = durations.parse(str(value))
    except ValueError as exc:
        raise Refused(f"the evaluation's timeframe: {exc}") from exc
    if timeframe > LONGEST_TIMEFRAME:
        raise Refused(f"the evaluation's timeframe {value} is longer than {LONGEST_TIMEFRAME.days} days")
    return timeframe


def _checked(start: datetime, end: datetime) -> Window:
    if start >= end:
        span = f"starts at {events.rfc3339(start)} and ends at {events.rfc3339(end)}"
        raise Refused(f"the evaluation's window {span}: it holds nothing")
    return Window(start=start, end=end)

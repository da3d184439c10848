"""How long an evaluation holds on until enough requests came to judge by. Pure; called by `window.py`.

The window follows from the event and the time of asking alone, so that a repeat, a late timer and a crash agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from keptn import durations
from keptn.errors import Refused
from keptn.ports import Window

DEFAULT_TIMEFRAME = timedelta(minutes=5)
LONGEST_TIMEFRAME = timedelta(days=366)
LONGEST_IN_TIMEFRAMES = 4
CANARY_MIN_REQUESTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A window that goes on, by whole timeframes, while fewer than min_requests came; 0: their number does not matter.

    longest: how long the window may become; less than two timeframes: it never goes on.
    """

    start: datetime
    timeframe: timedelta
    longest: timedelta
    min_requests: int = 0

    def window(self, now: datetime) -> Window:
        """What is over by now, in whole timeframes; until the first is over, that one."""
        over = min(now - self.start, self.longest) // self.timeframe
        return Window(start=self.start, end=self.start + max(1, over) * self.timeframe)

    def next_end(self, window: Window) -> datetime | None:
        """Until when it goes on after the window; None if it must not."""
        following = window.end + self.timeframe
        return following if following - self.start <= self.longest else None


class Properties:
    """What the evaluation's own properties say of its window's length. Raises Refused for one that cannot be meant."""

    def __init__(self, own: Mapping[str, Any]) -> None:
        self.timeframe = _duration(own, "timeframe", DEFAULT_TIMEFRAME)
        self._longest = _duration(own, "longest", LONGEST_IN_TIMEFRAMES * self.timeframe)
        self._min_requests = _min_requests(own)
        if self._longest < self.timeframe:
            shortest = durations.short(self.timeframe.total_seconds())
            raise Refused(f"the evaluation's longest is shorter than its timeframe; write {shortest} or more")

    def fixed(self, start: datetime, end: datetime) -> Hold:
        """Any longer it would be another window than the one that was meant."""
        if start >= end:
            span = f"starts at {durations.moment(start)} and ends at {durations.moment(end)}"
            raise Refused(f"the evaluation's window {span}: it holds nothing")
        return Hold(start=start, timeframe=end - start, longest=end - start, min_requests=self._min_requests or 0)

    def growing(self, start: datetime, *, min_requests: int = 0) -> Hold:
        """From a start on. min_requests: where the evaluation does not say it."""
        first = self.fixed(start, start + self.timeframe)
        needed = min_requests if self._min_requests is None else self._min_requests
        return replace(first, longest=self._longest, min_requests=needed) if needed else first


def _min_requests(own: Mapping[str, Any]) -> int | None:
    value = own.get("min_requests")
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Refused(
            f"the evaluation's min_requests must be a whole number, not {value!r}; write how many requests must reach "
            "the candidate before it is judged, or 0 if their number does not matter"
        )
    return value


def _duration(own: Mapping[str, Any], name: str, default: timedelta) -> timedelta:
    value = own.get(name)
    if not value:
        return default
    try:
        found = durations.parse(str(value))
    except ValueError as exc:
        raise Refused(f"the evaluation's {name}: {exc}") from exc
    if not found:
        raise Refused(f"the evaluation's {name} must be longer than nothing; it is {value!r}")
    if found > LONGEST_TIMEFRAME:
        raise Refused(f"the evaluation's {name} {value} is longer than {LONGEST_TIMEFRAME.days} days")
    return found

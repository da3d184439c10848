"""Whether the candidate got enough requests to be judged by. Pure; called by the evaluation step.

Not every provider can count them; then a candidate of which nothing at all was measured is taken for one without any.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from keptn import durations
from keptn.ports import SliValue, Window
from keptn.quality.verdict import REQUEST_COUNT, Gate, Measured, Need

_COUNTING = ("envoy", "", "prometheus")
"""Sources that know the query `count`, the surest first; the empty one is the project's default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """What reached the candidate, of `needed`. count: None if it is not known, for the reason.

    silent: none of the gate's indicators has a value of the candidate, and none failed to be asked for.
    """

    needed: int = 0
    count: int | None = None
    reason: str = ""
    silent: bool = False

    @property
    def too_few(self) -> bool:
        return self.silent if self.count is None else self.count < self.needed

    @property
    def note(self) -> str:
        """What people must know about a verdict that was given all the same."""
        return f"the candidate's requests could not be counted: {self.reason}" if self.reason else ""

    def so_far(self, window: Window, until: datetime) -> str:
        """Why the hold goes on."""
        found = f"only {self.count} of the {self.needed} requests that are needed reached the candidate"
        if self.count is None:
            found = f"nothing was measured of the candidate, whose requests could not be counted ({self.reason}),"
        return f"{found} by {durations.moment(window.end)}; the hold goes on until {durations.moment(until)}"

    def verdict(self, window: Window) -> str:
        """Why nothing is judged."""
        span = durations.short((window.end - window.start).total_seconds())
        if self.count is None:
            return f"nothing was measured of the candidate in {span}: too little to judge; {self.note}"
        reached = f"only {self.count} request{'' if self.count == 1 else 's'} reached the candidate in {span}"
        return f"{reached}, {self.needed} {'is' if self.needed == 1 else 'are'} needed: too few to judge"


def need(gate: Gate) -> Need:
    """What to ask of the candidate: the user's own SLI, else `count` of a provider that the gate asks anyway."""
    sources = {one.source for one in gate.needs}
    source = next((one for one in _COUNTING if one in sources), "")
    return gate.request_count or Need(indicator=REQUEST_COUNT, source=source, query="count")


def counted(gate: Gate, candidate: Measured, live: Measured | None, *, needed: int) -> Requests:
    """What `need` asks for is among what was measured, unless nobody wants to know (needed is 0)."""
    if not needed:
        return Requests()
    value = candidate.get(REQUEST_COUNT) or SliValue(indicator=REQUEST_COUNT, query="", reason="no value")
    count = _count(value, (live or {}).get(REQUEST_COUNT))
    own = [candidate.get(one.indicator) for one in gate.needs]
    return Requests(
        needed=needed,
        count=count,
        reason="" if count is not None else value.reason or "the count is no number",
        silent=not any(one and (one.values or one.failed) for one in own),
    )


def _count(value: SliValue, live: SliValue | None) -> int | None:
    """A metric that the live version has is there: a candidate that has none of it got no requests."""
    if value.nothing or (live and live.values and not value.values and not value.failed):
        return 0
    total = math.fsum(value.values.values()) if value.values else math.nan
    return round(total) if math.isfinite(total) else None

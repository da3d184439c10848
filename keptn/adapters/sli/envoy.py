"""SLI provider on Envoy's access log: response times, error rates and counts of single requests.

Queries are those of `keptn/quality/traffic.py`. Made by `context.py`; the log is written by the Envoy of the router.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from keptn.adapters.sli import access_log
from keptn.errors import NotYet, Refused
from keptn.events import Scope
from keptn.ports import Clock, SliQuery, SliValue, Window
from keptn.quality import traffic
from keptn.quality.samples import thinned
from keptn.quality.traffic import Request, TrafficQuery
from keptn.settings import Settings

FLUSH_S = 1.0
"""After so long nothing of a window can still sit in Envoy's buffer, which is flushed every 200 ms."""
SETTLED_S = 0.4
"""A line of a request that ended so long after the window proves that the window's lines were flushed before it."""
LOOK_AGAIN_S = 0.2


class EnvoySli:
    """Answers from one log file. One window is read once, however many indicators are asked of it."""

    def __init__(self, log: Path, *, now: Callable[[], datetime]) -> None:
        self._log, self._now = log, now
        self._read: dict[tuple[Window, Scope, str], list[Request]] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, *, settings: Settings, clock: Clock) -> EnvoySli:
        return cls(settings.state_dir / "envoy" / "access.log", now=clock.now)

    def fetch(self, query: SliQuery) -> SliValue:
        shown = f"{query.query} of {query.colour or 'all'}"
        try:
            wanted = traffic.parse(query.query)
            self._await_flush(query)
            requests = [request for request in self._requests(query) if wanted.wants(request)]
        except Refused as refused:
            return SliValue(indicator=query.indicator, query=shown, reason=str(refused), failed=True)
        except OSError as exc:
            reason = f"Envoy's access log cannot be read ({exc.strerror}); is the router running?"
            return SliValue(indicator=query.indicator, query=shown, reason=reason, failed=True)
        if not requests:
            whom = f"{query.scope} ({query.colour})" if query.colour else str(query.scope)
            reason = f"no requests to {whom} in the window"
            return SliValue(indicator=query.indicator, query=shown, reason=reason, nothing=True)
        return _measured(query, wanted, requests, shown)

    def _requests(self, query: SliQuery) -> list[Request]:
        key = (query.window, query.scope, query.colour)
        with self._lock:
            if key not in self._read:
                self._read[key] = access_log.requests(self._log, query.window, query.scope, query.colour)
            return self._read[key]

    def _await_flush(self, query: SliQuery) -> None:
        """Late lines must not be missed: wait until a later request is in the log, but no longer than a flush takes."""
        end = query.window.end.timestamp()
        left = end + FLUSH_S - self._now().timestamp()
        if left > 0 and access_log.last_end(self._log) < end + SETTLED_S:
            again_s = min(left, LOOK_AGAIN_S)
            raise NotYet("Envoy has not written its access log up to the end of the window yet", after_s=again_s)


def _measured(query: SliQuery, wanted: TrafficQuery, requests: list[Request], shown: str) -> SliValue:
    start, end = query.window.start.timestamp(), query.window.end.timestamp()
    observed = traffic.observations(wanted.metric, requests, start=start, duration_s=end - start)
    return SliValue(
        indicator=query.indicator,
        query=shown,
        values={"": traffic.value(wanted.metric, requests, duration_s=end - start)},
        samples=thinned(observed),
    )

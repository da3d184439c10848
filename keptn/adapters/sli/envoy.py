"""SLI provider on Envoy's access log: response times, error rates and counts of single requests.

Queries are those of `keptn/quality/traffic.py`. Made by `context.py`; the log is written by the Envoy of the router.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from keptn.adapters.machine.port_book import PortBook
from keptn.adapters.router import envoy_log
from keptn.adapters.router.envoy_admin import EnvoyAdmin
from keptn.adapters.router.envoy_config import listener
from keptn.adapters.sli import access_log
from keptn.errors import NotYet, Refused, Unavailable
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
LOOK_AGAIN_S = 0.05
_Key = tuple[Window, Scope, str]
IsWritten = Callable[[Scope, str], bool]
"""Whether all requests to a service (a colour of it; empty: all) have ended by now and are in the file."""


class EnvoySli:
    """Answers from one log. One window is read once, however many indicators are asked of it."""

    def __init__(self, log: Path, *, now: Callable[[], datetime], is_written: IsWritten) -> None:
        self._log, self._now, self._is_written = log, now, is_written
        self._read: dict[_Key, list[Request]] = {}
        self._written_at: dict[_Key, float] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, *, settings: Settings, clock: Clock) -> EnvoySli:
        log = envoy_log.file(settings.state_dir)
        return cls(log, now=clock.now, is_written=lambda scope, colour: _written(settings.state_dir, scope, colour))

    def fetch(self, query: SliQuery) -> SliValue:
        shown = f"{query.query} of {query.colour or 'all'}"
        try:
            wanted = traffic.parse(query.query)
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
                self._await_lines(query, key)
                self._read[key] = access_log.requests(self._log, query.window, query.scope, query.colour)
            return self._read[key]

    def _await_lines(self, query: SliQuery, key: _Key) -> None:
        """Late lines must not be missed: Envoy says twice that it has none, or a later request is in the log, or the
        time is up that a flush takes. Raises NotYet.

        Twice, for a request is over for Envoy an instant before its line is there.
        """
        now, end = self._now().timestamp(), query.window.end.timestamp()
        left = end + FLUSH_S - now
        if left <= 0 or access_log.last_end(self._log) >= end + SETTLED_S:
            return
        if now < end or not self._is_written(query.scope, query.colour):
            self._written_at.pop(key, None)
        elif now - self._written_at.setdefault(key, now) >= LOOK_AGAIN_S:
            return
        raise NotYet(
            "Envoy has not written its access log up to the end of the window yet", after_s=min(left, LOOK_AGAIN_S)
        )


def _written(state_dir: Path, scope: Scope, colour: str) -> bool:
    """What is open comes first: a request that ends in between is in the buffer by then, or in the file."""
    try:
        admin = EnvoyAdmin(PortBook(state_dir).port("envoy/admin"))
        return admin.open_at_listener(listener(scope, colour)) == 0 and admin.unwritten_bytes() == 0
    except Unavailable:  # without Envoy nothing is written any more: what it had left is lost, or will be there in time
        return False


def _measured(query: SliQuery, wanted: TrafficQuery, requests: list[Request], shown: str) -> SliValue:
    start, end = query.window.start.timestamp(), query.window.end.timestamp()
    observed = traffic.observations(wanted.metric, requests, start=start, duration_s=end - start)
    return SliValue(
        indicator=query.indicator,
        query=shown,
        values={"": traffic.value(wanted.metric, requests, duration_s=end - start)},
        samples=thinned(observed),
    )

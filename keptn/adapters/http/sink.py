"""Posts events to the sink (`K_SINK`: the Broker's ingress) in binary mode. It tries once: its caller is repeated.

With the standard library's client: every function posts, and importing httpx takes as long as all of `keptn`.

Connections are kept. One that the Broker has closed meanwhile shows only when it is used: what got no answer on such a
connection is posted once more on a new one, which is safe, for an event is known by its id.
"""

from __future__ import annotations

import json
import time
import weakref
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from keptn import events
from keptn.errors import Refused, Unavailable
from keptn.events import Event
from keptn.names import shown_url
from keptn.settings import Settings

CONNECT_S = 5.0
"""How long a connection may take, seconds."""
KEPT_S = 30.0
"""How long an idle connection is kept, seconds."""
NEVER = frozenset({400, 413, 431})
"""Answers to the event itself. All others are about the Broker, the way to it, or who may post, and pass."""
Posted = tuple[dict[str, str], bytes]
Answer = tuple[int, str]


class HttpSink:
    """The port EventSink. timeout_s: a Broker without a queue answers when its subscribers have."""

    def __init__(self, url: str, *, timeout_s: float = 60.0) -> None:
        self._url, self._timeout_s = url, timeout_s
        self._idle: list[tuple[float, HTTPConnection]] = []
        weakref.finalize(self, _close, self._idle)

    @classmethod
    def open(cls, *, settings: Settings) -> HttpSink:
        return cls(settings.sink, timeout_s=settings.sink_timeout_s)

    def post(self, event: Event) -> None:
        """Return after a 2xx. Raises Refused (this event never goes through, and why) or Unavailable."""
        if not self._url:
            raise Unavailable("K_SINK is not set, so events have nowhere to go; set it to the Broker's ingress")
        try:
            status, said = self._posted(events.encode(event))
        except (OSError, HTTPException) as exc:
            raise Unavailable(
                f"the Broker at {shown_url(self._url)} does not answer: {exc or type(exc).__name__}"
            ) from exc
        if 200 <= status < 300:
            return
        reason = f"the Broker refused {event.type} with {status}: {_reason(said)}"
        raise Refused(reason) if status in NEVER else Unavailable(reason)

    def _posted(self, request: Posted) -> Answer:
        if kept := self._kept():
            try:
                return self._exchange(kept, request)
            except TimeoutError:
                raise
            except (ConnectionError, HTTPException):
                pass  # the Broker had closed it
        connection = self._new()
        connection.connect()
        if connection.sock:  # the way there was short; the answer may take its time
            connection.sock.settimeout(self._timeout_s)
        return self._exchange(connection, request)

    def _exchange(self, connection: HTTPConnection, request: Posted) -> Answer:
        headers, body = request
        parts = urlsplit(self._url)
        try:
            connection.request("POST", parts._replace(scheme="", netloc="").geturl() or "/", body=body, headers=headers)
            response = connection.getresponse()
            answer = response.status, response.read().decode(errors="replace")
        except BaseException:
            connection.close()
            raise
        self._idle.append((time.monotonic(), connection))
        return answer

    def _kept(self) -> HTTPConnection | None:
        """A connection that nobody uses; lists are safe among threads."""
        while self._idle:
            since, connection = self._idle.pop()
            if connection.sock and time.monotonic() - since < KEPT_S:
                return connection
            connection.close()
        return None

    def _new(self) -> HTTPConnection:
        parts, timeout_s = urlsplit(self._url), min(CONNECT_S, self._timeout_s)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return kind(parts.hostname or "", parts.port, timeout=timeout_s)


def _reason(said: str) -> str:
    """What the Broker said; that of a laptop says it as `{"error": sentence}`."""
    with suppress(ValueError, TypeError, KeyError):
        return str(json.loads(said)["error"])
    return said[:300] or "no reason given"


def _close(idle: list[tuple[float, HTTPConnection]]) -> None:
    for _, connection in idle:
        connection.close()

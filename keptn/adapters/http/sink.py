"""Posts events to the sink (`K_SINK`: the Broker's ingress) in binary mode. It tries once: its caller is repeated.

Connections are kept. One that the Broker has closed meanwhile shows only when it is used: what got no answer on such a
connection is posted once more on a new one, which is safe, for an event is known by its id.
"""

from __future__ import annotations

import ssl
import weakref
from functools import cached_property
from typing import TYPE_CHECKING

from keptn import events
from keptn.errors import Refused, Unavailable
from keptn.events import Event
from keptn.settings import Settings

if TYPE_CHECKING:
    import httpx


CONNECT_S = 5.0
"""How long a connection may take, seconds."""
KEPT_S = 30.0
"""How long an idle connection is kept, seconds."""
NEVER = frozenset({400, 413, 431})
"""Answers to the event itself. All others are about the Broker, the way to it, or who may post, and pass."""


class HttpSink:
    """The port EventSink. timeout_s: a Broker without a queue answers when its subscribers have."""

    def __init__(self, url: str, *, timeout_s: float = 60.0) -> None:
        self._url, self._timeout_s = url, timeout_s

    @classmethod
    def open(cls, *, settings: Settings) -> HttpSink:
        return cls(settings.sink, timeout_s=settings.sink_timeout_s)

    def post(self, event: Event) -> None:
        """Return after a 2xx. Raises Refused (this event never goes through, and why) or Unavailable."""
        import httpx

        if not self._url:
            raise Unavailable("K_SINK is not set, so events have nowhere to go; set it to the Broker's ingress")
        headers, body = events.encode(event)
        try:
            answer = self._posted(headers, body)
        except httpx.HTTPError as exc:
            raise Unavailable(f"the Broker at {self._url} does not answer: {exc or type(exc).__name__}") from exc
        if answer.is_success:
            return
        reason = f"the Broker refused {event.type} with {answer.status_code}: {answer.text[:300] or 'no reason given'}"
        raise Refused(reason) if answer.status_code in NEVER else Unavailable(reason)

    def _posted(self, headers: dict[str, str], body: bytes) -> httpx.Response:
        import httpx

        steps: list[str] = []
        try:
            trace = {"trace": lambda step, _: steps.append(step)}
            return self._kept.post(self._url, headers=headers, content=body, extensions=trace)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            if any("connect_tcp" in step for step in steps):  # it was a new connection, so this is no leftover
                raise
            return self._new.post(self._url, headers=headers, content=body)

    @cached_property
    def _kept(self) -> httpx.Client:
        import httpx

        return self._client(httpx.Limits(keepalive_expiry=KEPT_S))

    @cached_property
    def _new(self) -> httpx.Client:
        import httpx

        return self._client(httpx.Limits(max_keepalive_connections=0))

    def _client(self, limits: httpx.Limits) -> httpx.Client:
        import httpx

        timeout = httpx.Timeout(self._timeout_s, connect=min(CONNECT_S, self._timeout_s))
        # To read the authorities of the web costs a third of a cold start, and inside a cluster nobody asks for them.
        verify = True if self._url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client = httpx.Client(timeout=timeout, trust_env=False, limits=limits, verify=verify)
        weakref.finalize(self, client.close)
        return client

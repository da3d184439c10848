"""Posts events to the sink (`K_SINK`: the Broker's ingress) in binary mode. It tries once: its caller is repeated."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from keptn import events
from keptn.errors import Unavailable
from keptn.events import Event
from keptn.settings import Settings

if TYPE_CHECKING:
    import httpx


TIMEOUT_S = 10.0


class HttpSink:
    """The port EventSink."""

    def __init__(self, url: str) -> None:
        self._url = url

    @classmethod
    def open(cls, *, settings: Settings) -> HttpSink:
        return cls(settings.sink)

    def post(self, event: Event) -> None:
        """Return after a 2xx. Raises Unavailable."""
        import httpx

        if not self._url:
            raise Unavailable("K_SINK is not set, so events have nowhere to go; is the SinkBinding there?")
        headers, body = events.encode(event)
        try:
            answer = self._client.post(self._url, headers=headers, content=body)
        except httpx.HTTPError as exc:
            raise Unavailable(f"the Broker at {self._url} does not answer: {exc or type(exc).__name__}") from exc
        if not answer.is_success:
            raise Unavailable(f"the Broker refused {event.type} with {answer.status_code}: {answer.text[:300]}")

    @cached_property
    def _client(self) -> httpx.Client:
        import httpx

        # no kept connections: the Broker may have restarted since, and a stale one looks like a refusal
        return httpx.Client(timeout=TIMEOUT_S, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

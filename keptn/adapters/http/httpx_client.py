"""Outgoing HTTP calls with httpx: one connection pool per process, timeouts, no redirects, no retries of its own."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from keptn.adapters.http import bounded, reach
from keptn.adapters.http.reach import Reach
from keptn.errors import Refused, Unavailable
from keptn.ports import HttpAnswer

if TYPE_CHECKING:
    import httpx

    from keptn.settings import Settings


CONNECT_S = 5.0
"""How long a connection may take, seconds: a host that is away shows at once, an endpoint that works may be slow."""


class HttpxHttp:
    """The port `Http`. transport: httpx's own, unless a test brings one. reach: where it may lead; None: anywhere."""

    def __init__(self, transport: httpx.BaseTransport | None = None, *, reach: Reach | None = None) -> None:
        self._transport, self._reach = transport, reach

    @classmethod
    def open(cls) -> HttpxHttp:
        return cls()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 10.0,
    ) -> HttpAnswer:
        import httpx

        timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s))
        sent = {**bounded.ACCEPTED, **(headers or {})}
        try:
            with self._client.stream(method, url, headers=sent, content=body, timeout=timeout) as answer:
                content = bounded.body(answer)
        except bounded.TooLargeError as exc:
            raise Refused(f"{_host(url)} answered with {bounded.in_words()}; ask it for less") from exc
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as exc:
            raise Refused(f"the address of {_host(url)} is no http or https URL; correct the secret or file") from exc
        except (httpx.LocalProtocolError, UnicodeEncodeError) as exc:
            raise Refused(f"a header for {_host(url)} holds what no header can; correct the secret or file") from exc
        except httpx.TimeoutException as exc:
            raise Unavailable(f"{_host(url)} did not answer within {timeout_s:g} s") from exc
        except httpx.HTTPError as exc:
            raise Unavailable(f"{_host(url)} cannot be reached: {_cause(exc)}") from exc
        return HttpAnswer(status=answer.status_code, headers=dict(answer.headers), body=content)

    def check(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise Refused(f"the address of {_host(url)} is no http or https URL; correct the secret or file")
        if self._reach:
            self._reach.check(url)

    @cached_property
    def _client(self) -> httpx.Client:
        loopback = {f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")}  # never through a proxy
        client = reach.client(self._reach, mounts=loopback, transport=self._transport)
        weakref.finalize(self, client.close)
        return client


class OutgoingHttp(HttpxHttp):
    """The same, as far as the settings let calls to where files and secrets lead."""

    @classmethod
    def open(cls, *, settings: Settings) -> OutgoingHttp:  # type: ignore[override]
        return cls(reach=reach.of(settings))


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or "an empty host"
    except ValueError:
        return "an unreadable host"


def _cause(exc: Exception) -> str:
    return str(exc).splitlines()[0] if str(exc) else type(exc).__name__

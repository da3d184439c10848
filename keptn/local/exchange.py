"""One HTTP exchange of the local runtime, as a client. Used for functions, and for subscribers given by URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from keptn.errors import Unavailable

CONNECT_S = 5.0
HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "host")
)
"""Headers that belong to one connection, not to the message (RFC 9110, section 7.6.1), and those httpx writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What to send. path: raw, with its query. headers: names in lower case."""

    method: str = "POST"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. headers: names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def client() -> httpx.AsyncClient:
    """One without idle connections: a function may stop at any time, and a stale connection would look like a crash."""
    return httpx.AsyncClient(
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0), trust_env=False, timeout=CONNECT_S
    )


async def send(http: httpx.AsyncClient, base_url: str, call: Call, *, timeout_s: float) -> Answer:
    """Raises Unavailable when nobody answers."""
    headers = {k.encode(): v.encode("latin-1", "replace") for k, v in call.headers.items() if k not in HOP_BY_HOP}
    try:
        answer = await http.request(
            call.method,
            base_url + call.path,
            headers={**headers, b"connection": b"close"},
            content=call.body,
            timeout=httpx.Timeout(timeout_s, connect=CONNECT_S),
        )
    except httpx.TimeoutException as exc:
        raise Unavailable(f"{base_url} did not answer within {timeout_s:g} s") from exc
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise Unavailable(f"no answer from {base_url}: {str(exc) or type(exc).__name__}") from exc
    return Answer(status=answer.status_code, headers=_received(answer.headers), body=answer.content)


def _received(headers: httpx.Headers) -> dict[str, str]:
    dropped = HOP_BY_HOP | {"content-encoding"}  # httpx has undone it
    return {name.lower(): value for name, value in headers.items() if name.lower() not in dropped}

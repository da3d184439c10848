"""Plain HTTP as the functions see it, without a framework: what came in, what goes out, and who may ask.

`runtime.http` translates; `receive_artifact`, `receive_problem` and `api` use it. It knows no route.
"""

from __future__ import annotations

import hmac
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keptn.errors import KeptnError, Unavailable, Unknown

MAX_BODY_BYTES = 2 * 1024 * 1024
SESSION_COOKIE = "keptn-session"


class HttpError(KeptnError):
    """An answer that is not 2xx: a status for the machine, one sentence for the person."""

    def __init__(self, reason: str, *, status: int) -> None:
        self.status = status
        super().__init__(reason)


class TooMany(HttpError):
    """Somebody asks too often: 429, with the header Retry-After (RFC 6585, section 4)."""

    def __init__(self, who: str, *, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too many requests by {who}; try again in {retry_after_s} s", status=429)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. path: decoded, without a gateway's prefix. headers: names in lower case. peer: who is connected."""

    method: str = "GET"
    path: str = "/"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = ""

    def json(self) -> Mapping[str, object]:
        """The body as a JSON object. Raises HttpError 400."""
        try:
            value = json_value(self.body)
        except (ValueError, RecursionError) as exc:
            raise HttpError(f"the request body is no JSON: {str(exc).splitlines()[0]}", status=400) from exc
        if not isinstance(value, dict):
            raise HttpError("the request body must be a JSON object", status=400)
        if not _is_text(value):
            raise HttpError(
                "the request body has half a character (a lone surrogate) or is nested too deeply", status=400
            )
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer. headers: those beside its content type, a name as often as it is needed.

    open: anybody is given it, so that it does not say that a token is good.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Sequence[tuple[str, str]] = ()
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is answered instead of what was asked for: a status, one sentence, headers that belong to them."""

    status: int
    sentence: str
    headers: Sequence[tuple[str, str]] = ()


def as_json(trouble: Trouble) -> Answer:
    """For machines: `{"error": sentence}`."""
    body = json.dumps({"error": trouble.sentence}).encode()
    return Answer(status=trouble.status, body=body, headers=trouble.headers)


def json_value(text: str | bytes) -> Any:  # noqa: ANN401 - JSON
    """As `json.loads`, but for what that reads as a number and JSON has none for: NaN, Infinity, 1e999.

    Raises ValueError.
    """
    return json.loads(text, parse_constant=_finite, parse_float=_finite)


def _finite(text: str) -> float:
    if math.isfinite(number := float(text)):
        return number
    raise ValueError(f"{text[:20]} is no number in JSON")


def json_answer(value: object, *, status: int = 200) -> Answer:
    return Answer(status=status, body=json.dumps(value, separators=(",", ":")).encode())


def status_of(exc: KeptnError) -> int:
    """The HTTP status that tells a machine of the error."""
    if isinstance(exc, HttpError):
        return exc.status
    return 503 if isinstance(exc, Unavailable) else 404 if isinstance(exc, Unknown) else 400


def trouble_of(exc: KeptnError) -> Trouble:
    headers = (("Retry-After", str(exc.retry_after_s)),) if isinstance(exc, TooMany) else ()
    return Trouble(status=status_of(exc), sentence=str(exc), headers=headers)


def presented_token(request: Request) -> str:
    """The token of a request: `Authorization: Bearer`, `x-token`, or `?token=` for senders that cannot set headers."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return request.headers.get("x-token", "").strip() or request.query.get("token", "").strip()


def cookies(request: Request) -> Mapping[str, str]:
    pairs = (part.strip().partition("=") for part in request.headers.get("cookie", "").split(";"))
    return {name: value for name, _, value in pairs if name}


def presented_session(request: Request) -> str:
    """That of a browser which is signed in to the bridge."""
    return cookies(request).get(SESSION_COOKIE, "")


def is_active(token: str, secret: str | None) -> bool:
    """Whether the token is one of the secret's (several may be active, separated by white space); in constant time."""
    matches = [hmac.compare_digest(token.encode(), active.encode()) for active in (secret or "").split()]
    return bool(token) and any(matches)


def _is_text(value: object) -> bool:
    """Whether every text in it can be written: JSON can name half of a character, and no encoding has it."""
    try:
        return bool(json.dumps(value, ensure_ascii=False).encode())
    except (UnicodeEncodeError, RecursionError):
        return False


def size(number: int) -> str:
    """Bytes as a person reads them: `2 MiB`, `300 KiB`, `12 bytes`; never less than it is."""
    for unit, name in ((1024 * 1024, "MiB"), (1024, "KiB")):
        if number >= unit:
            return f"{math.ceil(number * 10 / unit) / 10:g} {name}"
    return f"{number} bytes"

"""Google's ID tokens: RS256 with one of the keys whose certificates Google publishes, and changes every few days.

The certificates are kept as long as their answer says. A key that is not among them may be new: they are asked for once
more, at most once a minute, for anybody can make up a key.
Source: Google Identity, "OpenID Connect", "Validating an ID token"; google.oauth2.id_token, which keeps none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from keptn.errors import Refused, Unavailable
from keptn.ports import Clock, Http, HttpAnswer

CERTS_URL = "https://www.googleapis.com/oauth2/v1/certs"
"""Key id to certificate in PEM, as JSON. Source: google.oauth2.id_token."""
AGAIN = timedelta(minutes=1)
LONGEST = timedelta(days=1)
LEEWAY_S = 30
"""How far Google's clock and this one may be apart, seconds."""
_WITHIN_S = 3.0
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Certificates:
    """by_key: in PEM. asked: when; until: when they are asked for again."""

    by_key: Mapping[str, str] = field(default_factory=dict)
    asked: datetime = _NEVER
    until: datetime = _NEVER


class GoogleIdTokens:
    """The port IdTokens. One for all threads: what two of them ask for at once is the same."""

    def __init__(self, http: Http, clock: Clock, *, certs_url: str = CERTS_URL) -> None:
        self._http, self._clock, self._url = http, clock, certs_url
        self._known = _Certificates()

    @classmethod
    def open(cls, *, http: Http, clock: Clock) -> GoogleIdTokens:
        return cls(http, clock)

    def claims(self, token: str) -> Mapping[str, object]:
        from google.auth import jwt
        from google.auth.exceptions import GoogleAuthError, InvalidValue

        try:
            header = jwt.decode_header(token)  # type: ignore[no-untyped-call]
        except (ValueError, RecursionError, GoogleAuthError) as exc:
            raise Refused("it cannot be read; send what Google gave") from exc
        if header.get("alg") != "RS256":
            raise Refused("it is not signed by RS256, as Google's are")
        certificate = self._certificate(header.get("kid"))
        try:
            claims = jwt.decode(token, certs=certificate, clock_skew_in_seconds=LEEWAY_S)  # type: ignore[no-untyped-call]
        except InvalidValue as exc:  # of the times alone, for the rest was seen to
            raise Refused("it is over, or has not begun; send a new one, and look at both clocks") from exc
        except (ValueError, TypeError, RecursionError, GoogleAuthError) as exc:
            raise Refused("Google did not sign it, or it is damaged") from exc
        return cast(Mapping[str, object], claims)

    def _certificate(self, key: object) -> str:
        if not isinstance(key, str):
            raise Refused("it does not name its key")
        now, known = self._clock.now(), self._known
        if now >= known.until or (key not in known.by_key and now >= known.asked + AGAIN):
            known = self._known = self._asked(now)
        if key not in known.by_key:
            raise Refused("it is signed with a key that Google does not publish")
        return known.by_key[key]

    def _asked(self, now: datetime) -> _Certificates:
        try:
            answer = self._http.request("GET", self._url, timeout_s=_WITHIN_S)
            by_key = json.loads(answer.body) if answer.status == 200 else None
        except (Refused, ValueError, RecursionError) as exc:
            raise Unavailable(f"{self._url} does not give Google's keys: {str(exc)[:200]}") from exc
        if not isinstance(by_key, dict) or not by_key:
            raise Unavailable(f"{self._url} does not give Google's keys (status {answer.status}); send it again")
        certificates = {str(key): str(certificate) for key, certificate in by_key.items()}
        return _Certificates(by_key=certificates, asked=now, until=now + _fresh_for(answer))


def _fresh_for(answer: HttpAnswer) -> timedelta:
    """How long it may be kept. Source: RFC 9111, 4.2."""
    longest = re.search(r"max-age=([0-9]{1,9})", answer.headers.get("cache-control", ""), re.IGNORECASE)
    age = re.fullmatch(r"[0-9]{1,9}", answer.headers.get("age", ""))
    seconds = (int(longest[1]) if longest else 0) - (int(age[0]) if age else 0)
    return min(timedelta(seconds=max(0, seconds)), LONGEST)

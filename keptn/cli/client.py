"""HTTP to `api`, and every way it can go wrong as one sentence. The only module of the CLI that imports httpx."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx

from keptn.errors import KeptnError, Unavailable, Unknown

_AWAY = frozenset({502, 503, 504})
MOST_AT_ONCE = 100
"""Things on a page of the api."""
TIMEOUT_S = 30.0
"""A function may be starting: its first answer takes longer than the others."""
LONGEST_PAUSE_S = 60.0
"""For which an api that is asked too often may have a command wait."""
CONNECT_S = 5.0
"""Who listens says so at once."""


class _Lost(Unavailable):
    """Something answered, but not the api."""


class Client:
    """Calls one `api`. host: as of Config. transport: tests bring their own.

    pauses_s: before a question is asked again whose answer was lost with the function that gave it.
    """

    def __init__(
        self,
        endpoint: str,
        token: str,
        *,
        host: str = "",
        transport: httpx.BaseTransport | None = None,
        pauses_s: Sequence[float] = (0.3, 1.0, 2.0),
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.endpoint, self._pauses_s = endpoint, pauses_s
        if not (token.isascii() and token.isprintable()):
            raise KeptnError("the token is wrong: it has characters that no token has; copy it again")
        headers = {"x-token": token, "user-agent": "keptn-cli", **({"host": host} if host else {})}
        timeout = httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_S))
        trust = httpx.create_ssl_context()  # with SSL_CERT_FILE, an authority of one's own
        self._http = httpx.Client(headers=headers, timeout=timeout, transport=transport, trust_env=False, verify=trust)

    def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 - JSON
        given = {name: str(value) for name, value in query.items() if value not in ("", None)}
        for pause_s in self._pauses_s:
            with suppress(_Lost):
                return self._call("GET", path, params=given)
            time.sleep(pause_s)
        return self._call("GET", path, params=given)

    def listed(self, path: str, key: str, *, limit: int, **query: str) -> list[Any]:
        """The first things of a list, over as many pages as that takes."""
        found, token = list[Any](), ""
        while len(found) < limit:
            page = self.get(path, **query, pageSize=min(MOST_AT_ONCE, limit - len(found)), nextPageKey=token)
            found += page[key]
            if not (token := page["nextPageKey"]):
                break
        return found

    def post(self, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        return self._call("POST", path, json=body)

    def put(self, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        return self._call("PUT", path, json=body)

    def delete(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return self._call("DELETE", path)

    def link(self, path: str) -> str:
        """Where a program finds it."""
        return f"{self.endpoint}/v1{path}"

    def lives(self) -> bool:
        """Whether an api is there that takes the token; one that is only starting counts."""
        try:
            self.post("/auth", {})
        except _Lost:
            return True
        except KeptnError:
            return False
        return True

    def _call(self, method: str, path: str, **given: Any) -> Any:  # noqa: ANN401 - what httpx takes
        url = self.link(path)
        try:
            response = self._http.request(method, url, **given)
            if response.status_code == 429 and self._pauses_s:  # nothing was done
                time.sleep(_pause_s(response))
                response = self._http.request(method, url, **given)
        except (httpx.ReadError, httpx.RemoteProtocolError) as exc:
            raise _Lost(f"{self.endpoint} broke off ({_reason(exc)}); try again, it may have been done") from exc
        except httpx.TransportError as exc:
            hint = "is it running? `keptn local` starts one; `keptn config get-contexts` shows where others are"
            if "CERTIFICATE_VERIFY_FAILED" in str(exc):
                hint = "SSL_CERT_FILE names a file with an authority of your own"
            raise Unavailable(f"no answer from {self.endpoint} ({_reason(exc)}); {hint}") from exc
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError) as exc:
            raise KeptnError(f"{self.endpoint!r} is no URL of an api; set it with keptn auth") from exc
        if not response.is_success:
            raise _error(response, self.endpoint)
        return _json(response, self.endpoint)


def _pause_s(response: httpx.Response) -> float:
    said = response.headers.get("retry-after", "")
    return min(float(said) if said.isdecimal() else 1.0, LONGEST_PAUSE_S)


def segment(text: str) -> str:
    """A name as one part of a path; also of dots alone, which would be a way up."""
    return quote(text, safe="") if text.strip(".") else text.replace(".", "%2E")


def _error(response: httpx.Response, endpoint: str) -> KeptnError:
    if response.status_code in _AWAY and not response.headers.get("content-type", "").startswith("application/json"):
        return _Lost(f"{endpoint} answered {response.status_code}: the api is starting or away; try again")
    if response.has_redirect_location:
        there = response.headers["location"].partition("/v1/")[0]
        return KeptnError(f"{endpoint} leads to {there}, and a token is not sent on; give keptn auth that URL")
    body = _json(response, endpoint)
    sentence = str(body.get("error") or f"{endpoint} answered {response.status_code}")
    if response.status_code == 404:
        return Unknown(sentence)
    return _Lost(sentence) if response.status_code in _AWAY else KeptnError(sentence)


def _json(response: httpx.Response, endpoint: str) -> Any:  # noqa: ANN401 - JSON
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    what = f"status {response.status_code}, {response.headers.get('content-type', 'no content type')}"
    raise KeptnError(f"{endpoint} is not a keptn api ({what}); set its URL with keptn auth")


def _reason(exc: Exception) -> str:
    return str(exc).splitlines()[0] if str(exc) else type(exc).__name__

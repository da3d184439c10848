"""Asking a monitoring system over HTTP: JSON in, within a budget of tries and time. Used by the SLI providers.

Retries what may pass (no answer, 429, 5xx), honours Retry-After, and turns every failure into one sentence.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from keptn.adapters.http import bounded, reach
from keptn.adapters.http.reach import Reach
from keptn.errors import KeptnError, Refused

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 10.0
"""How long one answer may take."""
PAUSES_S = (0.4, 0.8, 0.0)
"""How many tries, and how long to wait after each."""
LONGEST_PAUSE_S = 5.0
"""The most that a Retry-After may ask for."""


class NoAnswer(KeptnError):
    """The monitoring system did not answer the question; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class JsonSource:
    """One monitoring system. name: as a person knows it; sleep: the clock's, so that tests do not wait. reach: where it
    may be; None: anywhere, for the operator's own.

    Errors name the host alone: a URL may hold what opens a door.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        sleep: Callable[[float], None],
        reach: Reach | None = None,
    ) -> None:
        self._name, self._base, self._headers, self._sleep = name, base_url.rstrip("/"), dict(headers or {}), sleep
        self._reach = reach

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - whatever it answers
        """The answer to GET. path: below the base URL. Raises NoAnswer."""
        problem = ""
        for pause in PAUSES_S:
            try:
                answer = self._ask(f"{self._base}{path}", params)
            except OSError as exc:
                problem = f"{self._name} at {host_of(self._base)} does not answer: {exc}"
            else:
                if answer.status < 400:
                    return self._parsed(answer)
                problem = self._refusal(answer)
                if answer.status != 429 and answer.status < 500:
                    break
                pause = _retry_after(answer, pause)  # noqa: PLW2901
            self._sleep(min(pause, LONGEST_PAUSE_S))
        raise NoAnswer(problem)

    def _ask(self, url: str, params: Mapping[str, str] | None) -> _Answer:
        import httpx

        try:
            with self._client.stream("GET", url, params=dict(params) if params else None) as response:
                body = bounded.body(response)
        except bounded.TooLargeError as exc:
            raise NoAnswer(f"{self._name} answered with {bounded.in_words()}; narrow the query") from exc
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as exc:  # whose text may hold a part of the URL
            raise NoAnswer(f"the address of {self._name} is no http or https URL; correct it") from exc
        except Refused as exc:
            raise NoAnswer(str(exc)) from exc
        except (httpx.HTTPError, UnicodeError) as exc:
            raise ConnectionError(str(exc) or type(exc).__name__) from exc
        return _Answer(status=response.status_code, headers=response.headers, body=body)

    @cached_property
    def _client(self) -> httpx.Client:
        client = reach.client(self._reach, timeout=TIMEOUT_S, headers={**bounded.ACCEPTED, **self._headers})
        weakref.finalize(self, client.close)
        return client

    def _parsed(self, answer: _Answer) -> Any:  # noqa: ANN401 - whatever it answers
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError) as exc:
            raise NoAnswer(f"{self._name} answered something that is no JSON") from exc

    def _refusal(self, answer: _Answer) -> str:
        detail = _detail(answer)
        return f"{self._name} answered {answer.status}{f': {detail}' if detail else ''}"


def host_of(url: str) -> str:
    """Host and port of a URL, without the rest, for people."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or "an empty host"
    except ValueError:
        return "an unreadable host"


def check_host(url: str, *, reach: Reach) -> None:
    """Raises Refused for a host that a project's file may not name."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    reach.check_host(host)


def _detail(answer: _Answer) -> str:
    """The reason in the answer's body, as the common monitoring systems give it."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    found = body.get("error") if isinstance(body, dict) else None
    detail = found.get("message") if isinstance(found, dict) else found
    return str(detail)[:300] if detail else ""


def _retry_after(answer: _Answer, default: float) -> float:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else default

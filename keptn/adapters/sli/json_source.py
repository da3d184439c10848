"""Asking a monitoring system over HTTP: JSON in, within a budget of tries and time. Used by the SLI providers.

Retries what may pass (no answer, 429, 5xx), honours Retry-After, and turns every failure into one sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from keptn.errors import KeptnError

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 10.0
"""How long one answer may take."""
PAUSES_S = (0.4, 0.8, 0.0)
"""How many tries, and how long to wait after each."""
LONGEST_PAUSE_S = 5.0
"""The most that a Retry-After may ask for."""
_LARGEST_BYTES = 32 * 1024 * 1024


class NoAnswer(KeptnError):
    """The monitoring system did not answer the question; the text says why."""


class JsonSource:
    """One monitoring system. name: as a person knows it; sleep: the clock's, so that tests do not wait."""

    def __init__(
        self, name: str, base_url: str, *, headers: Mapping[str, str] | None = None, sleep: Callable[[float], None]
    ) -> None:
        self._name, self._base, self._headers, self._sleep = name, base_url.rstrip("/"), dict(headers or {}), sleep

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - whatever it answers
        """The answer to GET. Raises NoAnswer."""
        return self.request("GET", path, params=params)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401 - whatever it answers
        """The parsed JSON answer. path: below the base URL, or a whole URL. Raises NoAnswer."""
        url = path if path.startswith(("http://", "https://")) else f"{self._base}{path}"
        problem = ""
        for pause in PAUSES_S:
            try:
                response = self._ask(method, url, params, body)
            except OSError as exc:
                problem = f"{self._name} at {self._base} does not answer: {exc}"
            else:
                if response.status_code < 400:
                    return self._parsed(response)
                problem = self._refusal(response)
                if response.status_code != 429 and response.status_code < 500:
                    break
                pause = _retry_after(response, pause)  # noqa: PLW2901
            self._sleep(min(pause, LONGEST_PAUSE_S))
        raise NoAnswer(problem)

    def _ask(self, method: str, url: str, params: Mapping[str, str] | None, body: Any) -> httpx.Response:  # noqa: ANN401
        import httpx

        try:
            with httpx.Client(timeout=TIMEOUT_S, headers=self._headers, trust_env=True) as client:
                return client.request(method, url, params=dict(params) if params else None, json=body)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as exc:
            raise ConnectionError(str(exc) or type(exc).__name__) from exc

    def _parsed(self, response: httpx.Response) -> Any:  # noqa: ANN401 - whatever it answers
        if len(response.content) > _LARGEST_BYTES:
            raise NoAnswer(f"{self._name} answered with more than {_LARGEST_BYTES // 1024**2} MiB; narrow the query")
        try:
            return json.loads(response.content)
        except (ValueError, RecursionError) as exc:
            raise NoAnswer(f"{self._name} answered something that is no JSON") from exc

    def _refusal(self, response: httpx.Response) -> str:
        detail = _detail(response)
        return f"{self._name} answered {response.status_code}{f': {detail}' if detail else ''}"


def _detail(response: httpx.Response) -> str:
    """The reason in the answer's body, as the common monitoring systems give it."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return ""
    found = body.get("error") if isinstance(body, dict) else None
    detail = found.get("message") if isinstance(found, dict) else found
    return str(detail)[:300] if detail else ""


def _retry_after(response: httpx.Response, default: float) -> float:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else default

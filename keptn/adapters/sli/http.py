"""SLI provider on any HTTP endpoint that answers JSON. Made by `context.py`.

A query is an object: `url` (placeholders allowed), `json_path` (`$.data[0].value`; `[*]` for all items: their mean is
the value, they the samples), `headers_secret` (the secret whose keys are sent as headers).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from keptn import events
from keptn.adapters.http import reach
from keptn.adapters.http.reach import Reach
from keptn.adapters.sli.json_source import JsonSource, NoAnswer, check_host, host_of
from keptn.errors import Refused
from keptn.ports import Clock, Secrets, SliQuery, SliValue
from keptn.quality import placeholders
from keptn.quality.samples import mean, thinned
from keptn.settings import Settings

_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+|\*)\]|\['([^']+)'\]")
_KNOWN = {"url", "json_path", "headers_secret"}


class HttpSli:
    """Answers from whatever endpoint the query names. reach: which it may name."""

    def __init__(self, secrets: Secrets, *, reach: Reach, sleep: Callable[[float], None]) -> None:
        self._secrets, self._reach, self._sleep = secrets, reach, sleep

    @classmethod
    def open(cls, *, settings: Settings, secrets: Secrets, clock: Clock) -> HttpSli:
        return cls(secrets, reach=reach.of_slis(settings), sleep=clock.sleep)

    def fetch(self, query: SliQuery) -> SliValue:
        shown = ""
        try:
            options = _options(query)
            url = _url(options, query)
            shown = _shown(url)
            check_host(url, reach=self._reach)
            headers = self._headers(options)
            source = JsonSource("the endpoint", url, headers=headers, sleep=self._sleep, reach=self._reach)
            found = numbers(source.get(""), str(options.get("json_path") or "$"))
        except (Refused, NoAnswer) as problem:
            return SliValue(indicator=query.indicator, query=shown, reason=str(problem), failed=True)
        if not found:
            return SliValue(indicator=query.indicator, query=shown, reason="the answer holds no number at that path")
        return SliValue(indicator=query.indicator, query=shown, values={"": mean(found)}, samples=thinned(found))

    def _headers(self, options: Mapping[str, Any]) -> Mapping[str, str]:
        name = options.get("headers_secret")
        if not name:
            return {}
        known = ("authorization", "x-api-key", "x-token", "api-token")
        headers = {key: value for key in known if (value := self._secrets.get(str(name), key))}
        if not headers:
            raise Refused(
                f"the secret {name!r} has none of the keys {', '.join(known)}; add one with keptn create secret"
            )
        return headers


def numbers(answer: Any, path: str) -> Sequence[float]:  # noqa: ANN401 - whatever the endpoint answers
    """The numbers at a JSON path; null and what is not there are left out. Raises NoAnswer for any other value."""
    found = [answer]
    for step in _steps(path):
        found = [child for value in found for child in _children(value, step)]
    return [_number(value, path) for value in found if value is not None]


def _steps(path: str) -> Sequence[str | int | None]:
    """Keys and positions; None is every item."""
    rest = path.removeprefix("$")
    steps = list(_STEP.finditer(rest))
    if "".join(step[0] for step in steps) != rest:
        raise Refused(f"json_path {path!r} cannot be read; write it like $.data[0].value or $.items[*].ms")
    return [None if step[2] == "*" else int(step[2]) if step[2] else step[1] or step[3] for step in steps]


def _children(value: Any, step: str | int | None) -> Sequence[Any]:  # noqa: ANN401
    if step is None:
        return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if isinstance(step, int):
        return value[step : step + 1] if isinstance(value, list) else []
    return [value[step]] if isinstance(value, dict) and step in value else []


def _number(value: Any, path: str) -> float:  # noqa: ANN401
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise NoAnswer(f"the endpoint has {str(value)[:40]!r} at {path}, which is no number")
    return number


def _options(query: SliQuery) -> Mapping[str, Any]:
    options = query.query if isinstance(query.query, Mapping) else {"url": query.query}
    if unknown := [str(name) for name in options if name not in _KNOWN]:
        raise Refused(f"{unknown[0]!r} is not known in an HTTP query; known: {', '.join(sorted(_KNOWN))}")
    return options


def _url(options: Mapping[str, Any], query: SliQuery) -> str:
    url = placeholders.filled(str(options.get("url") or ""), query)
    if not url.startswith(("http://", "https://")):
        raise Refused("an HTTP query needs a `url` that begins with http:// or https://")
    start, end = events.rfc3339(query.window.start), events.rfc3339(query.window.end)
    return url.replace("$START", start).replace("$END", end)


def _shown(url: str) -> str:
    """Host and path. What comes after may hold a key: its hash tells two queries apart, and no more."""
    parts = urlsplit(url)
    query = f"?#{hashlib.sha256(parts.query.encode()).hexdigest()[:8]}" if parts.query else ""
    return f"{host_of(url)}{parts.path}{query}"

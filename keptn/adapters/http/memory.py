"""Outgoing HTTP calls that go nowhere: kept in a list, answered by a table. For tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from keptn.errors import Unavailable
from keptn.ports import HttpAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that was made. headers: names in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        return json.loads(self.body)


@dataclass(slots=True)
class MemoryHttp:
    """The port `Http`. answers: by URL; what has no entry is answered 200. An entry of status 0 does not answer."""

    answers: dict[str, HttpAnswer | Callable[[Call], HttpAnswer]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    @classmethod
    def open(cls) -> MemoryHttp:
        return cls()

    def check(self, url: str) -> None:
        """It may lead anywhere."""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 10.0,
    ) -> HttpAnswer:
        call = Call(method=method, url=url, headers={k.lower(): v for k, v in (headers or {}).items()}, body=body)
        self.calls.append(call)
        answer = self.answers.get(url, HttpAnswer(status=200))
        answer = answer if isinstance(answer, HttpAnswer) else answer(call)
        if answer.status == 0:
            raise Unavailable(f"nobody answers within {timeout_s:g} s")
        return answer

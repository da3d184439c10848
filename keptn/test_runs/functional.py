"""`tests/functional.yaml`: HTTP checks of one service. Parsed with line numbers; compared with answers. Pure.

checks:
  - name: an empty cart has no items
    method: GET                       # the default
    path: /carts/1
    headers: {accept: application/json}
    body: {item: 7}                   # a mapping or list is sent as JSON, text as it is
    timeout_s: 5                      # the default
    expect:
      status: 200                     # one or several; without it any 2xx
      contains: items                 # text, or several
      json: {items: []}               # these fields must be equal; others may be there
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keptn import documents
from keptn.documents import Document
from keptn.ports import HttpAnswer

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
CHECK_KEYS = ("name", "method", "path", "headers", "body", "timeout_s", "expect")
EXPECT_KEYS = ("status", "contains", "json")
NO_BODY: Any = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What an answer must look like. statuses: empty for any 2xx. json: NO_BODY if it does not matter."""

    statuses: Sequence[int] = ()
    contains: Sequence[str] = ()
    json: Any = NO_BODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One request and what is expected of its answer."""

    name: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout_s: float = 5.0
    expect: Expectation = field(default_factory=Expectation)


def parse(text: str | bytes, *, file: str) -> list[Check]:
    """Read the checks. Raises InvalidFile with the line."""
    document = documents.read(text, file=file, kind="functional")
    checks = document.data.get("checks") if isinstance(document.data, dict) else None
    if not isinstance(checks, list) or not checks:
        raise document.error("lists no checks; write `checks:` with at least one `- path: /…`")
    return [_check(document, position, item) for position, item in enumerate(checks)]


def problems(check: Check, answer: HttpAnswer) -> list[str]:
    """What is wrong with the answer, one phrase each; none if it is as expected."""
    expect = check.expect
    found = [f"no {text!r} in the answer" for text in expect.contains if text not in answer.text]
    if not (answer.status in expect.statuses if expect.statuses else 200 <= answer.status < 300):
        wanted = " or ".join(map(str, expect.statuses)) or "2xx"
        found.insert(0, f"status {answer.status} instead of {wanted}")
    return found + (_json_problems(expect.json, answer) if expect.json is not NO_BODY else [])


def _check(document: Document, position: int, item: object) -> Check:
    at = ("checks", position)
    if not isinstance(item, dict):
        raise document.error("a check is a mapping with at least a `path`", *at)
    _only(document, item, CHECK_KEYS, *at)
    path, method = item.get("path"), str(item.get("method", "GET")).upper()
    if not isinstance(path, str) or not path.startswith("/"):
        raise document.error(f"path {path!r} must begin with /", *at, "path")
    if method not in METHODS:
        raise document.error(f"method {item['method']!r} is none of {', '.join(METHODS)}", *at, "method")
    body, json_type = _body(item.get("body"))
    return Check(
        name=str(item.get("name") or f"{method} {path}"),
        method=method,
        path=path,
        headers={**json_type, **_headers(document, item.get("headers"), *at, "headers")},
        body=body,
        timeout_s=_seconds(document, item.get("timeout_s", 5), *at, "timeout_s"),
        expect=_expectation(document, item.get("expect"), *at, "expect"),
    )


def _expectation(document: Document, item: object, *at: str | int) -> Expectation:
    if item is None:
        return Expectation()
    if not isinstance(item, dict):
        raise document.error("expect is a mapping of status, contains and json", *at)
    _only(document, item, EXPECT_KEYS, *at)
    statuses = _as_list(item.get("status"))
    if not all(isinstance(s, int) and 100 <= s <= 599 for s in statuses):
        raise document.error(f"status {item['status']!r} must be a number from 100 to 599, or a list", *at, "status")
    contains = _as_list(item.get("contains"))
    if not all(isinstance(text, str) for text in contains):
        raise document.error("contains must be text; put it in quotes", *at, "contains")
    return Expectation(statuses=statuses, contains=contains, json=item.get("json", NO_BODY))


def _json_problems(expected: object, answer: HttpAnswer) -> list[str]:
    try:
        return list(_differences(expected, json.loads(answer.body), "json"))
    except ValueError:
        return [f"the answer is no JSON: {answer.text[:60]!r}"]


def _differences(expected: object, actual: object, where: str) -> Sequence[str]:
    if isinstance(expected, dict) and isinstance(actual, dict):
        missing = [f"{where}.{key} is missing" for key in expected if key not in actual]
        shared = [key for key in expected if key in actual]
        return missing + [d for key in shared for d in _differences(expected[key], actual[key], f"{where}.{key}")]
    same = expected == actual and isinstance(expected, bool) == isinstance(actual, bool)  # 1 == True in Python
    return [] if same else [f"{where} is {json.dumps(actual)[:80]} instead of {json.dumps(expected)[:80]}"]


def _body(value: object) -> tuple[bytes, Mapping[str, str]]:
    if value is None or isinstance(value, str):
        return (value or "").encode(), {}
    return json.dumps(value).encode(), {"content-type": "application/json"}


def _headers(document: Document, value: object, *at: str | int) -> Mapping[str, str]:
    if value is not None and not isinstance(value, dict):
        raise document.error("headers is a mapping of names to values", *at)
    return {str(name).lower(): str(text) for name, text in (value or {}).items()}


def _seconds(document: Document, value: object, *at: str | int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 300:
        raise document.error(f"timeout_s {value!r} must be a number of seconds up to 300", *at)
    return float(value)


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _only(document: Document, item: Mapping[str, object], known: Sequence[str], *at: str | int) -> None:
    for key in item:
        if key not in known:
            raise document.error(f"{key!r} is not known here; known: {', '.join(known)}", *at, key)

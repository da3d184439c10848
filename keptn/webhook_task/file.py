"""`webhook.yaml`: how a task of a sequence is carried out by a call. Parsed with line numbers; pure.

webhooks:
  - name: smoke                        # the task's in the shipyard says it: properties: {webhook: smoke}
    secret: smoke                      # a secret whose key `url` is what to call; token, or user and password
    method: POST
    headers: {X-Team: "{{ project }}", X-Api-Key: {key: api-key}}
    body: {image: "{{ data.configurationChange.values.image }}"}   # without it: the event, as a CloudEvent
    answer:                            # how the answer becomes `.finished`
      result: "{{ 'pass' if answer.json.ok else 'fail' }}"
      status: succeeded
      message: "{{ answer.json.text }}"
      data: {report: "{{ answer.json.report }}"}
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keptn import documents
from keptn.deployment.reading import Place
from keptn.documents import Document
from keptn.notification import template

FILE = "webhook.yaml"
METHODS = ("POST", "PUT", "PATCH", "GET", "DELETE")
_KEYS = ("name", "secret", "method", "headers", "body", "answer")
_ANSWERS = ("result", "status", "message", "data")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "x-correlation-id"})
_HIDDEN = re.compile(r"authorization|cookie|token|secret|password|api-?key", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromSecret:
    """A header's value that is a key of the webhook's own secret: what opens a door goes where that one leads."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One entry. headers, body and answer are templates. body: None is the event as it is."""

    name: str
    secret: str
    method: str = "POST"
    headers: Mapping[str, str | FromSecret] = field(default_factory=dict)
    body: Any = None
    answer: Mapping[str, Any] = field(default_factory=dict)


def parse(text: str | bytes, *, file: str = FILE) -> Mapping[str, Webhook]:
    """The entries by their names. Raises InvalidFile with the line."""
    document = documents.read(text, file=file, kind="webhook")
    entries = document.data.get("webhooks") if isinstance(document.data, dict) else None
    if not isinstance(entries, list):
        raise document.error("must have `webhooks`, a list of calls with name and secret")
    found: dict[str, Webhook] = {}
    for position, entry in enumerate(entries):
        webhook = _webhook(document, entry, "webhooks", position)
        if webhook.name in found:
            raise document.error(f"the name {webhook.name!r} stands twice", "webhooks", position, "name")
        found[webhook.name] = webhook
    try:
        template.check(entries)
    except template.BadTemplate as bad:
        raise document.error(str(bad), "webhooks", *bad.path) from bad
    return found


def _webhook(document: Document, entry: object, *at: str | int) -> Webhook:
    if not isinstance(entry, dict):
        raise document.error("a webhook is a mapping with name and secret", *at)
    _check_keys(document, entry, _KEYS, *at)
    name, secret, method = entry.get("name"), entry.get("secret"), entry.get("method", "POST")
    if not isinstance(name, str) or not name:
        raise document.error("a webhook has a name, which the task in the shipyard says", *at)
    if not isinstance(secret, str) or "/" in secret or not secret:
        raise document.error(f"secret {secret!r} must be the name of a secret with the key url", *at, "secret")
    if method not in METHODS:
        raise document.error(f"method {method!r} is none of {', '.join(METHODS)}", *at, "method")
    body, answer = entry.get("body"), entry.get("answer") or {}
    if not isinstance(answer, dict):
        raise document.error("answer must be a mapping", *at, "answer")
    _check_keys(document, answer, _ANSWERS, *at, "answer")
    for key, sent in (("body", body), ("answer", answer)):
        Place(document, (*at, key), sent).json()
    headers = _headers(document, entry.get("headers") or {}, *at, "headers")
    return Webhook(name=name, secret=secret, method=method, headers=headers, body=body, answer=answer)


def _headers(document: Document, given: object, *at: str | int) -> Mapping[str, str | FromSecret]:
    if not isinstance(given, dict):
        raise document.error("headers must be a mapping", *at)
    found: dict[str, str | FromSecret] = {}
    for name, value in given.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise document.error(f"{name!r} is no name of a header", *at, name)
        if name.lower() in _OURS:
            raise document.error(f"the header {name} is keptn's own; leave it out", *at, name)
        if isinstance(value, dict) and set(value) == {"key"} and all(map(_is_text, value.values())):
            found[name] = FromSecret(**value)
        elif not _is_text(value):
            raise document.error(f"the header {name} is a text, or {{key: KEY}} of the secret", *at, name)
        elif _HIDDEN.search(name):
            raise document.error(f"the header {name} belongs into the secret, and is written {{key: KEY}}", *at, name)
        else:
            found[name] = value
    return found


def _check_keys(document: Document, given: Mapping[str, Any], known: Sequence[str], *at: str | int) -> None:
    for key in given:
        if key not in known:
            hint = "; the URL belongs into the secret" if key in ("url", "token") else ""
            raise document.error(f"{key!r} is not known here{hint}; known: {', '.join(known)}", *at, key)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)

"""A mapping file, read with the line of every mistake.

    mapping: registry                       # or monitor
    title: Quay                             # how people call the sender
    check: token                            # how it says who it is; a list: the first whose header the request has
    each: $.events[*]                       # where the entries are, if a notification has several
    only: {$.action: push}                  # what starts something; the rest is ignored, with the reason
    repository: $.repository                # the fields: expressions (expressions.py)
    tag: $.updated_tags[*]
    setup: {Webhook URL: "{url}"}           # what to enter where at the sender, for `keptn get hook --registry`

A check is `token` (wherever it can be put), `bearer`, `basic`, `{header: X-Token}`, or `{hmac: {header: X-Signature,
prefix: sha256=, encoding: hex, algorithm: sha256, signed: "{body}", timestamp: X-Time, key: text}}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keptn import documents
from keptn.documents import Document
from keptn.webhooks.authentication import ANY_TOKEN, Check, Signature, Token
from keptn.webhooks.mappings import expressions
from keptn.webhooks.mappings.expressions import Expression

FIELDS: Mapping[str, Mapping[str, bool]] = {
    "registry": {"repository": True, "tag": True, "host": False, "digest": False, "id": False, "time": False},
    "monitor": {
        "problem": True,
        "id": True,
        "state": True,
        "type": False,
        "started": False,
        "severity": False,
        "url": False,
        "tags": False,
        "project": False,
        "stage": False,
        "service": False,
        "namespace": False,
        "digest": False,
        "test": False,
    },
}
"""Kind of sender to the fields that its notifications have, and whether a mapping must say where they are."""
KEYS = ("mapping", "title", "check", "each", "only", "setup")
HMAC = ("header", "prefix", "encoding", "algorithm", "signed", "timestamp", "key")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CHOICES = {"encoding": ("hex", "base64"), "algorithm": ("sha256", "sha512"), "key": ("text", "base64")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """key: the expression as it is written. allowed: globs."""

    key: str
    expression: Expression
    allowed: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderMapping:
    """One file. each: as it is written, with its expression; None: the body is the one entry."""

    kind: str
    title: str
    fields: Mapping[str, Expression]
    checks: Sequence[Check] = (ANY_TOKEN,)
    each: tuple[str, Expression] | None = None
    only: Sequence[Condition] = ()
    setup: Mapping[str, str] = field(default_factory=dict)


def parse(text: str | bytes, *, file: str) -> SenderMapping:
    """Raises InvalidFile with the line."""
    document = documents.read(text, file=file, kind="mapping")
    data = document.data
    if not isinstance(data, dict) or data.get("mapping") not in list(FIELDS):
        raise document.error(f"`mapping` must say what it maps: {' or '.join(FIELDS)}", "mapping")
    kind, fields = data["mapping"], FIELDS[data["mapping"]]
    for key in data:
        if key not in (*KEYS, *fields):
            raise document.error(f"{key!r} is not known here; known: {', '.join((*KEYS, *fields))}", str(key))
    for name, required in fields.items():
        if required and data.get(name) is None:
            raise document.error(f"must say where the {name} is: `{name}`, a JSON path for example", name)
    return SenderMapping(
        kind=kind,
        title=_title(data.get("title"), document),
        fields={
            name: expressions.compiled(data[name], document, name) for name in fields if data.get(name) is not None
        },
        checks=_checks(data.get("check"), document),
        each=_each(data.get("each"), document),
        only=_only(data.get("only"), document),
        setup=_setup(data.get("setup"), document),
    )


def _title(value: object, document: Document) -> str:
    if not isinstance(value, str) or not value.strip():
        raise document.error("must have a `title`: how people call the sender", "title")
    return value.strip()


def _each(value: object, document: Document) -> tuple[str, Expression] | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.startswith("$"):
        raise document.error("must be the JSON path of the entries, as in $.events[*]", "each")
    return value, expressions.compiled(value, document, "each")


def _only(value: object, document: Document) -> Sequence[Condition]:
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise document.error("must be a mapping: what is looked at, to the value or values that count", "only")
    return [
        Condition(
            key=str(key),
            expression=expressions.compiled(key, document, "only", str(key)),
            allowed=_allowed(allowed, document, "only", str(key)),
        )
        for key, allowed in value.items()
    ]


def _allowed(value: object, document: Document, *at: str | int) -> Sequence[str]:
    listed = value if isinstance(value, list) else [value]
    texts = [expressions.text(one) for one in listed]
    if not texts or None in texts:
        raise document.error("must be the value that counts, or a list of them", *at)
    return [text for text in texts if text is not None]


def _setup(value: object, document: Document) -> Mapping[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise document.error("must be a mapping: the sender's field, to what to enter there", "setup")
    return {str(name): text for name, text in value.items()}


def _checks(value: object, document: Document) -> Sequence[Check]:
    if value is None:
        return (ANY_TOKEN,)
    if isinstance(value, list) and value:
        return [_check(one, document, "check", place) for place, one in enumerate(value)]
    return [_check(value, document, "check")]


def _check(value: object, document: Document, *at: str | int) -> Check:
    if value == "token":
        return ANY_TOKEN
    if value in ("bearer", "basic"):
        return Token(place=str(value))
    if isinstance(value, dict) and set(value) == {"header"}:
        return Token(place=_header(value["header"], document, *at, "header"))
    if isinstance(value, dict) and set(value) == {"hmac"} and isinstance(value["hmac"], dict):
        return _signature(value["hmac"], document, *at, "hmac")
    raise document.error("must be token, bearer, basic, {header: NAME} or {hmac: {header: NAME, …}}", *at)


def _signature(value: Mapping[Any, Any], document: Document, *at: str | int) -> Signature:
    for key, told in value.items():
        if key not in HMAC:
            raise document.error(f"{key!r} is not known here; known: {', '.join(HMAC)}", *at, str(key))
        if not isinstance(told, str):
            raise document.error(f"{key} must be a text", *at, key)
        if key in _CHOICES and told not in _CHOICES[key]:
            raise document.error(f"{told!r} must be {' or '.join(_CHOICES[key])}", *at, key)
    given = dict(value)
    given["header"] = _header(given.get("header"), document, *at, "header")
    if "timestamp" in given:
        given["timestamp"] = _header(given["timestamp"], document, *at, "timestamp")
    signature = Signature(**given)
    if "body" not in signature.placeholders:
        raise document.error("must have {body} in it, or anybody could send another", *at, "signed")
    if signature.timestamp and signature.timestamp not in signature.placeholders:
        hint = f"{{{value['timestamp']}}}"
        raise document.error(f"must have {hint} in it, or the time proves nothing", *at, "signed")
    return signature


def _header(value: object, document: Document, *at: str | int) -> str:
    if not isinstance(value, str) or not _HEADER.fullmatch(value):
        raise document.error("must be the name of a header, such as X-Signature", *at)
    return value.lower()

"""One call of the API: the request, what its path names, and the adapters. Every route takes one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from keptn.api.tokens import Principal
from keptn.context import Context
from keptn.records.tokens import Role
from keptn.web import HttpError, Request

SOURCE = "keptn/api"
MAX_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Call:
    """path: the named parts of the path. principal: who is signed in. `slots` is left out for the cached body."""

    request: Request
    ctx: Context
    principal: Principal
    path: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def body(self) -> Mapping[str, object]:
        return self.request.json()

    @property
    def by(self) -> str:
        """Who asks for it, as it is recorded: the token, never what the caller says of himself."""
        return self.principal.name

    def sees(self, project: str) -> bool:
        """Whether the token is for the project, or for all."""
        return self.principal.project in ("", project)

    def shown(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """An event as this token may see it: the links that answer an approval are for who may answer it."""
        data = event.get("data") or {}
        asked = data.get("approval")
        if self.principal.includes(Role.OPERATE) or not isinstance(asked, Mapping) or "links" not in asked:
            return event
        return {**event, "data": {**data, "approval": {key: asked[key] for key in asked if key != "links"}}}

    @property
    def page_size(self) -> int:
        """`pageSize` of the query, 1 to 100, default 20. Raises HttpError 400."""
        text = self.request.query.get("pageSize") or "20"
        if not text.isdecimal() or not 1 <= int(text) <= MAX_PAGE:
            raise HttpError(f"pageSize {text!r} must be a whole number from 1 to {MAX_PAGE}", status=400)
        return int(text)

    @property
    def page_token(self) -> str:
        return self.request.query.get("nextPageKey", "")

    def query(self, name: str) -> str:
        return self.request.query.get(name, "")

    def text(self, *names: str) -> str:
        """A text of the body under the first of its names. Raises HttpError 400 if none is there."""
        if found := self.optional(*names):
            return found
        raise HttpError(f"the request lacks {names[0]!r}", status=400)

    def optional(self, *names: str) -> str:
        """A text of the body under the first of its names that is there, else empty. Raises HttpError 400."""
        for name in names:
            if (value := self.body.get(name)) is None:
                continue
            if not isinstance(value, str):
                raise HttpError(f"{name!r} must be a text, not {type(value).__name__}", status=400)
            return value
        return ""

    @property
    def force(self) -> Mapping[str, object]:
        """The section `force` for an event's data if it is asked for: who overrides what keptn refuses, and why."""
        return {"force": {"by": self.by, "reason": self.text("reason")}} if self.body.get("force") else {}

    def mapping(self, name: str) -> Mapping[str, str]:
        """Texts by name from the body; empty if it has none. Raises HttpError 400."""
        value = self.body.get(name) or {}
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise HttpError(f"{name!r} must be an object of texts", status=400)
        return value


def file_text(content: str) -> str:
    """A file's text, sent as it is or in base64 as keptn's clients do (YAML and JSON objects are never base64)."""
    try:
        return base64.b64decode("".join(content.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return content


def file_bytes(content: str) -> bytes:
    """A resource's bytes from base64. Raises HttpError 400."""
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise HttpError("'resourceContent' must be the file in base64", status=400) from exc

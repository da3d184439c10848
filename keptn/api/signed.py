"""Who decided: what keptn records of a person is who is signed in; whom the caller says it was for stands beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn.web import HttpError

_LONGEST_NAME = 80


def on_behalf(principal: str, said: object) -> str:
    """`ci`, or `ci (ann)` where the caller says that it is for ann."""
    name = " ".join(str(said or "").split())[:_LONGEST_NAME]
    return f"{principal} ({name})" if name and name != principal else principal


def decision(said: Mapping[str, Any], principal: str) -> dict[str, Any]:
    """A section of an event's data that tells what somebody decided, with who it was."""
    return {**said, "by": on_behalf(principal, said.get("by"))}


def force(said: object, principal: str) -> dict[str, Any]:
    """The section `force`: who overrides a rejection, a pin or a freeze, and why. Raises HttpError 400 without why."""
    given: Mapping[str, Any] = said if isinstance(said, Mapping) else {"reason": said}
    reason = given.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise HttpError("'force' needs a 'reason', which is recorded with who asked for it", status=400)
    return decision(given, principal)

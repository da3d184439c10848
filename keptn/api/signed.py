"""Who decided: what keptn records is the token that is signed in; what the caller says of himself is dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn.web import HttpError


def decision(said: Mapping[str, Any], by: str) -> dict[str, Any]:
    """A section of an event's data that tells what somebody decided, with who it was."""
    return {**said, "by": by}


def force(said: object, by: str) -> dict[str, Any]:
    """The section `force`: who overrides a rejection, a pin or a freeze, and why. Raises HttpError 400 without why."""
    given: Mapping[str, Any] = said if isinstance(said, Mapping) else {"reason": said}
    reason = given.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise HttpError("'force' needs a 'reason', which is recorded with who asked for it", status=400)
    return decision(given, by)

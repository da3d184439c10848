"""What a project or service may be called: a label of DNS, as namespaces need it. Source: keptn, keptn_base.go."""

from __future__ import annotations

import re

from keptn.web import HttpError

MOST_PROJECT = 40
MOST_SERVICE = 43
_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


def check(name: str, *, kind: str, most: int) -> str:
    """The name itself. Raises HttpError 400."""
    if _NAME.fullmatch(name) and len(name) <= most:
        return name
    rule = f"lower-case letters, digits and hyphens, beginning with a letter, not ending with a hyphen, at most {most}"
    raise HttpError(f"the {kind} name {name[:80]!r} must be {rule}", status=400)

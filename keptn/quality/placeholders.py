"""Placeholders in queries: `$PROJECT`, `$DURATION_SECONDS`, `$LABEL.build` … Pure; called by the providers.

Source: prometheus-service and dynatrace-service (upper case, no braces); `$ENVIRONMENT` and `$DURATION_MINUTES` are the
talk's. Anything else that begins with `$` is left alone: it may be the provider's own.
"""

from __future__ import annotations

import math
import re

from keptn.errors import Refused
from keptn.ports import SliQuery

NAMES = (
    "$PROJECT",
    "$STAGE",
    "$SERVICE",
    "$DEPLOYMENT",
    "$ENVIRONMENT",
    "$DURATION_SECONDS",
    "$DURATION_MINUTES",
)
_LABEL = re.compile(r"\$LABEL\.([A-Za-z0-9_-]+)")
_UNSAFE = re.compile(r"[\"'\\`\n\r{}]")


def filled(text: str, query: SliQuery) -> str:
    """The text with every known placeholder replaced. Raises Refused for a label that is not set or not safe."""
    seconds = max(1, math.ceil((query.window.end - query.window.start).total_seconds()))
    values = (
        query.scope.project,
        query.scope.stage,
        query.scope.service,
        query.colour,
        f"{query.scope.project}-{query.scope.stage}",
        f"{seconds}s",
        str(math.ceil(seconds / 60)),
    )
    names = dict(zip(NAMES, values, strict=True))
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    known = re.sub(pattern, lambda match: names[match[0]], text)
    return _LABEL.sub(lambda match: _label(match[1], query), known)


def _label(name: str, query: SliQuery) -> str:
    value = query.labels.get(name)
    if value is None:
        raise Refused(f"the query uses $LABEL.{name}, but the delivery has no label {name!r}")
    if _UNSAFE.search(value):
        raise Refused(f"the label {name!r} holds a quote, a brace or a backslash and is not put into a query")
    return value

"""What is raw on a page: an event, a file. Whole where it is small, else its beginning; and as a file, always whole."""

from __future__ import annotations

import json

from keptn.bridge.visible import beginning
from keptn.web import Answer, size

_MOST_BYTES = 100_000
"""Of a page, which has 150 kB."""


def shown(text: str, *, most_bytes: int = _MOST_BYTES) -> tuple[str, str]:
    """What a page shows of it, and how long all of it is; empty where that is all."""
    part, is_all = beginning(text, most_bytes)
    return part, "" if is_all else size(len(text.encode(errors="replace")))


def of(found: object) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False)


def file(found: object, *, name: str) -> Answer:
    """All of it, to be kept."""
    kept = ("Content-Disposition", f'attachment; filename="{name}"')
    return Answer(body=json.dumps(found, indent=2).encode(), content_type="application/json", headers=(kept,))

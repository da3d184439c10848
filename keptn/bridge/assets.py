"""Style, scripts and icon. Their addresses name their content, so a browser keeps them for good."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from keptn.bridge.visit import Visit
from keptn.errors import Unknown
from keptn.web import Answer

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_GOOD = ("Cache-Control", "public, max-age=31536000, immutable")


def show(visit: Visit) -> Answer:
    return Answer(
        body=_content(visit.path["name"]),
        content_type=_TYPES[Path(visit.path["name"]).suffix],
        headers=(_FOR_GOOD,),
    )


@cache
def version(name: str) -> str:
    """Of its content."""
    return hashlib.sha256(_content(name)).hexdigest()[:12]


@cache
def _content(name: str) -> bytes:
    if name not in {file.name for file in _FOLDER.iterdir() if file.suffix in _TYPES}:
        raise Unknown(f"there is no file {name[:80]!r}")
    return (_FOLDER / name).read_bytes()

"""Style, scripts and icon. Their addresses name their content, so a browser keeps them for good.

They are sent packed, pages are not: what is packed together with a form's token tells it by its length (BREACH).
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path

from keptn.bridge.visit import Visit
from keptn.errors import Unknown
from keptn.web import Answer

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_GOOD = ("Cache-Control", "public, max-age=31536000, immutable")
_ONCE = ("Cache-Control", "no-store")
"""For another version of it, which a page of an older or newer release asks for while one takes over from the other."""


def show(visit: Visit) -> Answer:
    name = visit.path["name"]
    headers = [_FOR_GOOD if visit.query("v") == version(name) else _ONCE, ("Vary", "Accept-Encoding")]
    body = _content(name)
    if "gzip" in visit.request.headers.get("accept-encoding", ""):
        body = _packed(name)
        headers.append(("Content-Encoding", "gzip"))
    return Answer(body=body, content_type=_TYPES[Path(name).suffix], headers=tuple(headers))


@cache
def version(name: str) -> str:
    """Of its content."""
    return hashlib.sha256(_content(name)).hexdigest()[:12]


@cache
def _packed(name: str) -> bytes:
    return gzip.compress(_content(name), mtime=0)


@cache
def _content(name: str) -> bytes:
    if name not in {file.name for file in _FOLDER.iterdir() if file.suffix in _TYPES}:
        raise Unknown(f"there is no file {name[:80]!r}")
    return (_FOLDER / name).read_bytes()

"""Templates and what they may call: every value is escaped unless a macro of ours made it, and hides nothing.

A name that a template does not know is an error, so that a slip is a failed test and not a hole in a page.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import keptn
from keptn import durations
from keptn.bridge import assets, cookies, looks
from keptn.bridge.visible import brief, visible
from keptn.events import utc

if TYPE_CHECKING:
    from keptn.bridge.visit import Visit

_TEMPLATES = Path(__file__).parent / "templates"
_SHORT_DIGEST = len("sha256:") + 12


def rendered(template: str, *, visit: Visit, **values: object) -> str:
    """The page of that template."""
    theme = visit.cookies.get(cookies.THEME, "")
    always = {
        "visit": visit,
        "now": visit.now,
        "link": visit.link,
        "theme": theme if theme in ("light", "dark") else "",
        "looks": looks.of,
        "asset": lambda name: visit.link("assets", name, v=assets.version(name)),
        "keptn_version": keptn.__version__,
    }
    return _environment().get_template(template).render(always | values)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters = (ago, took, tag, whole_image, digest, day, outside, sentence, brief)
    made.filters |= {one.__name__: one for one in filters}
    return made


def ago(at: str | datetime, now: datetime) -> str:
    """From now on: `3m ago`."""
    return durations.relative(utc(at) if isinstance(at, str) else at, now=now)


def day(at: str | datetime) -> str:
    """With its zone: `2026-11-24 12:00:00Z`."""
    return durations.moment(at)


def took(begun: str, ended: str | datetime) -> str:
    """How long it went on: `1m20s`."""
    over = utc(ended) if isinstance(ended, str) else ended
    return durations.short(max(0, round((over - utc(begun)).total_seconds())))


def tag(image: str) -> str:
    """Of an image only what tells versions apart: `0.2`; a digest where it has no tag."""
    name = image.rpartition("/")[2]
    named, _, by_digest = name.partition("@")
    return brief(named.partition(":")[2] or digest(by_digest) or named)


def whole_image(image: str) -> str:
    return brief(image.partition("@")[0])


def digest(text: str) -> str:
    """Its beginning, as people compare it."""
    return text[:_SHORT_DIGEST].removeprefix("sha256:")


def sentence(text: str) -> str:
    """With the capital letter and the full stop that errors do without."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")


def outside(url: str) -> str:
    """An address from an event or a file, if a browser may be led there; else empty."""
    try:
        return url if urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""

"""Light, dark, or as the system has it: a cookie, so that the first byte knows it and nothing flickers."""

from __future__ import annotations

from keptn.bridge import cookies
from keptn.bridge.visit import Visit
from keptn.web import Answer

THEMES = ("light", "dark")
_YEAR_S = 365 * 86400


def choose(visit: Visit) -> Answer:
    """Anything but a theme: as the system has it."""
    wanted = visit.form.get("theme", "")
    theme = (cookies.THEME, wanted, _YEAR_S) if wanted in THEMES else (cookies.THEME, "", 0)
    return visit.back(cookie=theme)

"""The three cookies of the bridge: who is signed in, the theme, what to say once. None is read by scripts."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote

from keptn.web import SESSION_COOKIE

SESSION, THEME, SAID = SESSION_COOKIE, "keptn-theme", "keptn-said"


def written(name: str, value: str, *, path: str, lasts_s: int, secure: bool) -> str:
    """A Set-Cookie line. Lax: a link in a chat opens the page, a form of another site is not sent with it."""
    line = f"{name}={value}; Path={path}; Max-Age={lasts_s}; HttpOnly; SameSite=Lax"
    return f"{line}; Secure" if secure else line


def to_say(sentence: str) -> str:
    return quote(sentence, safe="")


def said(cookies: Mapping[str, str]) -> str:
    """What the last form led to; shown as text, so nobody gains by writing it."""
    return unquote(cookies.get(SAID, ""))

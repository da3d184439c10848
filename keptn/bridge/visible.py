"""Text from outside as a page shows it: what cannot be seen, but changes what is, is shown as its escape.

A name with a right-to-left override reads as another one, and one with a zero-width space looks like the one without.
The escapes are those of JSON, so that a copied event is still the same event.

Source: Unicode UTS 55, source code handling (bidirectional ordering, default ignorable code points).
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

LONGEST = 400
"""Bytes on a page of a text in a line; all of it stands in its event."""
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    # what joins emoji, and says that one is shown in colour, only where there is one
    "|(?<![\u2190-\u2bff\u3030\u303d\U0001f000-\U0001faff\ufe0f])[\u200d\ufe0e\ufe0f]"
)


def visible(value: object) -> object:
    """What a template writes: texts with nothing hidden in them; markup of ours has been through it."""
    if not isinstance(value, str) or isinstance(value, Markup) or not _HIDDEN.search(value):
        return value
    return _HIDDEN.sub(_escaped, value)


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def brief(text: str, most_bytes: int = LONGEST) -> str:
    """Its beginning, if it is longer than anybody reads in a list."""
    shown, is_all = beginning(text, most_bytes)
    return shown if is_all else f"{shown}…"


def beginning(text: str, most_bytes: int) -> tuple[str, bool]:
    """What of it takes at most so many bytes on a page, where a quote takes five, and whether that is all of it."""
    shown, is_all = str(visible(text[:most_bytes])), len(text) <= most_bytes
    while (size_bytes := len(escape(shown).encode())) > most_bytes:
        shown, is_all = shown[: len(shown) * most_bytes // size_bytes], False
    return shown, is_all

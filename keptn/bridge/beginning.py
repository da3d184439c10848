"""The beginning of a text from outside, by what it takes on a page: there a quote is five bytes."""

from __future__ import annotations

from markupsafe import escape


def beginning(text: str, most_bytes: int) -> str:
    """As much of it as takes so many bytes; the text itself where all of it does."""
    shown = text[:most_bytes]
    while (size_bytes := len(escape(shown).encode(errors="replace"))) > most_bytes:
        shown = shown[: len(shown) * most_bytes // size_bytes]
    return shown

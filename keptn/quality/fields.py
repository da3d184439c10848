"""Reading the fields of a gate file: the right type, or an error that points at the line. Pure; for the parsers."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from keptn.documents import Document


def mapping(document: Document, value: object, *path: str | int) -> Mapping[str, Any]:
    """The value as keys and values. Raises InvalidFile."""
    if not isinstance(value, dict):
        raise document.error(f"{_what(path)} must be an object with keys and values, not {_shown(value)}", *path)
    return value


def sequence(document: Document, value: object, *path: str | int) -> list[Any]:
    """The value as a list. Raises InvalidFile."""
    if not isinstance(value, list):
        raise document.error(f"{_what(path)} must be a list, not {_shown(value)}", *path)
    return value


def number(document: Document, value: object, *path: str | int) -> float:
    """The value as a finite number; a text or a truth value is none. Raises InvalidFile."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
        raise document.error(f"{_what(path)} must be a number, not {_shown(value)}", *path)
    return float(value)


def flag(document: Document, given: Mapping[str, Any], name: str, *path: str | int) -> bool:
    """A truth value, false if absent. Raises InvalidFile."""
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise document.error(f"`{name}` must be true or false, not {_shown(value)}", *path, name)
    return value


def text(document: Document, value: object, *path: str | int) -> str:
    """A text that says something. Raises InvalidFile."""
    if not isinstance(value, str) or not value.strip():
        raise document.error(f"{_what(path)} must be a text, not {_shown(value)}", *path)
    return value


def known_keys(document: Document, given: Mapping[Any, Any], known: Collection[str], *path: str | int) -> None:
    """A misspelt key must not silently lose a limit. Raises InvalidFile."""
    for key in given:
        if key not in known:
            from difflib import get_close_matches  # noqa: PLC0415 - only for the mistaken

            near = get_close_matches(str(key), known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(sorted(known))}"
            raise document.error(f"`{key}` is not known here; {hint}", *path, key)


def one_of(document: Document, value: object, known: Collection[str], *path: str | int) -> str:
    """One of a closed set of words. Raises InvalidFile."""
    if not isinstance(value, str) or value not in known:
        raise document.error(f"{_what(path)} {_shown(value)} is not known; known: {', '.join(sorted(known))}", *path)
    return value


def _what(path: tuple[str | int, ...]) -> str:
    return next((f"`{part}`" for part in reversed(path) if isinstance(part, str)), "the file")


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer too large for a float
        return False

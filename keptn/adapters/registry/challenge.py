"""How a registry asks who is there: its `WWW-Authenticate` header. Source: RFC 9110, 11.6.1."""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's word
_PIECE = re.compile(rf'({_TOKEN})(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s",]*))?')


def parse(header: str) -> Mapping[str, Mapping[str, str]]:
    """The first challenge of each scheme, to its parameters; both names in lower case."""
    found: dict[str, dict[str, str]] = {}
    parameters: dict[str, str] = {}
    for piece in _PIECE.finditer(header):
        name, value = piece[1].lower(), piece[2]
        if value is None:
            parameters = {}
            found.setdefault(name, parameters)
        else:
            parameters[name] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
    return found

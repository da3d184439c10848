"""What a value of a mapping file stands for: a place in a notification, a header, a text, or several of them.

    $.target.repository                                  a JSON path from the root of the body
    @.tag                                                a JSON path from the entry (where the mapping has `each`)
    header:X-Delivery                                    a header of the request
    quay.io                                              anything else is itself
    [$.account, .dkr.ecr., $.region]                     one after another; nothing if one of them is not there
    {from: $.origin, match: "https?://([^/]+)"}          the first group of a regular expression
    {from: $.tags, split: ","}                           several texts of one
    {from: $.state, map: {Triggered: open}}              other words; a text that is not there is none

Source: RFC 9535, "JSONPath: Query Expressions for JSON"; the paths are the operator's, the body is a stranger's.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from keptn.documents import Document
from keptn.errors import Undecodable

HEADER = "header:"
FORMS = ("from", "match", "split", "map")
LONGEST = 4096
"""Characters of a text that a regular expression gets to see, or that are taken apart."""
MOST = 1000
"""Values that one path may find, and texts that one may be split into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the expressions are asked of. entry: one of `each`, or the body. headers: names in lower case."""

    body: object
    entry: object
    headers: Mapping[str, str]


class Expression(Protocol):
    """A compiled value of a mapping file."""

    def values(self, told: Told, /) -> Sequence[object]:
        """What stands there, of any JSON type. Raises Undecodable for a body that no path can be followed in."""
        ...


def texts(expression: Expression, told: Told) -> Sequence[str]:
    """Those of the values that are texts; numbers and truth values as JSON writes them."""
    return [found for value in expression.values(told) if (found := text(value)) is not None]


def compiled(value: object, document: Document, *at: str | int) -> Expression:
    """The expression that the file writes there. Raises InvalidFile."""
    if isinstance(value, str):
        return _word(value, document, *at)
    if isinstance(value, list) and value:
        return _Joined(parts=[compiled(part, document, *at, place) for place, part in enumerate(value)])
    if isinstance(value, dict) and "from" in value:
        return _taken_apart(value, document, *at)
    raise document.error(
        "is no expression; write a JSON path such as $.repository.name, header:NAME, a text, a list of those, or a "
        f"mapping with `from` ({', '.join(FORMS)})",
        *at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Literal:
    text: str

    def values(self, _told: Told, /) -> Sequence[object]:
        return [self.text]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    name: str

    def values(self, told: Told, /) -> Sequence[object]:
        return [told.headers[self.name]] if self.name in told.headers else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    """query: of the library, which knows no types here. of_entry: from `@`."""

    query: Any
    of_entry: bool

    def values(self, told: Told, /) -> Sequence[object]:
        from jsonpath_rfc9535 import JSONPathError  # noqa: PLC0415 - only who uses a mapping

        found: list[object] = []
        try:
            for node in self.query.finditer(told.entry if self.of_entry else told.body):
                found.append(node.value)
                if len(found) > MOST:  # one more, so that who reads can say that there are more
                    break
        except (JSONPathError, RecursionError) as exc:
            raise Undecodable(f"the body cannot be searched: {str(exc)[:200] or 'it is nested too deeply'}") from exc
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Joined:
    parts: Sequence[Expression]

    def values(self, told: Told, /) -> Sequence[object]:
        found = [next(iter(texts(part, told)), None) for part in self.parts]
        whole = [part for part in found if part]
        return ["".join(whole)] if len(whole) == len(found) else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _TakenApart:
    of: Expression
    match: re.Pattern[str] | None
    split: str
    map: Mapping[str, str] | None

    def values(self, told: Told, /) -> Sequence[object]:
        found = [whole[:LONGEST] for whole in texts(self.of, told)]
        if self.split:
            found = [part.strip() for whole in found for part in whole.split(self.split, MOST) if part.strip()]
        if self.match:
            matches = [match for one in found if (match := self.match.search(one))]
            found = [match[1 if self.match.groups else 0] or "" for match in matches]
        if self.map is not None:
            found = [self.map[word] for word in found if word in self.map]
        return found


def _word(word: str, document: Document, *at: str | int) -> Expression:
    if word.startswith(HEADER):
        name = word.removeprefix(HEADER).strip().lower()
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9a-z-]+", name):
            raise document.error(f"{word!r} names no header; write header:NAME, as in header:X-Delivery", *at)
        return _Header(name=name)
    return _path(word, document, *at) if word[:1] in ("$", "@") else _Literal(text=word)


def _path(path: str, document: Document, *at: str | int) -> Expression:
    from jsonpath_rfc9535 import JSONPathError, compile  # noqa: A004, PLC0415 - only who uses a mapping

    try:
        return _Path(query=compile(f"${path[1:]}"), of_entry=path.startswith("@"))
    except (JSONPathError, RecursionError) as exc:
        reason = str(exc).splitlines()[0] if str(exc) else "nested too deeply"
        raise document.error(f"{path!r} is no JSON path (RFC 9535): {reason}", *at) from exc


def _taken_apart(value: Mapping[Any, Any], document: Document, *at: str | int) -> Expression:
    for key in value:
        if key not in FORMS:
            raise document.error(f"{key!r} is not known here; known: {', '.join(FORMS)}", *at, str(key))
    return _TakenApart(
        of=compiled(value["from"], document, *at, "from"),
        match=_pattern(value.get("match"), document, *at, "match"),
        split=_separator(value.get("split"), document, *at, "split"),
        map=_words(value.get("map"), document, *at, "map"),
    )


def _pattern(value: object, document: Document, *at: str | int) -> re.Pattern[str] | None:
    if value is None:
        return None
    why = ""
    if isinstance(value, str) and value:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # what a later Python reads otherwise
                return re.compile(value)
        except (re.error, FutureWarning, RecursionError, OverflowError) as exc:
            why = f": {exc}"
    raise document.error(f"{value!r} is no regular expression{why}", *at)


def _separator(value: object, document: Document, *at: str | int) -> str:
    if value is not None and (not isinstance(value, str) or not value):
        raise document.error("must be what stands between the texts, such as ','", *at)
    return value or ""


def _words(value: object, document: Document, *at: str | int) -> Mapping[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not all(text(word) is not None for word in value.values()):
        raise document.error("must be a mapping of the sender's words to ours", *at)
    return {str(text(key)): str(text(word)) for key, word in value.items()}


def text(value: object) -> str | None:
    """A text, number or truth value as JSON writes it; None for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None

"""Is a file that a user wrote right? Its kind, then its schema, then its parser. Called by `keptn validate` and `api`.

The schemas (`shipyard-schemas/`) find all problems of form in one go; the parser, which reads the file in earnest,
finds what a schema cannot say. Neither knows whether the stages, secrets or services that a file names exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from keptn import documents
from keptn.errors import InvalidFile
from keptn.validation import kinds, schemas
from keptn.validation.kinds import Kind

__all__ = ["Kind", "check", "parse", "problems", "warnings"]

MOST_PROBLEMS = 20
"""Told of one file; nobody reads more at once."""


def check(path: str, content: bytes, *, file: str = "") -> None:
    """Raise InvalidFile, with all problems in its text, for a file of a config repo that keptn reads.

    Other YAML and JSON must be readable at least; the rest is a team's own. file: how its author calls it.
    """
    file = file or path
    kind = kinds.of_resource(path)
    if kind:
        found = problems(content, file=file, kind=kind)
    elif path.endswith((".yaml", ".yml", ".json")):
        found = _unreadable(content, file=file)
    else:
        found = []
    if found:
        first, *others = found
        reason = "\n".join([first.reason, *map(str, others)])
        raise InvalidFile(reason, file=first.file, line=first.line)


def problems(text: str | bytes, *, file: str, kind: Kind | None = None) -> list[InvalidFile]:
    """Everything that is wrong, in the order of the lines. kind: None finds it out."""
    try:
        document = documents.load(text, file=file)
        if document.data is None:
            raise document.error("is empty")
        kind = kind or kinds.of_document(document)
        if kind is None:
            known = ", ".join(Kind)
            raise InvalidFile(
                f"cannot tell what this file is; name it after its kind ({known}) or say --kind", file=file
            )
        document = documents.meant(document, kind=kind)
        found = schemas.problems(document, schema=kinds.schema_of(kind, document.data))
        if not found:
            _parsed(text, file=file, kind=kind)
    except InvalidFile as problem:
        return [problem]
    return found[:MOST_PROBLEMS]


def parse(text: str | bytes, *, file: str, kind: Kind | None = None) -> Any:  # noqa: ANN401 - what the kind's parser makes
    """What the kind's own parser makes of a file without problems."""
    kind = kind or kinds.of_document(documents.load(text, file=file))
    return _parsed(text, file=file, kind=kind) if kind else None


def warnings(text: str | bytes, *, file: str, kind: Kind | None = None) -> Sequence[str]:
    """Of a file without problems: what was read otherwise than it is written, and what is legal but surely not meant.

    Sentences with file and line.
    """
    from keptn.validation import doubts  # noqa: PLC0415 - it knows the parsers, and a parser reads through here

    document = documents.load(text, file=file)
    kind = kind or kinds.of_document(document)
    if kind is None:
        return ()
    document = documents.meant(document, kind=kind)
    parsed = _parsed(text, file=file, kind=kind)
    return (*document.notes, *getattr(parsed, "warnings", ()), *doubts.of(parsed, document, kind=kind))


def _parsed(text: str | bytes, *, file: str, kind: Kind) -> Any:  # noqa: ANN401
    return import_module(kinds.PARSERS[kind]).parse(text, file=file)


def _unreadable(content: bytes, *, file: str) -> list[InvalidFile]:
    try:
        documents.load(content, file=file)
    except InvalidFile as problem:
        return [problem]
    return []

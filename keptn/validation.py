"""Is a file that a user wrote right? Its kind, then its schema and its parser. Called by `keptn validate` and `api`.

The parsers say what is wrong first and best; the schemas (`shipyard-schemas/`) find the rest of it in one go. Neither
knows whether the stages, secrets or services that a file names exist.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from keptn import documents
from keptn.documents import Document
from keptn.errors import InvalidFile

SCHEMAS = Path(__file__).parent.parent / "shipyard-schemas"
_MOST_PROBLEMS = 20


class Kind(StrEnum):
    """The files that keptn reads."""

    SHIPYARD = "shipyard"
    VALUES = "values"
    PERFSPEC = "perfspec"
    REMEDIATION = "remediation"
    FUNCTIONAL_TESTS = "functional tests"
    NOTIFY = "notify"


_PARSERS: Mapping[Kind, str] = {
    Kind.SHIPYARD: "keptn.shipyard",
    Kind.VALUES: "keptn.values",
    Kind.PERFSPEC: "keptn.quality.perfspec",
    Kind.REMEDIATION: "keptn.remediation",
    Kind.FUNCTIONAL_TESTS: "keptn.testing.functional",
    Kind.NOTIFY: "keptn.notification.subscriptions",
}
"""Kind to the module whose `parse(text, file=…)` reads it."""

_NAMES: Mapping[str, Kind] = {
    "shipyard": Kind.SHIPYARD,
    "values": Kind.VALUES,
    "perfspec": Kind.PERFSPEC,
    "remediation": Kind.REMEDIATION,
    "functional": Kind.FUNCTIONAL_TESTS,
    "notify": Kind.NOTIFY,
}
"""How a file's name begins."""

_CONTENTS: Sequence[tuple[str, Kind]] = (
    ("stages", Kind.SHIPYARD),
    ("indicators", Kind.PERFSPEC),
    ("remediations", Kind.REMEDIATION),
    ("checks", Kind.FUNCTIONAL_TESTS),
    ("notifications", Kind.NOTIFY),
    ("image", Kind.VALUES),
)
"""A key that gives the kind away, at the root or below `spec`."""


def kind_of(document: Document) -> Kind | None:
    """What the file is, by its name, else by its content; None for a file that keptn does not read."""
    return _kind_by_name(document.file) or _kind_by_content(document.data)


def check(path: str, content: bytes) -> None:
    """Raise the first problem of a file with a name that keptn reads; other YAML and JSON must be readable at least.

    Content does not count here: a team may keep any file in its config repo.
    """
    if not path.endswith((".yaml", ".yml", ".json")):
        return
    documents.load(content, file=path)
    if kind := _kind_by_name(path):
        for problem in problems(content, file=path, kind=kind):
            raise problem


def problems(text: str | bytes, *, file: str, kind: Kind | None = None) -> list[InvalidFile]:
    """Everything that is wrong, the parser's reason first, then by line. kind: None finds it out."""
    try:
        document = documents.load(text, file=file)
        kind = kind or kind_of(document)
        if kind is None:
            known = ", ".join(Kind)
            raise InvalidFile(f"it is none of the files that keptn reads ({known}); name it like one", file=file)
    except InvalidFile as unreadable:
        return [unreadable]
    found = [*_parser_problems(text, file=file, kind=kind), *_schema_problems(document, kind)]
    by_line = {problem.line: problem for problem in reversed(found)}
    return [problem for problem in found if by_line[problem.line] is problem][:_MOST_PROBLEMS]


def warnings(text: str | bytes, *, file: str) -> Sequence[str]:
    """What is legal in a valid file but surely not meant: sentences with file and line."""
    parsed = parse(text, file=file)
    return getattr(parsed, "warnings", ())


def parse(text: str | bytes, *, file: str, kind: Kind | None = None) -> Any:  # noqa: ANN401 - what the kind's parser makes
    """What the kind's own parser makes of it. Raises InvalidFile."""
    kind = kind or kind_of(documents.load(text, file=file))
    return import_module(_PARSERS[kind]).parse(text, file=file) if kind else None


def _kind_by_name(file: str) -> Kind | None:
    name = file.rsplit("/", 1)[-1].lower()
    if not name.endswith((".yaml", ".yml", ".json")):
        return None
    return next((kind for beginning, kind in _NAMES.items() if name.startswith(beginning)), None)


def _kind_by_content(data: object) -> Kind | None:
    if not isinstance(data, Mapping):
        return None
    below = data.get("spec")
    keys = {*data, *(below if isinstance(below, Mapping) else ())}
    return next((kind for key, kind in _CONTENTS if key in keys), None)


def _parser_problems(text: str | bytes, *, file: str, kind: Kind) -> Iterator[InvalidFile]:
    try:
        parse(text, file=file, kind=kind)
    except InvalidFile as problem:
        yield problem


def _schema_problems(document: Document, kind: Kind) -> list[InvalidFile]:
    found = [_located(document, error) for error in _validator(_schema_name(document, kind)).iter_errors(document.data)]
    return sorted(found, key=lambda problem: (problem.line or 0, problem.reason))


def _located(document: Document, error: Any) -> InvalidFile:  # noqa: ANN401 - jsonschema is imported where it is used
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - heavy

    deepest = best_match([error])
    path = list(deepest.absolute_path)
    where = ".".join(map(str, path)) or "the file"
    return document.error(f"{where}: {deepest.message}", *path, *_surplus_key(deepest))


def _surplus_key(error: Any) -> tuple[str, ...]:  # noqa: ANN401
    """The key that should not be there: its own line is better than that of the mapping."""
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = error.schema.get("properties", {})
        return tuple(str(key) for key in error.instance if key not in known)[:1]
    return (error.instance,) if error.parent and error.parent.validator == "propertyNames" else ()


def _schema_name(document: Document, kind: Kind) -> str:
    if kind is not Kind.SHIPYARD:
        return kind.replace(" ", "-")
    of_the_product = isinstance(document.data, Mapping) and {"spec", "apiVersion"} & set(document.data)
    return "shipyard-0.2" if of_the_product else "shipyard-0.1"


@cache
def _validator(name: str) -> Any:  # noqa: ANN401
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - heavy
    from referencing import Registry, Resource  # noqa: PLC0415

    schemas = [json.loads(file.read_bytes()) for file in sorted(SCHEMAS.glob("*.schema.json"))]
    registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas)
    wanted = next(schema for schema in schemas if schema["$id"].endswith(f"/{name}.schema.json"))
    return Draft202012Validator(wanted, registry=registry)

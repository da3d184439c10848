"""What the JSON Schemas of `shipyard-schemas/` find wrong with a document, in sentences with lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from keptn import shipped
from keptn.documents import Document
from keptn.documents import Path as Place
from keptn.errors import InvalidFile


def problems(document: Document, *, schema: str) -> list[InvalidFile]:
    """Everything that the schema of that name does not allow, in the order of the lines."""
    from keptn.validation import sentences  # noqa: PLC0415 - only who looks for mistakes

    surprises: list[InvalidFile] = []
    data = _plain(document, document.data, (), surprises)
    errors = _validator(schema).iter_errors(data)
    found = [document.error(reason, *path) for error in errors for path, reason in sentences.of(error)]
    unique = {str(problem): problem for problem in (*surprises, *found)}
    return sorted(unique.values(), key=lambda problem: problem.line or 0)


def load(name: str) -> dict[str, Any]:
    """A schema by its name. Raises KeptnError if the installation lacks it."""
    file = folder() / f"{name}.schema.json"
    return dict(json.loads(file.read_bytes()))


def folder() -> Path:
    """Where the schemas are. Raises KeptnError."""
    return shipped.folder("shipyard-schemas")


def _plain(document: Document, value: object, path: Place, surprises: list[InvalidFile]) -> object:
    """The value as JSON knows it: keys are texts (another is a problem), an empty key is an absent one."""
    if isinstance(value, list):
        return [_plain(document, item, (*path, place), surprises) for place, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    for key in value:
        if not isinstance(key, str):
            surprises.append(document.error(f"the key {key!r} is no text; put it in quotes", *path, str(key)))
    return {
        str(key): _plain(document, item, (*path, str(key)), surprises)
        for key, item in value.items()
        if item is not None
    }


@cache
def _validator(name: str) -> Any:  # noqa: ANN401 - jsonschema is imported where it is used
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - heavy
    from referencing import Registry, Resource  # noqa: PLC0415

    registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in _all())
    return Draft202012Validator(load(name), registry=registry)


def _all() -> Iterator[dict[str, Any]]:
    for file in sorted(folder().glob("*.schema.json")):
        yield json.loads(file.read_bytes())

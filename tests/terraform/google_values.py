"""What the google provider itself refuses in a value, beside what Terraform sees in its schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.terraform.google_schema import Attribute, Block

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """path: names of arguments and blocks, and the places of those in a list."""

    path: Path
    summary: str
    detail: str


def faults(block: Block, value: dict[str, Any], at: Path = ()) -> Iterator[Fault]:
    """value: a configuration in which null is None, and whatever is not known yet no str, list or dict."""
    for name, attribute in block.attributes.items():
        yield from _faults_of(attribute, value.get(name), (*at, name))
    for name, nested in block.blocks.items():
        inner = value.get(name)
        if isinstance(inner, dict):
            yield from faults(nested.block, inner, (*at, name))
        for place, item in enumerate(inner if isinstance(inner, list) else []):
            # Terraform finds no place in a set.
            where = (*at, name, place) if nested.nesting == "list" else (*at, name)
            yield from (
                Fault(path=where if nested.nesting == "set" else fault.path, summary=fault.summary, detail=fault.detail)
                for fault in faults(nested.block, item, where)
            )


def _faults_of(attribute: Attribute, value: Any, at: Path) -> Iterator[Fault]:
    if value is not None and attribute.computed and not attribute.optional:
        yield Fault(path=at, summary="Value for unconfigurable attribute", detail=f"{at[-1]} is a result, no argument.")
    given = value if isinstance(value, list) else [value]
    for one in given if attribute.one_of else []:
        if isinstance(one, str) and one not in attribute.one_of:
            allowed = ", ".join(attribute.one_of)
            yield Fault(path=at, summary="Unknown value", detail=f'{at[-1]} is "{one}", which is none of {allowed}.')

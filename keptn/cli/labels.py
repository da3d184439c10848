"""`--label key=value`, free words that travel with every event of a delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

labels_option: Callable[[F], F] = click.option(
    "--label", "--labels", "labels", multiple=True, metavar="KEY=VALUE", help="A label of the delivery; may repeat."
)


def parse(labels: tuple[str, ...], *, what: str = "label") -> Mapping[str, str]:
    """Key to value. Raises UsageError."""
    found: dict[str, str] = {}
    for label in (part for text in labels for part in text.split(",")):
        key, equals, value = label.partition("=")
        if not key or not equals:
            raise click.UsageError(f"The {what} {label!r} must be KEY=VALUE.")
        found[key] = value
    return found

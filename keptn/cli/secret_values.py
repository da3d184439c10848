"""Values of a secret on the command line: `--from-literal=key=value`, `--from-file=key=path` or `--from-file=path`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from keptn.cli import files

F = TypeVar("F", bound=Callable[..., Any])


def values_options(function: F) -> F:
    """The options of the commands that write a secret."""
    literal = click.option("--from-literal", "literals", multiple=True, metavar="KEY=VALUE", help="A value.")
    file = click.option("--from-file", "from_files", multiple=True, metavar="[KEY=]FILE", help="A file's content.")
    return literal(file(scope_option(function)))


scope_option: Callable[[F], F] = click.option(
    "--scope", expose_value=False, callback=lambda _, __, scope: _say_of_scope(scope), help="Means nothing here."
)


def _say_of_scope(scope: str | None) -> None:
    """It named a service account; here each function has rights of its own (docs/security.md)."""
    if scope:
        click.echo("--scope means nothing here: which function may read a secret follows from its name.", err=True)


def values_of(literals: tuple[str, ...], from_files: tuple[str, ...]) -> Mapping[str, str]:
    """Key to value. Raises UsageError if there are none or one has no key."""
    values = dict(_literal(text) for text in literals) | dict(_file(text) for text in from_files)
    if not values:
        raise click.UsageError("A secret needs at least one --from-literal=KEY=VALUE or --from-file=FILE.")
    return values


def _literal(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise click.UsageError("--from-literal must be KEY=VALUE.")
    return key, value


def _file(text: str) -> tuple[str, str]:
    key, equals, name = text.partition("=")
    path = Path(name if equals else text)
    return (key if equals else path.name), files.read_text(path)

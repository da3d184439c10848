"""How commands show what they found: a table for people, JSON and YAML for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from keptn import durations

F = TypeVar("F", bound=Callable[..., Any])

output_option: Callable[[F], F] = click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "yaml"]),
    default="table",
    help="How to show it.  [default: table]",
)


def show(found: object, *, output: str, table: Callable[[], str]) -> None:
    """Print what was found, as asked; `table` is called only for people."""
    if output == "json":
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    elif output == "yaml":
        from keptn import documents  # noqa: PLC0415 - most calls need no YAML

        click.echo(documents.dump(found).decode().rstrip())
    else:
        click.echo(table())


def table(rows: Sequence[Sequence[object]], *, columns: Sequence[str], empty: str) -> str:
    """Aligned columns with a heading, or the sentence for an empty list."""
    if not rows:
        return empty
    texts = [list(columns), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(columns))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in texts)
    return "\n".join(line.rstrip() for line in lines)


def fields(found: Mapping[str, object]) -> str:
    """One thing as `name: value` lines."""
    width = max(map(len, found), default=0) + 1
    return "\n".join(f"{name + ':':<{width}} {_cell(value)}".rstrip() for name, value in found.items())


def short_time(text: object) -> str:
    """An RFC 3339 time to the second, with its zone."""
    return durations.moment(str(text or ""))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)

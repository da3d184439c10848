"""How a command answers: a table or a sentence for people; with `-o json|yaml` one document for programs.

Every command has `-o`: `main.py` gives it to each as it is loaded. With it standard output holds the document and
nothing else: what is told meanwhile, warnings and questions go to standard error, and an error is a document, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

_FORMAT, _KNOWN, _SHOWN = "keptn.format", "keptn.known", "keptn.shown"
"""Keys of click's `meta`, which lives as long as one call."""
_TABLE = "table"


def _option() -> click.Option:
    return click.Option(
        ["-o", "--output"],
        type=click.Choice([_TABLE, "json", "yaml"]),
        expose_value=False,
        is_eager=True,  # also what is wrong with the other options is told in it
        callback=_choose,
        help="How to show it.  [default: table]",
    )


def _choose(ctx: click.Context, _: click.Parameter, given: str | None) -> None:
    if given:
        ctx.meta[_FORMAT] = given


def with_option(command: click.Command) -> click.Command:
    """The command, it and all below it with `-o`."""
    if isinstance(command, click.Group):
        for below in command.commands.values():
            with_option(below)
        if not command.invoke_without_command:
            return command
    if not any("--output" in param.opts for param in command.params):
        command.params.append(_option())
    return command


def is_for_people() -> bool:
    return bool(_meta().get(_FORMAT, _TABLE) == _TABLE)


def say(sentence: str, *, nl: bool = True) -> None:
    """What a person is told before the end: beside the document, not in it."""
    click.echo(sentence, nl=nl, err=not is_for_people())


def show(found: object, *, table: Callable[[], str]) -> None:
    """What was found, as asked; `table` is called only for people."""
    _meta()[_SHOWN] = True
    if is_for_people():
        click.echo(table())
    elif _meta()[_FORMAT] == "json":
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        from keptn import documents  # noqa: PLC0415 - most calls need no YAML

        click.echo(documents.dump(found).decode().rstrip())


def document(found: object) -> None:
    """What programs are shown; people were told in words."""
    if not is_for_people():
        show(found, table=str)


def done(sentence: str, **found: Any) -> None:  # noqa: ANN401 - JSON
    """The end of a command that did something: a sentence, which is the document's `message`."""
    show({**_known(), **found, "message": sentence}, table=lambda: sentence)


def know(**found: Any) -> None:  # noqa: ANN401 - JSON
    """What the document holds whatever happens next: a delivery that was begun has its context."""
    _known().update(found)


def failed(sentence: str) -> None:
    """The document of a command that came to an error, if one was asked for and none is written yet."""
    if not _meta().get(_SHOWN):
        document({**_known(), "error": sentence})


def _known() -> dict[str, Any]:
    known: dict[str, Any] = _meta().setdefault(_KNOWN, {})
    return known


def _meta() -> dict[str, Any]:
    ctx = click.get_current_context(silent=True)
    return ctx.meta if ctx else {}

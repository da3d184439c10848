"""`keptn config`: which of the installations that the CLI knows its commands speak to."""

from __future__ import annotations

import click

from keptn.cli import contexts
from keptn.cli.examples import example
from keptn.cli.output import done, show
from keptn.cli.session import Session, pass_session
from keptn.cli.tables import table


@click.group(epilog=example("keptn config get-contexts", "keptn config use-context local"))
def command() -> None:
    """Choose among the installations that `keptn local` and `keptn auth` have made known."""


@command.command("get-contexts", epilog=example("keptn config get-contexts"))
@pass_session
def get_contexts(session: Session) -> None:
    """Show the installations that are known; the one with a star is spoken to."""
    known = contexts.read(session.home)
    found = [
        {"name": name, "endpoint": one.endpoint, "current": name == known.current}
        for name, one in sorted(known.by_name.items())
    ]
    rows = [("*" if one["current"] else "", one["name"], one["endpoint"]) for one in found]
    empty = "No keptn is known here yet: keptn local, or keptn auth --endpoint=URL --api-token=TOKEN"
    columns, ids = ("CURRENT", "NAME", "ENDPOINT"), ("NAME", "ENDPOINT")
    show(found, table=lambda: table(rows, columns=columns, empty=empty, ids=ids))


@command.command("use-context", epilog=example("keptn config use-context local"))
@click.argument("name")
@pass_session
def use_context(session: Session, *, name: str) -> None:
    """Speak to the installation NAME from now on."""
    known = contexts.change(session.home, lambda known: known.chosen(name))
    endpoint = known.by_name[name].endpoint
    done(f"The CLI is with {name} now ({endpoint}).", name=name, endpoint=endpoint, current=True)


@command.command("delete-context", epilog=example("keptn config delete-context api.keptn.example.com"))
@click.argument("name")
@pass_session
def delete_context(session: Session, *, name: str) -> None:
    """Forget the installation NAME and its token; nothing happens to the installation."""
    contexts.change(session.home, lambda known: known.without(name))
    done(f"{name} is forgotten here.", name=name)

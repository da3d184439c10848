"""`keptn version`."""

from __future__ import annotations

import click

import keptn
from keptn.cli.examples import example
from keptn.cli.output import show
from keptn.cli.session import Session, pass_session
from keptn.cli.tables import fields
from keptn.errors import KeptnError


@click.command(epilog=example("keptn version"))
@pass_session
def command(session: Session) -> None:
    """Show the version of the CLI and, if one answers, of the installation."""
    try:
        installation = session.client.get("/metadata")["keptnversion"]
    except KeptnError as exc:
        installation = f"unknown ({exc})"
    found = {"cli": keptn.__version__, "installation": installation}
    show(found, table=lambda: fields(found))

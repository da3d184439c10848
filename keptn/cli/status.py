"""`keptn status`: a delivery, live to its end."""

from __future__ import annotations

import click

from keptn.cli import follow
from keptn.cli.client import segment
from keptn.cli.examples import example
from keptn.cli.following import follow as follow_delivery
from keptn.cli.session import Session, pass_session
from keptn.errors import KeptnError


@click.command(
    epilog=example("keptn status", "keptn status --project=sockshop --service=carts", "keptn status CONTEXT")
)
@click.argument("context", required=False)
@click.option("-p", "--project", default="", help="The newest delivery of this project.")
@click.option("--service", default="", help="The newest delivery of this service.")
@follow.timeout_option
@pass_session
def command(session: Session, *, context: str | None, project: str, service: str, timeout_s: float) -> int:
    """Follow the delivery with the keptn context CONTEXT, or the newest one, to its end.

    The exit code is the delivery's: 0 pass, 3 warning, 4 fail, 1 if it could not be carried out.
    """
    if context:
        session.client.get(f"/delivery/{segment(context)}")  # one that nobody knows is told at once
    else:
        found = session.client.listed("/delivery", "deliveries", limit=1, project=project, service=service)
        if not found:
            raise KeptnError("there is no delivery yet; start one: keptn send event newartifact IMAGE")
        context = str(found[0]["context"])
    return follow_delivery(session.client, context, timeout_s=timeout_s)

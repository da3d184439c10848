"""`keptn logs`: what functions and workloads wrote."""

from __future__ import annotations

import click

from keptn.cli.client import segment
from keptn.cli.examples import example
from keptn.cli.output import document, is_for_people
from keptn.cli.session import Session, pass_session

_WORKLOAD = "keptn logs --project=sockshop --stage=prod --service=carts --colour=green"


@click.command(epilog=example("keptn logs deploy", _WORKLOAD))
@click.argument("function", required=False, default="")
@click.option("-p", "--project", default="", help="The project of the workload.")
@click.option("--stage", default="", help="The stage of the workload.")
@click.option("--service", default="", help="The service.")
@click.option(
    "--colour", "--color", default="", type=click.Choice(["", "blue", "green"]), help="[default: the live one]"
)
@click.option("--lines", type=click.IntRange(1, 2000), default=100, help="How many of the last lines.  [default: 100]")
@pass_session
def command(
    session: Session, *, function: str, project: str, stage: str, service: str, colour: str, lines: int
) -> None:
    """Show the last lines of FUNCTION (deploy, orchestrate …), or of a service in a stage."""
    slot = {"project": project, "stage": stage, "service": service}
    if function and any(slot.values()):
        raise click.UsageError(f"Name either the function {function!r} or a workload; a service is --service=NAME.")
    if not function and not all(slot.values()):
        raise click.UsageError("Name a function, or --project, --stage and --service of a workload.")
    where = "".join(f"/{kind}/{segment(name)}" for kind, name in slot.items())
    url = f"/log/function/{segment(function)}" if function else f"{where}/log"
    found = session.client.get(url, colour=colour, lines=lines)["lines"]
    document({"function": function, "lines": found} if function else {**slot, "colour": colour, "lines": found})
    for line in found if is_for_people() else ():
        click.echo(line)

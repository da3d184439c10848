"""`keptn onboard`: services."""

from __future__ import annotations

from pathlib import Path

import click

from keptn.cli import follow
from keptn.cli.examples import example
from keptn.cli.onboarding import onboard
from keptn.cli.session import Session, pass_session

_EXAMPLE = "keptn onboard service --project=sockshop --values=values_carts.yaml"


@click.group(epilog=example(_EXAMPLE))
def command() -> None:
    """Onboard a service into a project."""


@command.command(epilog=example(_EXAMPLE))
@click.argument("name", required=False, default="")
@click.option("-p", "--project", required=True, help="The project.")
@click.option("--values", required=True, type=click.Path(path_type=Path), help="The service's values file.")
@follow.no_wait_option
@pass_session
def service(session: Session, *, name: str, project: str, values: Path, no_wait: bool) -> int:
    """Put a service into every stage of a project, and print its registry hook. NAME stands in the values file too."""
    return onboard(session, project=project, values=values, name=name, no_wait=no_wait)

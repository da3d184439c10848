"""`keptn configure monitoring`: what a monitor needs to report problems of a service."""

from __future__ import annotations

from pathlib import Path

import click

from keptn import documents
from keptn.cli.client import segment
from keptn.cli.examples import example
from keptn.cli.output import document, show
from keptn.cli.session import Session, pass_session
from keptn.errors import KeptnError

_EXAMPLE = "keptn configure monitoring prometheus --project=sockshop --service=carts"


@click.group(epilog=example(_EXAMPLE))
def command() -> None:
    """Say what a monitor needs to report problems."""


@command.command(epilog=example(_EXAMPLE, f"{_EXAMPLE} --file=rules/carts.yml"))
@click.argument("monitor", type=click.Choice(["prometheus", "dynatrace"]))
@click.option("-p", "--project", required=True, help="The project.")
@click.option("--service", default="", help="The service.  [default: every service of the project]")
@click.option("-f", "--file", type=click.Path(path_type=Path), help="Where to write them.  [default: standard output]")
@pass_session
def monitoring(session: Session, *, monitor: str, project: str, service: str, file: Path | None) -> None:
    """Write Prometheus' alert rules from the SLOs of a service, and say where to put them.

    keptn changes no Prometheus: its rules and the receiver of its Alertmanager are yours.
    """
    if monitor == "dynatrace":
        raise click.UsageError("Dynatrace needs no rules; where it posts its problems: docs/webhooks.md, Monitors.")
    where = f"/project/{segment(project)}" + (f"/service/{segment(service)}" if service else "")
    found = session.client.get(f"{where}/alert-rules")
    rules = documents.dump(found["rules"]).decode()
    if file is None:
        show(found, table=rules.rstrip)
    else:
        _write(file, rules)
        document({**found, "file": str(file)})
    for why in found["leftOut"]:
        click.echo(f"Left out: {why}", err=True)
    what_next = f"{file} is written; name it" if file else "Put this into a file and name that"
    click.echo(
        f"{what_next} under rule_files of prometheus.yml. Alertmanager's receiver posts to {found['receiver']} "
        f"with the token of the secret hook-problems-{project} (docs/webhooks.md).",
        err=True,
    )


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text)
    except OSError as exc:
        raise KeptnError(f"{file} cannot be written: {exc.strerror}; name another file") from exc

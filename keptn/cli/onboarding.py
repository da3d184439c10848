"""Onboarding a service: shared by `keptn onboard service` and `keptn create service`."""

from __future__ import annotations

from pathlib import Path

import click

from keptn.cli import files, follow
from keptn.cli.client import segment
from keptn.cli.exit_codes import ExitCode
from keptn.cli.session import Session
from keptn.errors import Unknown


def onboard(session: Session, *, project: str, values: Path | None, name: str, no_wait: bool) -> int:
    """Post the values, follow it, and print how to install the registry hook. values: None for a name alone."""
    body = {"serviceName": name}
    if values is not None:
        body |= {"values": files.text_to_send(values), "file": str(values)}
    posted = session.client.post(f"/project/{segment(project)}/service", body)
    service = posted["service"]
    done = f"Service {service} is onboarded into every stage of {project}."
    code = follow.administration(session.client, posted, done=done, no_wait=no_wait)
    if code is ExitCode.PASS and not no_wait:
        _print_hook(session, project, service)
    return code


def _print_hook(session: Session, project: str, service: str) -> None:
    try:
        hook = session.client.get(f"/project/{segment(project)}/service/{segment(service)}/hook")
    except Unknown:  # it has no image, as a warning said already
        return
    click.echo("Registry hook (install it at the registry, then every push is delivered):")
    click.echo(f"  URL:    {hook['url']}")
    click.echo(f"  Header: {hook['header']}")

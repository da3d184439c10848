"""`keptn auth`: where keptn is, and with which token."""

from __future__ import annotations

import click

from keptn.cli import config
from keptn.cli.client import Client
from keptn.cli.config import Config
from keptn.cli.examples import example
from keptn.cli.session import Session, pass_session


@click.command(epilog=example("keptn auth --endpoint=https://api.keptn.example.com --api-token=TOKEN", "keptn auth"))
@click.option("-e", "--endpoint", default="", help="URL of the api.")
@click.option("-a", "--api-token", default="", help="Its token.")
@click.option("--host", default="", help="Its host name, where the URL is another address of its ingress.")
@pass_session
def command(session: Session, *, endpoint: str, api_token: str, host: str) -> None:
    """Remember an installation for the next commands; without options, check the one that is remembered."""
    if bool(endpoint) != bool(api_token):
        raise click.UsageError("Give both --endpoint and --api-token, or neither.")
    if host and not endpoint:
        raise click.UsageError("--host goes with --endpoint and --api-token.")
    wanted = Config(endpoint=endpoint.rstrip("/"), token=api_token, host=host) if endpoint else session.config
    Client(wanted.endpoint, wanted.token, host=wanted.host, transport=session.transport).post("/auth", {})
    if endpoint:
        config.write(session.home, wanted)
    click.echo(f"{wanted.endpoint} knows this token.")

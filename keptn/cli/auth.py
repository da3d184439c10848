"""`keptn auth`: where keptn is, and with which token."""

from __future__ import annotations

from collections.abc import Mapping

import click

from keptn.cli import contexts
from keptn.cli.client import Client
from keptn.cli.contexts import Config
from keptn.cli.examples import example
from keptn.cli.output import done
from keptn.cli.session import Session, pass_session


@click.command(epilog=example("keptn auth --endpoint=https://api.keptn.example.com --api-token=TOKEN", "keptn auth"))
@click.option("-e", "--endpoint", default="", help="URL of the api.")
@click.option("-a", "--api-token", default="", help="Its token.")
@click.option("--host", default="", help="Its host name, where the URL is another address of its ingress.")
@click.option("--name", default="", help="How keptn config calls it.  [default: the host of its URL]")
@pass_session
def command(session: Session, *, endpoint: str, api_token: str, host: str, name: str) -> None:
    """Remember an installation for the next commands; without options, check the one that is remembered."""
    if bool(endpoint) != bool(api_token):
        raise click.UsageError("Give both --endpoint and --api-token, or neither.")
    if (host or name) and not endpoint:
        raise click.UsageError("--host and --name go with --endpoint and --api-token.")
    wanted = Config(endpoint=endpoint.rstrip("/"), token=api_token, host=host) if endpoint else session.config
    who = Client(wanted.endpoint, wanted.token, host=wanted.host, transport=session.transport).post("/auth", {})
    if endpoint:
        called = name or contexts.name_of(wanted)
        contexts.change(session.home, lambda known: known.with_one(called, wanted).chosen(called))
    done(f"{wanted.endpoint} knows this token: {_told(who)}.", endpoint=wanted.endpoint, **who)


def _told(who: Mapping[str, str]) -> str:
    if who["role"] == "root":
        made = "keptn create token NAME --role=configure --use"
        return f"it is the root token, which only makes others; make one to work with: {made}"
    return f"it is {who['token']}, of role {who['role']} in {who['project'] or 'all projects'}"

"""`keptn delete`: projects, services, files, secrets, tokens. Nothing goes without `--yes` or a yes on a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from keptn.cli import follow
from keptn.cli.asking import ask
from keptn.cli.client import segment
from keptn.cli.examples import example
from keptn.cli.output import done
from keptn.cli.secret_values import scope_option
from keptn.cli.session import Session, pass_session

F = TypeVar("F", bound=Callable[..., Any])

_yes_option: Callable[[F], F] = click.option("-y", "--yes", is_flag=True, help="Do not ask first.")


@click.group(epilog=example("keptn delete project sockshop"))
def command() -> None:
    """Delete a project, a service, a file of the config repo, a secret or a token."""


@command.command(epilog=example("keptn delete project sockshop", "keptn delete project sockshop --yes"))
@click.argument("name")
@_yes_option
@follow.no_wait_option
@pass_session
def project(session: Session, *, name: str, yes: bool, no_wait: bool) -> int:
    """Delete the project NAME: its services stop, its secrets go, and its config repo unless it is yours."""
    ask(f"Delete project {name}, all that runs in its stages and, unless that is your own, its config repo?", yes=yes)
    posted = session.client.delete(f"/project/{segment(name)}")
    return follow.administration(session.client, posted, no_wait=no_wait)


@command.command(epilog=example("keptn delete service carts --project=sockshop"))
@click.argument("name")
@click.option("-p", "--project", required=True, help="The project.")
@_yes_option
@follow.no_wait_option
@pass_session
def service(session: Session, *, name: str, project: str, yes: bool, no_wait: bool) -> int:
    """Delete the service NAME from every stage of a project."""
    ask(f"Delete service {name} of {project} and what runs of it in every stage?", yes=yes)
    posted = session.client.delete(f"/project/{segment(project)}/service/{segment(name)}")
    told = f"Service {name} is deleted from {project}."
    return follow.administration(session.client, posted, told=told, no_wait=no_wait)


@command.command(
    epilog=example(
        "keptn delete resource --project=sockshop --stage=staging --service=carts --resourceUri=perfspec.json",
        "keptn delete resource --project=sockshop --resourceUri=notify.yaml --yes",
    )
)
@click.option("-p", "--project", required=True, help="The project.")
@click.option("--stage", default="", help="The stage; without, every stage (of a service) or the project itself.")
@click.option("--service", default="", help="The service; without, the stage's or the project's own files.")
@click.option("--resourceUri", "--resource-uri", "--resource", "uri", required=True, help="Its path there.")
@_yes_option
@pass_session
def resource(session: Session, *, project: str, stage: str, service: str, uri: str, yes: bool) -> None:
    """Take a file out of the config repo of a project, in one stage or all; its history stays."""
    slot = (("stage", stage), ("service", service))
    where = "".join(f"/{kind}/{segment(name)}" for kind, name in slot if name)
    of = " ".join((service or "the files", "in", stage or ("every stage" if service else "the project")))
    ask(f"Delete {uri} of {of} of {project}?", yes=yes)
    gone = session.client.delete(f"/project/{segment(project)}{where}/resource/{segment(uri)}")
    told = (f"{gone['path']} is gone from {branch} ({commit[:8]})." for branch, commit in gone["commits"].items())
    done("\n".join(told), project=project, **gone)


@command.command(epilog=example("keptn delete secret chat"))
@click.argument("name")
@_yes_option
@scope_option
@pass_session
def secret(session: Session, *, name: str, yes: bool) -> None:
    """Delete the secret NAME."""
    ask(f"Delete secret {name}?", yes=yes)
    session.client.delete(f"/secret/{segment(name)}")
    done(f"Secret {name} is deleted.", name=name)


@command.command(epilog=example("keptn delete token ci-3f9c2a1b"))
@click.argument("token_id", metavar="ID")
@_yes_option
@pass_session
def token(session: Session, *, token_id: str, yes: bool) -> None:
    """Revoke the token ID (keptn get token lists them): it opens nothing from then on. It takes the root token."""
    ask(f"Revoke the token {token_id}?", yes=yes)
    session.client.delete(f"/token/{segment(token_id)}")
    done(f"The token {token_id} is revoked.", id=token_id)

"""`keptn create`: projects, services, secrets, tokens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from keptn import durations
from keptn.cli import contexts, files, follow
from keptn.cli.examples import example
from keptn.cli.git_options import credentials, git_options
from keptn.cli.onboarding import onboard
from keptn.cli.output import done
from keptn.cli.secret_values import values_of, values_options
from keptn.cli.session import Session, pass_session


@click.group(
    epilog=example("keptn create project sockshop shipyard.yaml", "keptn create secret chat --from-literal=url=…")
)
def command() -> None:
    """Create a project, a service, a secret or a token."""


@command.command(
    epilog=example(
        "keptn create project sockshop shipyard.yaml",
        "keptn create project sockshop --shipyard=shipyard.yaml --git-remote-url=URL --git-user=USER --git-token=TOKEN",
    )
)
@click.argument("name")
@click.argument("shipyard_file", metavar="SHIPYARD", required=False, type=click.Path(path_type=Path))
@click.option("--shipyard", "shipyard_option", type=click.Path(path_type=Path), help="The same as SHIPYARD.")
@git_options
@follow.no_wait_option
@pass_session
def project(
    session: Session,
    /,
    *,
    name: str,
    shipyard_file: Path | None,
    shipyard_option: Path | None,
    no_wait: bool,
    **git: str,
) -> int:
    """Create the project NAME: a config repo with a branch per stage of SHIPYARD.

    With --git-remote-url that is an empty repository of your own. Once more with the same SHIPYARD, it makes what the
    stages of the project lack in the cluster.
    """
    file = shipyard_file or shipyard_option
    if file is None:
        raise click.UsageError("Missing argument 'SHIPYARD': the file that names the stages.")
    body = {"name": name, "shipyard": files.text_to_send(file), "file": str(file), **credentials(git)}
    posted = session.client.post("/project", body)
    return follow.administration(session.client, posted, told=f"Project {name} is created.", no_wait=no_wait)


@command.command(
    epilog=example(
        "keptn create service carts --project=sockshop --values=values_carts.yaml",
        "keptn create service gates-only --project=sockshop",
    )
)
@click.argument("name")
@click.option("-p", "--project", required=True, help="The project.")
@click.option("--values", type=click.Path(path_type=Path), help="Its values file; without, it is a name for gates.")
@follow.no_wait_option
@pass_session
def service(session: Session, *, name: str, project: str, values: Path | None, no_wait: bool) -> int:
    """Create the service NAME in every stage: the same as `keptn onboard service`.

    Without values it has no image: enough for evaluations, and a delivery brings its own.
    """
    return onboard(session, project=project, values=values, name=name, no_wait=no_wait)


@command.command(
    epilog=example(
        "keptn create secret chat --from-literal=url=https://chat.example/hook",
        "keptn create secret tls --from-file=key.pem",
    )
)
@click.argument("name")
@values_options
@pass_session
def secret(session: Session, *, name: str, literals: tuple[str, ...], from_files: tuple[str, ...]) -> None:
    """Create the secret NAME. Its values cannot be read back."""
    made = session.client.post("/secret", {"name": name, "data": values_of(literals, from_files)})
    done(f"Secret {name} is created with {', '.join(made['keys'])}.", name=name, keys=made["keys"])


@command.command(
    epilog=example(
        "keptn create token ci --project=sockshop --role=deliver --expires=90d",
        "keptn create token ann --role=configure --use",
    )
)
@click.argument("name", required=False, default="")
@click.option("-p", "--project", default="", help="The only project that it is for.  [default: all]")
@click.option(
    "--role",
    type=click.Choice(["view", "deliver", "operate", "configure"]),
    required=True,
    help="What it may do; each may what those before it may.",
)
@click.option("--expires", default="", help="How long it lasts: 90d, 12h.  [default: until it is revoked]")
@click.option("--use", is_flag=True, help="Have the CLI use it from now on, instead of showing it.")
@pass_session
def token(session: Session, /, *, use: bool, **wanted: str) -> None:
    """Make a token called NAME, and show it this once. It takes the root token.

    Another command line uses it with keptn auth, a program sends it as `Authorization: Bearer TOKEN`.
    """
    made = session.client.post("/token", {key: value for key, value in wanted.items() if value})
    until = f", until {durations.moment(made['expires'])}" if made["expires"] else ""
    what = f"{made['id']} has the role {made['role']} in {made['project'] or 'all projects'}{until}"
    back = f"keptn delete token {made['id']} takes it back"
    if use:
        config = replace(session.config, token=made.pop("token"))
        contexts.change(session.home, lambda known: known.in_its_place(config))
        done(f"The CLI uses a new token at {config.endpoint}: {what}; {back}.", **made)
        return
    done(f"{made['token']}\nIt is not shown again. {what}; {back}.", **made)

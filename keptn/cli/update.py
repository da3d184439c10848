"""`keptn update`: where a project's repository is, and its login; secrets."""

from __future__ import annotations

import click

from keptn.cli import follow
from keptn.cli.client import segment
from keptn.cli.examples import example
from keptn.cli.git_options import credentials, git_options
from keptn.cli.output import done
from keptn.cli.secret_values import values_of, values_options
from keptn.cli.session import Session, pass_session

_EXAMPLE = "keptn update secret chat --from-literal=url=https://chat.example/new"


@click.group(epilog=example(_EXAMPLE))
def command() -> None:
    """Change where a project's repository is, or a secret."""


@command.command(
    epilog=example(
        "keptn update project sockshop --git-user=USER --git-token=TOKEN",
        "keptn update project sockshop --git-remote-url=URL --git-user=USER --git-token=TOKEN",
    )
)
@click.argument("name")
@git_options
@click.option("--mirrored", is_flag=True, help="The project's whole history is at the URL already; copy nothing.")
@follow.no_wait_option
@pass_session
def project(session: Session, /, *, name: str, mirrored: bool, no_wait: bool, **git: str) -> int:
    """Give the project NAME another repository, which gets its whole history, or its own repository another login.

    Both are tried before anything changes. Deliveries go on.
    """
    if not (given := credentials(git, of_known=True)):
        raise click.UsageError("Give --git-remote-url, --git-token, or both: what shall change?")
    posted = session.client.put(f"/project/{segment(name)}", {**given, "gitMirrored": mirrored})
    return follow.administration(session.client, posted, no_wait=no_wait)


@command.command(epilog=example(_EXAMPLE, "keptn update secret hooks --from-literal='token=old new'"))
@click.argument("name")
@values_options
@pass_session
def secret(session: Session, *, name: str, literals: tuple[str, ...], from_files: tuple[str, ...]) -> None:
    """Replace the values of the secret NAME. Several tokens of a hook may be active, separated by a space."""
    made = session.client.put(f"/secret/{segment(name)}", {"data": values_of(literals, from_files)})
    done(f"Secret {name} now has {', '.join(made['keys'])}.", name=name, keys=made["keys"])

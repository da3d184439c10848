"""`keptn update`: secrets."""

from __future__ import annotations

import click

from keptn.cli.client import segment
from keptn.cli.examples import example
from keptn.cli.output import done
from keptn.cli.secret_values import values_of, values_options
from keptn.cli.session import Session, pass_session

_EXAMPLE = "keptn update secret chat --from-literal=url=https://chat.example/new"


@click.group(epilog=example(_EXAMPLE))
def command() -> None:
    """Change a secret."""


@command.command(epilog=example(_EXAMPLE, "keptn update secret hooks --from-literal='token=old new'"))
@click.argument("name")
@values_options
@pass_session
def secret(session: Session, *, name: str, literals: tuple[str, ...], from_files: tuple[str, ...]) -> None:
    """Replace the values of the secret NAME. Several tokens of a hook may be active, separated by a space."""
    made = session.client.put(f"/secret/{segment(name)}", {"data": values_of(literals, from_files)})
    done(f"Secret {name} now has {', '.join(made['keys'])}.", name=name, keys=made["keys"])

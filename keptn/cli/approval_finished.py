"""`keptn send event approval.finished`: keptn's form of `keptn approve` and `keptn reject`."""

from __future__ import annotations

import sys

import click

from keptn.cli import control, output
from keptn.cli.examples import example
from keptn.cli.session import Session, pass_session

_VERDICTS = {"a": "pass", "d": "fail"}


@click.command("approval.finished", epilog=example("keptn send event approval.finished --id=ID --result=pass"))
@click.option("--id", "approval", required=True, help="The approval (keptn get approval shows its id).")
@click.option("--result", type=click.Choice(["pass", "fail"]), help="The answer; without it a terminal is asked.")
@click.option("--reason", default="", help="Why; it is recorded.")
@click.option("-p", "--project", expose_value=False, help="Follows from the approval.")
@click.option("--stage", expose_value=False, help="Follows from the approval.")
@click.option("--service", expose_value=False, help="Follows from the approval.")
@pass_session
def command(session: Session, *, approval: str, result: str | None, reason: str) -> None:
    """Answer an approval, as `keptn approve` and `keptn reject` do."""
    control.answer(session, approval, result=result or _asked(approval), reason=reason)


def _asked(approval: str) -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(f"Nobody can be asked here: say --result=pass, or keptn approve {approval}.")
    kind, aside = click.Choice(list(_VERDICTS)), not output.is_for_people()
    return _VERDICTS[click.prompt("[a]pprove or [d]ecline", type=kind, show_choices=False, err=aside)]

"""The question before something goes for good."""

from __future__ import annotations

import sys

import click

from keptn.cli.output import is_for_people
from keptn.errors import KeptnError


def ask(question: str, *, yes: bool) -> None:
    """Raises KeptnError unless the answer is yes; no answer is none."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise KeptnError("Nothing was deleted: nobody can be asked without a terminal; say --yes")
    try:
        agreed = click.confirm(question, err=not is_for_people())
    except (click.Abort, KeyboardInterrupt):
        click.echo(err=True)
        agreed = False
    if not agreed:
        raise KeptnError("Nothing was deleted.")

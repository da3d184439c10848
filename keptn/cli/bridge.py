"""`keptn bridge`: where its pages are, and a link that signs a browser in."""

from __future__ import annotations

import click

from keptn.cli.examples import example
from keptn.cli.output import show
from keptn.cli.session import Session, pass_session
from keptn.errors import KeptnError


@click.command(epilog=example("keptn bridge", "keptn bridge --open"))
@click.option("--open", "is_opened", is_flag=True, help="Open the link in a browser.")
@pass_session
def command(session: Session, *, is_opened: bool) -> None:
    """Say where the bridge is, with a link that signs a browser in as the token of this command line.

    The link is good once, for five minutes; what it opens may do what the token may, for twelve hours.
    """
    found = session.client.post("/bridge-link", {})
    told = f"The bridge is at {found['url']}. This link signs in as {found['token']} ({found['role']}), once:"
    show(found, table=lambda: f"{told}\n  {found['link']}")
    if is_opened and click.launch(found["link"]):
        raise KeptnError("no browser could be opened from here; open the link in one, within five minutes")

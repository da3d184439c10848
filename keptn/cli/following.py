"""Following a delivery live: lanes that change in place on a terminal, plain lines everywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keptn.cli import output, progress
from keptn.cli.client import Client, segment
from keptn.cli.exit_codes import ExitCode
from keptn.cli.progress import View
from keptn.errors import KeptnError, Unavailable, Unknown

if TYPE_CHECKING:
    from rich.console import RenderableType

_PAUSE_S = 0.5
_STAGE_WIDTH = 24
_PATIENCE_S = 30.0
"""How long a delivery may be out of sight: `orchestrate` may have to start, or keptn to be started again."""


def follow(client: Client, context: str, *, timeout_s: float) -> ExitCode:
    """Show the delivery until it is over; its exit code. Raises KeptnError when that takes longer than allowed."""
    in_lanes = sys.stdout.isatty() and output.is_for_people()
    output.know(context=context, links=links(client, context))
    view = _lanes(client, context, timeout_s) if in_lanes else _plain(client, context, timeout_s)
    output.done(progress.summary(view, reasons=in_lanes or not output.is_for_people()), **view)
    return progress.exit_code(view)


def links(client: Client, context: str) -> dict[str, str]:
    """Where a program finds the delivery."""
    return {"delivery": client.link(f"/delivery/{segment(context)}")}


def state_of(client: Client, context: str) -> dict[str, object]:
    """How the delivery is now, in short; what was done to it is done, whether or not it can be seen."""
    shown: dict[str, object] = {"context": context}
    with suppress(Unknown, Unavailable):
        view = client.get(f"/delivery/{segment(context)}")
        shown |= {key: view[key] for key in ("project", "service", "image", "state", "result")}
    return {**shown, "links": links(client, context)}


def _plain(client: Client, context: str, timeout_s: float) -> View:
    told: set[str] = set()

    def tell(view: View) -> None:
        for key, line in progress.lines(view, now=datetime.now(UTC)):
            if key not in told:
                told.add(key)
                output.say(line)

    return _watched(client, context, timeout_s, tell)


def _lanes(client: Client, context: str, timeout_s: float) -> View:
    from rich.live import Live  # noqa: PLC0415 - for people on a terminal only

    with Live(refresh_per_second=8) as live:
        return _watched(client, context, timeout_s, lambda view: live.update(drawn(view, now=datetime.now(UTC))))


def drawn(view: View, *, now: datetime | None = None) -> RenderableType:
    """The lanes as a table that rich shows."""
    from rich.console import Group  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    colours = {"✓": "green", "✗": "red", "!": "yellow", "…": "cyan"}
    table = Table(box=None)
    table.add_column("stage", style="bold", max_width=_STAGE_WIDTH, no_wrap=True, overflow="ellipsis")
    table.add_column("steps")
    for stage, lane in progress.lanes(view, now=now):
        text = Text(lane)
        for mark, colour in colours.items():
            text.highlight_words([mark], colour)
        table.add_row(stage, text)
    commands = filter(None, map(progress.answered_by, progress.executions(view)))
    aside = (Text(line, no_wrap=True, overflow="ellipsis") for line in (str(view.get("image") or ""), *commands))
    title, *below = aside
    return Group(Text(str(view["context"])), *([title] if title.plain else []), table, *below)


def _watched(client: Client, context: str, timeout_s: float, tell: Callable[[View], None]) -> View:
    begin = seen = time.monotonic()
    while True:
        if view := _seen(client, context, patient=time.monotonic() - seen < _PATIENCE_S):
            seen = time.monotonic()
            output.know(state=view["state"], result=view["result"])
            tell(view)
            if progress.is_over(view):
                return view
        if time.monotonic() - begin > timeout_s:
            raise KeptnError(f"not over after {timeout_s:g} s; go on with `keptn status {context}`")
        time.sleep(_PAUSE_S)


def _seen(client: Client, context: str, *, patient: bool) -> View | None:
    """The delivery, or None while it may still be seen: it is about to begin, or the api is starting again."""
    try:
        view: View = client.get(f"/delivery/{segment(context)}")
    except (Unknown, Unavailable):
        if patient:
            return None
        raise
    return view

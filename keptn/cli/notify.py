"""`keptn notify --dry-run`: what `notify.yaml` would post of an event. Sends nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from keptn.cli import files
from keptn.cli.client import segment
from keptn.cli.examples import example
from keptn.cli.exit_codes import ExitCode
from keptn.cli.output import show
from keptn.cli.session import Session, pass_session


@click.command(
    epilog=example(
        "keptn notify --dry-run -f event.json",
        "keptn notify --dry-run -f event.json --project=sockshop --resource=notify.yaml",
    )
)
@click.option("-f", "--file", "file", required=True, type=click.Path(path_type=Path), help="A CloudEvent as JSON.")
@click.option("--dry-run", is_flag=True, help="Only say what would be posted; there is nothing else yet.")
@click.option("-p", "--project", default="", help="The project.  [default: the event's]")
@click.option("--resource", type=click.Path(path_type=Path), help="A notify.yaml of yours.  [default: the project's]")
@pass_session
def command(session: Session, *, file: Path, dry_run: bool, project: str, resource: Path | None) -> ExitCode:
    """Say what notify.yaml would post of an event: method, host, headers without secrets, body.

    Exit code 1 if one of its notifications could not be posted.
    """
    if not dry_run:
        raise click.UsageError("An event that happened is told by itself; add --dry-run to see what would be posted.")
    event = files.event_to_send(file)
    data = event.get("data")
    project = project or str((data if isinstance(data, dict) else {}).get("project") or "")
    if not project:
        raise click.UsageError(f"{file} names no project in its data; say --project.")
    body = {"event": event, **({"notify": files.text_to_send(resource)} if resource else {})}
    found = session.client.post(f"/project/{segment(project)}/notification", body)
    show(found, table=lambda: "\n".join(_lines(found)))
    return ExitCode.ERROR if any("error" in one for one in found["notifications"]) else ExitCode.PASS


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    if not found["notifications"]:
        yield "notify.yaml tells nobody anything."
    for place, one in enumerate(found["notifications"]):
        yield from [""] * bool(place)
        yield f"# {one['name']} ({one['channel']}): {_said(one)}"
        for call in one["calls"]:
            yield f"{call['method']} {call['host']}"
            yield from (f"{name}: {value}" for name, value in call["headers"].items())
            yield from ("", json.dumps(call["body"], indent=2, ensure_ascii=False))


def _said(one: Mapping[str, Any]) -> str:
    if trouble := one.get("error") or one.get("silent"):
        return str(trouble)
    return f"would post {len(one['calls'])}" if one["calls"] else "has no word for this event"

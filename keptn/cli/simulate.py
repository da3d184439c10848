"""`keptn simulate`: a shipyard tried on the very engine, in memory. Speaks to nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from keptn import events, validation
from keptn.cli import files
from keptn.cli.examples import example
from keptn.cli.output import show
from keptn.errors import KeptnError
from keptn.shipyard import parse
from keptn.simulation import drawing, script, walk

_FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@click.command(
    epilog=example("keptn simulate shipyard.yaml", "keptn simulate shipyard.yaml --events events.jsonl -o json")
)
@click.argument("shipyard", type=_FILE)
@click.option("--events", "events_file", type=_FILE, help="One CloudEvent per line, or a control or advance_seconds.")
def command(shipyard: Path, events_file: Path | None) -> None:
    """Try a SHIPYARD without deploying anything.

    With --events every line is run through the engine, and what it emitted is shown. Without, every way through the
    shipyard is walked and drawn, as text and as Mermaid.
    """
    text = _read(shipyard)
    if events_file is None:
        _walk(text, shipyard)
    else:
        _play(text, shipyard, events_file)


def _walk(text: bytes, shipyard: Path) -> None:
    _, nodes = walk.walk(text, file=shipyard.name)
    told = validation.warnings(text, file=shipyard.name, kind=validation.Kind.SHIPYARD)
    mermaid, ways = drawing.as_mermaid(nodes), walk.paths(nodes)
    warnings = "".join(f"warning: {warning}\n" for warning in told)
    drawn = (
        f"{warnings}{drawing.as_text(nodes)}\n\n{len(ways)} ways from beginning to end\n\n```mermaid\n{mermaid}\n```"
    )
    show({"warnings": list(told), "paths": ways, "mermaid": mermaid}, table=lambda: drawn)


def _play(text: bytes, shipyard: Path, events_file: Path) -> None:
    parse(text, file=shipyard.name)  # a mistake is told before the first event
    played = list(script.Script(text, file=events_file.name).play(_read(events_file).decode()))
    lines = (_shown(number, line) for number, line in enumerate(played, 1))
    show([line.to_dict() for line in played], table=lambda: "\n".join(lines))


def _shown(number: int, line: script.Line) -> str:
    emitted = [f"    {_event(event)}" for event in line.emitted] or ["    nothing"]
    states = ", ".join(f"{context}: {state}" for context, state in line.state.items())
    return "\n".join([f"{number}  {states}", *emitted])


def _event(event: events.Event) -> str:
    outcome = f" {event.result}" if event.type.endswith(".finished") else ""
    message = f" ({event.message})" if event.message else ""
    return f"{event.type.removeprefix(events.PREFIX)} in {event.scope.stage}{outcome}{message}"


def _read(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else files.limited(path)
    except OSError as exc:
        raise KeptnError(f"{path} cannot be read: {exc.strerror}; check the name") from exc

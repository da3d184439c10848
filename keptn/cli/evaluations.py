"""How `keptn get evaluation` shows evaluations: a list, the newest with a bar per objective, a chart in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from keptn.cli.tables import table, when
from keptn.errors import KeptnError
from keptn.quality import chart
from keptn.quality import table as tables

COLUMNS = ("END", "STAGE", "SERVICE", "RESULT", "SCORE", "MESSAGE")


def table_of(found: Sequence[Mapping[str, Any]], *, one_slot: bool) -> str:
    """The list; below it, where all are of one service and stage, the newest in full."""
    rows = [
        (when(e.get("timeEnd")), e["stage"], e["service"], e.get("result"), e.get("score"), e.get("message"))
        for e in found
    ]
    shown = table(
        rows, columns=COLUMNS, empty="There are no evaluations yet.", spare=("SERVICE", "STAGE") if one_slot else ()
    )
    newest = found[0] if found and one_slot else {}
    if not newest.get("indicatorResults"):
        return shown
    window = f"{when(newest.get('timeStart'))} to {when(newest.get('timeEnd'))}"
    heading = f"The newest: {window}, {newest.get('image') or newest.get('digest') or 'no image'}"
    return f"{shown}\n\n{heading}\n{tables.of_record(newest)}"


def draw(found: Sequence[Mapping[str, Any]], *, file: Path, title: str) -> None:
    """Write the chart. Raises KeptnError."""
    try:
        file.write_text(chart.svg(found, title=title))
    except OSError as exc:
        raise KeptnError(f"{file} cannot be written: {exc.strerror}") from exc

"""An evaluation as a table for people, with a bar per objective: how far the value is from its limit. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keptn.quality.wording import number

WIDTH = 20
_MARKS = {"pass": "✓", "warning": "!", "fail": "✗", "info": "i"}


def of_record(evaluation: Mapping[str, Any]) -> str:
    """A stored evaluation (or the `evaluation` of its event): a line per objective, then the verdict."""
    indicators = evaluation.get("indicatorResults") or []
    rows = [_row(one) for one in indicators]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]).rstrip()
        for row in rows
    ]
    score, most = evaluation.get("score") or 0, evaluation.get("max_score") or 100
    points, message = f"{number(score)} of {number(most)}", str(evaluation.get("message") or "")
    told = [message] if message.startswith(points) else [points, message]
    return "\n".join([*lines, "  ".join([str(evaluation.get("result")), *told]).rstrip()])


def bar(value: float, limit: float, *, width: int = WIDTH) -> str:
    """The value against its limit, which stands at three quarters of the bar: `█████████░░░░░│░░░░░`."""
    place = width * 3 // 4
    share = min(max(value / limit, 0.0), 4 / 3) if limit else (0.0 if value <= 0 else 4 / 3)
    filled = round(share * place)
    cells = ["█" if cell < filled else "░" for cell in range(width)]
    return "".join([*cells[:place], "│", *cells[place:]])


def _row(indicator: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    value = indicator.get("value") or {}
    measured, limit = value.get("value"), _limit(indicator)
    shown = number(measured) if measured is not None else "no value"
    compared = value.get("comparedValue")
    return (
        f"{_MARKS.get(str(indicator.get('status')), '?')} {indicator.get('displayName') or value.get('metric')}",
        shown if compared is None else f"{shown} (against {number(compared)})",
        bar(measured, limit) if measured is not None and limit is not None else " " * (WIDTH + 1),
        f"{number(indicator.get('score') or 0)}/{number(indicator.get('maxScore') or 0)}",
        str(value.get("message") or ""),
    )


def _limit(indicator: Mapping[str, Any]) -> float | None:
    """The first target that was applied."""
    targets: Sequence[Mapping[str, Any]] = [
        *(indicator.get("passTargets") or ()),
        *(indicator.get("warningTargets") or ()),
    ]
    applied = [target["targetValue"] for target in targets if target.get("targetValue") is not None]
    return float(applied[0]) if applied else None

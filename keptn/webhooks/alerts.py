"""What a notification tells of one service: which alerts are one problem, and which problem goes first. Pure.

Alerts of one problem id are one problem, open while one of them is. Open problems go before those that are over, the
more severe (label `severity`) before the less, the older before the younger; then by name and id, so that the same
notification in another order is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from keptn.webhooks.senders.monitors import Problem

_SEVERITIES = (
    frozenset({"critical", "availability", "fatal", "disaster", "emergency", "page", "p1", "sev1"}),
    frozenset({"error", "major", "high", "p2", "sev2"}),
)
_UNKNOWN = datetime.max.replace(tzinfo=UTC)
_LEAST = frozenset({"info", "informational", "none", "low", "debug", "notice"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The problems of one service, each with its number of alerts; the first is the one to act on."""

    problems: Sequence[tuple[Problem, int]]

    @property
    def leading(self) -> Problem:
        return self.problems[0][0]

    @property
    def ids(self) -> Sequence[str]:
        """Of the problems that the event is about: the open ones if there are any. Sorted: order says nothing."""
        return sorted(problem.id for problem, _ in self.problems if problem.is_open == self.leading.is_open)


def report(alerts: Sequence[Problem]) -> Report:
    """Of at least one alert of one service."""
    found: dict[str, list[Problem]] = {}
    for alert in sorted(alerts, key=_order):
        found.setdefault(alert.id, []).append(alert)
    return Report(problems=[(same[0], len(same)) for same in sorted(found.values(), key=lambda same: _order(same[0]))])


def _order(problem: Problem) -> tuple[bool, int, datetime, str, str, str]:
    last = str(sorted(problem.labels.items()))  # alerts of one problem differ in their labels only
    return not problem.is_open, _severity(problem), problem.starts_at or _UNKNOWN, problem.title, problem.pid, last


def _severity(problem: Problem) -> int:
    """Smaller is worse; a word that nobody knows is a warning."""
    said = problem.labels.get("severity", "").lower()
    known = next((rank for rank, words in enumerate(_SEVERITIES) if said in words), len(_SEVERITIES))
    return known + 1 if said in _LEAST else known

"""Prometheus' alert rules from an SLO: one for each objective that can fail by itself. Pure; asked by `api`.

An alert fires where the objective would be a failure: none of its passes and warnings holds. Its name is the SLI's,
which is what `remediation.yaml` looks up; its labels say which service is meant. Source: keptn, prometheus-service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from keptn.errors import Refused
from keptn.events import Scope
from keptn.ports import SliQuery, Window
from keptn.quality import placeholders
from keptn.quality.criteria import Criterion
from keptn.quality.slo import Objective
from keptn.quality.slo_gate import SloGate

WINDOW = timedelta(minutes=5)
"""What a query looks back on, and how long it must be so before somebody is told."""
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!="}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRules:
    """rules: as Prometheus has them. left_out: of which objectives there is none, and why."""

    rules: Sequence[Mapping[str, Any]]
    left_out: Sequence[str]


def of_gate(gate: SloGate, scope: Scope, *, default_source: str) -> AlertRules:
    """Every objective as a rule, or why it is none. default_source: who answers where an SLI names no source."""
    rules, left_out = [], []
    sources = {need.indicator: need.source or default_source for need in gate.needs}
    for objective in gate.slo.objectives:
        try:
            limits = _limits(objective)
            if sources[objective.sli] != "prometheus":
                raise Refused(f"its values come from {sources[objective.sli]}")
            rules.append(_rule(objective, limits, gate, scope))
        except Refused as why:
            left_out.append(f"{objective.sli}: {why}")
    return AlertRules(rules=rules, left_out=left_out)


def _rule(
    objective: Objective, limits: Sequence[Sequence[Criterion]], gate: SloGate, scope: Scope
) -> Mapping[str, Any]:
    query = _query(objective, gate, scope)
    shown = objective.display_name or objective.sli
    return {
        "alert": objective.sli,
        "expr": " and ".join(_fails(query, one, alone=len(limits) == 1) for one in limits),
        "for": f"{WINDOW.seconds // 60}m",
        "labels": {"severity": "critical", "project": scope.project, "stage": scope.stage, "service": scope.service},
        "annotations": {"summary": f"{shown} of {scope.service} in {scope.stage}: {{{{ $value }}}}"},
    }


def _query(objective: Objective, gate: SloGate, scope: Scope) -> str:
    need = next(need for need in gate.needs if need.indicator == objective.sli)
    if not isinstance(need.query, str):
        raise Refused("its query is no text")
    for known_later in ("$DEPLOYMENT", "$LABEL."):
        if known_later in need.query:
            raise Refused(f"its query has {known_later}, which only a delivery knows")
    start = datetime(2020, 1, 1, tzinfo=UTC)  # its length is what counts
    window = Window(start=start, end=start + WINDOW)
    asked = SliQuery(indicator=objective.sli, query=need.query, scope=scope, colour="", window=window)
    return placeholders.filled(need.query, asked)


def _limits(objective: Objective) -> Sequence[Sequence[Criterion]]:
    """Alternatives, each of the criteria that need no comparison: it is broken where one of them is. Raises Refused."""
    if not objective.passes:
        raise Refused("it sets no limit")
    limits = [[one for one in alternative if not one.relative] for alternative in (*objective.passes, *objective.warns)]
    if not all(limits):
        raise Refused("its limit is relative to something else")
    return limits


def _fails(query: str, criteria: Sequence[Criterion], *, alone: bool) -> str:
    broken = [f"({query}) {_OPPOSITE[one.comparison]} {one.number:g}" for one in criteria]
    return broken[0] if alone and len(broken) == 1 else f"({' or '.join(broken)})"

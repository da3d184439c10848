"""A history of evaluations in a store, judged by the very gate: what tests of pages look at."""

from __future__ import annotations

from datetime import datetime, timedelta

from keptn.evaluation import archive, record
from keptn.evaluation.gate_files import GateFile
from keptn.events import Event, Scope
from keptn.ports import ObjectStore, SliValue, Window
from keptn.quality import slo
from keptn.quality.slo_gate import SloGate
from keptn.quality.verdict import Evidence

SLO = """\
spec_version: "1.0"
comparison: {compare_with: several_results, number_of_comparison_results: 2}
objectives:
- sli: response_time_p95
  displayName: Response time, 95th percentile
  key_sli: true
  weight: 2
  pass: [{criteria: ["<=+10%", "<600"]}]
  warning: [{criteria: ["<=800"]}]
- {sli: error_rate, pass: [{criteria: ["<1"]}], warning: [{criteria: ["<5"]}]}
- {sli: throughput, pass: [{criteria: [">=90"]}]}
- {sli: logins}
total_score: {pass: "90%", warning: "75%"}
"""


def keep(store: ObjectStore, scope: Scope, *, count: int, begun: datetime, context: str = "c") -> list[str]:
    """Ids, oldest first: slower and slower, the last one too slow; now and then errors, once nothing measured."""
    ids, gate = [], SloGate(slo=slo.parse(SLO))
    for number in range(count):
        at = begun + timedelta(minutes=30 * number)
        task = Event(
            type="sh.keptn.event.evaluation.triggered",
            source="tests",
            id=f"evaluation-{number}",
            time=at,
            context=f"{context}-{number}",
            data={"project": scope.project, "stage": scope.stage, "service": scope.service},
        )
        earlier = archive.earlier(store, task, gate.comparison, own=True)
        evidence = Evidence(candidate=_measured(number, last=number == count - 1), previous=earlier)
        made = record.of(
            task,
            file=GateFile(gate=gate, path=f"{scope.service}/slo.yaml", commit="c0ffee" * 6 + "0000", content=SLO),
            window=Window(start=at - timedelta(minutes=5), end=at),
            evidence=evidence,
            verdict=gate.judge(evidence),
            versions={"candidate": {"image": f"acme/{scope.service}:2.{number}.0", "digest": f"sha256:{number:064x}"}},
            requests=1200 + number,
        )
        archive.keep(store, task, made)
        ids.append(task.id)
    return ids


def _measured(number: int, *, last: bool) -> dict[str, SliValue]:
    values = {
        "response_time_p95": 900.0 if last else 380.0 + 8 * number,
        "error_rate": 3.2 if number % 5 == 3 else 0.1 * (number % 4),
        "throughput": 100.0 + 7 * (number % 3),
        "logins": 40.0 + number,
    }
    found = {name: SliValue(indicator=name, query=name, values={"": value}) for name, value in values.items()}
    if number == 2:
        found["throughput"] = SliValue(indicator="throughput", query="throughput", reason="no data came")
    return found

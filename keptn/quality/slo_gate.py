"""An SLO with its SLI queries as a gate: what it needs measured, and its verdict. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from keptn.quality import slo_grading
from keptn.quality.sli import Sli
from keptn.quality.slo import Slo
from keptn.quality.verdict import REQUEST_COUNT, Comparison, Evidence, Need, Verdict
from keptn.quality.wording import number


@dataclass(frozen=True, slots=True, kw_only=True)
class SloGate:
    """An SLO behind the `Gate` protocol. slis: their queries; an SLI without one is asked for by its name."""

    slo: Slo
    slis: Mapping[str, Sli] = field(default_factory=dict)
    format: str = "slo"

    @property
    def limits(self) -> str:
        return f"≥{number(self.slo.pass_percent)}% (warning ≥{number(self.slo.warning_percent)}%)"

    @property
    def filters(self) -> Mapping[str, str]:
        return self.slo.filters

    @property
    def comparison(self) -> Comparison:
        return self.slo.comparison

    @property
    def needs(self) -> Sequence[Need]:
        return [self._need(one.sli, live=one.baseline, samples=one.judge is not None) for one in self.slo.objectives]

    @property
    def request_count(self) -> Need | None:
        return self._need(REQUEST_COUNT) if REQUEST_COUNT in self.slis else None

    def _need(self, name: str, *, live: bool = False, samples: bool = False) -> Need:
        sli = self.slis.get(name, Sli(source="", query=name))
        return Need(indicator=name, source=sli.source, query=sli.query, live=live, samples=samples)

    def judge(self, evidence: Evidence) -> Verdict:
        return slo_grading.grade(self.slo, evidence)

"""What every gate file comes to: objectives with their values, targets and reasons, and a result. Pure.

Both formats (perfspec, SLO) give this shape, so that storing, showing and drawing an evaluation knows no format.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import Any, Protocol

from keptn.events import Result
from keptn.ports import SliValue

Measured = Mapping[str, SliValue]
"""Indicator to what was measured of one version."""
REQUEST_COUNT = "request_count"
"""The indicator that counts a version's requests, if an SLI or indicator is called so."""


class ObjectiveStatus(StrEnum):
    """How one objective came out; `info`: nobody set a limit. Source: lighthouse."""

    PASS = "pass"  # noqa: S105
    WARNING = "warning"
    FAIL = "fail"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One criterion and the number it came to; None: there was nothing to compare with, so it was not applied."""

    criteria: str
    target: float | None
    violated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveResult:
    """One objective. value: None if it is missing. compared: the baseline's, previous or live, None if there is none.

    no_data: what it lost, it lost because something could not be measured, not because of a value.
    details: what only its format has, ready for JSON (violations, the judge's classification).
    """

    sli: str
    status: ObjectiveStatus
    score: float
    max_score: float
    value: float | None = None
    compared: float | None = None
    display_name: str = ""
    key_sli: bool = False
    weight: float = 1
    pass_targets: Sequence[Target] = ()
    warning_targets: Sequence[Target] = ()
    message: str = ""
    no_data: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The result of a gate. score: percent for an SLO, points for a perfspec. compared: ids of earlier evaluations.

    unjudged: what was measured is too little to speak for or against the version.
    """

    result: Result
    score: float
    max_score: float
    message: str
    objectives: Sequence[ObjectiveResult]
    compared: Sequence[str] = ()
    unjudged: bool = False

    @property
    def no_data(self) -> bool:
        """It failed, and no value that was measured speaks against the version: only data were missing."""
        short = [one for one in self.objectives if one.score < one.max_score]
        return self.result is Result.FAIL and (self.unjudged or all(one.no_data for one in short))

    def too_little(self, reason: str) -> Verdict:
        """The same values, taken for no verdict: never a pass."""
        return replace(self, result=Result.FAIL, score=0.0, message=reason, unjudged=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """An earlier evaluation. values: per indicator and entity; only what was measured successfully."""

    id: str
    result: str
    values: Mapping[str, Mapping[str, float]]
    invalidated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Which earlier evaluations a gate compares with: the newest `most` whose result is among `results`."""

    most: int = 0
    results: frozenset[str] = frozenset(Result)

    def wants(self, previous: Previous) -> bool:
        return not previous.invalidated and previous.result in self.results

    def of(self, previous: Iterable[Previous]) -> Sequence[Previous]:
        """Those of the given ones (newest first) that count."""
        return list(islice(filter(self.wants, previous), self.most))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything a gate may look at. live: None if no other version is live. previous: those its comparison wants."""

    candidate: Measured
    live: Measured | None = None
    previous: Sequence[Previous] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """An indicator that must be measured. source: provider, empty for the default one. live: of both versions."""

    indicator: str
    source: str
    query: str | Mapping[str, Any]
    live: bool = False
    samples: bool = False


class Gate(Protocol):
    """A gate file that was read: what it needs, and what it says about the evidence."""

    @property
    def format(self) -> str: ...

    @property
    def limits(self) -> str:
        """What score passes, in short."""

    @property
    def needs(self) -> Sequence[Need]: ...

    @property
    def filters(self) -> Mapping[str, str]: ...

    @property
    def comparison(self) -> Comparison: ...

    @property
    def request_count(self) -> Need | None:
        """What counts a version's requests, where the user says it."""

    def judge(self, evidence: Evidence) -> Verdict: ...

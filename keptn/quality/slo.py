"""`slo.yaml`: objectives with criteria, weights, key SLIs, and a total score, read and checked. Pure.

Source: keptn specification, service_level_objective.md (0.1.1 and 1.0). Ours: `compare: baseline` holds an objective
against the live version over the same window, and `judge` compares the two versions' samples.
Stricter than the original, which ignored what it could not read: that is an error here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keptn import documents
from keptn.documents import Document
from keptn.events import Result
from keptn.quality import criteria, fields, judge_config
from keptn.quality.criteria import Criterion
from keptn.quality.judge_config import JudgedMetric
from keptn.quality.verdict import Comparison

VERSIONS = frozenset({"0.1.0", "0.1.1", "1.0", "1.0.0"})
CriteriaSets = tuple[tuple[Criterion, ...], ...]
"""Alternatives (one must hold), each of criteria that must all hold."""

_KEYS = {"spec_version", "filter", "comparison", "objectives", "total_score"}
_OBJECTIVE = {"sli", "displayName", "weight", "key_sli", "pass", "warning", "compare", "judge"}
_COMPARISON = {"compare_with", "include_result_with_score", "number_of_comparison_results", "aggregate_function"}
_INCLUDED = {
    "all": frozenset(Result),
    "pass": frozenset({Result.PASS}),
    "pass_or_warn": frozenset({Result.PASS, Result.WARNING}),
}
AGGREGATES = ("avg", "p50", "p90", "p95")
_SEVERAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What is expected of one SLI. baseline: relative criteria look at the live version, not at earlier evaluations."""

    sli: str
    display_name: str = ""
    weight: int = 1
    key_sli: bool = False
    passes: CriteriaSets = ()
    warns: CriteriaSets = ()
    baseline: bool = False
    judge: JudgedMetric | None = None

    @property
    def counts(self) -> bool:
        """Somebody set a limit; else it only informs."""
        return bool(self.passes) or self.judge is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """The whole file. pass_percent, warning_percent: of the achievable score."""

    objectives: tuple[Objective, ...]
    pass_percent: float
    warning_percent: float
    comparison: Comparison = field(default_factory=lambda: Comparison(most=1))
    aggregate: str = "avg"
    filters: Mapping[str, str] = field(default_factory=dict)
    file: str = "slo.yaml"


def parse(text: str | bytes, *, file: str = "slo.yaml") -> Slo:
    """Read an SLO file. Raises InvalidFile with the line and what to do."""
    document = documents.read(text, file=file, kind="slo")
    given = fields.mapping(document, document.data)
    fields.known_keys(document, given, _KEYS)
    _check_version(document, given)
    comparison, aggregate = _comparison(document, given.get("comparison"))
    pass_percent, warning_percent = _total_score(document, given.get("total_score"))
    return Slo(
        objectives=_objectives(document, given.get("objectives")),
        pass_percent=pass_percent,
        warning_percent=warning_percent,
        comparison=comparison,
        aggregate=aggregate,
        filters=_filters(document, given.get("filter")),
        file=file,
    )


def _check_version(document: Document, given: Mapping[str, Any]) -> None:
    version = given.get("spec_version", "1.0")
    if str(version) not in VERSIONS:
        raise document.error(f'spec_version {version!r} is not known; write "1.0"', "spec_version")


def _objectives(document: Document, given: object) -> tuple[Objective, ...]:
    if given is None:
        return ()
    listed = enumerate(fields.sequence(document, given, "objectives"))
    found = {place: _objective(document, entry, place) for place, entry in listed if entry is not None}
    kept: dict[str, Objective] = {}
    for place, objective in found.items():
        twin = kept.get(objective.sli)
        if twin and twin.counts and objective.counts:
            reason = f"SLI {objective.sli!r} is in two objectives; write its criteria into one"
            raise document.error(reason, "objectives", place)
        if twin is None or objective.counts:  # one that stands there once more for information adds nothing
            kept[objective.sli] = objective
    return tuple(kept.values())


def _objective(document: Document, entry: object, place: int) -> Objective:
    path = ("objectives", place)
    given = fields.mapping(document, entry, *path)
    fields.known_keys(document, given, _OBJECTIVE, *path)
    sli = fields.text(document, given.get("sli"), *path, "sli")
    return Objective(
        sli=sli,
        display_name=str(given.get("displayName") or ""),
        weight=_weight(document, given.get("weight"), *path, "weight"),
        key_sli=fields.flag(document, given, "key_sli", *path),
        passes=_criteria_sets(document, given.get("pass"), *path, "pass"),
        warns=_criteria_sets(document, given.get("warning"), *path, "warning"),
        baseline=_baseline(document, given, *path),
        judge=_judge(document, given, sli, path),
    )


def _weight(document: Document, given: object, *path: str | int) -> int:
    weight = 1.0 if given is None else fields.number(document, given, *path)
    if weight < 0 or weight != int(weight) or weight > 1e9:
        raise document.error(f"`weight` must be a whole number from 1 on, not {given!r}", *path)
    return int(weight) or 1  # lighthouse: 0 is the same as unsaid


def _baseline(document: Document, given: Mapping[str, Any], *path: str | int) -> bool:
    if given.get("compare") is None:
        return "judge" in given
    return fields.one_of(document, given["compare"], ("baseline", "previous"), *path, "compare") == "baseline"


def _judge(document: Document, given: Mapping[str, Any], sli: str, path: documents.Path) -> JudgedMetric | None:
    asked = given.get("judge")
    if asked is None or asked is False:
        return None
    if given.get("compare") == "previous":
        raise document.error("`judge` compares with the live version; write `compare: baseline`", *path, "compare")
    settings = {} if asked is True else fields.mapping(document, asked, *path, "judge")
    return judge_config.metric(document, {"name": sli, **settings}, *path, "judge")


def _criteria_sets(document: Document, given: object, *path: str | int) -> CriteriaSets:
    if given is None:
        return ()
    return tuple(
        _criteria(document, entry, *path, place) for place, entry in enumerate(fields.sequence(document, given, *path))
    )


def _criteria(document: Document, entry: object, *path: str | int) -> tuple[Criterion, ...]:
    given = fields.mapping(document, entry, *path)
    fields.known_keys(document, given, {"criteria"}, *path)
    listed = fields.sequence(document, given.get("criteria"), *path, "criteria")
    if not listed:
        raise document.error("`criteria` is empty: it would always hold; write at least one criterion", *path)
    return tuple(_criterion(document, text, *path, "criteria", place) for place, text in enumerate(listed))


def _criterion(document: Document, text: object, *path: str | int) -> Criterion:
    try:
        return criteria.parse(fields.text(document, text, *path))
    except ValueError as exc:
        raise document.error(str(exc), *path) from exc


def _comparison(document: Document, given: object) -> tuple[Comparison, str]:
    """Source: lighthouse: without a comparison the one result before; with an unfinished one, the last three."""
    if given is None:
        return Comparison(most=1), "avg"
    path = "comparison"
    asked = {name: value for name, value in fields.mapping(document, given, path).items() if value is not None}
    fields.known_keys(document, asked, _COMPARISON, path)
    kinds = ("single_result", "several_results")
    kind = fields.one_of(document, asked.get("compare_with", kinds[1]), kinds, path, "compare_with")
    included = asked.get("include_result_with_score", "all")
    results = _INCLUDED[fields.one_of(document, included, _INCLUDED, path, "include_result_with_score")]
    aggregate = fields.one_of(document, asked.get("aggregate_function", "avg"), AGGREGATES, path, "aggregate_function")
    number = _weight(
        document, asked.get("number_of_comparison_results", _SEVERAL), path, "number_of_comparison_results"
    )
    return Comparison(most=1 if kind == kinds[0] else number, results=results), aggregate


def _total_score(document: Document, given: object) -> tuple[float, float]:
    if given is None:
        raise document.error('`total_score` is missing; write {pass: "90%", warning: "75%"}', "total_score")
    limits = fields.mapping(document, given, "total_score")
    fields.known_keys(document, limits, {"pass", "warning"}, "total_score")
    if limits.get("pass") is None:
        raise document.error('`total_score` does not say what is a pass; write pass: "90%"', "total_score")
    pass_percent = _percent(document, limits["pass"], "total_score", "pass")
    warning = limits.get("warning")
    warning_percent = pass_percent if warning is None else _percent(document, warning, "total_score", "warning")
    if warning_percent > pass_percent:
        reason = f"`warning` {warning_percent:g} % is above `pass` {pass_percent:g} %: it never warns; exchange them?"
        raise document.error(reason, "total_score", "warning")
    return pass_percent, warning_percent


def _percent(document: Document, given: object, *path: str | int) -> float:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%?\s*", str(given)) if not isinstance(given, bool) else None
    if match is None:
        raise document.error(f'`{path[-1]}` must be a percentage like "90%", not {given!r}', *path)
    percent = float(match[1])
    if percent > 100:
        reason = f"`{path[-1]}` {percent:g} % can never be reached: 100 % is the whole score; lower it"
        raise document.error(reason, *path)
    return percent


def _filters(document: Document, given: object) -> Mapping[str, str]:
    return {str(key): str(value) for key, value in fields.mapping(document, given or {}, "filter").items()}

"""From an SLO and measured values to a score and a verdict. Pure; called by the evaluation and the CLI.

Source: lighthouse (keptn 1.4), failing closed where it failed open: a value that is missing, not finite, or compared
with nothing that should have been there is never a pass.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keptn.events import Result
from keptn.ports import SliValue
from keptn.quality import judge
from keptn.quality.criteria import Criterion
from keptn.quality.judge import Classification, Judged
from keptn.quality.samples import mean
from keptn.quality.slo import CriteriaSets, Objective, Slo
from keptn.quality.verdict import Evidence, ObjectiveResult, ObjectiveStatus, Previous, Target, Verdict
from keptn.quality.wording import number, sentence

_ORDER = (ObjectiveStatus.FAIL, ObjectiveStatus.WARNING, ObjectiveStatus.PASS, ObjectiveStatus.INFO)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """One entity's value and how it came out."""

    status: ObjectiveStatus
    value: float
    compared: float | None
    passes: Sequence[Target]
    warns: Sequence[Target]


def grade(slo: Slo, evidence: Evidence) -> Verdict:
    """The verdict over all objectives. Source: keptn specification, service_level_objective.md."""
    previous = slo.comparison.of(evidence.previous)
    results = [_objective(slo, objective, evidence, previous) for objective in slo.objectives]
    counted = [result for objective, result in zip(slo.objectives, results, strict=True) if objective.counts]
    achieved, achievable = math.fsum(one.score for one in counted), math.fsum(one.weight for one in counted)
    result, reason = _result(slo, results, achieved=achieved, achievable=achievable)
    explained = [
        f"{one.sli}: {one.message}" for one in results if one.message and one.status is not ObjectiveStatus.PASS
    ]
    return Verdict(
        result=result,
        score=100 * achieved / achievable if achievable else (100.0 if result is Result.PASS else 0.0),
        max_score=100.0,
        message=sentence((reason, *explained)),
        objectives=results,
        compared=[one.id for one in previous],
    )


def _result(slo: Slo, results: Sequence[ObjectiveResult], *, achieved: float, achievable: float) -> tuple[Result, str]:
    if not results:
        return Result.FAIL, "the SLO file has no objectives"
    if failed := [one.sli for one in results if one.key_sli and one.status is ObjectiveStatus.FAIL]:
        return Result.FAIL, f"the key SLI {', '.join(failed)} failed"
    if not achievable:
        return Result.PASS, "nobody set a limit: all objectives only inform"
    reached = f"{number(100 * achieved / achievable)} % of the achievable score"
    if achieved * 100 >= slo.pass_percent * achievable:
        return Result.PASS, f"{reached}; pass needs {number(slo.pass_percent)} %"
    if achieved * 100 >= slo.warning_percent * achievable:
        return Result.WARNING, f"{reached}; pass needs {number(slo.pass_percent)} %"
    return Result.FAIL, f"{reached}; pass needs {number(slo.pass_percent)} %, warning {number(slo.warning_percent)} %"


def _objective(slo: Slo, objective: Objective, evidence: Evidence, previous: Sequence[Previous]) -> ObjectiveResult:
    measured = evidence.candidate.get(objective.sli) or _nothing(objective)
    if problem := _missing(measured):
        if not objective.counts and not objective.key_sli:
            return _outcome(objective, ObjectiveStatus.INFO, message=problem)
        return _outcome(objective, ObjectiveStatus.FAIL, message=problem, no_data=True)
    live = (evidence.live.get(objective.sli) or _nothing(objective)) if evidence.live is not None else None
    if objective.baseline and live is not None and (problem := _incomparable(measured, live)):
        value = next(iter(measured.values.values()))
        return _outcome(objective, ObjectiveStatus.FAIL, message=problem, value=value, no_data=True)
    held = _held(slo, objective, measured, live, previous)
    judged = _judged(objective, measured, live) if live is not None else None
    return _combined(objective, held, judged, alone=objective.baseline and evidence.live is None)


def _nothing(objective: Objective) -> SliValue:
    return SliValue(indicator=objective.sli, query="", reason="no value was received")


def _missing(measured: SliValue) -> str:
    """Why there is no usable value, empty if there is one."""
    if not measured.values:
        return measured.reason or "no value was received"
    if any(not math.isfinite(value) for value in measured.values.values()):
        return "the value is not a finite number"
    return ""


def _incomparable(measured: SliValue, live: SliValue) -> str:
    if problem := _missing(live):
        return f"the live version, which it is compared with, has no value: {problem}"
    if measured.query and measured.query == live.query:
        return f"the query {measured.query!r} does not tell the versions apart; use $DEPLOYMENT in it"
    return ""


def _held(
    slo: Slo, objective: Objective, measured: SliValue, live: SliValue | None, previous: Sequence[Previous]
) -> _Held:
    """The worst entity: an objective holds if it holds for each."""
    if objective.baseline:
        references = [live.values] if live is not None else []
        compare = _Comparing(references=references, aggregate="avg")
    else:
        earlier = [one.values[objective.sli] for one in previous if one.values.get(objective.sli)]
        compare = _Comparing(references=earlier, aggregate=slo.aggregate)
    held = [_entity(objective, value, compare.value(key)) for key, value in sorted(measured.values.items())]
    return min(held, key=lambda one: _ORDER.index(one.status))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparing:
    """What an entity is compared with: its values of that name, or where it is new, the mean of all."""

    references: Sequence[Mapping[str, float]]
    aggregate: str

    def value(self, entity: str) -> float | None:
        known = [
            values.get(entity, mean([*values.values()]))
            for values in self.references
            if values and all(math.isfinite(value) for value in values.values())
        ]
        return aggregated(known, self.aggregate) if known else None


def aggregated(values: Sequence[float], function: str) -> float:
    """The mean or a percentile at position p·(n+1), interpolated. Source: lighthouse; the values must not be empty."""
    if function == "avg":
        return mean(values)
    ordered = sorted(values)
    position = int(function.removeprefix("p")) / 100 * (len(ordered) + 1)
    below = min(max(math.floor(position), 1), len(ordered))
    above = min(below + 1, len(ordered))
    part = min(max(position - below, 0.0), 1.0)
    return ordered[below - 1] + part * (ordered[above - 1] - ordered[below - 1])


def _entity(objective: Objective, value: float, compared: float | None) -> _Held:
    passed, passes = _any_holds(objective.passes, value, compared)
    warned, warns = _any_holds(objective.warns, value, compared)
    if not objective.passes:
        status = ObjectiveStatus.INFO
    elif passed:
        status = ObjectiveStatus.PASS
    else:
        status = ObjectiveStatus.WARNING if warned else ObjectiveStatus.FAIL
    return _Held(status=status, value=value, compared=compared, passes=passes, warns=warns)


def _any_holds(sets: CriteriaSets, value: float, compared: float | None) -> tuple[bool, Sequence[Target]]:
    """AND within a set, OR between sets; and every criterion's target, in the order of the file."""
    targets = [[_target(criterion, value, compared) for criterion in alternatives] for alternatives in sets]
    held = any(not any(target.violated for target in alternatives) for alternatives in targets)
    return held, [target for alternatives in targets for target in alternatives]


def _target(criterion: Criterion, value: float, compared: float | None) -> Target:
    """A relative criterion with nothing to be relative to holds. Source: lighthouse."""
    target = criterion.target(compared)
    violated = target is not None and not criterion.holds(value, target)
    return Target(criteria=criterion.text, target=target, violated=violated)


def _judged(objective: Objective, measured: SliValue, live: SliValue | None) -> Judged | None:
    if objective.judge is None or live is None:
        return None
    return judge.classify(objective.judge, baseline=live.samples, candidate=measured.samples)


def _combined(objective: Objective, held: _Held, judged: Judged | None, *, alone: bool) -> ObjectiveResult:
    status, reasons, no_data = held.status, [_explained(held)], False
    if objective.judge is not None and status is ObjectiveStatus.INFO:
        status = ObjectiveStatus.PASS  # the judge is its only limit
    if judged is not None:
        reasons.append(judged.reason)
        if judged.classification is not Classification.PASS:
            seen = judged.classification in {Classification.HIGH, Classification.LOW}
            no_data = not seen and status is ObjectiveStatus.PASS
            status = ObjectiveStatus.FAIL
    if alone:
        reasons.append("there is no live version to compare with")
    return _outcome(
        objective, status, message=sentence(reasons), value=held.value, held=held, judged=judged, no_data=no_data
    )


def _explained(held: _Held) -> str:
    violated = [target for target in held.passes if target.violated]
    limits = " and ".join(dict.fromkeys(f"{one.criteria} ({number(one.target or 0)})" for one in violated))
    if violated and held.status in {ObjectiveStatus.FAIL, ObjectiveStatus.WARNING}:
        return f"{number(held.value)} does not meet {limits}"
    skipped = [target.criteria for target in held.passes if target.target is None]
    return f"{' and '.join(skipped)} was not applied: there is nothing to compare with" if skipped else ""


def _outcome(
    objective: Objective,
    status: ObjectiveStatus,
    *,
    message: str,
    value: float | None = None,
    held: _Held | None = None,
    judged: Judged | None = None,
    no_data: bool = False,
) -> ObjectiveResult:
    share = {ObjectiveStatus.PASS: 1.0, ObjectiveStatus.WARNING: 0.5}.get(status, 0.0)
    return ObjectiveResult(
        sli=objective.sli,
        status=status,
        score=objective.weight * share,
        max_score=objective.weight if objective.counts else 0.0,
        value=value,
        compared=held.compared if held else None,
        display_name=objective.display_name,
        key_sli=objective.key_sli,
        weight=objective.weight,
        pass_targets=held.passes if held else (),
        warning_targets=held.warns if held else (),
        message=message,
        no_data=no_data,
        details={} if judged is None else {"judge": _judge_json(judged)},
    )


def _judge_json(judged: Judged) -> Mapping[str, object]:
    deviation = judged.deviation if math.isfinite(judged.deviation) else None
    return {"classification": str(judged.classification), "deviation": deviation, "reason": judged.reason}

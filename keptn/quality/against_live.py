"""Limits relative to earlier evaluations, held against the live version in the same window. Pure.

In a canary step the live version has the same users at the same time: no earlier evaluation is so like the candidate,
and the steps before are the candidate itself. Called by the evaluation step and by backtests.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from keptn.events import Result
from keptn.ports import SliValue
from keptn.quality.samples import mean
from keptn.quality.verdict import Evidence, ObjectiveResult, Previous

Values = Mapping[str, Mapping[str, float]]
"""By indicator and entity."""


def in_place_of_earlier(evidence: Evidence) -> Evidence:
    """The live version's values as those of the newest evaluation; of what it lacks, the earlier ones' as they were.

    Only evaluations that are still compared with keep their id.
    """
    known = comparable(evidence)
    if not known:
        return evidence
    newest, *others = [_without(known, one, evidence) for one in evidence.previous] or [_NONE]
    first = replace(newest, id=newest.id if newest.values else "", values={**newest.values, **known})
    return replace(evidence, previous=[first, *(one for one in others if one.values)])


def comparable(evidence: Evidence) -> Values:
    """What is known of the live version, for the candidate's entities, where the queries tell the two apart."""
    live = {name: (value, _finite(value)) for name, value in (evidence.live or {}).items()}
    return {
        name: paired(measured.values, live[name][1])
        for name, measured in evidence.candidate.items()
        if measured.values and name in live and live[name][1] and measured.query != live[name][0].query
    }


def paired(candidate: Mapping[str, float], live: Mapping[str, float]) -> Mapping[str, float]:
    """The live value for each entity: of the same name, else (a pod's name differs per version) the mean of all."""
    of_all = mean([*live.values()])
    return {key: live.get(key, of_all) for key in candidate}


def told(image: str, known: Values, objectives: Sequence[ObjectiveResult]) -> str:
    """What the values were compared with, for people; empty if it was nothing of the live version."""
    compared = [one.sli for one in objectives if one.compared is not None]
    rest = ", ".join(name for name in compared if name not in known)
    if all(name not in known for name in compared):
        return ""
    return f"compared with {image}, which was live in the same window" + (f"; {rest} with earlier ones" if rest else "")


_NONE = Previous(id="", result=Result.PASS, values={})
"""Of a result that every comparison wants."""


def _finite(value: SliValue) -> Mapping[str, float]:
    return {key: number for key, number in value.values.items() if math.isfinite(number)}


def _without(known: Values, one: Previous, evidence: Evidence) -> Previous:
    kept = {name for name in evidence.candidate if name not in known}
    return replace(one, values={name: values for name, values in one.values.items() if name in kept and values})

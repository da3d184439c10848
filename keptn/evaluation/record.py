"""An evaluation as it is stored and reported: JSON, whole enough to be explained, drawn, and run again. Pure.

The shape follows the keptn specification (evaluation.finished), with what it lacks beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from keptn import events
from keptn.evaluation.gate_files import GateFile
from keptn.events import Event
from keptn.ports import SliValue, Window
from keptn.quality import against_live
from keptn.quality.verdict import Evidence, Measured, ObjectiveResult, Previous, Target, Verdict
from keptn.quality.wording import sentence


def of(
    triggered: Event,
    *,
    file: GateFile,
    window: Window,
    evidence: Evidence,
    verdict: Verdict,
    versions: Mapping[str, Any],
    requests: int | None = None,
    beside_live: bool = False,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The whole record. Its id is the triggering event's. versions: candidate's and live's colour, image, digest.

    requests: the candidate's, if they were counted. beside_live: what is relative was held against the live version.
    """
    candidate = versions.get("candidate") or {}
    return {
        "id": triggered.id,
        "time": events.rfc3339(triggered.time),
        "project": triggered.scope.project,
        "stage": triggered.scope.stage,
        "service": triggered.scope.service,
        "labels": dict(triggered.data.get("labels") or {}),
        "shkeptncontext": triggered.context,
        "timeStart": events.rfc3339(window.start),
        "timeEnd": events.rfc3339(window.end),
        "result": str(verdict.result),
        "score": verdict.score,
        "max_score": verdict.max_score,
        "message": sentence((verdict.message, *notes, file.note)),
        "noData": verdict.no_data,
        "gitCommit": file.commit,
        "digest": str(candidate.get("digest") or ""),
        "image": str(candidate.get("image") or ""),
        "versions": dict(versions),
        "format": file.gate.format,
        "file": {"path": file.path, "commit": file.commit, "content": file.content},
        "indicatorResults": [indicator_json(objective) for objective in verdict.objectives],
        "comparedEvents": [one for one in verdict.compared if one],
        "measured": {
            "candidate": _measured_json(evidence.candidate),
            "live": None if evidence.live is None else _measured_json(evidence.live),
        },
        **({} if requests is None else {"requests": requests}),
        **({"besideLive": True} if beside_live else {}),
        **({"unjudged": verdict.message} if verdict.unjudged else {}),
    }


def reported(record: Mapping[str, Any]) -> dict[str, Any]:
    """What travels in the event, and from there on with the delivery: enough to say what was decided on which values.

    The targets, the samples, the file's text and the versions are in the store, under the same id.
    """
    told = {name: value for name, value in record.items() if name not in _STORED_ONLY}
    return told | {"indicatorResults": [_indicator_told(one) for one in record.get("indicatorResults") or ()]}


def previous_of(record: Mapping[str, Any], *, invalidated: bool) -> Previous:
    """An earlier record as a gate compares with it."""
    measured = (record.get("measured") or {}).get("candidate") or {}
    return Previous(
        id=str(record["id"]),
        result=str(record["result"]),
        values={name: dict(one.get("values") or {}) for name, one in measured.items()},
        invalidated=invalidated,
    )


def evidence_of(record: Mapping[str, Any], *, previous: Sequence[Previous] = ()) -> Evidence:
    """What was measured then, for judging it again."""
    measured = record.get("measured") or {}
    live = measured.get("live")
    evidence = Evidence(
        candidate=_measured(measured.get("candidate") or {}),
        live=None if live is None else _measured(live),
        previous=previous,
    )
    return against_live.in_place_of_earlier(evidence) if record.get("besideLive") else evidence


def indicator_json(objective: ObjectiveResult) -> dict[str, Any]:
    """One objective in the specification's spelling."""
    value = objective.value if objective.value is not None and math.isfinite(objective.value) else None
    return {
        "score": objective.score,
        "maxScore": objective.max_score,
        "weight": objective.weight,
        "value": {
            "metric": objective.sli,
            "value": value,
            "comparedValue": objective.compared,
            "success": value is not None,
            "message": objective.message,
        },
        "displayName": objective.display_name or objective.sli,
        "passTargets": [_target_json(target) for target in objective.pass_targets],
        "warningTargets": [_target_json(target) for target in objective.warning_targets],
        "keySli": objective.key_sli,
        "status": str(objective.status),
        **objective.details,
    }


_STORED_ONLY = frozenset(
    {"measured", "file", "time", "shkeptncontext", "project", "stage", "service", "labels", "message", "versions"}
    | {"besideLive", "unjudged"}
)
_INDICATOR_TOLD = ("score", "value", "keySli", "status")


def _indicator_told(indicator: Mapping[str, Any]) -> dict[str, Any]:
    return {name: indicator[name] for name in _INDICATOR_TOLD if name in indicator}


def _target_json(target: Target) -> dict[str, Any]:
    return {"criteria": target.criteria, "targetValue": target.target, "violated": target.violated}


def _measured_json(measured: Measured) -> dict[str, Any]:
    return {name: _value_json(value) for name, value in measured.items()}


def _value_json(value: SliValue) -> dict[str, Any]:
    """JSON has no infinity: such a value is kept as missing, with its reason."""
    endless = sorted(key for key, number in value.values.items() if not math.isfinite(number))
    return {
        "query": value.query,
        "values": {key: number for key, number in value.values.items() if key not in endless},
        "samples": [sample for sample in value.samples if math.isfinite(sample)],
        "reason": value.reason or (f"not a finite number: {', '.join(endless) or 'value'}" if endless else ""),
        "failed": value.failed,
        "endless": endless,
    }


def _measured(stored: Mapping[str, Any]) -> Measured:
    return {
        name: SliValue(
            indicator=name,
            query=str(one.get("query") or ""),
            values={**one.get("values", {}), **dict.fromkeys(one.get("endless") or (), math.inf)},
            samples=one.get("samples") or (),
            reason=str(one.get("reason") or ""),
            failed=bool(one.get("failed")),
        )
        for name, one in stored.items()
    }

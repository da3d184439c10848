"""The document of one execution: what `keptn get delivery`, the bridge and a rerun read. Written by `orchestrate`.

Stored as `executions/<context>/<stage>.<sequence>.<id>.json`, stamped with the slot's revision.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from keptn.events import Result, Scope, rfc3339
from keptn.sequence.codec import plain
from keptn.sequence.slot import Answer, Execution, TaskRun
from keptn.sequence.turn import finished_id


def document(execution: Execution, *, scope: Scope, revision: int) -> dict[str, Any]:
    """All that people ask about one execution; its data only while somebody may run it again.

    revision: of the slot; 0 for one that was not let in.
    """
    repeatable = execution.ended and execution.result == Result.FAIL
    return {
        "project": scope.project,
        "stage": scope.stage,
        "service": scope.service,
        "context": execution.context,
        "sequence": execution.sequence,
        "id": execution.id,
        "revision": revision,
        "state": str(execution.state),
        "result": execution.result,
        "status": execution.status,
        "message": execution.message,
        "image": execution.image,
        "digest": execution.digest,
        "commit": commit(execution.data),
        "epoch": execution.epoch,
        "hops": execution.hops,
        "shipyard": execution.shipyard,
        "source": execution.source,
        "root_time": rfc3339(execution.root_time),
        "triggered_at": rfc3339(execution.triggered_at),
        "finished_at": _time(execution.ended_at),
        "finished_event": finished_id(execution) if execution.ended else "",
        "followers": [dict(zip(("stage", "sequence", "id"), named, strict=True)) for named in execution.followers],
        "turned_away": revision == 0,
        "waiting": _waiting(execution),
        "forced": execution.forced,
        "promoted": execution.promoted,
        "labels": execution.data.get("labels") or {},
        "tasks": [_task(run) for run in execution.runs],
        **({"data": dict(execution.data), "next": execution.next, "touched": execution.touched} if repeatable else {}),
    }


def commit(data: Mapping[str, Any]) -> str:
    """The last commit that a step of this execution reported."""
    sections = (data.get(name) for name in ("rollback", "release", "action", "traffic", "deployment"))
    found = (str(s["gitCommit"]) for s in sections if isinstance(s, Mapping) and s.get("gitCommit"))
    return next(found, "")


def _waiting(execution: Execution) -> dict[str, Any] | None:
    run = execution.open_run
    if execution.ended:
        return None
    if run:
        busy = [answer for answer in run.answers if not answer.finished_at]
        said = "; ".join(answer.message or f"{answer.source} is working on {run.name}" for answer in busy)
        alone = "it must live on without a problem" if run.name == "soak" else f"nobody has begun {run.name} yet"
        reason = said or alone
        since, until = rfc3339(run.triggered_at), rfc3339(run.due)
        return {"for": run.name, "why": reason, "since": since, "until": until, "id": run.id}
    last = execution.runs[-1].ended_at if execution.runs else None
    since = rfc3339(last or execution.triggered_at)
    return {"for": "", "why": execution.wait, "since": since, "until": _time(execution.wait_until), "id": ""}


def _task(run: TaskRun) -> dict[str, Any]:
    return {
        "name": run.name,
        "id": run.id,
        "triggered_at": rfc3339(run.triggered_at),
        "due": rfc3339(run.due),
        "finished_at": _time(run.ended_at),
        "result": run.result,
        "status": run.status,
        "message": run.message,
        **({"share": plain(run.share)} if run.share else {}),
        "executors": [_executor(answer) for answer in run.answers],
    }


def _executor(answer: Answer) -> dict[str, Any]:
    return {
        "source": answer.source,
        "started_at": _time(answer.started_at),
        "finished_at": _time(answer.finished_at),
        "result": answer.result,
        "status": answer.status,
        "message": answer.message,
    }


def _time(moment: datetime | None) -> str:
    return rfc3339(moment) if moment else ""

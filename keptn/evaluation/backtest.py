"""What another gate file would have said about stored evaluations. Pure; called by `keptn evaluate --backtest`.

Each is judged again from its own samples, with the earlier ones as its history, as they were measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keptn.evaluation import record
from keptn.quality.verdict import Gate, Previous, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One stored evaluation: what was said, and what the file says."""

    id: str
    time: str
    said: str
    said_score: float
    verdict: Verdict

    @property
    def differs(self) -> bool:
        return self.said != self.verdict.result


def replay(gate: Gate, records: Sequence[Mapping[str, Any]]) -> Sequence[Replay]:
    """Judge records (newest first) again; the differences come first, each kind newest first.

    Relative criteria compare with what this file would have said of the earlier ones, not with what was said then.
    """
    replayed: list[Replay] = []
    earlier: list[tuple[Mapping[str, Any], Previous]] = []
    for one in reversed(records):
        known = [made for told, made in reversed(earlier) if not _same_delivery(one, told)]
        verdict = gate.judge(record.evidence_of(one, previous=gate.comparison.of(known)))
        if one.get("unjudged"):
            verdict = verdict.too_little(str(one["unjudged"]))
        replayed.append(
            Replay(
                id=str(one.get("id") or ""),
                time=str(one.get("timeEnd") or ""),
                said=str(one.get("result") or ""),
                said_score=float(one.get("score") or 0),
                verdict=verdict,
            )
        )
        earlier.append((one, record.previous_of({**one, "result": str(verdict.result)}, invalidated=False)))
    newest_first = replayed[::-1]
    return [*(one for one in newest_first if one.differs), *(one for one in newest_first if not one.differs)]


def _same_delivery(step: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    """A canary step is not compared with those before it."""
    return bool(step.get("besideLive")) and step.get("shkeptncontext") == earlier.get("shkeptncontext")


def as_json(replays: Sequence[Replay]) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "timeEnd": one.time,
            "differs": one.differs,
            "said": {"result": one.said, "score": one.said_score},
            "says": {"result": str(one.verdict.result), "score": one.verdict.score, "message": one.verdict.message},
        }
        for one in replays
    ]

"""What must hold after any story, stated over what was recorded and seen outside: nothing here knows the engine."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

Recorded = Mapping[str, Any]
TASK = re.compile(r"sh\.keptn\.event\.([^.]+)\.(triggered|finished)")
SEQUENCE_END = re.compile(r"sh\.keptn\.event\.[^.]+\.[^.]+\.finished")


def every_task_ends_once(recorded: Sequence[Recorded]) -> None:
    """Each task's `.triggered` is answered by exactly one `.finished`."""
    ends: dict[str, set[str]] = defaultdict(set)
    for event in _tasks(recorded, "finished"):
        ends[event["triggeredid"]].add(event["id"])
    wrong = {(e["type"], e["id"]): ends[e["id"]] for e in _tasks(recorded, "triggered") if len(ends[e["id"]]) != 1}
    assert not wrong, wrong


def what_is_released_was_evaluated(recorded: Sequence[Recorded], *, without_gate: Sequence[str] = ()) -> None:
    """In each delivery and stage, the digest that users get is the one that was evaluated, and the one that arrived.

    without_gate: stages that have no gate file, where nothing is evaluated.
    """
    evaluated, arrived = {}, {}
    for event in recorded:
        place = (event["shkeptncontext"], event["data"].get("stage"))
        if digest := (event["data"].get("artifact") or {}).get("digest"):
            arrived[place[0]] = digest
        if event["type"] == "sh.keptn.event.evaluation.finished":
            evaluated[place] = event["data"]["evaluation"].get("digest")
    for event in recorded:
        if event["type"] == "sh.keptn.event.release.finished" and event["data"]["result"] == "pass":
            place = (event["shkeptncontext"], event["data"]["stage"])
            live = event["data"]["release"]["live"]["digest"]
            assert live == arrived[place[0]], place
            assert place[1] in without_gate or live == evaluated[place], place


def one_holder_per_slot(recorded: Sequence[Recorded]) -> None:
    """In a stage no two executions have tasks under way at the same time; an epoch belongs to one context."""
    runs: dict[tuple[str, int], list[Recorded]] = defaultdict(list)
    for event in [*_tasks(recorded, "triggered"), *_tasks(recorded, "finished")]:
        if epoch := int(event.get("keptnepoch") or 0):
            runs[event["data"]["stage"], epoch].append(event)
    for place, run in runs.items():
        assert len({event["shkeptncontext"] for event in run}) == 1, place
    for stage in {stage for stage, _ in runs}:
        spans = [_span(run) for (where, _), run in sorted(runs.items()) if where == stage]
        overlapping = [pair for pair in pairwise(spans) if pair[0][1] > pair[1][0]]
        assert not overlapping, (stage, overlapping)


def told_once(correlations: Sequence[str], *, expected: int) -> None:
    """However often a call was repeated, it has one correlation id."""
    assert "" not in correlations
    assert len(set(correlations)) == expected, sorted(correlations)


def messages_for_people(recorded: Sequence[Recorded]) -> int:
    """How many of the events a chat with the default subscription is told: ends of sequences, and problems."""
    told = {e["id"] for e in recorded if SEQUENCE_END.fullmatch(e["type"])}
    return len(told | {e["id"] for e in recorded if e["type"].endswith(".remediation.triggered")})


def _tasks(recorded: Sequence[Recorded], phase: str) -> Iterator[Recorded]:
    for event in recorded:
        match = TASK.fullmatch(event["type"])
        if match and match[2] == phase:
            yield event


def _span(run: Sequence[Recorded]) -> tuple[str, str]:
    times = [event["time"] for event in run]
    return min(times), max(times)

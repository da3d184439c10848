"""What becomes of a monitor's notification: one remediation for every service with an open problem.

`receive_problem` calls it. However many alerts a notification holds, a service gets one event: its `problem` is the one
to act on, `problems` tells of all. The end of a problem is told, too: it starts nothing, and what has not been acted on
by then is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from keptn import events, names
from keptn.context import Context
from keptn.errors import Refused, Unknown
from keptn.events import Event, Phase, Scope
from keptn.projects import hook_tokens, stages
from keptn.webhooks import outcome, slots
from keptn.webhooks.alerts import Report, report
from keptn.webhooks.deadline import Deadline
from keptn.webhooks.senders.monitors import Problem
from keptn.webhooks.senders.registries import Ignored
from keptn.webhooks.slots import Wanted

SOURCE = "keptn/receive-problem"
MOST_LISTED = 50
MOST_BYTES = 32 * 1024
"""Of an event's data: a slot takes 48 KiB, and what its tasks find comes on top."""
MOST_CHARACTERS = 1000
"""Of one text that a monitor sends: annotations may hold whole pages."""
_ROOM = {"labels": 4 * 1024, "details": 8 * 1024, "listed": 512}
"""Bytes that texts of a monitor may take in the event."""


def accept(
    entries: Sequence[Problem | Ignored], *, opened: str, by_url: Mapping[str, str], ctx: Context, deadline: Deadline
) -> Mapping[str, object]:
    """Post what the problems start; say what was accepted and what was ignored and why.

    by_url: what counts where labels do not say what a problem is about.
    Raises Unavailable if that takes longer: the same notification again is the same events.
    """
    by_slot: dict[Scope, list[Problem]] = {}
    ignored = [entry for entry in entries if isinstance(entry, Ignored)]
    for entry in _with_slots([entry for entry in entries if isinstance(entry, Problem)], opened, by_url, ctx, deadline):
        if isinstance(entry, Ignored):
            ignored.append(entry)
        else:
            by_slot.setdefault(entry.scope, []).append(entry)
    accepted = []
    for scope, problems in by_slot.items():
        deadline.check(f"what is reported of {scope}")
        told = report(problems)
        event = _event(scope, told, ctx)
        ctx.sink.post(event)
        accepted.append(_accepted(event, told))
    return outcome.answer(accepted, ignored)


def _with_slots(
    problems: Sequence[Problem], opened: str, by_url: Mapping[str, str], ctx: Context, deadline: Deadline
) -> Iterator[Problem | Ignored]:
    """Every problem with its slot in our spelling, looked up once, or why it starts nothing."""
    known: dict[Wanted, Scope | Refused] = {}
    own = slots.read_setting(ctx.settings.problem_labels)
    otherwise = {"project": hook_tokens.project_of_monitor(opened), **by_url}
    for problem in problems:
        try:
            wanted = slots.wanted(problem.labels, otherwise=otherwise, own=own)
        except Refused as refused:
            yield Ignored(what=str(problem), why=str(refused))
            continue
        if wanted not in known:
            deadline.check(f"what is reported of {wanted.service[:100]}")
            known[wanted] = _found(wanted, opened, ctx)
        scope = known[wanted]
        if isinstance(scope, Refused):
            yield Ignored(what=str(problem), why=str(scope))
        elif why := _digest_is_wrong(problem.digest):
            yield Ignored(what=str(problem), why=why)
        else:
            yield replace(problem, scope=scope, pid=problem.pid or _pid(problem, wanted.scopes()[0]))


def _pid(problem: Problem, told: Scope) -> str:
    """Of what has no id of its own. told: the slot as the labels spell it."""
    start = events.rfc3339(problem.starts_at) if problem.starts_at else ""
    return events.derived_id(problem.title, start, str(told))


def _found(wanted: Wanted, opened: str, ctx: Context) -> Scope | Refused:
    """Of the slots that it can be the one that there is; two of them are none."""
    tried = [_known(scope, opened, ctx) for scope in wanted.scopes()]
    found = [scope for scope in tried if isinstance(scope, Scope)]
    if len(found) > 1:
        named = " and ".join(map(str, found))
        return Refused(f"its namespace {wanted.namespace!r} is that of {named}; let a label say the project")
    if not found and len(tried) > 1:
        reasons = "; ".join(sorted({str(one) for one in tried})[:3])
        return Refused(
            f"its namespace {wanted.namespace[:100]!r} is of no project and stage with that service: {reasons}"
        )
    return found[0] if found else tried[0]


def _known(scope: Scope, opened: str, ctx: Context) -> Scope | Refused:
    """The slot that the monitor means, in our spelling, if the token is for it."""
    if not hook_tokens.covers_problems(opened, scope.project):
        return Refused(f"the token is not that of project {scope.project}; see docs/webhooks.md")
    try:
        stage = stages.named(stages.of_project(ctx.config_repo, scope.project), scope.stage, project=scope.project)
        if not ctx.config_repo.tree(scope.project, stage).list(scope.service):
            return Unknown(f"service {scope.service!r} is not in stage {stage} of {scope.project}; onboard it first")
    except Refused as refused:
        return refused
    return replace(scope, stage=stage)


def _digest_is_wrong(digest: str) -> str:
    try:
        if digest:
            names.check_digest(digest)
    except Refused as refused:
        return f"its label digest: {refused}"
    return ""


def _event(scope: Scope, told: Report, ctx: Context) -> Event:
    """The same problems are the same event, and a problem has one context from its opening to its end."""
    first, now = told.leading, ctx.clock.now()
    opening = events.sequence_type(scope.stage, "remediation", Phase.TRIGGERED)
    data = {
        "project": scope.project,
        "stage": scope.stage,
        "service": scope.service,
        "labels": _short(first.labels, room=_ROOM["labels"]),
        "problem": _described(first),
    }
    return Event(
        type=opening if first.is_open else events.PROBLEM_RESOLVED,
        id=events.derived_id(str(scope), opening if first.is_open else events.PROBLEM_RESOLVED, *told.ids),
        source=SOURCE,
        time=now,
        root_time=now,
        context=events.derived_id(first.id, "context"),
        data={**data, **_listed(told, room=MOST_BYTES - len(json.dumps(data)))},
    )


def _listed(told: Report, *, room: int) -> Mapping[str, object]:
    """All problems in short, worst first, as far as they fit; the rest is counted."""
    listed: list[Mapping[str, object]] = []
    for problem, alerts in told.problems[:MOST_LISTED]:
        entry = {**_named(problem), "alerts": alerts, "labels": _short(problem.labels, room=_ROOM["listed"])}
        room -= len(json.dumps(entry)) + 2
        if room < 0:
            break
        listed.append(entry)
    more = len(told.problems) - len(listed)
    return {"problems": listed, **({"problemsMore": more} if more else {})}


def _named(problem: Problem) -> dict[str, object]:
    return {
        "State": _state(problem),
        "ProblemTitle": problem.title[:MOST_CHARACTERS],
        "problemType": problem.type[:MOST_CHARACTERS],
        "PID": problem.pid,
        **({"startsAt": events.rfc3339(problem.starts_at)} if problem.starts_at else {}),
    }


def _state(problem: Problem) -> str:
    return "OPEN" if problem.is_open else "RESOLVED"


def _described(problem: Problem) -> Mapping[str, object]:
    texts = {"details": problem.details, "labels": problem.labels}
    described = {**_named(problem), **{name: _short(text, room=_ROOM[name]) for name, text in texts.items()}}
    return {**described, **({"digest": problem.digest} if problem.digest else {})}


def _short(texts: Mapping[str, object], *, room: int) -> dict[str, object]:
    """What a monitor says at length, cut to what an event can carry. room: bytes for all of them."""
    kept: dict[str, object] = {}
    for key, value in texts.items():
        short = _short(value, room=room) if isinstance(value, Mapping) else str(value)[:MOST_CHARACTERS]
        room -= len(json.dumps({key: short}))
        if room < 0:
            break
        kept[key] = short
    return kept


def _accepted(event: Event, told: Report) -> Mapping[str, object]:
    scope, first = event.scope, event.data["problem"]
    reported = [
        {"problem": problem.title[:MOST_CHARACTERS], "state": _state(problem), "alerts": alerts}
        for problem, alerts in told.problems[:MOST_LISTED]
    ]
    return {
        "project": scope.project,
        "stage": scope.stage,
        "service": scope.service,
        "problem": first["ProblemTitle"],
        "state": first["State"],
        "problems": reported,
        "problemsMore": len(told.problems) - len(reported),
        "keptnContext": event.context,
        "id": event.id,
    }

"""What a call needs: of which project it is, and where its content takes more than its route's role.

Every route of `routes.py` names one function of the first kind, or none: then it takes a token for all projects. They
are asked only for a token of one project, so what they read and import costs nobody else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from keptn import events
from keptn.api.call import Call
from keptn.errors import Unknown
from keptn.events import Event
from keptn.records import objects, secret_names

Projects = Callable[[Call], Collection[str]]
"""The projects that a call is about; empty where what it names is not there, which the route then says."""
_ORDERS = frozenset({"rollback", "remediation"})
"""Sequences that do not deliver: they change what users have, against or without a gate."""
_OVERRIDING = frozenset({"force", "problem", "problems"})
"""Data that overrides a verdict, a pin or a freeze, or goes before deliveries."""
_WINDOW = frozenset({"evaluation", "test"})
"""Where who starts an evaluation says of which time."""
_ANSWER = frozenset({"project", "stage", "service", "status", "result", "message", "labels"})
"""What every answer to a task may hold, beside a section of the task's name. Source: keptn specification, finished."""


# --- of which project -----------------------------------------------------------------------------------------------
def path(call: Call) -> Collection[str]:
    """The path names it."""
    return {call.path["project"]}


def query(call: Call) -> Collection[str]:
    """The query names it; a list without one is narrowed to the token's (`routes.answer`)."""
    return {call.path.get("project") or call.query("project") or call.principal.project}


def body(call: Call) -> Collection[str]:
    """The body names it, or need not: then it is looked for among those that the token is for (`ownership.py`)."""
    return {call.optional("project") or call.principal.project}


def named(call: Call) -> Collection[str]:
    """The body is about the project of that name."""
    return {call.text("name", "projectName")}


def no_project(call: Call) -> Collection[str]:
    """It is about who asks."""
    del call
    return ()


def posted_event(call: Call) -> Collection[str]:
    """The event's data name it; its context must not be another project's delivery."""
    event = _posted(call)
    return {event.scope.project, *_of_context(event.context, call)}


def recorded_event(call: Call) -> Collection[str]:
    from keptn.records import audit  # noqa: PLC0415

    context = call.query("keptnContext")
    found = audit.by_id(call.ctx.store, context, call.path["event_id"]) if context else None
    return {found.scope.project} if found else ()


def delivery(call: Call) -> Collection[str]:
    """Whose the delivery of that context is."""
    return _of_context(call.path["context"], call)


def approval(call: Call) -> Collection[str]:
    stored = call.ctx.store.get(objects.approval(call.path["task"]))
    return {events.from_dict(json.loads(stored.data)["task"]).scope.project} if stored else ()


def dead_letter(call: Call) -> Collection[str]:
    from keptn.records import dead_letters  # noqa: PLC0415

    try:
        found = dead_letters.letter(call.ctx.store, call.path["letter"])
    except Unknown:
        return ()
    return {dead_letters.project_of(found)}


def secret(call: Call) -> Collection[str]:
    """A secret's name says it."""
    return {secret_names.project_of(call.path.get("name") or call.text("name"))}


# --- what takes the role operate, where the route alone does not say ------------------------------------------------
def of_event(call: Call) -> str:
    """What in the event takes more than the role deliver, in words; empty if nothing does."""
    event = _posted(call)
    parts = events.parse_type(event.type)
    if event.type == events.EVALUATION_INVALIDATED:
        return "invalidating an evaluation"
    if parts is None:
        return ""
    return _of_start(parts.name, event.data) if parts.stage else _of_answer(parts.name, event.data)


def of_delivery(call: Call) -> str:
    sequence = call.optional("sequence")
    return "overriding a verdict" if call.body.get("force") else _of_start(sequence, {})


def of_sequence(call: Call) -> str:
    data = call.body.get("data")
    return _of_start(call.path["sequence"], data if isinstance(data, Mapping) else {})


def _of_start(sequence: str, data: Mapping[str, Any]) -> str:
    """A sequence that does not deliver; or data that a step would take for what a step before it has found."""
    if sequence in _ORDERS:
        return f"the sequence {sequence}"
    own = _WINDOW if sequence == "evaluation" else frozenset[str]()
    told = sorted(key for key in {*_steps(), *_OVERRIDING} - own if data.get(key))
    return f"{told[0]!r} in the data of what starts a sequence" if told else ""


def _of_answer(task: str, data: Mapping[str, Any]) -> str:
    """Who answers a task of keptn's passes its gates; so does who leaves in an answer what later gates read."""
    if task in _steps():
        return f"an answer to {task}, a task of keptn's own,"
    told = sorted(key for key in data if key not in {*_ANSWER, task})
    return f"{told[0]!r} in an answer to {task}, beside what is its own," if told else ""


def _posted(call: Call) -> Event:
    from keptn.api import edge  # noqa: PLC0415 - most calls post nothing

    return edge.taken(call.request, by=call.by, now=call.ctx.clock.now())


def _of_context(context: str, call: Call) -> Collection[str]:
    from keptn.records import deliveries  # noqa: PLC0415

    found = deliveries.documents(call.ctx.store, context) if context else ()
    return {str(document["project"]) for document in found}


def _steps() -> Collection[str]:
    """Names of the tasks whose answers later steps go by."""
    from keptn.shipyard.model import BUILT_IN_TASKS  # noqa: PLC0415 - for tokens of role deliver alone

    return {*BUILT_IN_TASKS, "get-sli"}

"""What a call needs: of which project it is, and where its content asks for more than its route's role.

Every route of `routes.py` names one function of the first kind, or none: then it takes a token for all projects. They
are asked only for a token of one project, so what they read costs nobody else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from keptn import events
from keptn.api.call import Call
from keptn.errors import Unknown
from keptn.events import Event
from keptn.records import audit, dead_letters, deliveries, objects
from keptn.records.tokens import Role

Projects = Callable[[Call], Collection[str]]
"""The projects that a call is about; empty where what it names is not there, which the route then says."""
_OF_PROJECT = ("hook-problems-", "prometheus-", "dynatrace-")
"""Beginnings of secrets' names that a project's follows, whole: nobody else's can be taken for it."""
_ORDERS = frozenset({"rollback", "remediation"})
"""Sequences that do not deliver: they change what users have, against or without a gate."""


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


def posted_event(call: Call) -> Collection[str]:
    """The event's data name it; its context must not be another project's delivery."""
    event = _posted(call)
    return {event.scope.project, *_of_context(event.context, call)}


def recorded_event(call: Call) -> Collection[str]:
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
    try:
        found = dead_letters.letter(call.ctx.store, call.path["letter"])
    except Unknown:
        return ()
    return {letter_project(found)}


def secret(call: Call) -> Collection[str]:
    """A secret's name says it: hooks and metrics of a project have secrets of their own."""
    return {secret_project(call.path.get("name") or call.text("name"))}


def secret_project(name: str) -> str:
    """The project that alone uses the secret of that name; empty if others may."""
    if name.startswith("hook-") and "." in name:
        return name.removeprefix("hook-").partition(".")[0]
    return next((name.removeprefix(one) for one in _OF_PROJECT if name.startswith(one)), "")


def letter_project(letter: Mapping[str, Any]) -> str:
    """Whose event a dead letter is; empty if it is of no project."""
    return str((events.unwrapped(events.from_dict(letter["event"]))).scope.project)


# --- which role, where the route alone does not say -----------------------------------------------------------------
def of_event(call: Call) -> Role:
    """What the event does, if it were asked for by its own route."""
    event = _posted(call)
    parts = events.parse_type(event.type)
    if event.type == events.EVALUATION_INVALIDATED:
        return Role.OPERATE
    if parts is None:
        return Role.DELIVER
    if not parts.stage:  # an executor of one's own answers its task; who answers one of keptn's passes its gates
        return Role.OPERATE if parts.name in _built_in() else Role.DELIVER
    return Role.OPERATE if parts.name in _ORDERS or event.data.get("force") else Role.DELIVER


def of_delivery(call: Call) -> Role:
    """`force` overrides a verdict, a pin, a freeze."""
    return Role.OPERATE if call.body.get("force") or call.optional("sequence") in _ORDERS else Role.DELIVER


def of_sequence(call: Call) -> Role:
    data = call.body.get("data")
    is_forced = isinstance(data, Mapping) and data.get("force")
    return Role.OPERATE if call.path["sequence"] in _ORDERS or is_forced else Role.DELIVER


def _posted(call: Call) -> Event:
    from keptn.api import edge  # noqa: PLC0415 - most calls post nothing

    return edge.taken(call.request, by=call.by, now=call.ctx.clock.now())


def _of_context(context: str, call: Call) -> Collection[str]:
    found = deliveries.documents(call.ctx.store, context) if context else ()
    return {str(document["project"]) for document in found}


def _built_in() -> Collection[str]:
    from keptn.shipyard.model import BUILT_IN_TASKS  # noqa: PLC0415 - for answers to tasks alone

    return BUILT_IN_TASKS

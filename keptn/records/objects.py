"""The name of every object in the store. ARCHITECTURE.md says who writes each, and what an age ends.

Parts that come from outside are percent-encoded; the longest ids are named by their hash, for a name has 1,024 bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote, unquote

from keptn.events import Event, Scope, rfc3339
from keptn.records import who
from keptn.records.revtime import moment_of, reversed_time

TIMERS = "timers/"
WAKE_UP = "wake-up/clock"
DEAD_LETTERS = "dead-letter/"
SLOTS = "slots/"
IMAGES = "images/"
PROJECTS = "projects/"
TOKENS = "tokens/"


# --- the engine's: only `orchestrate` writes them, anybody may read -------------------------------------------------
def slot(scope: Scope) -> str:
    return f"{SLOTS}{_path(scope.project, scope.stage, scope.service)}.json"


def slots(project: str) -> str:
    """Prefix of a project's slots."""
    return f"{SLOTS}{_path(project)}/"


def execution(context: str, *, stage: str, sequence: str, execution_id: str) -> str:
    return f"{executions(context)}{_path(stage)}.{_path(sequence)}.{_path(execution_id)}.json"


def executions(context: str) -> str:
    """Prefix of a delivery's executions."""
    return f"executions/{_path(context)}/"


def delivery(project: str, *, service: str, context: str, root_time: datetime) -> str:
    """The line of a delivery in its project's list: its name says all that the list needs."""
    return f"{deliveries(project)}{','.join((reversed_time(root_time), _path(service), _path(context)))}"


def listed(name: str) -> tuple[str, str, str]:
    """Reversed time, service and context of a delivery, from the name of its line."""
    when, service, context = name.rpartition("/")[2].split(",", 2)
    return when, unquote(service), unquote(context)


def deliveries(project: str) -> str:
    """Prefix of a project's deliveries, newest first."""
    return f"deliveries/{_path(project)}/"


def shipyard(project: str, sha: str) -> str:
    return f"shipyards/{_path(project, sha)}.json"


def retired(project_name: str) -> str:
    """What is left of a project's slots that were deleted: their fences."""
    return f"retired/{_path(project_name)}.json"


def rejected(scope: Scope, digest: str) -> str:
    return f"rejected/{_path(scope.project, scope.stage, scope.service, digest)}.json"


def control(context: str) -> str:
    return f"controls/{_path(context)}.json"


# --- the steps' -----------------------------------------------------------------------------------------------------
def reply(event_id: str, function: str) -> str:
    return f"replies/{event_id}/{function}"


def evaluation(triggered: Event) -> str:
    """Of an evaluation, from its triggering event: a repeat of the event finds it again."""
    return f"{evaluations(triggered.scope)}{reversed_time(triggered.time)}-{quote(triggered.id, safe='')}.json"


def evaluations(scope: Scope) -> str:
    """Prefix of a slot's evaluations, newest first."""
    return f"evaluations/{scope.project}/{scope.stage}/{scope.service}/"


def evaluation_id(name: str) -> str:
    """The id of the evaluation of that name."""
    return unquote(name.rpartition("/")[2].removesuffix(".json").partition("-")[2])


def invalidated(scope: Scope, evaluation_id: str) -> str:
    return f"invalidated/{scope.project}/{scope.stage}/{scope.service}/{quote(evaluation_id, safe='')}"


def approval(task_id: str) -> str:
    return f"approvals/{_quoted(task_id)}.json"


def approval_answer(task_id: str) -> str:
    return f"approvals/{_quoted(task_id)}.answer.json"


def sent(correlation: str, channel: str) -> str:
    return f"sent/{correlation}/{channel}"


def timer(due: datetime, timer_id: str) -> str:
    """The earliest is the first of the list."""
    return f"{TIMERS}{rfc3339(due)}-{timer_id}.json"


def timer_place(event_id: str, function: str, key: str) -> str:
    """Says where the timer is on which an event waits."""
    return f"{reply(event_id, function)}.{key}-timer"


def waits_since(event_id: str, function: str) -> str:
    """Says when the event first had to wait."""
    return f"{reply(event_id, function)}.since"


# --- what leads from the outside in ---------------------------------------------------------------------------------
def owner(repository: str, *, project: str, service: str) -> str:
    """Says that a service runs images of a repository: `onboard_service` writes it."""
    return f"{owners(repository)}{project}.{service}"


def owners(repository: str) -> str:
    """Prefix of the services that run images of a repository."""
    return f"{IMAGES}{quote(repository, safe='')}/"


def arrival(project_name: str, *, service: str, arrival_id: str, time: datetime) -> str:
    """What became of an image that a registry told of."""
    return f"{arrivals(project_name)}{','.join((reversed_time(time), _path(service), arrival_id))}"


def arrived(name: str) -> str:
    """The service of an arrival, from its name."""
    return unquote(name.rpartition("/")[2].split(",", 2)[1])


def arrivals(project_name: str) -> str:
    """Prefix of a project's arrivals, newest first."""
    return f"arrivals/{_path(project_name)}/"


def delivered(scope: Scope, digest: str) -> str:
    """Which delivery is that of a digest, for a while."""
    return f"{deliveries_of_digests(scope.project, scope.service)}/{_path(digest)}"


def newest_version(project_name: str, service: str) -> str:
    """The highest version of a service that arrived."""
    return f"{deliveries_of_digests(project_name, service)}/newest"


def deliveries_of_digests(project_name: str, service: str = "") -> str:
    """Prefix of a service's, or of all of a project: with a dot, which no name holds."""
    return f"arrivals/{_path(project_name)}.{_path(service)}"


def project(name: str) -> str:
    """Says that a project is on the Git server, which cannot be asked."""
    return f"{PROJECTS}{name}"


def token(token_id: str) -> str:
    """An issued token: `api` writes it, and who deletes a project deletes the project's."""
    return f"{TOKENS}{token_id}"


def token_use(token_id: str) -> str:
    """When it was last used."""
    return f"token-use/{token_id}"


def session(session_id: str) -> str:
    """Who is signed in to the bridge, or may sign in once."""
    return f"sessions/{session_id}"


# --- the audit log --------------------------------------------------------------------------------------------------
def event(kept: Event) -> str:
    return _event(_quoted(kept.context or "-"), reversed_time(kept.time), _quoted(kept.id))


def events(context: str) -> str:
    """Prefix of a context's events, oldest first."""
    return f"events/{_quoted(context or '-')}/"


def is_event(name: str, event_id: str) -> bool:
    """Whether the event of that name has that id."""
    _, _, after_time = name.rpartition("/")[2].partition("Z-")
    return after_time == f"{_quoted(event_id)}.json"


def index_entry(kept: Event) -> str:
    """An object without content: its name says where the event is, and what a filter looks at."""
    parts = (kept.type, kept.scope.stage, kept.scope.service, kept.context or "-", kept.id)
    name = f"{index(kept.scope.project)}{','.join((reversed_time(kept.time), *map(_quoted, parts)))}"
    return f"{name};{_quoted_person(by)}" if (by := who.person(kept)) else name


def indexed(entry: str) -> str:
    """The event that an index entry stands for."""
    time, *_, context, event_id = entry.rpartition("/")[2].partition(";")[0].split(",")
    return _event(context, time, event_id)


def context_of(entry: str) -> str:
    """The context of the event that an index entry stands for."""
    return unquote(entry.rpartition(",")[0].rpartition(",")[2])


def is_indexed_as(entry: str, *, types: Sequence[str], stage: str = "", service: str = "", by: str = "") -> bool:
    """Whether an index entry is of one of the types, of the stage, the service and the person; empty means any."""
    told, _, person = entry.rpartition("/")[2].partition(";")
    _, event_type, *where, _, _ = told.split(",")
    of_type = not types or event_type in map(_quoted, types)
    by_him = not by or person == _quoted_person(by) or who.fits(unquote(person), by)
    return (
        of_type
        and by_him
        and all(not one or _quoted(one) == here for one, here in zip((stage, service), where, strict=True))
    )


def index(project_name: str) -> str:
    """Prefix of a project's events, newest first."""
    return f"event-index/{_quoted(project_name)}/"


def dead_letter(time: datetime, letter_id: str) -> str:
    return dead_letter_at(dead_letter_key(time, letter_id))


def dead_letter_key(time: datetime, letter_id: str) -> str:
    """Its id with its place, so that nobody looks through all of them for it."""
    return f"{reversed_time(time)}-{letter_id}"


def dead_letter_at(key: str) -> str:
    return f"{DEAD_LETTERS}{key}.json"


def _event(context: str, reversed_: str, event_id: str) -> str:
    """From parts as they stand in an index entry."""
    return f"events/{context}/{rfc3339(moment_of(reversed_))}-{event_id}.json"


def _path(*parts: str) -> str:
    return "/".join(quote(part, safe=":@") for part in parts)


def _quoted_person(text: str) -> str:
    """Shorter, for it stands beside all the others."""
    quoted = quote(text, safe="", errors="replace")
    return quoted if len(quoted) <= 64 else hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _quoted(text: str) -> str:
    """Text from outside as part of a name; what is too long for one is named by its hash."""
    quoted = quote(text, safe="", errors="replace")
    return quoted if len(quoted) <= 150 else hashlib.sha256(text.encode(errors="replace")).hexdigest()

"""Events: the envelope, the type strings, decoding and encoding. The only module that imports the CloudEvents SDK.

Types and data follow the keptn specification (cloudevents.md) on CloudEvents 1.0, HTTP binding. It holds no rule of the
sequence engine and does no I/O.
"""

from __future__ import annotations

import json
import re
import urllib.parse
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from cloudevents.exceptions import GenericException
from cloudevents.http import from_http

from keptn.errors import Undecodable

PREFIX = "sh.keptn.event."
TIMER_PREFIX = "sh.keptn.timer."
CONTROL_PREFIX = "sh.keptn.control."
PROJECT_CREATE = PREFIX + "project.create.triggered"
SERVICE_CREATE = PREFIX + "service.create.triggered"
PROJECT_UPDATE = PREFIX + "project.update.triggered"
PROJECT_DELETE = PREFIX + "project.delete.triggered"
SERVICE_DELETE = PREFIX + "service.delete.triggered"
PROJECT_RETIRED = PREFIX + "project.retired"
SERVICE_RETIRED = PREFIX + "service.retired"
"""`orchestrate` has ended all that ran there; what is left may go. `triggeredid` names the deletion."""
TIMER_SET = TIMER_PREFIX + "set"
"""A timer was written, due at `due`: the clock moves its wake-up."""
SLOT_ALARM = "sh.keptn.slot.alarm"
"""Type of the event that comes back when a slot's alarm is due."""
ARTIFACT_WAITS = "sh.keptn.artifact.waits"
"""Type of the event that comes back when a registry is to be asked again for what was pushed. Nobody posts it."""
KEPTN_TASK = "keptntask"
"""Extension of a task's trigger ("true"): no prefix or suffix of a type tells it from a sequence's."""
KEPTN_EXECUTOR = "keptnexecutor"
"""Extension of a task's trigger: which executor that is no step of the task's own carries it out (`webhook`)."""
EVALUATION_INVALIDATED = PREFIX + "evaluation.invalidated"
"""A person's word that an evaluation must not be compared with; `triggeredid` names the evaluation."""
DEAD_LETTER_SOURCE = "keptn/dead-letter"
"""Who ends a task that nobody could be given."""
PROBLEM_RESOLVED = PREFIX + "problem.resolved"
"""A monitor says that problems are over. No sequence or task has a type of this form."""
RESERVED_STAGES = frozenset({"project", "service"})
"""Stage names that would make a sequence's event type collide with an administrative one."""
REMEDIATION_END = "remediation-end"
"""The sequence, and its action, that take back what a runbook did for the time of its problem."""

NAMESPACE = uuid.UUID("5b2f5f0e-3c53-5d64-9a0d-6f7c8b7c3e11")
"""Namespace of all derived event ids (RFC 9562, version 5)."""

_CORE = {"specversion", "type", "id", "source", "time", "datacontenttype", "dataschema", "subject"}


class Result(StrEnum):
    """Outcome of a task or sequence. Source: keptn specification, cloudevents.md."""

    PASS = "pass"  # noqa: S105
    WARNING = "warning"
    FAIL = "fail"


class Status(StrEnum):
    """Whether a task could be carried out at all. Source: keptn specification, cloudevents.md."""

    SUCCEEDED = "succeeded"
    ERRORED = "errored"
    UNKNOWN = "unknown"
    ABORTED = "aborted"


class Phase(StrEnum):
    """The last part of an event type."""

    TRIGGERED = "triggered"
    STARTED = "started"
    STATUS_CHANGED = "status.changed"
    FINISHED = "finished"


class Control(StrEnum):
    """What a person may ask of the engine: `sh.keptn.control.<verb>`, about the delivery `shkeptncontext`.

    data: project, and stage and service if one slot is meant; `by` and `reason`. `pin` and `unpin` need no context.
    """

    PAUSE = "pause"
    RESUME = "resume"
    PROMOTE = "promote"
    ABORT = "abort"
    RERUN = "rerun"
    PIN = "pin"
    UNPIN = "unpin"
    RETIRE = "retire"
    """Nobody sends it: what `orchestrate` makes of the deletion of a project or service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which service of which stage of which project."""

    project: str
    stage: str
    service: str

    def __str__(self) -> str:
        return f"{self.project}/{self.stage}/{self.service}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One CloudEvent. `data` is always a JSON object.

    context: `shkeptncontext`, one per delivery. triggered_id: `triggeredid`, the `.triggered` event this one answers.
    git_commit_id: `gitcommitid`. epoch: `keptnepoch`, the fencing number of the slot (0: none). hops: `keptnhops`, how
    many events led here. root_time: `keptnroottime`, when the first event of the context happened.
    """

    type: str
    id: str
    source: str
    time: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    context: str = ""
    triggered_id: str = ""
    git_commit_id: str = ""
    epoch: int = 0
    hops: int = 0
    root_time: datetime | None = None
    extensions: Mapping[str, str] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        """The slot this event belongs to, from its data; parts that are missing are empty."""
        return Scope(**{part: str(self.data.get(part) or "") for part in ("project", "stage", "service")})

    @property
    def identity(self) -> str:
        """What makes it this event and no other. Source: CloudEvents 1.0, `source` and `id`."""
        return f"{self.source} {self.id}"

    @property
    def result(self) -> str:
        return str(self.data.get("result") or "")

    @property
    def status(self) -> str:
        return str(self.data.get("status") or "")

    @property
    def message(self) -> str:
        return str(self.data.get("message") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeParts:
    """An event type taken apart: `stage` is empty for a task's event."""

    stage: str
    name: str
    phase: Phase


def task_type(task: str, phase: Phase) -> str:
    return f"{PREFIX}{task}.{phase}"


def triggered_type(task: str) -> str:
    """What an executor of the task hears."""
    return task_type(task, Phase.TRIGGERED)


def sequence_type(stage: str, sequence: str, phase: Phase) -> str:
    return f"{PREFIX}{stage}.{sequence}.{phase}"


def timer_type(function: str) -> str:
    """Type of a due timer of one function, named as in Kubernetes (`deploy`, `orchestrate`)."""
    return f"{TIMER_PREFIX}{function}.due"


def control_type(control: Control) -> str:
    return f"{CONTROL_PREFIX}{control}"


def control_of(event_type: str) -> Control | None:
    """What a control event asks for; None for any other type."""
    verb = event_type.removeprefix(CONTROL_PREFIX)
    return Control(verb) if verb != event_type and verb in set(Control) else None


def parse_type(event_type: str) -> TypeParts | None:
    """Take a task's or sequence's type apart; None for any other.

    Told apart by the number of parts, as the specification does; `status.changed` counts as one part.
    """
    match = re.fullmatch(
        r"sh\.keptn\.event\.(?:([^.]+)\.)?([^.]+)\.(triggered|started|status\.changed|finished)", event_type
    )
    if match is None:
        return None
    return TypeParts(stage=match[1] or "", name=match[2], phase=Phase(match[3]))


def derived_id(cause: str, *parts: str) -> str:
    """The id of what follows from `cause`: the same cause and parts give the same id, always."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join((cause, *parts))))


def caused(
    cause: Event,
    *,
    type: str,  # noqa: A002 - the CloudEvents attribute
    source: str,
    data: Mapping[str, Any],
    now: datetime,
    key: str = "",
    triggered_id: str = "",
    epoch: int | None = None,
) -> Event:
    """The event that follows from `cause`: same context and root time, one hop more, an id derived from both.

    key: tells apart several events of one type from one cause.
    """
    return Event(
        type=type,
        id=derived_id(cause.id, type, source, key),
        source=source,
        time=now,
        data=dict(data),
        context=cause.context,
        triggered_id=triggered_id,
        git_commit_id=cause.git_commit_id,
        epoch=cause.epoch if epoch is None else epoch,
        hops=cause.hops + 1,
        root_time=cause.root_time or cause.time,
    )


def finished(
    triggered: Event,
    *,
    source: str,
    now: datetime,
    result: Result,
    status: Status = Status.SUCCEEDED,
    message: str = "",
    payload: Mapping[str, Any] | None = None,
) -> Event:
    """The `.finished` event that answers a `.triggered` one. payload: more data, usually `{<task>: {...}}`."""
    outcome = {"status": str(status), "result": str(result), "message": message}
    return _answer(triggered, Phase.FINISHED, source=source, now=now, data={**(payload or {}), **outcome})


def started(triggered: Event, *, source: str, now: datetime, message: str = "") -> Event:
    """The `.started` event that answers a `.triggered` one."""
    outcome = {"status": str(Status.SUCCEEDED), "message": message}
    return _answer(triggered, Phase.STARTED, source=source, now=now, data=outcome)


def status_changed(triggered: Event, *, source: str, now: datetime, message: str) -> Event:
    """The `.status.changed` event of a task that goes on: what people should know meanwhile. Each message is one."""
    outcome = {"status": str(Status.SUCCEEDED), "message": message}
    return _answer(triggered, Phase.STATUS_CHANGED, source=source, now=now, data=outcome, key=message)


def _answer(
    triggered: Event, phase: Phase, *, source: str, now: datetime, data: Mapping[str, Any], key: str = ""
) -> Event:
    inherited = {key: triggered.data[key] for key in ("project", "stage", "service", "labels") if key in triggered.data}
    answer_type = triggered.type.removesuffix(".triggered") + f".{phase}"
    return caused(
        triggered,
        type=answer_type,
        source=source,
        data={**data, **inherited},
        now=now,
        triggered_id=triggered.id,
        key=key,
    )


def section(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of an event's data, as of one task; empty if it is not there, or is none."""
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}


def utc(text: str) -> datetime:
    """Parse RFC 3339; a time without zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def rfc3339(moment: datetime) -> str:
    """Format as RFC 3339 in UTC with microseconds, so that the text sorts as the time does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


TIMER, DUE = "keptntimer", "keptndue"
"""Extensions of an event that waited for a timer: the timer's name, and when it was due."""
_RETIRED = {PROJECT_RETIRED: PROJECT_DELETE, SERVICE_RETIRED: SERVICE_DELETE}


def unwrapped(received: Event) -> Event:
    """The event that waited for a timer, or the event itself. Raises Undecodable."""
    if not re.fullmatch(re.escape(TIMER_PREFIX) + r".+\.due", received.type):
        return received
    waited = from_dict(received.data.get("event") or {})
    told = {TIMER: str(received.data.get("timer") or ""), DUE: str(received.data.get("due") or "")}
    return replace(waited, extensions={**waited.extensions, **told})


def asked(received: Event) -> Event:
    """What a step is asked to do: the event that waited, for a timer or for its project to be retired, or the event.

    Raises Undecodable.
    """
    if received.type in _RETIRED:
        return replace(received, type=_RETIRED[received.type], id=received.triggered_id, triggered_id="")
    return unwrapped(received)


def rung_at(waited: Event, now: datetime) -> datetime:
    """The time at which a timer's event is handled: never before it was due, whatever this machine's clock says."""
    due = waited.extensions.get(DUE)
    return max(now, utc(due)) if due else now


def to_dict(event: Event) -> dict[str, Any]:
    """The structured JSON form (CloudEvents JSON format 1.0)."""
    return {**_attributes(event), "datacontenttype": "application/json", "data": dict(event.data)}


def from_dict(attributes: Mapping[str, Any]) -> Event:
    """Read the structured JSON form. Raises Undecodable."""
    if not isinstance(attributes, Mapping):
        raise Undecodable(f"a CloudEvent must be a JSON object, not {type(attributes).__name__}")
    if "data_base64" in attributes:
        raise Undecodable("the event carries data_base64; send its data as a JSON object")
    context = {k: v for k, v in attributes.items() if k != "data" and v is not None}
    return _event(context, attributes.get("data"))


def encode(event: Event) -> tuple[dict[str, str], bytes]:
    """Headers and body in binary content mode (CloudEvents HTTP binding 1.0, section 3.1)."""
    headers = {f"ce-{name}": header_value(str(value)) for name, value in _attributes(event).items()}
    headers["content-type"] = "application/json"
    return headers, json.dumps(dict(event.data), separators=(",", ":")).encode()


def decode(headers: Mapping[str, str], body: bytes) -> Event:
    """Read a request or response in binary or structured mode. Raises Undecodable.

    The SDK lets a missing id and broken JSON through in places; they are checked here.
    """
    try:
        received = from_http({name.lower(): _unquoted(name, value) for name, value in headers.items()}, body)
    except (GenericException, ValueError, TypeError, AttributeError, KeyError) as exc:
        raise Undecodable(f"the request is no CloudEvent: {_first_line(exc)}") from exc
    return _event(received.get_attributes(), received.get_data())


def with_data(event: Event, data: Mapping[str, Any]) -> Event:
    """The same event with other data."""
    return replace(event, data=dict(data))


def _attributes(event: Event) -> dict[str, Any]:
    root_time = rfc3339(event.root_time) if event.root_time else ""
    ours: dict[str, Any] = {
        "shkeptncontext": event.context,
        "triggeredid": event.triggered_id,
        "gitcommitid": event.git_commit_id,
        "keptnepoch": str(event.epoch) if event.epoch else "",
        "keptnhops": str(event.hops) if event.hops else "",
        "keptnroottime": root_time,
    }
    core = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": rfc3339(event.time),
    }
    return {**event.extensions, **core, **{name: value for name, value in ours.items() if value}}


def _event(attributes: Mapping[str, Any], data: Any) -> Event:  # noqa: ANN401 - what came over the wire
    missing = [name for name in ("id", "source", "type") if not str(attributes.get(name) or "").strip()]
    if missing:
        raise Undecodable(f"the event lacks {' and '.join(missing)}; see CloudEvents 1.0, required attributes")
    if str(attributes.get("specversion", "1.0")) != "1.0":
        raise Undecodable(f"specversion {attributes['specversion']!r} is not supported; send CloudEvents 1.0")
    if not isinstance(data, Mapping):
        raise Undecodable("the event's data must be a JSON object, sent as application/json")
    known = _CORE | {"shkeptncontext", "triggeredid", "gitcommitid", "keptnepoch", "keptnhops", "keptnroottime"}
    return Event(
        type=str(attributes["type"]),
        id=str(attributes["id"]),
        source=str(attributes["source"]),
        time=_time(attributes, "time") or datetime.now(UTC),
        data=dict(data),
        context=str(attributes.get("shkeptncontext") or ""),
        triggered_id=str(attributes.get("triggeredid") or ""),
        git_commit_id=str(attributes.get("gitcommitid") or ""),
        epoch=_number(attributes, "keptnepoch"),
        hops=_number(attributes, "keptnhops"),
        root_time=_time(attributes, "keptnroottime"),
        extensions={k: str(v) for k, v in attributes.items() if k not in known},
    )


def _time(attributes: Mapping[str, Any], name: str) -> datetime | None:
    value = attributes.get(name)
    if not value:
        return None
    try:
        return utc(str(value))
    except ValueError as exc:
        raise Undecodable(f"{name} {value!r} is no RFC 3339 time") from exc


def _number(attributes: Mapping[str, Any], name: str) -> int:
    value = str(attributes.get(name) or "0")
    if not value.isdecimal():
        raise Undecodable(f"{name} {value!r} is no whole number")
    return int(value)


def header_value(value: str) -> str:
    """Percent-encode what a header cannot carry (CloudEvents HTTP binding 1.0, section 3.1.3.2)."""
    return "".join(c if " " < c <= "~" and c not in '"%' else "".join(f"%{b:02X}" for b in c.encode()) for c in value)


def _unquoted(name: str, value: str) -> str:
    return urllib.parse.unquote(value) if name.lower().startswith("ce-") else value


def _first_line(exc: Exception) -> str:
    return str(exc).splitlines()[0] if str(exc) else type(exc).__name__

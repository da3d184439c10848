"""A file of events, run through the engine line by line. Called by `keptn simulate --events`.

A line is a CloudEvent as JSON, or `{"control": verb, "shkeptncontext": …, "stage": …}` (pause, resume, promote, abort,
rerun, pin, unpin), or `{"advance_seconds": n}`. What an event leaves out is filled in: id, source, and `triggeredid`
when only one task of that name is open in its context and stage. Time and identity are as the api would stamp them: an
event's own `time` orders nothing (that of the first line is when the world begins), and `source` and `id` together
name it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from keptn import events
from keptn.errors import InvalidFile, Undecodable
from keptn.events import CONTROL_PREFIX, Control, Event, Phase, control_type, parse_type
from keptn.simulation.world import START, World

_LONGEST_S = 100 * 366 * 86_400.0
"""A century; what is beyond it a clock cannot show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one line brought about. state: of every delivery seen so far, by its context."""

    emitted: list[Event]
    state: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        return {"emitted": [events.to_dict(event) for event in self.emitted], "state": dict(self.state)}


class Script:
    """Plays lines in a world of its own. file: name of the events, for errors."""

    def __init__(self, shipyard: bytes, *, file: str) -> None:
        self._shipyard, self._file = shipyard, file
        self._world: World | None = None
        self._contexts: dict[str, None] = {}
        self._open: dict[str, Event] = {}

    def play(self, text: str) -> Iterator[Line]:
        """Every line's outcome, in order; blank lines are skipped. Raises InvalidFile with the line."""
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield self._play(self._parsed(line, number), number)

    def _parsed(self, line: str, number: int) -> Mapping[str, Any]:
        try:
            value = json.loads(line)
        except ValueError as exc:
            raise InvalidFile(f"not valid JSON: {exc}; write one event per line", file=self._file, line=number) from exc
        if not isinstance(value, dict):
            raise InvalidFile("a line must be a JSON object", file=self._file, line=number)
        return value

    def _play(self, value: Mapping[str, Any], number: int) -> Line:
        try:
            world = self._started(value)
            if "advance_seconds" in value:
                emitted = world.advance(_seconds(value["advance_seconds"]))
            elif "control" in value:
                emitted = world.send(self._control(value, number, world))
            else:
                emitted = world.send(self._event(value, number, world))
        except (Undecodable, ValueError, TypeError) as exc:
            raise InvalidFile(str(exc), file=self._file, line=number) from exc
        shown = [event for event in emitted if not event.type.startswith(CONTROL_PREFIX)]
        self._remember(shown)
        return Line(emitted=shown, state=world.states(list(self._contexts)))

    def _started(self, value: Mapping[str, Any]) -> World:
        """The world begins at the time of the first event, if it says one."""
        if self._world is None:
            start = events.utc(str(value["time"])) if value.get("time") else START
            self._world = World(self._shipyard, start=start)
        return self._world

    def _control(self, value: Mapping[str, Any], number: int, world: World) -> Event:
        if value["control"] not in set(Control):
            raise ValueError(f"control {value['control']!r} is not one of {', '.join(Control)}")
        named = ("project", "stage", "service", "by", "reason")
        return Event(
            type=control_type(Control(value["control"])),
            id=events.derived_id("simulation", str(number)),
            source="keptn/simulate",
            time=world.clock.now(),
            data={key: value[key] for key in named if value.get(key)},
            context=str(value.get("shkeptncontext") or ""),
        )

    def _event(self, value: Mapping[str, Any], number: int, world: World) -> Event:
        filled = {
            "specversion": "1.0",
            "id": events.derived_id("simulation", str(number)),
            "source": "keptn/simulate",
            "data": {},
            **{key: item for key, item in value.items() if item not in (None, "")},
            "time": events.rfc3339(world.clock.now()),
        }
        event = events.from_dict(filled)
        if not event.type.startswith("sh.keptn."):
            raise ValueError(f"{event.type!r} is no type of an event of keptn; write sh.keptn.event.…")
        event = self._answering(event)
        context = event.context or events.derived_id(event.source, event.id, "context")
        self._contexts[context] = None
        return replace(event, context=context)

    def _answering(self, event: Event) -> Event:
        """With the task it answers, and the slot of that task where it names none."""
        parts = parse_type(event.type)
        if parts is None or parts.stage or parts.phase is Phase.TRIGGERED:
            return event
        task = self._open.get(event.triggered_id) if event.triggered_id else self._only(event, parts.name)
        if task is None:
            return event
        place = {key: task.data[key] for key in ("project", "stage", "service")}
        return replace(event, triggered_id=task.id, context=event.context or task.context, data={**place, **event.data})

    def _only(self, event: Event, name: str) -> Event | None:
        found = [task for task in self._open.values() if _is_meant(task, event, name)]
        if len(found) > 1:
            raise ValueError(f"{len(found)} tasks {name!r} are open; say which with triggeredid")
        return found[0] if found else None

    def _remember(self, emitted: list[Event]) -> None:
        for event in emitted:
            self._contexts[event.context] = None
            parts = parse_type(event.type)
            if parts and not parts.stage and parts.phase is Phase.TRIGGERED:
                self._open[event.id] = event
        if self._world is not None:
            over = [task_id for task_id, task in self._open.items() if not self._world.is_open(task)]
            for task_id in over:
                del self._open[task_id]


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST_S:
        raise ValueError(f"advance_seconds must be a number of seconds from 0 on; it is {value!r}")
    return float(value)


def _is_meant(task: Event, event: Event, name: str) -> bool:
    parts = parse_type(task.type)
    given = {key: event.data[key] for key in ("project", "stage", "service") if event.data.get(key)}
    here = {key: task.data[key] for key in given}
    return parts is not None and parts.name == name and event.context in {"", task.context} and here == given

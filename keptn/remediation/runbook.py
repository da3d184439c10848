"""`remediation.yaml`: which action answers which problem. Parsed with line numbers; the choice is pure.

Two forms are read: `spec.keptn.sh/0.1.4` and the older list of names (0.1). An action may name several executors, which
is an extension: `executors: [rollback, {name: servicenow, secret: servicenow}]`. What each does, and which options it
has, is in `actions/`; who carries them out: executors.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from keptn import documents
from keptn.deployment.reading import Place
from keptn.documents import Document

FILE = "remediation.yaml"
API_VERSION = "spec.keptn.sh/0.1.4"
BUILT_IN = ("rollback", "scale", "servicenow", "ticket", "webhook", "slack", "teams")
"""The executors of this project, in the order in which they act: users first, paperwork after. Each is a module of
ACTIONS.
"""
ACTIONS = "keptn.remediation.actions"
DEFAULT = "default"
KEPTNS_SCALING = "scaling"
"""As keptn 0.5 to 0.7 called `scale`: its `value` is how many more."""
SCALES = frozenset({"scale", KEPTNS_SCALING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """Who carries an action out, with its options (`secret`, `table`, …). key: tells two of one name apart."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One entry of a runbook. executors: empty where `action` alone says who acts."""

    name: str
    action: str
    description: str = ""
    value: Any = None
    executors: Sequence[Executor] = ()

    def to_data(self) -> dict[str, Any]:
        """As it travels in events. Field names: keptn specification, get-action.finished."""
        data = {"name": self.name, "action": self.action, "description": self.description, "value": self.value}
        listed = [{"name": e.name, **e.options} if e.options else e.name for e in self.executors]
        return {**data, "executors": listed} if listed else data


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediation:
    """The actions for one type of problem, in the order in which they are tried."""

    problem_type: str
    actions: Sequence[Action]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What to do. action: None if nothing is left to try; reason: then why, else which entry was taken."""

    action: Action | None
    reason: str


def parse(text: str | bytes, *, file: str = FILE) -> list[Remediation]:
    """Read either form. Raises InvalidFile with the line."""
    document = documents.read(text, file=file, kind="remediation")
    data = document.data if isinstance(document.data, dict) else {}
    if "remediations" in data:
        return _entries(document, data["remediations"], "remediations", key="name", actions="actions")
    if data.get("apiVersion") != API_VERSION or data.get("kind") != "Remediation":
        found = f"apiVersion {data.get('apiVersion')!r}, kind {data.get('kind')!r}"
        raise document.error(f"{found}: must be apiVersion {API_VERSION} and kind Remediation", "apiVersion")
    spec = data.get("spec") if isinstance(data.get("spec"), dict) else {}
    entries = spec.get("remediations") if isinstance(spec, dict) else None
    return _entries(document, entries, "spec", "remediations", key="problemType", actions="actionsOnOpen")


def choose(remediations: Sequence[Remediation], problem: Mapping[str, Any], *, index: int) -> Choice:
    """The action number `index` (from 0) for a problem.

    The entry is the one named as the root cause, else as the title, else `default`; exactly, with its capitals.
    Source: keptn remediation-service, get-action.
    """
    names = problem_names(problem)
    entry = next((r for name in (*names, DEFAULT) for r in remediations if r.problem_type == name), None)
    if entry is None:
        known = ", ".join(repr(r.problem_type) for r in remediations) or "nothing"
        return Choice(action=None, reason=f"no action for problem {_title(names)}, and no default; known: {known}")
    if index >= len(entry.actions):
        tried = f"all {len(entry.actions)} actions" if len(entry.actions) != 1 else "the only action"
        return Choice(action=None, reason=f"{tried} for {entry.problem_type!r} did not help; a person must look")
    chosen = entry.actions[index]
    return Choice(
        action=chosen, reason=f"{chosen.name} ({index + 1} of {len(entry.actions)} for {entry.problem_type!r})"
    )


def problem_names(problem: Mapping[str, Any]) -> list[str]:
    """Root cause, then title, in the spellings of the specification's versions; those that are there."""
    keys = ("rootCause", "problemType", "ProblemTitle", "problemTitle")
    return [str(problem[key]) for key in keys if problem.get(key)]


def executors_of(action: Mapping[str, Any]) -> list[Executor]:
    """Who carries out the action of an event: those it lists, else the one it is named after; built-in order."""
    listed = action.get("executors")
    entries = listed if isinstance(listed, list) and listed else [action.get("action") or ""]
    found: list[Executor] = []
    for executor in (_executor(entry, action) for entry in entries):
        before = sum(executor.name == other.name for other in found)
        found.append(replace(executor, key=f"{executor.name}-{before + 1}" if before else executor.name))
    return sorted(found, key=lambda executor: _order(executor.name))


def _order(name: str) -> int:
    return BUILT_IN.index(name) if name in BUILT_IN else len(BUILT_IN)


def _executor(entry: object, action: Mapping[str, Any]) -> Executor:
    if isinstance(entry, Mapping):
        return Executor(name=str(entry.get("name") or ""), options={k: v for k, v in entry.items() if k != "name"})
    value = action.get("value")
    options = value if isinstance(value, Mapping) else {}
    if entry == KEPTNS_SCALING and value is not None and not options:
        number = str(value).lstrip("+")
        options = {"more": int(number) if number.isdecimal() else value}
    return Executor(name="scale" if entry == KEPTNS_SCALING else str(entry), options=options)


def _entries(document: Document, entries: object, *at: str | int, key: str, actions: str) -> list[Remediation]:
    if not isinstance(entries, list) or not entries:
        raise document.error(f"{'.'.join(map(str, at))} must list at least one entry with {key} and {actions}", *at)
    return [_entry(document, entry, *at, i, key=key, actions=actions) for i, entry in enumerate(entries)]


def _entry(document: Document, entry: object, *at: str | int, key: str, actions: str) -> Remediation:
    if not isinstance(entry, dict) or not isinstance(entry.get(key), str):
        raise document.error(f"an entry needs {key}, the name of the problem (or {DEFAULT})", *at)
    listed = entry.get(actions)
    if not isinstance(listed, list) or not listed:
        raise document.error(f"{entry[key]!r} needs {actions}, a list with at least one action", *at, actions)
    parsed = [_action(document, action, *at, actions, i) for i, action in enumerate(listed)]
    return Remediation(problem_type=entry[key], actions=parsed)


def _action(document: Document, action: object, *at: str | int) -> Action:
    if not isinstance(action, dict) or not isinstance(action.get("action"), str):
        raise document.error("an action needs `action`, the name that its executor knows", *at)
    if "executors" not in action:
        (alone,) = executors_of(action)
        if alone.name in BUILT_IN:
            _check(alone.name, Place(document, (*at, "value"), alone.options))
    return Action(
        name=str(action.get("name") or action["action"]),
        action=action["action"],
        description=str(action.get("description") or ""),
        value=action.get("value"),
        executors=_executors(document, action, *at, "executors"),
    )


def _executors(document: Document, action: Mapping[str, Any], *at: str | int) -> list[Executor]:
    listed = action.get("executors")
    if listed is None:
        return []
    if not isinstance(listed, list) or not listed:
        raise document.error(f"executors must be a list, e.g. [{', '.join(BUILT_IN[:2])}]", *at)
    for position, entry in enumerate(listed):
        name = entry.get("name") if isinstance(entry, dict) else entry
        if not isinstance(name, str):
            raise document.error("an executor is a name, or a mapping with `name`", *at, position)
        if name not in BUILT_IN:
            hint = "an action of an extension names no executors"
            raise document.error(
                f"executor {name!r} is not known; known: {', '.join(BUILT_IN)} ({hint})", *at, position
            )
        options = _executor(entry, {}).options
        _check(name, Place(document, (*at, position), options))
    return [_executor(entry, {}) for entry in listed]


def _check(name: str, options: Place) -> None:
    """Each action knows its options; imported only where a runbook names it."""
    import_module(f"{ACTIONS}.{name}").check(options)


def _title(names: Sequence[str]) -> str:
    return " / ".join(repr(name) for name in dict.fromkeys(names)) or "without a title"

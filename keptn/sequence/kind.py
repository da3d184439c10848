"""What an execution is, told from its tasks and its data: a delivery, a remediation, neither. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from keptn.events import section
from keptn.sequence.slot import Execution
from keptn.shipyard import SequenceDefinition

TOUCHING = frozenset({"deployment", "traffic", "release", "rollback", "action"})
"""Tasks that change what runs: once one was triggered, the slot is kept until the end."""
INTERRUPTIBLE = frozenset({"evaluation", "approval", "soak"})
"""Tasks that only watch or wait: a problem ends them there and then, and so does a promotion by a person."""

MOST_PROBLEMS = 50
"""Problems of one event that are told apart; a monitor's notification lists no more (keptn/webhooks)."""


def is_delivery(definition: SequenceDefinition, data: Mapping[str, Any]) -> bool:
    """Whether it promotes something into the stage: only these are held by a pin or freeze, refused or interrupted."""
    return not is_remediation(definition, data) and (
        definition.name == "delivery" or definition.position("deployment") is not None
    )


def is_remediation(definition: SequenceDefinition, data: Mapping[str, Any]) -> bool:
    return definition.name == "remediation" or bool(section(data, "problem"))


def image(data: Mapping[str, Any]) -> str:
    """The image as a person reads it: `carts:0.2`."""
    return str(_values(data).get("image") or section(data, "artifact").get("image") or "")


def digest(data: Mapping[str, Any]) -> str:
    """The digest that travels with the delivery; empty if none was resolved."""
    return str(section(data, "artifact").get("digest") or "")


def problem_key(data: Mapping[str, Any]) -> str:
    """What makes two problem events the same problem: its id and its start; empty if it says neither."""
    return _problem_key(section(data, "problem"))


def problem_marks(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Of every problem that an event tells of: short, for a slot remembers them."""
    return _marks(_problems(data))


def leading_mark(data: Mapping[str, Any]) -> str:
    """Of the problem that is acted on; empty if the event tells of none."""
    return next(iter(_marks([section(data, "problem")])), "")


def leading_name(data: Mapping[str, Any]) -> str:
    """Of the problem that is acted on, whenever it began: short; empty if it has no id of its monitor's."""
    pid = section(data, "problem").get("PID")
    return hashlib.sha256(str(pid).encode(errors="replace")).hexdigest()[:12] if pid else ""


def marks_over(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Of the problems that are over, as the event says."""
    return _marks([problem for problem in _problems(data) if _is_over(problem)])


def _problems(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = data.get("problems")
    found = [section(data, "problem"), *(listed if isinstance(listed, list) else ())]
    return [one for one in found if isinstance(one, Mapping)]


def _marks(problems: list[Mapping[str, Any]]) -> tuple[str, ...]:
    keys = dict.fromkeys(key for one in problems if (key := _problem_key(one)))
    return tuple(hashlib.sha256(key.encode(errors="replace")).hexdigest()[:12] for key in keys)[:MOST_PROBLEMS]


def _problem_key(problem: Mapping[str, Any]) -> str:
    name = problem.get("PID") or problem.get("ProblemID") or problem.get("ProblemTitle") or ""
    return f"{name}|{problem.get('startsAt') or ''}" if name else ""


def title(data: Mapping[str, Any]) -> str:
    return str(section(data, "problem").get("ProblemTitle") or "a problem without a title")


def is_over(data: Mapping[str, Any]) -> bool:
    """Whether the monitoring says that the problem has gone."""
    return _is_over(section(data, "problem"))


def _is_over(problem: Mapping[str, Any]) -> bool:
    return str(problem.get("State") or "").upper() in {"RESOLVED", "CLOSED"}


def needs_slot(execution: Execution, task: str, *, early: bool) -> bool:
    """What has changed nothing and only waits, for a person or for its time, does not hold the slot."""
    return execution.touched or not (early or task == "approval")


def _values(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return section(section(data, "configurationChange"), "values")

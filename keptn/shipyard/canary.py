"""The steps of a canary, compiled into tasks; and the same tasks where they are written by hand.

    canary:
      steps:                                                # absent: 5, 25, 50 and 75 percent
        - {weight_percent: 5, hold: 2m}                     # hold: absent, the timeframe of the stage's evaluation
        - {approval: manual}                                # a person says go on
        - {weight_percent: 60, hold: 5m, evaluation: none}  # or optional, as of a stage
      pin: {header: x-carts-candidate, value: "yes", cookie: carts-version}
      fast_rollback: 5        # a digest among so many earlier live ones is released without steps
      min_requests: 10        # of the candidate, before a step is judged

A step is a `traffic` task, then `evaluation` over the hold, or `soak` for as long. Read by `talk.py` and `product.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from keptn import durations
from keptn.documents import Document, Path
from keptn.shipyard import reading
from keptn.shipyard.model import Task

DEFAULT_STEPS = tuple({"weight_percent": percent} for percent in (5, 25, 50, 75))
SHORTEST_HOLD_S = 1.0
PROLONGED = 4
"""How many holds a step lasts at the most, where there are too few requests to judge it."""
MARGIN_S = 10 * 60.0
"""After the longest hold: until then the evaluation must have ended."""
MOST_REMEMBERED = 5
"""Earlier live versions that a service's desired state keeps (keptn/deployment)."""
ASKED_ON_WARNING = Task(name="approval", properties={"pass": "automatic", "warning": "manual", "of": "evaluation"})
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[!-~]([ -~]{0,126}[!-~])?")


def read(document: Document, value: object, path: Path) -> Mapping[str, Any]:
    """The section `canary` of a stage; an absent one is empty."""
    keys = ("steps", "pin", "fast_rollback", "min_requests")
    found = reading.said(document, {} if value is None else value, path, what="canary", keys=keys)
    reading.min_requests(document, found, path)
    return found


def deployment(document: Document, found: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What the task `deployment` gets of it. Also checks a deployment that is written by hand."""
    if (kept := found.get("fast_rollback")) is not None:
        at, why = (*path, "fast_rollback"), ", for so many earlier live versions are remembered"
        reading.whole_number(document, kept, at, least=1, most=MOST_REMEMBERED, why=why)
    pin = None if found.get("pin") is None else _pin(document, found["pin"], (*path, "pin"))
    return {name: given for name, given in (("pin", pin), ("fast_rollback", kept)) if given is not None}


def steps(
    document: Document, found: Mapping[str, Any], path: Path, *, evaluation: Task | None, ask_on_warning: bool
) -> list[Task]:
    """The tasks between the deployment and the release.

    evaluation: the stage's own; None if it has none. ask_on_warning: a warning of a step waits for a person.
    """
    at = (*path, "steps")
    tasks: list[Task] = []
    weights: list[tuple[Path, object]] = []
    given = found.get("steps")
    for where, item in reading.items(document, DEFAULT_STEPS if given is None else given, at, what="steps"):
        if isinstance(item, Mapping) and "approval" in item:
            asked_already = tasks and tasks[-1].name == "approval"
            tasks[-1 if asked_already else len(tasks) :] = [_approval(document, item, where)]
            continue
        keys = ("weight_percent", "hold", "evaluation")
        step = reading.said(document, item, where, what="a step (with a weight, or {approval: manual})", keys=keys)
        weights.append(((*where, "weight_percent"), step.get("weight_percent")))
        tasks.append(Task(name="traffic", properties={"weight_percent": step.get("weight_percent")}))
        tasks += _judged(document, step, where, evaluation, found, ask_on_warning=ask_on_warning)
    if not weights:
        raise document.error("steps needs a step with a weight_percent; leave steps out for 5, 25, 50 and 75", *at)
    check_weights(document, weights)
    return tasks


def check_timeout(document: Document, timeout: object, tasks: Sequence[Task], path: Path) -> None:
    """A timeout of `evaluation` that would end one before its hold is over. Raises InvalidFile."""
    longest_s = max((durations.seconds(t.properties["longest"]) for t in tasks if "longest" in t.properties), default=0)
    if durations.seconds(timeout) < longest_s:
        longest = durations.short(longest_s)
        raise document.error(f"a timeout of {timeout} is shorter than an evaluation here may last, {longest}", *path)


def check_weights(document: Document, weights: Sequence[tuple[Path, object]]) -> None:
    """The weights of one sequence, each with its place: whole percents that grow. Raises InvalidFile."""
    before = 0
    for path, given in weights:
        weight = reading.whole_number(document, given, path, least=1, most=100)
        if weight <= before:
            raise document.error(f"weight_percent {weight} does not grow: the step before has {before}", *path)
        before = weight


def _approval(document: Document, item: Mapping[str, Any], path: Path) -> Task:
    reading.mapping(document, item, path, what="a step that asks a person", keys=("approval",))
    if item["approval"] != "manual":
        raise document.error(f"approval must be manual; it is {item['approval']!r}", *path, "approval")
    return Task(name="approval", properties={"pass": "manual", "warning": "manual"})


def _judged(
    document: Document,
    step: Mapping[str, Any],
    path: Path,
    evaluation: Task | None,
    canary: Mapping[str, Any],
    *,
    ask_on_warning: bool,
) -> list[Task]:
    """What follows the change of a weight: the evaluation over the hold, or the hold alone."""
    wanted = step.get("evaluation")
    if wanted not in (None, "none", "optional"):
        raise document.error(f"a step's evaluation must be none or optional; it is {wanted!r}", *path, "evaluation")
    properties = dict(evaluation.properties) if evaluation else {}
    hold_s = reading.duration(
        document, step.get("hold", properties.get("timeframe", "5m")), (*path, "hold"), zero=False
    )
    hold = durations.short(hold_s)
    if wanted == "none" or (evaluation is None and wanted is None):
        return [Task(name="soak", properties={"duration": hold})]
    if hold_s < SHORTEST_HOLD_S:
        shortest = durations.short(SHORTEST_HOLD_S)
        raise document.error(f"a hold of {hold} is too short to judge anything in; at least {shortest}", *path, "hold")
    longest_s = durations.seconds(properties.get("longest", PROLONGED * hold_s))
    if longest_s < hold_s:
        reason = f"a hold of {hold} is longer than `longest` of the stage's evaluation, {properties['longest']}"
        raise document.error(reason, *((*path, "hold") if "hold" in step else (*path[:2], "evaluation", "longest")))
    timing = {"timeframe": hold, "longest": durations.short(longest_s)}
    least = {} if canary.get("min_requests") is None else {"min_requests": canary["min_requests"]}
    optional = {"optional": True} if wanted == "optional" else {}
    timeout = {"timeout": durations.short(longest_s + MARGIN_S)}
    judged = Task(name="evaluation", properties={**timeout, **properties, **timing, **least, **optional})
    return [judged, ASKED_ON_WARNING] if ask_on_warning else [judged]


def _pin(document: Document, value: object, path: Path) -> Mapping[str, Any]:
    pin = reading.said(document, value, path, what="pin", keys=("header", "value", "cookie"))
    if not pin or ("header" in pin) != ("value" in pin):
        raise document.error("pin needs header and value, or cookie, or all three", *path)
    for key in ("header", "cookie"):
        if key in pin and not (isinstance(pin[key], str) and _TOKEN.fullmatch(pin[key])):
            reason = f"the {key} of a pin must be a name, of letters, digits and '-'; it is {pin[key]!r}"
            raise document.error(reason, *path, key)
    if "value" in pin and not (isinstance(pin["value"], str) and _VALUE.fullmatch(pin["value"])):
        reason = "the value of a pin must be a text of up to 128 visible characters, quoted if YAML reads it otherwise"
        raise document.error(f"{reason} (yes, 1); it is {pin['value']!r}", *path, "value")
    return pin

"""The talk's form of a shipyard (0.1, keptn 0.2 to 0.7), compiled into the product's form.

    registry: 127.0.0.1:5000/sockshop                    # read, not used
    stages:
      - name: prod
        deployment_strategy: direct | dark | shadow | blue_green | canary   # absent: a stage of quality gates only
        test_strategy: functional | performance | real-user | …             # absent: no tests
        approval_strategy: {pass: automatic | manual, warning: automatic | manual}   # guards the way into this stage
        remediation_strategy: automated | none                              # absent: automated
        # ours:
        trial_weight_percent: 10           # share of users that see a blue_green candidate while it is evaluated
        canary: {steps: [{weight_percent: 5, hold: 2m}, …], …}              # see canary.py
        evaluation: optional | none | {timeframe: 8s, timeout: 2m}          # optional: no gate file is a pass
        soak_time: 1h                      # how long the released version must live before it is promoted
        remediation: {triggered_after: 3s, timeframe: 5s}                   # wait, then window of its evaluation
        timeouts: {deployment: 5m, approval: 24h}                           # per task, from its trigger to its end
        freeze: [{cron: "0 17 * * 5", duration: 63h, timezone: Europe/Vienna, reason: weekend}]
        tasks: [{name: smoke, after: deployment, properties: {…}}]          # an extension's task in `delivery`

Without `after` a task of an extension comes before `evaluation`. Both spellings of blue/green and of the keys (`_` and
`-`) are read. What becomes of a stage is in ARCHITECTURE.md and in `keptn validate --explain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn import durations
from keptn.documents import Document, Path
from keptn.shipyard import canary, reading
from keptn.shipyard.model import SequenceDefinition, Shipyard, Stage, Task, TriggeredOn

STRATEGIES = ("direct", "dark", "shadow", "blue_green", "canary")
_KEYS = (
    "name",
    "deployment_strategy",
    "test_strategy",
    "approval_strategy",
    "remediation_strategy",
    "trial_weight_percent",
    "canary",
    "evaluation",
    "soak_time",
    "remediation",
    "timeouts",
    "freeze",
    "tasks",
)
_BLUE_GREEN = {"bluegreen", "blue_green_service", "bluegreen_service"}


def read(document: Document, *, name: str) -> Shipyard:
    """Read and compile the form. Raises InvalidFile."""
    keys = ("registry", "stages", "name")
    root = reading.mapping(document, document.data, (), what="the shipyard", keys=keys)
    stages: dict[str, Stage] = {}
    for path, item in reading.items(document, root.get("stages"), ("stages",), what="stages"):
        found = _underscored(document, item, path)
        stage = reading.stage_name(document, found, path, taken=stages)
        before = next(reversed(stages), "")
        stages[stage] = _stage(document, found, path, name=stage, before=before)
    if not stages:
        raise document.error("a shipyard needs at least one stage", "stages")
    return Shipyard(name=str(root.get("name") or name or "shipyard"), stages=tuple(stages.values()))


def _underscored(document: Document, value: object, path: Path) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise document.error("a stage must be a mapping with at least a name", *path)
    for key in value:
        if str(key).replace("-", "_") not in _KEYS:
            raise document.error(f"unknown key {key!r} in a stage; known: {', '.join(_KEYS)}", *path, key)
    return {str(key).replace("-", "_"): item for key, item in value.items()}


def _stage(document: Document, found: Mapping[str, Any], path: Path, *, name: str, before: str) -> Stage:
    delivery = SequenceDefinition(
        name="delivery",
        tasks=_with_timeouts(document, found, path, _delivery(document, found, path)),
        triggered_on=(TriggeredOn(stage=before, sequence="delivery"),) if before else (),
    )
    sequences = [delivery]
    if found.get("deployment_strategy"):
        sequences.append(_rollback(document, found, path, stage=name))
    if _remediates(document, found, path):
        sequences.append(_remediation(document, found, path, stage=name))
    freeze = reading.freeze(document, found.get("freeze"), (*path, "freeze"))
    return Stage(name=name, sequences=tuple(sequences), freeze=freeze)


def _delivery(document: Document, found: Mapping[str, Any], path: Path) -> list[Task]:
    strategy = _strategy(document, found, path)
    section = _canary(document, found, path, strategy=strategy)
    tasks: list[Task] = []
    if found.get("approval_strategy") is not None:
        tasks.append(Task(name="approval", properties=_approval(document, found, path)))
    if strategy:
        properties = _deployment(document, found, path, strategy=strategy, section=section)
        tasks.append(Task(name="deployment", properties=properties))
    if found.get("test_strategy"):
        tasks.append(Task(name="test", properties={"teststrategy": str(found["test_strategy"])}))
    evaluation = _evaluation(document, found, path)
    tasks += _steps(document, found, path, evaluation, section=section) if strategy == "canary" else evaluation
    if evaluation and (timeout := evaluation[0].properties.get("timeout")) is not None:
        canary.check_timeout(document, timeout, tasks, (*path, "evaluation", "timeout"))
    if strategy:
        tasks.append(Task(name="release"))
    if found.get("soak_time") is not None:
        duration_s = reading.duration(document, found["soak_time"], (*path, "soak_time"))
        tasks.append(Task(name="soak", properties={"duration": durations.short(duration_s)}))
    _insert_extensions(document, found, path, tasks)
    if not tasks:
        raise document.error("this stage does nothing; give it a deployment_strategy or an evaluation", *path)
    return tasks


def _strategy(document: Document, found: Mapping[str, Any], path: Path) -> str:
    text = str(found.get("deployment_strategy") or "").replace("-", "_")
    strategy = "blue_green" if text in _BLUE_GREEN else text
    if strategy and strategy not in STRATEGIES:
        reason = f"deployment_strategy {text!r} is not known; known: {', '.join(STRATEGIES)}"
        raise document.error(reason, *path, "deployment_strategy")
    return strategy


def _canary(document: Document, found: Mapping[str, Any], path: Path, *, strategy: str) -> Mapping[str, Any]:
    """The section of that name; empty for any other strategy."""
    at, value = (*path, "canary"), found.get("canary")
    if strategy == "canary":
        return canary.read(document, value, at)
    if value is not None:
        reason = f"canary belongs to deployment_strategy canary; this stage has {strategy or 'none'}"
        raise document.error(reason, *at)
    return {}


def _steps(
    document: Document, found: Mapping[str, Any], path: Path, evaluation: list[Task], *, section: Mapping[str, Any]
) -> list[Task]:
    """Tests are evaluated before the first user comes. A warning waits for a person where the stage asks for it."""
    approval = found.get("approval_strategy")
    ask = isinstance(approval, Mapping) and approval.get("warning") == "manual"
    own = evaluation[0] if evaluation else None
    steps = canary.steps(document, section, (*path, "canary"), evaluation=own, ask_on_warning=ask)
    if found.get("test_strategy") in (None, "", "real-user"):
        return steps
    return [*evaluation, *([canary.ASKED_ON_WARNING] if evaluation and ask else ()), *steps]


def _deployment(
    document: Document, found: Mapping[str, Any], path: Path, *, strategy: str, section: Mapping[str, Any]
) -> dict[str, Any]:
    properties = {"deploymentstrategy": strategy, **canary.deployment(document, section, (*path, "canary"))}
    weight, at = found.get("trial_weight_percent"), (*path, "trial_weight_percent")
    if weight is None:
        return properties
    reading.whole_number(document, weight, at, least=0, most=100)
    if strategy == "canary":
        reason = "a canary's weights are its steps; write canary: {steps: [{weight_percent: 5, hold: 2m}, …]}"
        raise document.error(reason, *at)
    return {**properties, "trial_weight_percent": weight}


def _approval(document: Document, found: Mapping[str, Any], path: Path) -> dict[str, Any]:
    at = (*path, "approval_strategy")
    keys = ("pass", "warning")
    strategy = reading.mapping(document, found["approval_strategy"], at, what="approval_strategy", keys=keys)
    for key, value in strategy.items():
        if value not in ("automatic", "manual"):
            raise document.error(f"{key} must be automatic or manual; it is {value!r}", *at, key)
    return {"pass": "automatic", "warning": "automatic", **strategy}


def _evaluation(document: Document, found: Mapping[str, Any], path: Path) -> list[Task]:
    wanted = found.get("evaluation")
    if wanted == "none":
        return []
    if wanted is None:
        return [Task(name="evaluation")]
    if wanted == "optional":
        return [Task(name="evaluation", properties={"optional": True})]
    at = (*path, "evaluation")
    keys = ("timeframe", "timeout", "optional", "min_requests", "longest")
    properties = reading.said(document, wanted, at, what="evaluation (or the word optional or none)", keys=keys)
    reading.window(document, properties, at)
    if "longest" in properties:
        timeout_s = durations.seconds(properties["longest"]) + canary.MARGIN_S
        properties = {"timeout": durations.short(timeout_s), **properties}
    return [Task(name="evaluation", properties=dict(properties))]


def _insert_extensions(document: Document, found: Mapping[str, Any], path: Path, tasks: list[Task]) -> None:
    at = (*path, "tasks")
    for where, item in reading.items(document, found.get("tasks") or [], at, what="tasks"):
        given = reading.mapping(document, item, where, what="a task", keys=("name", "after", "properties"))
        task = Task(
            name=reading.name(document, given, where, what="a task"),
            properties=reading.properties(document, given.get("properties"), (*where, "properties")),
        )
        if task.name == "traffic":
            raise document.error("weights are set by the steps of a canary; name your own task otherwise", *where)
        reading.soak_is_complete(document, task, where)
        tasks.insert(_place(document, given, where, tasks), task)


def _place(document: Document, given: Mapping[str, Any], path: Path, tasks: list[Task]) -> int:
    names = [task.name for task in tasks]
    after = given.get("after")
    if after is None:
        return names.index("evaluation") if "evaluation" in names else len(names)
    if after not in names:
        raise document.error(f"there is no task {after!r} to come after; tasks: {', '.join(names)}", *path, "after")
    return names.index(after) + 1


def _with_timeouts(
    document: Document, found: Mapping[str, Any], path: Path, tasks: list[Task], *, strict: bool = True
) -> tuple[Task, ...]:
    at = (*path, "timeouts")
    timeouts = found.get("timeouts") or {}
    if not isinstance(timeouts, Mapping):
        raise document.error("timeouts must be a mapping of task to duration", *at)
    known = {task.name for task in tasks} | {"rollback", "get-action", "action", "evaluation"}
    for name, value in timeouts.items():
        reading.duration(document, value, (*at, name), zero=False)
        if strict and name not in known:
            tasks_here = ", ".join(sorted(known))
            raise document.error(f"there is no task {name!r} in this stage; tasks: {tasks_here}", *at, name)
        if name == "evaluation":
            canary.check_timeout(document, value, tasks, (*at, name))
    return tuple(_with_timeout(task, timeouts.get(task.name)) for task in tasks)


def _with_timeout(task: Task, timeout: object) -> Task:
    if timeout is None:
        return task
    properties = {**task.properties, "timeout": timeout}
    return Task(name=task.name, properties=properties, triggered_after_s=task.triggered_after_s)


def _rollback(document: Document, found: Mapping[str, Any], path: Path, *, stage: str) -> SequenceDefinition:
    ended = {"stage": stage, "sequence": "delivery"}
    return SequenceDefinition(
        name="rollback",
        tasks=_with_timeouts(document, found, path, [Task(name="rollback")], strict=False),
        triggered_on=(
            TriggeredOn(**ended, match={"result": "fail"}),
            TriggeredOn(**ended, match={"status": "aborted"}),
        ),
    )


def _remediates(document: Document, found: Mapping[str, Any], path: Path) -> bool:
    strategy = found.get("remediation_strategy", "automated")
    if strategy not in ("automated", "none", None):
        reason = f"remediation_strategy must be automated or none; it is {strategy!r}"
        raise document.error(reason, *path, "remediation_strategy")
    return strategy == "automated" and bool(found.get("deployment_strategy"))


def _remediation(document: Document, found: Mapping[str, Any], path: Path, *, stage: str) -> SequenceDefinition:
    at = (*path, "remediation")
    keys = ("triggered_after", "timeframe")
    given = reading.mapping(document, found.get("remediation") or {}, at, what="remediation", keys=keys)
    wait_s = reading.duration(document, given.get("triggered_after", "5m"), (*at, "triggered_after"))
    timeframe_s = reading.duration(document, given.get("timeframe", "5m"), (*at, "timeframe"), zero=False)
    evaluation = Task(
        name="evaluation",
        triggered_after_s=wait_s,
        properties={"timeframe": durations.short(timeframe_s)},
    )
    tasks = [Task(name="get-action"), Task(name="action"), evaluation]
    return SequenceDefinition(
        name="remediation",
        tasks=_with_timeouts(document, found, path, tasks, strict=False),
        triggered_on=(TriggeredOn(stage=stage, sequence="remediation", match={"evaluation.result": "fail"}),),
    )

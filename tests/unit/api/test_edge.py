"""The edge: no type that keptn says itself is taken from outside, and nobody may speak in its name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from keptn import events
from keptn.api import edge
from keptn.events import Control, Event, Phase
from keptn.web import HttpError

FUNCTIONS = sorted(folder.name.replace("_", "-") for folder in Path("functions").iterdir() if folder.is_dir())
TASKS = (
    "approval",
    "deployment",
    "test",
    "evaluation",
    "release",
    "rollback",
    "get-action",
    "action",
    "security-check",
)
OWN = sorted(
    value
    for value in vars(events).values()
    if isinstance(value, str) and value.startswith("sh.keptn.") and not value.endswith(".")
)
"""Every type that `events.py` names, so that a new one is refused unless somebody decides otherwise."""
INTERNAL = (
    *(event_type for event_type in OWN if event_type != events.EVALUATION_INVALIDATED),
    *(events.control_type(control) for control in Control),
    *(events.timer_type(function) for function in FUNCTIONS),
    *(events.task_type(task, Phase.TRIGGERED) for task in TASKS),
    *(events.sequence_type("dev", "delivery", phase) for phase in Phase if phase is not Phase.TRIGGERED),
    *(events.sequence_type(stage, "create", phase) for stage in events.RESERVED_STAGES for phase in Phase),
    f"{events.PREFIX}a.b.c.triggered",
    f"{events.PREFIX}configuration.change",
    "sh.keptn.log.error",
)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def event(event_type, *, source="ci", triggered_id="t"):
    return Event(type=event_type, id="1", source=source, time=NOW, triggered_id=triggered_id)


@pytest.mark.parametrize("event_type", sorted(INTERNAL))
def test_an_internal_type_is_refused(event_type):
    """One sentence says that it is not taken, and what to use instead."""
    with pytest.raises(HttpError, match=r"is not taken from outside: .{20}") as refused:
        edge.check(event(event_type))
    assert refused.value.status == 400
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "event_type",
    [
        *(
            events.sequence_type(stage, name, Phase.TRIGGERED)
            for stage in ("dev", "prod")
            for name in ("delivery", "x")
        ),
        *(events.task_type(task, phase) for task in TASKS for phase in Phase if phase is not Phase.TRIGGERED),
        events.EVALUATION_INVALIDATED,
        "com.example.thing",
        "sh.keptnx",
    ],
)
def test_what_comes_from_outside_is_taken(event_type):
    """Triggers of sequences, answers to tasks, a person's word on an evaluation, and whatever is not keptn's."""
    edge.check(event(event_type))


@pytest.mark.parametrize("source", ["keptn/orchestrate", "keptn/dead-letter", "keptn/api", "keptn", "Keptn/x"])
def test_nobody_speaks_in_keptns_name(source):
    """A source of ours is refused, whatever it says."""
    with pytest.raises(HttpError, match="is keptn's own"):
        edge.check(event("sh.keptn.event.test.finished", source=source))


def test_an_answer_says_what_it_answers():
    """Nothing open could be found for it."""
    with pytest.raises(HttpError, match="lacks triggeredid"):
        edge.check(event("sh.keptn.event.test.finished", triggered_id=""))


@pytest.mark.parametrize(
    ("event_type", "said"),
    [
        ("sh.keptn.events.problem", "<stage>.remediation.triggered"),
        ("sh.keptn.event.problem.open", "<stage>.remediation.triggered"),
        ("sh.keptn.events.new-artifact", "<stage>.delivery.triggered"),
        ("sh.keptn.event.configuration.change", "<stage>.delivery.triggered"),
        ("sh.keptn.events.configuration-changed", "<stage>.delivery.triggered"),
        ("sh.keptn.events.deployment-finished", "event.deployment.finished"),
        ("sh.keptn.events.tests-finished", "event.test.finished"),
        ("sh.keptn.events.evaluation-done", "event.evaluation.finished"),
        ("sh.keptn.event.start-evaluation", "<stage>.evaluation.triggered"),
        ("sh.keptn.internal.event.get-sli.done", "SLI providers"),
        ("sh.keptn.event.monitoring.configure", "SLI providers"),
        ("sh.keptn.internal.event.project.create", "keptn create project"),
        ("sh.keptn.internal.event.service.create", "keptn onboard service"),
    ],
)
def test_an_old_type_is_told_what_replaces_it(event_type, said):
    """Of keptn before 0.8: nobody hears it, and somebody's script still sends it."""
    with pytest.raises(HttpError, match=f"{event_type} is not taken from outside: .*{said}"):
        edge.check(event(event_type))

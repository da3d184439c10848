"""The manifests against the code: every function is wired, and hears types that exist."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from functions_framework import create_app

from keptn import context, events, settings
from keptn.events import Event, Phase
from keptn.local import wiring
from keptn.records import dead_letters
from keptn.simulation.world import World

ROOT = Path(__file__).parent.parent.parent
BASE = ROOT / "knative" / "base"
FOLDERS = sorted(path.parent.name for path in ROOT.glob("functions/*/main.py"))
WITHOUT_TRIGGER = {"api", "receive-artifact", "receive-problem", "dead-letter", "bridge"}
"""HTTP functions, and the dead-letter sink."""
TALK = "stages: [{name: dev, deployment_strategy: dark}]"
TASKS = {"deployment", "test", "evaluation", "traffic", "release", "rollback", "approval", "get-action", "action"}
KNOWN_TYPES = {
    *(events.task_type(task, phase) for task in TASKS for phase in Phase),
    *(value for name, value in vars(events).items() if name.isupper() and str(value).startswith(events.PREFIX)),
}


@pytest.fixture(scope="module")
def wired() -> wiring.Wiring:
    return wiring.read([BASE])


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_function_is_wired(folder: str, wired: wiring.Wiring):
    """A function has a Service or a JobSink that runs its main.py, and a Trigger unless it hears plain HTTP."""
    name = folder.replace("_", "-")
    source = f"functions/{folder}/main.py"
    sources = {f.source for f in wired.functions.values()} | {c for j in wired.job_sinks.values() for c in j.command}
    assert source in sources
    triggered = {trigger.subscriber.name for trigger in wired.triggers.values()}
    assert (name in triggered) != (name in WITHOUT_TRIGGER)


def _types(node: object) -> list[tuple[str, str]]:
    """Dialect and value of every filter on `type`."""
    if isinstance(node, list):
        return [found for item in node for found in _types(item)]
    if not isinstance(node, dict):
        return []
    dialects = {"attributes": "exact", "exact": "exact", "prefix": "prefix", "suffix": "suffix"}
    here = [(dialects[k], v["type"]) for k, v in node.items() if k in dialects and "type" in v]
    return here + [found for value in node.values() for found in _types(value)]


def _manifests() -> list[dict[str, Any]]:
    documents = [d for file in sorted(BASE.glob("*.yaml")) for d in yaml.safe_load_all(file.read_text())]
    return [d for d in documents if isinstance(d, dict) and "metadata" in d]


def _triggers() -> list[dict[str, Any]]:
    return [d for d in _manifests() if d.get("kind") == "Trigger"]


def _filtered() -> list[tuple[str, str, str]]:
    return [(t["spec"]["subscriber"]["ref"]["name"], *found) for t in _triggers() for found in _types(t["spec"])]


@pytest.mark.parametrize(("step", "dialect", "value"), _filtered())
def test_triggers_hear_types_that_exist(step: str, dialect: str, value: str):
    """A type in a filter is one that events.py knows; a timer's is its own function's."""
    if dialect == "exact" and value.startswith(events.TIMER_PREFIX):
        assert value == (events.TIMER_SET if step == "clock" else events.timer_type(step))
    elif dialect == "exact":
        assert value in KNOWN_TYPES
    elif dialect == "suffix":
        assert value.removeprefix(".delivery").removeprefix(".") in set(Phase)
    else:
        assert value in {events.PREFIX, events.TIMER_PREFIX, "sh.keptn.control."}


def test_nobody_hears_an_event_twice(wired: wiring.Wiring):
    """A step has a Trigger per type, as kn can say it: no two of one step match the same event."""
    for kind in {*KNOWN_TYPES, "sh.keptn.event.dev.delivery.triggered", *map(events.timer_type, wired.functions)}:
        heard = [trigger.subscriber.name for trigger in wired.triggers.values() if trigger.matches({"type": kind})]
        assert len(heard) == len(set(heard)), kind


def test_triggers_are_named_after_their_step():
    """`kn trigger list` shows whose they are."""
    for trigger in _triggers():
        step = trigger["spec"]["subscriber"]["ref"]["name"]
        assert re.fullmatch(f"{step}(-[a-z-]+)?", trigger["metadata"]["name"])


def test_record_hears_everything_but_timers(wired: wiring.Wiring):
    """Also what is not keptn's; a timer says nothing that the event in it has not said."""
    heard = wired.triggers["record"].matches
    for kind in (events.task_type("test", Phase.STARTED), "sh.keptn.control.pause", "com.example.thing"):
        assert heard({"type": kind})
    assert not heard({"type": events.timer_type("orchestrate")})


def event(event_type: str, *, source: str = "a test", **more: Any) -> Event:
    return Event(type=event_type, id="1", source=source, time=datetime(2026, 1, 1, tzinfo=UTC), context="c", **more)


def task_of(name: str, **more: str) -> Event:
    """A task's trigger as the engine posts it, of a project that nobody made."""
    data = {"project": "nowhere", "stage": "dev", "service": "carts", "action": {"executors": [{"name": "rollback"}]}}
    trigger = events.task_type(name, Phase.TRIGGERED)
    return event(trigger, data=data, source="keptn/orchestrate", extensions={events.KEPTN_TASK: "true", **more})


def heard_by(wired: wiring.Wiring, heard: Event) -> set[str]:
    attributes = {k: str(v) for k, v in events.to_dict(heard).items() if k != "data"}
    return {trigger.subscriber.name for trigger in wired.triggers.values() if trigger.matches(attributes)}


def status_of(wired: wiring.Wiring, function: str, heard: Event) -> int:
    """What the function says: 200 with an end, 204 to what it hears only to be up."""
    headers, body = events.encode(heard)
    with context.using(World(TALK).context):
        client = create_app("handle", str(ROOT / wired.functions[function].source)).test_client()
        return client.post("/", data=body, headers=headers).status_code


def test_every_built_in_task_has_one_executor(wired: wiring.Wiring):
    """One answers a task of a project that is not there with its end, 200; who hears it beside that one answers 204."""
    for task in TASKS:
        heard = heard_by(wired, task_of(task)) - dead_letters.OBSERVERS
        jobs = heard & set(wired.job_sinks)
        beside = {name for name in heard - jobs if status_of(wired, name, task_of(task)) == 204}
        assert len(heard - beside) == 1, (task, heard)
        assert {(name, task) for name in beside} <= dead_letters.STARTED_BESIDE


@pytest.mark.parametrize(
    ("waking", "step"),
    [
        (event("sh.keptn.event.dev.delivery.triggered"), "deploy"),
        (task_of("deployment"), "evaluate"),
        (task_of("evaluation"), "release"),
    ],
)
def test_what_comes_next_starts_beside(wired: wiring.Wiring, waking: Event, step: str):
    """Two cold starts in sequence, not one per step: the next one is up when its task comes, and has done nothing."""
    assert step in heard_by(wired, waking)
    assert status_of(wired, step, waking) == 204


@pytest.mark.parametrize(
    ("given", "listeners"),
    [
        (task_of("approval"), {"approve", "notify", "record"}),
        (task_of("security-check"), {"record"}),
        (task_of("smoke", keptnexecutor="webhook"), {"webhook", "record"}),
        (event("sh.keptn.event.dev.delivery.triggered"), {"orchestrate", "deploy", "notify", "record"}),
        (event("sh.keptn.event.dev.delivery.finished", source="keptn/orchestrate"), {"notify", "record"}),
        (event("sh.keptn.event.deployment.started", source="keptn/deploy"), {"orchestrate", "record"}),
        (event("sh.keptn.event.deployment.finished", source="keptn/deploy"), {"orchestrate", "notify", "record"}),
        (event("sh.keptn.event.project.update.triggered"), {"create-project", "orchestrate", "notify", "record"}),
        (event("sh.keptn.event.project.delete.triggered"), {"orchestrate", "notify", "record"}),
        (event("sh.keptn.control.abort"), {"orchestrate", "record"}),
        (event("sh.keptn.timer.orchestrate.due"), {"orchestrate"}),
        (event("sh.keptn.timer.deploy.due"), {"deploy"}),
        (event("sh.keptn.timer.set"), {"clock"}),
    ],
    ids=lambda given: given.type if isinstance(given, Event) else "",
)
def test_who_hears_what(wired: wiring.Wiring, given: Event, listeners: set[str]):
    """Nobody is woken by what it does nothing with."""
    assert heard_by(wired, given) == listeners


def test_every_trigger_inherits_the_dead_letter_sink(wired: wiring.Wiring):
    """One sink, without a path, on the Broker: whoever adds a step has it at once, and kn can say no more."""
    for trigger in wired.triggers.values():
        sink = trigger.delivery.dead_letter_sink
        assert sink and (sink.name, sink.path, trigger.delivery.retry) == ("dead-letter", "/", 10)
    assert not [trigger["metadata"]["name"] for trigger in _triggers() if "delivery" in trigger["spec"]]


def test_who_ends_no_task_is_wired_under_that_name(wired: wiring.Wiring):
    """The dead-letter function tells observers from executors by the names of their Services."""
    services = [one for one in _manifests() if one.get("kind") == "Service"]
    labelled = {s["metadata"]["name"] for s in services if s["metadata"]["labels"]["keptn.sh/role"] == "observer"}
    assert labelled == dead_letters.OBSERVERS
    assert {step for step, _ in dead_letters.STARTED_BESIDE} <= set(wired.functions)


def test_only_the_edge_is_reachable_from_outside(wired: wiring.Wiring):
    """Every function that asks for no token is cluster-local."""
    public = {function.name for function in wired.functions.values() if function.public}
    assert public <= {"api", "receive-artifact", "receive-problem", "bridge"}


def test_everything_gets_its_sink(wired: wiring.Wiring):
    """Every step and every Job takes the settings, and K_SINK with them."""
    assert {one.sink for one in [*wired.functions.values(), *wired.job_sinks.values()]} == {"keptn/default"}


def test_names_follow_the_folders(wired: wiring.Wiring):
    """A Service is called as its folder, in kebab-case."""
    for function in wired.functions.values():
        assert re.fullmatch(r"functions/(\w+)/main.py", function.source)
        assert function.source.split("/")[1].replace("_", "-") == function.name


def test_a_test_job_ends_with_its_task(wired: wiring.Wiring):
    """A Job that can never report (no image, no memory) is over when its task is, not hours later."""
    (job,) = [one for one in _manifests() if one.get("kind") == "JobSink"]
    spec = job["spec"]["job"]["spec"]
    assert spec["activeDeadlineSeconds"] == settings.read(wired.job_sinks["test"].env).test_job_s
    rules = {rule["action"]: rule for rule in spec["podFailurePolicy"]["rules"]}
    assert rules["Ignore"]["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
    assert rules["Count"]["onExitCodes"]["values"] == [137]
    assert spec["template"]["spec"]["restartPolicy"] == "Never"  # a failure policy needs it


def test_every_setting_in_the_manifests_has_an_effect(wired: wiring.Wiring):
    """A key that nobody reads is a promise that nobody keeps."""
    known = {settings.key_of(name) for name in settings.Settings.__dataclass_fields__}
    (values,) = [one["data"] for one in _manifests() if one["metadata"]["name"] == "keptn-settings"]
    assert {key for key in values if key.startswith("KEPTN_")} <= known
    assert settings.read(values)


def test_a_poster_waits_as_long_as_a_broker_may_hold_it(wired: wiring.Wiring):
    """All repeats of a Trigger and what a step waits for; and it still answers before its own request is cut off."""
    read = settings.read(wired.functions["orchestrate"].env)
    delivery = wired.triggers["record"].delivery
    held_s = sum(delivery.wait_s(failed) for failed in range(1, delivery.retry + 1)) + read.wait_s
    patch = yaml.safe_load((BASE / "hardening.yaml").read_text())
    (cut_s,) = [one["value"] for one in patch if one["path"].endswith("/timeoutSeconds")]
    assert held_s < read.sink_timeout_s < cut_s

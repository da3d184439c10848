"""`canary` of a stage, compiled into tasks; and what is wrong with it, with its line."""

import pytest

from keptn import shipyard
from keptn.deployment.strategy import KEPT_VERSIONS
from keptn.errors import InvalidFile
from keptn.shipyard import canary

STAGE = "stages:\n- name: prod\n  deployment_strategy: canary\n"


def tasks(text: str) -> list[tuple[str, dict[str, object]]]:
    found = shipyard.parse(text).stage("prod").sequence("delivery").tasks
    return [(task.name, dict(task.properties)) for task in found]


def test_steps_become_tasks():
    """A weight, then its evaluation over the hold; a person; a hold without evaluation."""
    text = """\
  canary:
    steps:
      - {weight_percent: 5, hold: 2m}
      - {weight_percent: 25, hold: 5m}
      - {approval: manual}
      - {weight_percent: 60, hold: 5m, evaluation: none}
    pin: {header: x-carts-candidate, value: "yes"}
    fast_rollback: 5
    min_requests: 50
"""
    pinned = {"header": "x-carts-candidate", "value": "yes"}
    assert tasks(STAGE + text) == [
        ("deployment", {"deploymentstrategy": "canary", "pin": pinned, "fast_rollback": 5}),
        ("traffic", {"weight_percent": 5}),
        ("evaluation", {"timeframe": "2m", "longest": "8m", "timeout": "18m", "min_requests": 50}),
        ("traffic", {"weight_percent": 25}),
        ("evaluation", {"timeframe": "5m", "longest": "20m", "timeout": "30m", "min_requests": 50}),
        ("approval", {"pass": "manual", "warning": "manual"}),
        ("traffic", {"weight_percent": 60}),
        ("soak", {"duration": "5m"}),
        ("release", {}),
    ]


def test_without_steps_there_are_four():
    """With the stage's timeframe; a stage's tests and their evaluation come before the first user."""
    found = tasks(f"{STAGE}  test_strategy: functional\n  evaluation: {{timeframe: 8s, optional: true}}\n")
    assert [name for name, _ in found[:3]] == ["deployment", "test", "evaluation"]
    assert [given["weight_percent"] for name, given in found if name == "traffic"] == [5, 25, 50, 75]
    judged = [given for name, given in found[3:] if name == "evaluation"]
    assert judged == [{"timeframe": "8s", "longest": "32s", "timeout": "10m32s", "optional": True}] * 4


def test_a_stage_without_evaluation_only_holds():
    """`evaluation: none` of a stage is that of its steps."""
    assert [name for name, _ in tasks(f"{STAGE}  evaluation: none\n")][1:3] == ["traffic", "soak"]


def test_a_warning_waits_where_the_stage_asks_about_warnings():
    """Once per evaluated step; not twice where a person is asked anyway."""
    steps = "[{weight_percent: 5, hold: 2m}, {weight_percent: 9, hold: 2m}, {approval: manual}]"
    found = tasks(f"{STAGE}  approval_strategy: {{warning: manual}}\n  canary: {{steps: {steps}}}\n")
    asked = [given for name, given in found if name == "approval"][1:]
    assert asked == [
        {"pass": "automatic", "warning": "manual", "of": "evaluation"},
        {"pass": "manual", "warning": "manual"},
    ]


def test_keys_without_a_value_are_not_there():
    """As everywhere in a shipyard."""
    empty = "{steps: [{weight_percent: 5, hold: , evaluation: }], pin: , fast_rollback: , min_requests: }"
    assert tasks(f"{STAGE}  canary: {empty}\n") == tasks(f"{STAGE}  canary: {{steps: [{{weight_percent: 5}}]}}\n")
    assert shipyard.parse("stages: [{name: dev, deployment_strategy: dark, canary: }]").stages


def test_tests_are_judged_before_the_first_user():
    """And a warning about them waits, where the stage asks about warnings; users' own tests are the steps."""
    asking = f"{STAGE}  test_strategy: performance\n  approval_strategy: {{warning: manual}}\n"
    assert [name for name, _ in tasks(asking)][:5] == ["approval", "deployment", "test", "evaluation", "approval"]
    assert [name for name, _ in tasks(f"{STAGE}  test_strategy: real-user\n")][:3] == ["deployment", "test", "traffic"]


def test_an_evaluation_may_say_how_long_it_lasts_at_the_most():
    """In the stage: for every step, and for a blue_green stage, too; its timeout leaves time for it."""
    found = tasks(f"{STAGE}  evaluation: {{timeframe: 10s, longest: 15s}}\n")
    assert ("evaluation", {"timeframe": "10s", "longest": "15s", "timeout": "10m15s"}) in found
    other = STAGE.replace("canary", "blue_green")
    found = tasks(f"{other}  evaluation: {{timeframe: 10s, longest: 2h, min_requests: 5}}\n")
    judged = {"timeframe": "10s", "longest": "2h", "min_requests": 5, "timeout": "2h10m"}
    assert ("evaluation", judged) in found


@pytest.mark.parametrize(
    ("more", "line", "words"),
    [
        ("  timeouts: {evaluation: 1m}\n", 4, "a timeout of 1m is shorter than an evaluation here may last, 20m"),
        ("  evaluation: {timeframe: 1m, timeout: 3m}\n", 4, "a timeout of 3m is shorter .* may last, 4m"),
        ("  evaluation: {timeframe: 1m, longest: 30s}\n", 4, "a hold of 1m is longer than `longest` .*, 30s"),
        ("  evaluation: {min_requests: many}\n", 4, "min_requests must be a whole number"),
        ("  tasks: [{name: traffic}]\n", 4, "weights are set by the steps of a canary"),
        ("  tasks: [{name: soak}]\n", 4, "needs the property 'duration'"),
    ],
)
def test_what_would_end_a_step_before_its_time_is_refused(more, line, words):
    """A setting that contradicts another is told with its line."""
    with pytest.raises(InvalidFile, match=words) as caught:
        shipyard.parse(STAGE + more)
    assert caught.value.line == line


def test_a_weight_without_a_candidate_is_a_warning():
    """Legal in the product's form, but surely not meant."""
    listed = "[{name: traffic, properties: {weight_percent: 5}}, {name: deployment}]"
    stage = f"{{name: prod, sequences: [{{name: delivery, tasks: {listed}}}]}}"
    found = shipyard.parse(f"{{apiVersion: spec.keptn.sh/0.2.3, kind: Shipyard, spec: {{stages: [{stage}]}}}}")
    assert [text.partition(": ")[2] for text in found.warnings] == [
        "this task will be refused: a weight needs a candidate, between a deployment and its release"
    ]


def test_a_built_in_task_of_a_webhook_is_a_warning():
    """Two would carry it out."""
    found = shipyard.parse(f"{STAGE}  tasks: [{{name: smoke, properties: {{webhook: a}}}}]\n")
    assert not [text for text in found.warnings if "webhook" in text]
    listed = "[{name: deployment, properties: {webhook: a}}]"
    stage = f"{{name: prod, sequences: [{{name: delivery, tasks: {listed}}}]}}"
    found = shipyard.parse(f"{{apiVersion: spec.keptn.sh/0.2.3, kind: Shipyard, spec: {{stages: [{stage}]}}}}")
    assert any("this task will fail: deployment is built in, which no webhook" in text for text in found.warnings)


def test_what_was_compiled_reads_as_the_same():
    """A snapshot in the product's form keeps every step."""
    compiled = shipyard.parse(STAGE)
    assert shipyard.from_dict(compiled.to_dict()) == compiled


def test_as_many_versions_are_remembered_as_may_be_asked_for():
    """The shipyard's limit is that of the desired state."""
    assert canary.MOST_REMEMBERED == KEPT_VERSIONS


@pytest.mark.parametrize(
    ("given", "line", "words"),
    [
        ("{steps: [{weight_percent: 0}]}", 4, "from 1 to 100; it is 0"),
        ("{steps: [{weight_percent: 101}]}", 4, "from 1 to 100; it is 101"),
        ("{steps: [{weight_percent: 2.5}]}", 4, "whole number from 1 to 100"),
        ("{steps: [{weight_percent: true}]}", 4, "whole number from 1 to 100"),
        ("{steps: [{hold: 5m}]}", 4, "whole number from 1 to 100; it is None"),
        ("\n    steps:\n    - {weight_percent: 5}\n    - {weight_percent: 5}\n", 7, "5 does not grow: the step before"),
        ("\n    steps:\n    - {weight_percent: 25}\n    - {weight_percent: 5}\n", 7, "5 does not grow"),
        ("{steps: [{weight_percent: 5, hold: 500ms}]}", 4, "a hold of 500ms is too short to judge anything"),
        ("{steps: [{weight_percent: 5, hold: soon}]}", 4, "'soon' is no duration"),
        ("{steps: [{weight_percent: 5, evaluation: maybe}]}", 4, "must be none or optional"),
        ("{steps: []}", 4, "needs a step with a weight_percent; leave steps out"),
        ("{steps: [{approval: manual}]}", 4, "needs a step with a weight_percent"),
        ("{steps: [{weight_percent: 5}, {approval: ann}]}", 4, "approval must be manual; it is 'ann'"),
        ("{steps: [{weight: 5}]}", 4, "unknown key 'weight'"),
        ("{steps: 5}", 4, "steps must be a list"),
        ("{stps: []}", 4, "unknown key 'stps' in canary; known: steps, pin"),
        ("5", 4, "canary must be a mapping"),
        ("{fast_rollback: 6}", 4, "from 1 to 5, for so many"),
        ("{fast_rollback: 0}", 4, "from 1 to 5"),
        ("{min_requests: -1}", 4, "from 0; it is -1"),
        ("{pin: {header: x-a}}", 4, "needs header and value"),
        ("{pin: {}}", 4, "needs header and value"),
        ("{pin: {header: x-a, value: yes}}", 4, "quoted if YAML reads it otherwise"),
        ('{pin: {header: "x a", value: b}}', 4, "the header of a pin must be a name"),
        ('{pin: {cookie: "a;b"}}', 4, "the cookie of a pin must be a name"),
        ('{pin: {header: x-a, value: "a\\nb"}}', 4, "up to 128 visible characters"),
    ],
)
def test_a_mistake_is_told_with_its_line(given, line, words):
    """One sentence each."""
    with pytest.raises(InvalidFile, match=words) as caught:
        shipyard.parse(f"{STAGE}  canary: {given}\n")
    assert (caught.value.file, caught.value.line) == ("shipyard.yaml", line)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("  deployment_strategy: blue_green\n  canary: {fast_rollback: 1}\n", 4, "this stage has blue_green"),
        ("  canary: {fast_rollback: 1}\n", 3, "this stage has none"),
        ("  deployment_strategy: canary\n  trial_weight_percent: 10\n", 4, "a canary's weights are its steps"),
    ],
)
def test_it_belongs_to_its_strategy(text, line, words):
    """A setting without effect is a mistake."""
    with pytest.raises(InvalidFile, match=words) as caught:
        shipyard.parse(f"stages:\n- name: prod\n{text}")
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("{name: traffic}", "from 1 to 100; it is None"),
        ("{name: traffic, properties: {weight_percent: 10}}", "10 does not grow: the step before has 10"),
        ("{name: deployment, properties: {pin: {cookie: ''}}}", "must be a name"),
        ("{name: deployment, properties: {fast_rollback: many}}", "from 1 to 5"),
    ],
)
def test_what_is_written_by_hand_is_checked_too(task, words):
    """The product's form has the same tasks, and the same sentences."""
    first = "{name: traffic, properties: {weight_percent: 10}}"
    text = (
        "apiVersion: spec.keptn.sh/0.2.3\nkind: Shipyard\nspec:\n  stages:\n  - name: prod\n    sequences:\n"
        f"    - name: delivery\n      tasks:\n      - {first}\n      - {task}\n"
    )
    with pytest.raises(InvalidFile, match=words) as caught:
        shipyard.parse(text)
    assert caught.value.line == 10

"""The talk's form of a shipyard, compiled."""

import pytest

from keptn import shipyard
from keptn.errors import InvalidFile
from keptn.shipyard import Shipyard, Task, TriggeredOn

TALK = """\
registry: sockshop
stages:
  - name: dev
    deployment_strategy: dark
    test_strategy: functional
    evaluation: optional
  - name: staging
    deployment-strategy: shadow
    test-strategy: performance
    soak_time: 90s
  - name: prod
    deployment_strategy: blue_green_service
    trial_weight_percent: 25
    approval_strategy: {warning: manual}
    evaluation: {timeframe: 8s}
    remediation: {triggered_after: 3s, timeframe: 5s}
    timeouts: {deployment: 5m}
    tasks: [{name: smoke, after: deployment, properties: {path: /health}}]
"""


@pytest.fixture
def compiled() -> Shipyard:
    return shipyard.parse(TALK, name="sockshop")


def names(compiled: Shipyard, stage: str, sequence: str) -> list[str]:
    return [task.name for task in compiled.stage(stage).sequence(sequence).tasks]


def task(compiled: Shipyard, stage: str, name: str, sequence: str = "delivery") -> Task:
    definition = compiled.stage(stage).sequence(sequence)
    return definition.tasks[definition.position(name)]


def test_a_stage_becomes_the_sequences_delivery_rollback_and_remediation(compiled):
    """One stage of the talk is three sequences of the product."""
    assert [sequence.name for sequence in compiled.stage("dev").sequences] == ["delivery", "rollback", "remediation"]
    assert names(compiled, "dev", "delivery") == ["deployment", "test", "evaluation", "release"]


def test_a_delivery_starts_on_the_previous_stages_end(compiled):
    """The order of the file is the order of promotion; the first stage waits for an artifact."""
    assert compiled.stage("dev").sequence("delivery").triggered_on == ()
    assert compiled.stage("prod").sequence("delivery").triggered_on == (
        TriggeredOn(stage="staging", sequence="delivery"),
    )
    assert compiled.first_stage.name == "dev"


def test_a_rollback_follows_a_failure_and_an_abort(compiled):
    """What went wrong in the own stage is undone there."""
    assert [trigger.match for trigger in compiled.stage("dev").sequence("rollback").triggered_on] == [
        {"result": "fail"},
        {"status": "aborted"},
    ]


def test_a_remediation_repeats_while_its_evaluation_fails(compiled):
    """The loop waits before it looks again, as the stage says."""
    remediation = compiled.stage("prod").sequence("remediation")
    assert [task.name for task in remediation.tasks] == ["get-action", "action", "evaluation"]
    assert remediation.tasks[2].triggered_after_s == 3
    assert remediation.triggered_on[0].match == {"evaluation.result": "fail"}


def test_keys_are_read_with_dash_and_underscore(compiled):
    """Both spellings are known, and all spellings of blue/green."""
    assert task(compiled, "staging", "deployment").properties["deploymentstrategy"] == "shadow"
    assert task(compiled, "prod", "deployment").properties["deploymentstrategy"] == "blue_green"


def test_our_own_keys_become_properties(compiled):
    """Weights, windows, soak times, timeouts and an extension's task are part of the compiled form."""
    assert task(compiled, "prod", "deployment").properties["trial_weight_percent"] == 25
    assert task(compiled, "prod", "deployment").timeout_s == 300
    assert task(compiled, "prod", "evaluation").properties == {"timeframe": "8s"}
    assert task(compiled, "dev", "evaluation").properties == {"optional": True}
    assert task(compiled, "staging", "soak").properties == {"duration": "1m30s"}
    assert names(compiled, "prod", "delivery")[:3] == ["approval", "deployment", "smoke"]
    assert task(compiled, "prod", "approval").properties == {"pass": "automatic", "warning": "manual"}


def test_the_compiled_form_reads_back(compiled):
    """What is kept as a snapshot is the same shipyard."""
    assert shipyard.from_dict(compiled.to_dict()) == compiled


def test_a_stage_without_deployment_is_a_gate():
    """No deployment strategy: nothing is deployed, released or rolled back there."""
    only = shipyard.parse("stages: [{name: dev}]").stage("dev")
    assert [sequence.name for sequence in only.sequences] == ["delivery"]
    assert [task.name for task in only.sequences[0].tasks] == ["evaluation"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("stages:\n- name: dev\n  deploymnt_strategy: dark\n", 3, "unknown key 'deploymnt_strategy'"),
        ("stages:\n- name: dev\n  deployment_strategy: rolling\n", 3, "known: direct, dark, shadow"),
        ("stages:\n- name: dev\n- name: dev\n", 3, "stands twice"),
        ("stages:\n- name: Dev\n", 2, "lower-case"),
        ("stages:\n- name: project\n", 2, "reserved"),
        ("stages: []\n", 1, "at least one stage"),
        ("stages:\n- name: dev\n  soak_time: soon\n", 3, "no duration"),
        ("stages:\n- name: dev\n  approval_strategy: {pass: maybe}\n", 3, "automatic or manual"),
        ("stages:\n- name: dev\n  trial_weight_percent: 120\n  deployment_strategy: canary\n", 3, "0 to 100"),
        ("stages:\n- name: dev\n  tasks: [{name: x, after: y}]\n", 3, "no task 'y'"),
        ("stages:\n- name: dev\n  timeouts: {tset: 5m}\n", 3, "no task 'tset'"),
        ("stages:\n- name: dev\n  freeze: [{cron: '* *', duration: 1h}]\n", 3, "five fields"),
        ("stages:\n- name: dev\n  freeze: [{cron: '* * * * *', duration: 1h, timezone: Mars/One}]\n", 3, "time zone"),
        (
            "stages:\n- name: dev\n  remediation_strategy: perhaps\n  deployment_strategy: dark\n",
            3,
            "automated or none",
        ),
        ("- name: dev\n", 1, "must have the key 'stages'"),
        ("stages: 5\n", 1, "must be a list"),
    ],
)
def test_a_mistake_is_told_with_its_line(text, line, words):
    """Every wrong value is one sentence with file and line."""
    with pytest.raises(InvalidFile, match=words) as caught:
        shipyard.parse(text)
    assert (caught.value.file, caught.value.line) == ("shipyard.yaml", line)

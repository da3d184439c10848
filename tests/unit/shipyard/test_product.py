"""The product's form of a shipyard, and what is legal there but not meant."""

import pytest

from keptn import shipyard
from keptn.errors import InvalidFile, Unknown

HEAD = "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: sockshop}\nspec:\n  stages:\n"
GOOD = (
    HEAD
    + """\
  - name: dev
    sequences:
    - name: delivery
      tasks:
      - name: deployment
        properties: {deploymentstrategy: direct, executors: 2, timeout: 5m}
      - name: evaluation
        triggeredAfter: "10m"
  - name: prod
    sequences:
    - name: delivery
      triggeredOn:
      - event: dev.delivery.finished
        selector: {match: {evaluation.result: warning}}
      tasks: [{name: release}]
"""
)


def test_sequences_tasks_and_triggers_are_read():
    """Names, properties, waits and selectors arrive as written."""
    found = shipyard.parse(GOOD)
    deployment, evaluation = found.stage("dev").sequence("delivery").tasks
    assert (deployment.executors, deployment.timeout_s, evaluation.triggered_after_s) == (2, 300, 600)
    assert found.stage("prod").sequence("delivery").triggered_on[0].match == {"evaluation.result": "warning"}
    assert found.warnings == ()


def test_every_stage_has_an_evaluation():
    """The sequence `evaluation` need not be written."""
    assert [task.name for task in shipyard.parse(GOOD).stage("prod").sequence("evaluation").tasks] == ["evaluation"]


def test_an_unknown_stage_or_sequence_lists_the_known_ones():
    """A name that is not there is answered with the names that are."""
    found = shipyard.parse(GOOD)
    with pytest.raises(Unknown, match="stages: dev, prod"):
        found.stage("prd")
    with pytest.raises(Unknown, match="sequences: delivery, evaluation"):
        found.stage("dev").sequence("delvery")


@pytest.mark.parametrize("version", ["0.2", "0.2.0", "spec.keptn.sh/0.2.3", "spec.keptn.sh/1.0.0"])
def test_versions_from_0_2_on_are_read(version):
    """There is no upper bound, as there was none in keptn."""
    assert shipyard.parse(GOOD.replace("spec.keptn.sh/0.2.2", version)).stage_names == ["dev", "prod"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("spec.keptn.sh/0.2.2", "spec.keptn.sh/0.1.4", "apiVersion"),
        ("spec.keptn.sh/0.2.2", "spec.keptn.sh/0.2.0-alpha", "apiVersion"),
        ("kind: Shipyard", "knd: Shipyard", "unknown key 'knd'"),
        ("triggeredAfter", "triggerdAfter", "unknown key 'triggerdAfter'"),
        ('"10m"', "tomorrow", "no duration"),
        ("executors: 2", "executors: 0", "above 0"),
        ("dev.delivery.finished", "dev.delivery", "<stage>.<sequence>.finished"),
        ("tasks: [{name: release}]", "tasks: []", "at least one task"),
        ("name: release", "name: a.b", "letters, digits"),
        ("name: release", "name: soak", "needs the property 'duration'"),
        ("match: {evaluation.result: warning}", "match: {score: 5}", "not 'score'"),
        ("match: {evaluation.result: warning}", "if: x", "unknown key 'if'"),
    ],
)
def test_a_mistake_is_told_with_its_line(old, new, words):
    """What keptn's schema rejects is rejected here, and the line is named."""
    with pytest.raises(InvalidFile, match=words) as caught:
        shipyard.parse(GOOD.replace(old, new))
    assert caught.value.line


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("evaluation.result: warning", "result: failed", "never matches"),
        ("evaluation.result: warning", "tst.result: pass", "never matches"),
        ("match: {evaluation.result: warning}", "match: {}", "empty match"),
        ("dev.delivery.finished", "test.delivery.finished", "no stage 'test'"),
        ("dev.delivery.finished", "dev.build.finished", "no sequence 'build'"),
        ("dev.delivery.finished", "dev.build.finished", "nobody reaches its tasks: release"),
    ],
)
def test_what_never_happens_is_a_warning_with_its_line(old, new, words):
    """Keptn accepted it, so it is no error; but it is said."""
    warnings = shipyard.parse(GOOD.replace(old, new)).warnings
    assert any(words in warning and warning.startswith("shipyard.yaml:") for warning in warnings)


def test_sequences_that_start_each_other_are_a_warning():
    """A circle between different sequences is named; a sequence that starts itself is a loop, and meant."""
    circle = HEAD + (
        "  - name: a\n    sequences:\n"
        "    - {name: x, triggeredOn: [{event: a.y.finished}], tasks: [{name: t}]}\n"
        "    - {name: y, triggeredOn: [{event: a.x.finished}], tasks: [{name: t}]}\n"
        "    - {name: z, triggeredOn: [{event: a.z.finished}], tasks: [{name: t}]}\n"
    )
    warnings = shipyard.parse(circle).warnings
    assert [warning for warning in warnings if "circle" in warning] == [
        "shipyard.yaml:8: these sequences start each other in a circle: a.x → a.y → a.x"
    ]

"""Small slips in a file are read as they are meant, and noted with their line."""

import pytest

from keptn import documents, shipyard, validation
from keptn.errors import InvalidFile
from keptn.quality import perfspec, slo

HEAD = "total_score: {pass: 90}\nobjectives:\n- {sli: a, pass: [{criteria: ['<5']}]}\n"


def read(text, kind, file="x.yaml"):
    return documents.read(text, file=file, kind=kind)


@pytest.mark.parametrize(
    ("text", "kind", "data"),
    [
        ('"stages ": [{"name ": dev}]', "shipyard", {"stages": [{"name": "dev"}]}),
        ("stages: [{name: dev, deployment_strategy: DARK}]", "shipyard", {"deployment_strategy": "dark"}),
        ("stages: [{name: dev, evaluation: ' Optional'}]", "shipyard", {"evaluation": "optional"}),
        ("metrics: [{name: m, direction: Increase}]", "judge", {"direction": "increase"}),
        ("checks: [{path: /, method: Post}]", "functional", {"method": "POST"}),
        ("notifications: [{channel: Slack, secret: s, results: [FAIL]}]", "notify", {"results": ["fail"]}),
        ("remediations: [{name: x, actions: [{action: Rollback}]}]", "remediation", {"action": "rollback"}),
    ],
)
def test_what_is_meant_is_read(text, kind, data):
    """Blanks around keys, and other letters of known words, wherever they stand."""
    found = read(text, kind)
    assert str(data).strip("{}") in str(found.data)
    assert found.notes
    assert all(note.startswith("x.yaml:1: ") for note in found.notes)


def test_the_line_of_what_was_renamed_is_kept():
    """A problem below it still points where it is."""
    text = '"stages ":\n- name: dev\n  "deployment_strategy ": darkly\n'
    (problem,) = validation.problems(text, file="shipyard.yaml")
    assert (problem.line, "must be one of" in problem.reason) == (3, True)


@pytest.mark.parametrize(
    "text",
    [
        '"name": dev\n"name ": prod',  # which of them is meant?
        "nam: dev",
        "name: dev\ndescription: {a: b}",
        "name: dev\ncomment: [x]",
    ],
)
def test_what_could_mean_two_things_is_no_slip(text):
    """It is told as before."""
    stage = "\n".join(f"  {line}" for line in text.splitlines())
    assert validation.problems(f"stages:\n-\n{stage}\n", file="shipyard.yaml")


def test_what_belongs_to_others_is_left_as_it_is():
    """Properties, bodies and queries are a team's own, blanks and all."""
    text = 'checks: [{path: /, body: {" a": GET, description: d}, expect: {json: {"b ": 1}}}]'
    (check,) = read(text, "functional").data["checks"]
    assert check["body"] == {" a": "GET", "description": "d"}
    assert check["expect"] == {"json": {"b ": 1}}
    tasks = "[{name: own, properties: {description: d, 'x ': Direct}}]"
    found = read(f"stages: [{{name: dev, deployment_strategy: dark, tasks: {tasks}}}]", "shipyard")
    assert found.data["stages"][0]["tasks"][0]["properties"] == {"description": "d", "x ": "Direct"}
    assert found.notes == ()


def test_every_reader_reads_so():
    """Not only `keptn validate`: what a step gets is the same."""
    assert shipyard.parse('stages: [{"name ": dev, deployment_strategy: Dark}]').stages[0].name == "dev"
    indicator = '{"id": "a", "comment": "c", "metricScore ": 5, "direction": "Decrease"}'
    spec = perfspec.parse(f'{{"indicators": [{indicator}], "objectives": {{"pass ": 5}}}}')
    assert (spec.indicators[0].points, spec.indicators[0].direction, spec.pass_limit) == (5, "decrease", 5)


@pytest.mark.parametrize("order", [HEAD + "- {sli: a}\n", HEAD.replace("- ", "- {sli: a}\n- ", 1)])
def test_an_sli_may_stand_once_more_for_information(order):
    """What sets the limit counts, whichever stands first."""
    (objective,) = slo.parse(order).objectives
    assert objective.counts
    with pytest.raises(InvalidFile, match="is in two objectives"):
        slo.parse(HEAD + "- {sli: a, pass: [{criteria: ['<9']}]}\n")

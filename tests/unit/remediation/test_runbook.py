"""The runbook: both forms, the choice, and what is said about a wrong file."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from keptn.errors import InvalidFile
from keptn.remediation import executors, runbook
from keptn.validation import schemas

HEAD = "apiVersion: spec.keptn.sh/0.1.4\nkind: Remediation\nspec:\n  remediations:\n"
NEW = (
    HEAD
    + """  - problemType: Response time degradation
    actionsOnOpen:
    - {name: Toggle, action: togglefeature, value: {promo: "off"}}
    - {action: rollback}
  - problemType: default
    actionsOnOpen:
    - {name: Escalate, action: escalate}
"""
)
OLD = "remediations:\n- name: cpu_usage\n  actions:\n  - {action: scaling, value: +1}\n"


@pytest.mark.parametrize(
    ("problem", "index", "action"),
    [
        ({"rootCause": "Response time degradation", "problemTitle": "other"}, 0, "togglefeature"),
        ({"problemType": "Response time degradation", "ProblemTitle": "other"}, 1, "rollback"),
        ({"rootCause": "other", "problemTitle": "Response time degradation"}, 0, "togglefeature"),
        ({"ProblemTitle": "response time degradation"}, 0, "escalate"),
        ({}, 0, "escalate"),
        ({"ProblemTitle": "Response time degradation"}, 2, None),
        ({"ProblemTitle": "unheard of"}, 1, None),
    ],
)
def test_root_cause_then_title_then_default(problem, index, action):
    """Exactly and with its capitals; `default` catches the rest; beyond the list there is nothing."""
    chosen = runbook.choose(runbook.parse(NEW), problem, index=index)
    assert (chosen.action.action if chosen.action else None) == action


def test_the_old_form():
    """A list of names, from before 0.1.4."""
    chosen = runbook.choose(runbook.parse(OLD), {"ProblemTitle": "cpu_usage"}, index=0)
    assert (chosen.action.name, chosen.action.value) == ("scaling", 1)
    assert [(e.name, e.options) for e in runbook.executors_of(chosen.action.to_data())] == [("scale", {"more": 1})]


def test_no_match_names_what_there_is():
    """Whoever reads the reason knows how the entries are called."""
    chosen = runbook.choose(runbook.parse(OLD), {"ProblemTitle": "disk", "problemType": "io"}, index=0)
    assert chosen.reason == "no action for problem 'io' / 'disk', and no default; known: 'cpu_usage'"


def test_executors_with_options_travel_in_the_event():
    """What the file says is what the executor of the event reads."""
    text = HEAD + (
        "  - problemType: default\n    actionsOnOpen:\n"
        "    - {action: x, executors: [{name: servicenow, secret: snow}, rollback]}\n"
    )
    action = runbook.choose(runbook.parse(text), {}, index=0).action
    read = runbook.executors_of(action.to_data())
    assert [executor.name for executor in read] == ["rollback", "servicenow"]
    assert read[1].options == {"secret": "snow"}


ENTRY = "  - problemType: default\n    actionsOnOpen:\n"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "r.yaml: is empty"),
        ("a: 1", "r.yaml:1: apiVersion None, kind None: must be apiVersion spec.keptn.sh/0.1.4"),
        ("apiVersion: v1\nkind: Remediation", "r.yaml:1: apiVersion 'v1', kind 'Remediation': must be"),
        ("remediations: []", "r.yaml:1: remediations must list at least one entry"),
        ("remediations:\n- name: x", "r.yaml:2: 'x' needs actions"),
        (HEAD.rstrip(), "r.yaml:4: spec.remediations must list at least one entry"),
        (HEAD + "  - actionsOnOpen: []", "r.yaml:5: an entry needs problemType"),
        (HEAD + ENTRY, "r.yaml:6: 'default' needs actionsOnOpen"),
        (HEAD + ENTRY + "    - name: x", "r.yaml:7: an action needs `action`"),
        (HEAD + ENTRY + "    - action: x\n      executors: rollback", "r.yaml:8: executors must be a list"),
        (
            HEAD + ENTRY + "    - action: x\n      executors:\n      - rolback",
            "r.yaml:9: executor 'rolback' is not known",
        ),
        (HEAD + ENTRY + "    - action: x\n      executors:\n      - {secret: s}", "r.yaml:9: an executor is a name"),
    ],
)
def test_a_wrong_file_names_the_line(text, error):
    """One sentence with file, line and what to do."""
    with pytest.raises(InvalidFile) as caught:
        runbook.parse(text, file="r.yaml")
    assert str(caught.value).startswith(error)


@pytest.mark.parametrize(
    ("executor", "error"),
    [
        ("{name: rollback, secret: s}", "r.yaml:9: there is no option 'secret' of this action; it has none"),
        ("{name: slack, table: t}", "r.yaml:9: there is no option 'table' of this action; options: secret, body"),
        ("{name: teams, secret: [a]}", "r.yaml:9: spec.remediations[0].actionsOnOpen[0].executors[0].secret must"),
        ("{name: webhook, secret: a/b}", "must be the name of a secret with the key url"),
        ("{name: servicenow, table: 'Incident;x'}", "must be the name of a table, such as incident"),
        ("{name: servicenow, fields: urgent}", "fields 'urgent' must be a mapping"),
        ("{name: ticket, fields: {a: '{{ b'}}", "r.yaml:9: the template"),
        ("{name: ticket, fields: {a: b}, body: {}}", "and body exclude each other; keep one"),
        ("{name: webhook, method: GET}", "method 'GET' must be one of POST, PUT, PATCH"),
        ("{name: webhook, over: maybe}", "over 'maybe' must be true or false"),
        ("{name: slack, body: 7}", "body 7 must be a mapping, a list, or a text that is JSON when it is filled"),
        ("{name: servicenow, close: true}", "close True must be a mapping"),
        ("{name: scale}", "r.yaml:9: scale needs one of more, replicas, minReplicas, maxReplicas, as in more: 2"),
        ("{name: scale, more: 0}", "more 0 must be a whole number from 1 to 1000"),
        ("{name: scale, more: 1, replicas: 2}", "replicas 2 and more exclude each other; keep one"),
        ("{name: scale, replicas: 2, for: soon}", "for 'soon' is no duration; write it like 30s, 10m or 1h30m"),
        ("{name: ticket, fields: {a: .nan}}", "must be a number that JSON has"),
    ],
)
def test_a_wrong_option_names_the_line(executor, error):
    """Every action knows its own options."""
    text = f"{HEAD}{ENTRY}    - action: x\n      executors:\n      - {executor}"
    with pytest.raises(InvalidFile) as caught:
        runbook.parse(text, file="r.yaml")
    assert error in str(caught.value)


def test_the_value_of_an_action_that_acts_by_itself_holds_its_options():
    """They are checked as those of an executor are."""
    with pytest.raises(InvalidFile, match=r"r.yaml:8: there is no option 'tabel' of this action"):
        runbook.parse(f"{HEAD}{ENTRY}    - action: servicenow\n      value: {{tabel: x}}", file="r.yaml")


def test_two_executors_of_one_name_are_told_apart():
    """Two chats hear of it, and neither is taken for a repeat of the other."""
    found = runbook.executors_of({"executors": [{"name": "slack", "secret": "a"}, {"name": "slack", "secret": "b"}]})
    assert [(one.key, one.options["secret"]) for one in found] == [("slack", "a"), ("slack-2", "b")]


@pytest.mark.parametrize("name", runbook.BUILT_IN)
def test_every_action_is_one_file_of_its_name(name):
    """It has the two halves of the port, and the schema knows it."""
    action = executors.named(name)
    assert callable(action.check) and callable(action.act)
    assert name in schemas.load("remediation")["$defs"]["executorName"]["enum"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
OPTIONS = (
    "secret",
    "table",
    "fields",
    "close",
    "body",
    "method",
    "over",
    "more",
    "replicas",
    "maxReplicas",
    "for",
    "stays",
)


@settings(deadline=None)
@given(name=st.sampled_from(runbook.BUILT_IN), options=st.dictionaries(st.sampled_from(OPTIONS), ANYTHING, max_size=3))
def test_whatever_stands_for_an_option_is_taken_or_named(name, options):
    """With file and line, never another exception; what is taken travels in events as it was read."""
    action = {"action": "x", "executors": [{"name": name, **options}]}
    entry = {"problemType": "default", "actionsOnOpen": [action]}
    file = {"apiVersion": runbook.API_VERSION, "kind": "Remediation", "spec": {"remediations": [entry]}}
    try:
        (parsed,) = runbook.parse(yaml.safe_dump(file), file="r.yaml")
    except InvalidFile as wrong:
        assert str(wrong).startswith("r.yaml:")
        return
    travelled = json.loads(json.dumps(parsed.actions[0].to_data()))
    assert runbook.executors_of(travelled)[0].options == parsed.actions[0].executors[0].options

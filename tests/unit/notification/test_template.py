"""Templates: filled text by text, with an error for what is not there, and an end to what they may cost."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keptn import events
from keptn.events import Event
from keptn.notification import rendering, template
from keptn.notification.template import BadTemplate

EVENT = Event(
    type="sh.keptn.event.prod.delivery.finished",
    id="e1",
    source="x",
    time=events.utc("2026-01-01T00:00:00Z"),
    context="c1",
    data={"project": "sockshop", "stage": "prod", "service": "carts", "result": "fail", "message": 'p95 is "slow"'},
)
VALUES = template.of_event(EVENT, correlation="k1")


def filled(tree):
    return template.fill(tree, VALUES)


def test_a_text_is_filled_from_the_event():
    """Scope, words, data, the whole event, the correlation id."""
    text = "{{ service }} in {{ stage }}: {{ result }}, {{ data.message }} ({{ event.id }}, {{ context }})"
    assert filled(text) == 'carts in prod: fail, p95 is "slow" (e1, c1)'
    assert filled("{{ correlation_id }}") == "k1"
    assert filled("{{ title }}") == "Delivery of carts in prod failed"


def test_a_key_is_found_whatever_it_is_called():
    """`values` and `items` are keys of events, and methods of mappings where no such key is."""
    known = {"data": {"values": {"image": "carts"}, "items": [1], "d": {"a": 1}}}
    text = "{{ data.values.image }} {{ data.items }} {% for k, v in data.d.items() %}{{ k }}{{ v }}{% endfor %}"
    assert template.fill(text, known) == "carts [1] a1"


def test_a_tree_is_filled_text_by_text():
    """What is filled in stays text, whatever quotes it holds; numbers and keys are left alone."""
    assert filled({"text": "{{ why }}", "n": 7, "list": ["{{ stage }}", None]}) == {
        "text": 'p95 is "slow"',
        "n": 7,
        "list": ["prod", None],
    }


def test_values_that_are_no_text_are_json():
    """A mapping, a number, true; null is nothing."""
    text = "{{ {'a': [1, true]} }} {{ 1.5 }} {{ true }}{{ none }} {{ data.message | tojson }}"
    assert filled(text) == '{"a": [1, true]} 1.5 true "p95 is \\"slow\\""'


def test_a_text_that_is_filled_is_strictly_json():
    with pytest.raises(template.BadTemplate, match=r"what it gives is no JSON \(NaN is no number in JSON\)"):
        template.json_body("[NaN]", {})


def test_what_is_no_template_needs_no_process(monkeypatch):
    """Most texts are what they are."""
    monkeypatch.setattr(template.subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))
    assert filled({"text": "plain {braces}", "more": [1]}) == {"text": "plain {braces}", "more": [1]}


def test_what_is_not_there_may_be_replaced():
    """However deep it was asked for."""
    text = "{{ data.problem.PID | default('none') }}{% if data.problem.PID %} yes{% else %} no{% endif %}"
    assert filled(text) == "none no"


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a\n{{ data.problem.PID }}", "has no attribute 'problem'", 2),
        ("{{ nobody }}", "'nobody' is undefined", 1),
        ("{% if %}", "Expected an expression", 1),
        ("a\n\n{{ 'open }}", "unexpected char", 3),
        ("{{ 1 / 0 }}", "division by zero", 1),
        ("{{ data | nothing }}", "No filter named 'nothing'", 1),
        ("{% include 'x' %}", "no loader", 1),
    ],
)
def test_what_cannot_be_filled_says_why_and_where(text, reason, line):
    """With the way to it in the tree, and the line in that text."""
    with pytest.raises(BadTemplate, match=r"the template a\.1 cannot be filled") as caught:
        filled({"a": ["fine", text]})
    assert reason in caught.value.reason
    assert (caught.value.path, caught.value.line) == (("a", 1), line)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ data.clear() }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ self.__init__.__globals__ }}",
        "{{ range(10**9) | length }}",
    ],
)
def test_a_template_reaches_nothing_of_python(text):
    """Nor does it change what it is given."""
    with pytest.raises(BadTemplate):
        filled(text)
    assert VALUES["data"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 10**10 }}",
        "{{ 10 ** (10 ** 9) }}",
        "{% set a = 'aaaaaaaaaaaaaaaa' %}" + "{% set a = a ~ a %}" * 40 + "{{ a | length }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 'a' | center(10**10) }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% for a in range(9999) %}{{ why }}{{ why }}{{ why }}{% endfor %}",
        "(" * 50000 + "{{" + "(" * 50000 + "1" + ")" * 50000 + "}}",
    ],
)
def test_what_costs_too_much_is_stopped(text):
    """In this process nothing is felt of it."""
    with pytest.raises(BadTemplate):
        filled(text)


def test_a_check_needs_no_values():
    """What is wrong with the text alone; names are looked up when it is filled."""
    template.check({"a": "{{ anything.at_all }}"})
    with pytest.raises(BadTemplate) as caught:
        template.check({"a": "{{ anything. }}"})
    assert caught.value.path == ("a",)


@given(st.text(alphabet="{}%#ab|.()'\"[]- \n=in", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_filled_or_refused(text):
    """A sentence, never a traceback: the process always answers JSON."""
    answer = json.loads(json.dumps(rendering.answer({"templates": text, "values": {"a": 1, "b": "x"}})))
    assert isinstance(answer.get("filled", ""), str)
    assert "filled" in answer or answer["error"]

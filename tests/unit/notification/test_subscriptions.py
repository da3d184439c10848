"""Who hears what, and what is said about a wrong `notify.yaml`."""

from pathlib import Path

import pytest

from keptn import shipyard
from keptn.errors import InvalidFile
from keptn.events import Event, Phase, parse_type, utc
from keptn.local import wiring
from keptn.notification import subscriptions


def event(kind: str, **data) -> Event:
    return Event(type=f"sh.keptn.event.{kind}", id="i", source="s", time=utc("2026-01-01T00:00:00Z"), data=data)


def one(text: str) -> subscriptions.Subscription:
    return subscriptions.parse(f"notifications:\n- {{channel: slack, secret: chat, {text}}}\n").subscriptions[0]


@pytest.mark.parametrize(
    ("pattern", "kind", "heard"),
    [
        ("*.delivery.finished", "prod.delivery.finished", True),
        ("sh.keptn.event.*.delivery.finished", "prod.delivery.finished", True),
        ("*.delivery.finished", "deployment.finished", False),
        ("approval.triggered", "approval.triggered", True),
        ("approval.triggered", "prod.approval.triggered", False),
        ("prod.>", "prod.delivery.finished", True),
        ("prod.>", "production.delivery.finished", False),
        ("te*t.finished", "test.finished", False),
        (">", "test.finished", True),
    ],
)
def test_patterns(pattern, kind, heard):
    """`*` is one whole part, `>` the rest; the prefix may be left out."""
    assert subscriptions.matches(pattern, f"sh.keptn.event.{kind}") is heard


def test_timers_are_nobody_s_business():
    """Only keptn's events are told, not its inner wake-up calls."""
    assert not subscriptions.matches(">", "sh.keptn.timer.deploy.due")


@pytest.mark.parametrize(
    ("filters", "data", "heard"),
    [
        ("results: [fail]", {"result": "pass"}, False),
        ("results: [fail, warning]", {"result": "warning"}, True),
        ("results: fail", {}, True),
        ("stages: [prod]", {"stage": "dev"}, False),
        ("services: [carts]", {"stage": "dev", "service": "carts"}, True),
    ],
)
def test_filters(filters, data, heard):
    """A filter on what the event does not have lets it through: a problem has no result yet."""
    assert one(f'events: [">"], {filters}').wants(event("prod.delivery.finished", **data)) is heard


def test_people_hear_ends_problems_and_what_waits_for_them():
    """Without `events` a chat is not flooded."""
    chat = one("name: ops")
    heard = ("prod.delivery.finished", "prod.remediation.triggered", "approval.triggered")
    assert all(chat.wants(event(kind)) for kind in heard)
    assert not chat.wants(event("test.finished"))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "notify.yaml: is empty"),
        ("notifications: {}", "notify.yaml:1: must have `notifications`"),
        ("notifications:\n- slack", "notify.yaml:2: a notification is a mapping"),
        (
            "notifications:\n- channel: irc\n  secret: s",
            "notify.yaml:2: channel 'irc' is not known; known: slack, teams",
        ),
        ("notifications:\n- channel: slack", "notify.yaml:2: secret None must be the name of a secret"),
        (
            "notifications:\n- {channel: slack, secret: 'https://x'}",
            "notify.yaml:2: secret 'https://x' must be the name",
        ),
        ("notifications:\n- {channel: slack, url: x}", "notify.yaml:2: 'url' is not known here; the URL belongs into"),
        ("notifications:\n- {channel: slack, secret: s, results: [bad]}", "notify.yaml:2: result 'bad' is none of"),
        ("notifications:\n- {channel: slack, secret: s, events: [a b]}", "notify.yaml:2: 'a b' is no pattern"),
        ("notifications:\n- {channel: slack, secret: s, events: ['>.x']}", "notify.yaml:2: '>.x' is no pattern"),
        ("notifications:\n- {channel: slack, secret: s, stages: 7}", "notify.yaml:2: stages must be a list"),
        (
            "notifications:\n- {channel: cdevents, secret: s, body: {}}",
            "notify.yaml:2: what cdevents posts is CDEvents",
        ),
        (
            "notifications:\n- {channel: slack, secret: s, body: 7}",
            "notify.yaml:2: body must be a mapping, a list or a text",
        ),
        (
            "notifications:\n- channel: slack\n  secret: s\n  body:\n    a: [1, .inf]",
            "notify.yaml:5: notifications[0].body.a[1] inf must be a number that JSON has",
        ),
        (
            "notifications:\n- channel: slack\n  secret: s\n  body:\n    a: [x, '{{ a']",
            "notify.yaml:5: the template 0.body.a.1 cannot be filled, line 1: unexpected end of template",
        ),
        (
            "notifications:\n- {channel: slack, secret: s}\n- {channel: slack, secret: s}",
            "notify.yaml:3: the name 'slack s' stands twice",
        ),
    ],
)
def test_a_wrong_file_names_the_line(text, error):
    """One sentence with file, line and what to do."""
    with pytest.raises(InvalidFile) as caught:
        subscriptions.parse(text)
    assert str(caught.value).startswith(error)


@pytest.mark.parametrize(
    ("pattern", "heard"),
    [
        (">", True),
        ("*", False),
        ("*.*", True),
        ("*.*.*", True),
        ("*.*.*.*", False),
        ("prod.>", True),
        ("prod.delivery.>", True),
        ("a.b.c.>", False),
        ("test.finished", True),
        ("*.finished", True),
        ("test.triggered", False),
        ("*.triggered", True),
        ("approval.triggered", True),
        ("prod.approval.triggered", True),
        ("*.remediation.triggered", True),
        ("test.started", False),
        ("*.*.started", False),
        ("test.status.changed", False),
        ("evaluation.invalidated", False),
        ("sh.keptn.event.test.started", False),
        ("finished", False),
    ],
)
def test_a_pattern_that_never_comes_is_a_warning(pattern, heard):
    """`notify` hears ends, beginnings of sequences, and approvals; whoever waits for more is told so."""
    text = f"notifications:\n- channel: slack\n  secret: chat\n  events:\n  - '{pattern}'\n"
    told = subscriptions.parse(text).warnings
    assert (told == []) is heard
    assert all(one.startswith(f"notify.yaml:4: '{pattern}' never comes; told are all .finished") for one in told)


@pytest.mark.parametrize(
    "kind",
    [f"{name}.{phase}" for name in ("prod.delivery", "test", "approval", "project.create") for phase in Phase],
)
def test_what_is_called_heard_is_what_the_trigger_lets_through(kind):
    """The warning and the Trigger's filter in `knative/` agree on every type, as a pattern of its own."""
    trigger = wiring.read([Path("knative/base")]).triggers["notify"]
    parts = parse_type(f"sh.keptn.event.{kind}")
    stamp = {} if parts.stage else {"keptntask": "true"}
    assert trigger.matches({"type": f"sh.keptn.event.{kind}", **stamp}) is subscriptions.can_be_heard(kind)


def test_names_that_the_project_does_not_have_are_warnings():
    """With file, line, and what there is; services only where they are known."""
    text = "notifications:\n- channel: slack\n  secret: chat\n  stages: [prd, dev]\n  services: [cart]\n"
    file = subscriptions.parse(text)
    assert file.strangers(shipyard_of("dev", "prod"), services=[]) == [
        "notify.yaml:4: the project has no stage 'prd'; stages: dev, prod",
        "notify.yaml:5: the project has no service 'cart'; services: none yet",
    ]
    assert len(file.strangers(shipyard_of("dev", "prod"))) == 1
    assert not file.strangers(shipyard_of("dev", "prd"), services=["cart"])


def shipyard_of(*stages):
    return shipyard.parse("stages:\n" + "".join(f"- {{name: {name}, deployment_strategy: dark}}\n" for name in stages))


@pytest.mark.parametrize(
    ("pattern", "missing"),
    [
        ("prd.delivery.finished", "stage 'prd'; stages: dev, prod"),
        ("*.delivry.finished", "sequence 'delivry'; sequences: delivery, evaluation, remediation, remediation-end, "),
        ("dev.smoke.triggered", "sequence 'smoke'"),
        (
            "deploymet.finished",
            "task 'deploymet'; tasks: action, deployment, evaluation, get-action, release, rollback",
        ),
        ("*.*.finished", ""),
        ("prod.evaluation.triggered", ""),
        ("evaluation.finished", ""),
        ("sh.keptn.event.dev.delivery.>", ""),
        ("project.create.finished", ""),
        (">", ""),
    ],
)
def test_patterns_of_what_the_project_does_not_have_are_warnings(pattern, missing):
    """A stage, sequence or task that no event of this project can name."""
    file = subscriptions.parse(f"notifications: [{{channel: slack, secret: s, events: ['{pattern}']}}]")
    found = file.strangers(shipyard_of("dev", "prod"))
    assert len(found) == bool(missing)
    assert all(f"notify.yaml:1: '{pattern}': the project has no {missing}" in one for one in found), found

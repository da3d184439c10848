"""Who hears what, and what is said about a wrong `notify.yaml`."""

import pytest

from keptn.errors import InvalidFile
from keptn.events import Event, utc
from keptn.notification import subscriptions


def event(kind: str, **data) -> Event:
    return Event(type=f"sh.keptn.event.{kind}", id="i", source="s", time=utc("2026-01-01T00:00:00Z"), data=data)


def one(text: str) -> subscriptions.Subscription:
    return subscriptions.parse(f"notifications:\n- {{channel: slack, secret: chat, {text}}}\n")[0]


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
        ("", "notify.yaml: must have `notifications`"),
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

"""What people read."""

import pytest

from keptn.events import Event, utc
from keptn.notification import channels, message

DELIVERED = {
    "project": "sockshop",
    "stage": "prod",
    "service": "carts",
    "configurationChange": {"values": {"image": "127.0.0.1:5000/sockshop/carts:0.2"}},
}
PROBLEM = {"problem": {"ProblemTitle": "conversions", "details": "orders fail"}}
AUTOMATIC = {"pass": "automatic", "warning": "manual"}


def event(kind: str, **data) -> Event:
    time = utc("2026-01-01T00:00:00Z")
    return Event(type=f"sh.keptn.event.{kind}", id="i", source="s", time=time, context="c", data={**DELIVERED, **data})


@pytest.mark.parametrize(
    ("kind", "data", "title"),
    [
        ("prod.delivery.triggered", {}, "Delivery of carts:0.2 in prod begins"),
        ("prod.delivery.finished", {"result": "pass"}, "Delivery of carts:0.2 in prod passed"),
        ("prod.delivery.finished", {"result": "warning"}, "Delivery of carts:0.2 in prod passed with a warning"),
        ("prod.delivery.finished", {"result": "fail"}, "Delivery of carts:0.2 in prod failed"),
        (
            "prod.delivery.finished",
            {"result": "fail", "status": "errored"},
            "Delivery of carts:0.2 in prod could not be carried out",
        ),
        (
            "prod.delivery.finished",
            {"result": "pass", "status": "aborted"},
            "Delivery of carts:0.2 in prod was aborted",
        ),
        (
            "evaluation.finished",
            {"result": "fail", "evaluation": {"score": 40.0}},
            "Evaluation of carts:0.2 in prod failed with a score of 40",
        ),
        ("prod.remediation.triggered", PROBLEM, "Problem with carts in prod: conversions"),
        ("approval.triggered", {}, "carts:0.2 waits for approval before it goes to prod"),
        (
            "approval.triggered",
            {"approval": AUTOMATIC, "result": "warning"},
            "carts:0.2 waits for approval before it goes to prod",
        ),
        (
            "approval.triggered",
            {"approval": AUTOMATIC, "result": "pass"},
            "carts:0.2 goes to prod without being asked about: pass is approved automatically",
        ),
        ("test.started", {}, "Test of carts:0.2 in prod is under way"),
        ("project.create.finished", {"result": "pass"}, "Creating project sockshop passed"),
        ("prod.custom.finished", {"result": "odd"}, "Custom of carts:0.2 in prod ended"),
        ("monitoring", {}, "sh.keptn.event.monitoring in sockshop"),
    ],
)
def test_titles(kind, data, title):
    """One line says what happened to what, where."""
    assert message.title(event(kind, **data)) == title


def test_why_and_what_next():
    """The reason of the task, or the problem's details, and a command to go on with."""
    told = message.compose(event("prod.remediation.triggered", **PROBLEM))
    assert (told.why, told.next_step) == ("orders fail", "To follow it: keptn status c")
    told = message.compose(event("prod.delivery.finished", result="fail", message="p95 is 900 ms"))
    assert (told.why, told.where, told.result) == ("p95 is 900 ms", "sockshop/prod/carts", "fail")


def test_an_approval_says_how_to_decide():
    """The command is complete."""
    assert message.compose(event("approval.triggered")).next_step == (
        "To decide: keptn send event approval.finished --project=sockshop --stage=prod --service=carts --id=i"
    )
    nobody_decides = message.compose(event("approval.triggered", approval=AUTOMATIC, result="pass"))
    assert nobody_decides.next_step == "To follow it: keptn status c"


def test_slack_shape():
    """Header, reason, footer; special characters do not become markup; the correlation id is in the body."""
    failed = event("prod.delivery.finished", result="fail", message="a < b & c")
    (posting,) = channels.postings(failed, channel="slack", correlation="k1")
    header, section, footer = posting.body["blocks"]
    assert header["text"] == {"type": "plain_text", "text": "❌ Delivery of carts:0.2 in prod failed", "emoji": True}
    assert section["text"] == {"type": "mrkdwn", "text": "a &lt; b &amp; c"}
    assert footer["block_id"] == "k1"
    assert "a &lt; b" in posting.body["text"]


def test_long_reasons_fit_into_slack():
    """Slack refuses what is too long; it is cut instead."""
    (posting,) = channels.postings(event("test.finished", message="x" * 9000), channel="slack", correlation="k")
    assert len(posting.body["blocks"][1]["text"]["text"]) == 3000


def test_teams_shape():
    """An Adaptive Card whose first block carries the correlation id."""
    (posting,) = channels.postings(event("prod.delivery.finished", result="pass"), channel="teams", correlation="k1")
    card = posting.body["attachments"][0]["content"]
    assert (posting.body["type"], card["type"], card["body"][0]["id"]) == ("message", "AdaptiveCard", "k1")


def test_every_channel_is_known_to_both_sides():
    """What `notify.yaml` accepts is what can be posted."""
    from keptn.notification import subscriptions

    assert (
        set(channels.CHANNELS) | set(channels.WITH_BUTTONS)
        == set(subscriptions.CHANNELS)
        == set(subscriptions.DEFAULT_EVENTS)
    )


LINKS = {"pass": "https://k.example/p", "fail": "https://k.example/f"}


def test_slack_s_buttons_are_links():
    """One per verdict; without links there are none, and no empty block, which Slack refuses."""
    asked = event("approval.triggered")
    (posting,) = channels.postings(asked, channel="slack", correlation="k", links=LINKS)
    (actions,) = [block for block in posting.body["blocks"] if block["type"] == "actions"]
    assert [(one["text"]["text"], one["url"], one["style"]) for one in actions["elements"]] == [
        ("Approve", "https://k.example/p", "primary"),
        ("Decline", "https://k.example/f", "danger"),
    ]
    (posting,) = channels.postings(asked, channel="slack", correlation="k")
    assert "actions" not in [block["type"] for block in posting.body["blocks"]]


def test_teams_buttons_are_links():
    """Actions of the card."""
    (posting,) = channels.postings(event("approval.triggered"), channel="teams", correlation="k", links=LINKS)
    card = posting.body["attachments"][0]["content"]
    assert [(one["type"], one["title"], one["url"]) for one in card["actions"]] == [
        ("Action.OpenUrl", "Approve", "https://k.example/p"),
        ("Action.OpenUrl", "Decline", "https://k.example/f"),
    ]
    (posting,) = channels.postings(event("approval.triggered"), channel="teams", correlation="k")
    assert "actions" not in posting.body["attachments"][0]["content"]

"""What a commit in the config repository says."""

from datetime import UTC, datetime

from keptn.deployment import trailers
from keptn.events import Event

EVENT = Event(
    type="t",
    id="e1",
    source="s",
    time=datetime(2026, 1, 1, tzinfo=UTC),
    data={"project": "sockshop", "stage": "dev", "service": "carts"},
    context="c1",
    epoch=7,
)


def test_a_commit_says_which_delivery_and_event_caused_it() -> None:
    """`git log` alone explains what ran where and why."""
    text = trailers.commit_message("deploy carts", event=EVENT, artifact="carts:0.1@sha256:a")
    assert text.splitlines()[:2] == ["deploy carts", ""]
    assert trailers.read(text) == {
        "Keptn-Delivery": "c1",
        "Keptn-Event": "e1",
        "Keptn-Artifact": "carts:0.1@sha256:a",
        "Keptn-Epoch": "7",
        "Keptn-Stage": "dev",
        "Keptn-Service": "carts",
    }


def test_an_attribute_cannot_forge_a_trailer() -> None:
    """A line break in a value stays inside its line."""
    text = trailers.commit_message("x", event=EVENT, artifact="a\nKeptn-Epoch: 99")
    assert trailers.read(text)["Keptn-Epoch"] == "7"

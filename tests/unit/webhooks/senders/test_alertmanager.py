"""Alertmanager's notifications."""

import json
from pathlib import Path

import pytest

from keptn.errors import Undecodable
from keptn.webhooks.senders import monitors
from keptn.webhooks.senders.monitors import Problem
from keptn.webhooks.senders.registries import Ignored

PAYLOADS = Path(__file__).parents[3] / "payloads/alert"


def payload(name="firing", **alert):
    body = json.loads((PAYLOADS / f"alertmanager_v4_{name}_group.json").read_bytes())
    body["alerts"][0].update(alert)
    return body


def read(body):
    return monitors.read(body, {})


def test_a_group_of_alerts_is_a_problem_each():
    """Each alert of a group is one problem with the slot of its labels."""
    first, second = read(payload())
    assert isinstance(first, Problem)
    assert first.labels["stage"] == "production"
    assert (first.title, first.is_open) == ("ResponseTimeP95", True)
    assert first.details["annotations"]["summary"] == "p95 > 800ms"
    assert second.title == "ErrorRate"


def test_what_fires_for_every_pod_is_one_problem():
    """The same rule since the same moment is the same problem, whatever else its labels say."""
    first, second = read(payload())
    labels = {**payload()["alerts"][0]["labels"], "pod": "carts-7"}
    again = read(payload(labels=labels, fingerprint=None))[0]
    assert again.id == first.id != second.id


def test_a_problem_is_known_by_rule_and_start():
    """A repetition and the resolution carry the id of the opening; a later alert of the same rule does not."""
    opened, resolved = read(payload())[0], read(payload("resolved"))[0]
    again = read(payload(startsAt="2026-11-24T09:20:00.000Z"))[0]
    assert opened.id == resolved.id
    assert not resolved.is_open
    assert again.id != opened.id


@pytest.mark.parametrize(
    ("alert", "why"),
    [
        ({"labels": None}, "labels lack alertname"),
        ({"startsAt": "yesterday"}, "startsAt 'yesterday' is no RFC 3339 time"),
        ({"startsAt": None}, "startsAt 'None' is no RFC 3339 time"),
    ],
)
def test_an_alert_without_slot_or_identity_is_ignored(alert, why):
    """What cannot be assigned to a service, or recognised again, starts nothing and says why."""
    entry = read(payload(**alert))[0]
    assert isinstance(entry, Ignored)
    assert why in entry.why


def test_an_alert_may_name_the_digest_and_type():
    """The labels digest and problem_type travel with the problem."""
    labels = {**payload()["alerts"][0]["labels"], "digest": "sha256:aa", "problem_type": "conversion"}
    problem = read(payload(labels=labels))[0]
    assert (problem.digest, problem.type) == ("sha256:aa", "conversion")


def test_another_version_is_one_sentence():
    """A body of no known monitor names the known ones."""
    with pytest.raises(Undecodable, match="known monitor \\(Alertmanager, Grafana"):
        read({"version": "3", "alerts": []})

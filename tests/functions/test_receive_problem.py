"""`receive_problem`: monitors' notifications."""

import json
from pathlib import Path

import pytest

PAYLOADS = Path(__file__).parents[1] / "payloads/alert"


def post(world, name="firing", *, token="trouble", **labels):
    body = json.loads((PAYLOADS / f"alertmanager_v4_{name}_group.json").read_bytes())
    for alert in body["alerts"]:
        alert["labels"].update(labels)
    return world.client("receive_problem").post("/", json=body, headers={"x-token": token})


def test_a_firing_alert_starts_a_remediation(world):
    """Each firing alert starts the remediation of its stage; `production` means `prod` where that is the only match."""
    response = post(world, digest="sha256:aa")
    assert response.status_code == 202
    first, second = world.sink.events
    assert first.type == second.type == "sh.keptn.event.prod.remediation.triggered"
    assert first.data["stage"] == "prod"
    problem = first.data["problem"]
    assert problem["ProblemTitle"] == problem["problemType"] == "ResponseTimeP95"
    assert (problem["PID"], problem["State"], problem["digest"]) == ("c865101431e248f9", "OPEN", "sha256:aa")
    assert problem["startsAt"] == "2026-11-23T09:20:00.000000Z"
    assert problem["labels"]["stage"] == "production"
    assert second.context != first.context


def test_an_alert_sent_again_is_the_same_remediation(world):
    """Alertmanager repeats what still fires: same ids."""
    post(world)
    post(world)
    ids = [event.id for event in world.sink.events]
    assert ids[:2] == ids[2:]


def test_a_resolved_alert_is_recorded_only(world):
    """The end of a problem belongs to the context of its opening and starts nothing."""
    post(world)
    response = post(world, "resolved")
    opened, _, resolved, _ = world.sink.events
    assert resolved.type == "sh.keptn.event.problem.resolved"
    assert (resolved.context, resolved.data["problem"]["State"]) == (opened.context, "RESOLVED")
    assert response.json["accepted"][0]["state"] == "RESOLVED"


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({"project": "sickshop"}, "sickshop"),
        ({"stage": "prd"}, "stage 'prd' is not in shipyard sockshop; stages: dev, staging, prod"),
        ({"service": "orders"}, "service 'orders' is not in stage prod of sockshop"),
        ({"service": ""}, "its labels lack service"),
    ],
)
def test_a_problem_of_something_unknown_is_ignored(world, labels, why):
    """What names no slot of ours starts nothing; the answer says why and is not one to send again."""
    response = post(world, **labels)
    assert response.status_code == 202
    assert why in response.json["ignored"][0]["why"]
    assert not world.sink.events


def test_a_projects_token_is_for_that_project_only(world):
    """A monitor with the token of one project may not repair another."""
    world.with_sockshop("other")
    assert post(world, token="sockshop.trouble").json["accepted"]
    world.sink.events.clear()
    response = post(world, token="sockshop.trouble", project="other")
    assert "the token is not that of project other" in response.json["ignored"][0]["why"]
    assert not world.sink.events


@pytest.mark.parametrize(("token", "said"), [("", "a token is missing"), ("everywhere", "the token is wrong")])
def test_a_wrong_token_is_refused(world, token, said):
    """Only the token of hook-problems opens this door."""
    response = post(world, token=token)
    assert response.status_code == 401
    assert said in response.json["error"]

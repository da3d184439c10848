"""`receive_problem`: monitors' notifications."""

import json
from pathlib import Path

import pytest

PAYLOADS = Path(__file__).parents[1] / "payloads/alert"


DIGEST = "sha256:" + "a" * 64


def body(name="firing", **labels):
    found = json.loads((PAYLOADS / f"alertmanager_v4_{name}_group.json").read_bytes())
    for alert in found["alerts"]:
        alert["labels"].update(labels)
    return found


def send(world, told, *, token="trouble"):
    return world.client("receive_problem").post("/", json=told, headers={"x-token": token})


def post(world, name="firing", *, token="trouble", **labels):
    return send(world, body(name, **labels), token=token)


def storm(count, **alert):
    """Many pods of one service, each with an alert of its own."""
    labels = {"alertname": "Slow", "project": "sockshop", "stage": "prod", "service": "carts"}
    fields = {"status": "firing", "annotations": {}, "startsAt": "2026-11-27T10:00:00Z", **alert}
    alerts = [{**fields, "labels": {**labels, "pod": f"pod-{n}"}, "fingerprint": f"{n:016x}"} for n in range(count)]
    return {"version": "4", "status": "firing", "alerts": alerts}


def test_firing_alerts_of_a_service_start_one_remediation(world):
    """The worst and oldest leads, all are listed; `production` means `prod` where that is the only match."""
    response = post(world, digest=DIGEST)
    assert response.status_code == 202
    (event,) = world.sink.events
    assert event.type == "sh.keptn.event.prod.remediation.triggered"
    assert event.data["stage"] == "prod"
    assert event.root_time == event.time
    problem = event.data["problem"]
    assert problem["ProblemTitle"] == problem["problemType"] == "ResponseTimeP95"
    assert (problem["State"], problem["digest"]) == ("OPEN", DIGEST)
    assert problem["startsAt"] == "2026-11-23T09:20:00.000000Z"
    assert problem["labels"]["stage"] == "production"
    assert [told["ProblemTitle"] for told in event.data["problems"]] == ["ResponseTimeP95", "ErrorRate"]
    (accepted,) = response.json["accepted"]
    assert [told["problem"] for told in accepted["problems"]] == ["ResponseTimeP95", "ErrorRate"]


def test_an_alert_sent_again_is_the_same_remediation(world):
    """Alertmanager repeats what still fires, in any order: same ids."""
    told = body()
    send(world, told)
    told["alerts"].reverse()
    send(world, told)
    first, again = world.sink.events
    assert (first.id, first.context, first.data["problem"]) == (again.id, again.context, again.data["problem"])


def test_a_storm_is_one_event(world):
    """Five hundred pods that report one problem report one problem; what came of each alert is in the answer."""
    response = send(world, storm(500))
    (event,) = world.sink.events
    assert [(told["ProblemTitle"], told["alerts"]) for told in event.data["problems"]] == [("Slow", 500)]
    assert response.json["accepted"][0]["problems"] == [{"problem": "Slow", "state": "OPEN", "alerts": 500}]
    send(world, storm(499))
    assert world.sink.events[1].id == event.id


def test_many_problems_are_one_event_that_fits(world):
    """However much a monitor says, the event fits into a slot; what is not listed is counted."""
    told = storm(100)
    for number, alert in enumerate(told["alerts"]):
        alert["labels"] |= {"alertname": f"Slow{number:03d}", "long": "ä" * 1000, "longer": "x" * 5000}
    told["alerts"][0]["annotations"] = {f"text{n}": "ä" * 2000 for n in range(50)}
    response = send(world, told)
    (event,) = world.sink.events
    listed = event.data["problems"]
    assert len(json.dumps(event.data)) < 36 * 1024
    assert event.data["problem"]["ProblemTitle"] == listed[0]["ProblemTitle"] == "Slow000"
    assert len(listed) >= 10
    assert len(listed) + event.data["problemsMore"] == 100
    assert response.json["accepted"][0]["problemsMore"] == 50


def test_what_still_fires_goes_before_what_is_over(world):
    """A group in which one alert has resolved is an open problem; the other is listed as over."""
    told = body()
    told["alerts"][0]["status"] = "resolved"
    send(world, told)
    (event,) = world.sink.events
    assert event.type.endswith("remediation.triggered")
    assert [(p["ProblemTitle"], p["State"]) for p in event.data["problems"]] == [
        ("ErrorRate", "OPEN"),
        ("ResponseTimeP95", "RESOLVED"),
    ]


def test_severity_goes_before_age(world):
    """The label `severity` decides which problem the runbook is asked about."""
    told = body()
    told["alerts"][0]["labels"]["severity"] = "warning"
    send(world, told)
    assert world.sink.events[0].data["problem"]["ProblemTitle"] == "ErrorRate"


def test_a_resolved_group_starts_nothing(world):
    """The end of a problem belongs to the context of its opening and starts nothing."""
    post(world)
    response = post(world, "resolved")
    opened, resolved = world.sink.events
    assert resolved.type == "sh.keptn.event.problem.resolved"
    assert (resolved.context, resolved.data["problem"]["State"]) == (opened.context, "RESOLVED")
    assert response.json["accepted"][0]["state"] == "RESOLVED"


def test_each_service_has_its_event(world):
    """A body about two services is two events."""
    world.with_sockshop("other")
    told = body()
    told["alerts"][1]["labels"]["project"] = "other"
    assert len(send(world, told).json["accepted"]) == 2
    assert [event.scope.project for event in world.sink.events] == ["sockshop", "other"]


def test_an_answer_stays_small(world):
    """What is ignored is told up to a hundred entries, and counted."""
    told = storm(300)
    for alert in told["alerts"]:
        alert["labels"]["service"] = "orders"
    answer = send(world, told).json
    assert (len(answer["ignored"]), answer["ignoredMore"]) == (100, 200)


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({"project": "sickshop"}, "sickshop"),
        ({"stage": "prd"}, "stage 'prd' is not in shipyard sockshop; stages: dev, staging, prod"),
        ({"service": "orders"}, "service 'orders' is not in stage prod of sockshop"),
        ({"service": ""}, "its labels lack service"),
        ({"digest": "../x"}, "its label digest: '../x' is no digest"),
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

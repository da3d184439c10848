"""`receive_problem`: every monitor that is known, from its documented body to the event, and what is wrong with it."""

import base64
import copy
import hashlib
import hmac
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PAYLOADS = Path(__file__).parents[1] / "payloads/alert"
TOKEN = "sockshop.trouble"
SLOT = "project=sockshop&stage=prod"
TAGS = "keptn_project:sockshop,keptn_stage:prod,keptn_service:carts"
CDEVENT = "cdevents_incident_detected"
GCM = "google_cloud_monitoring_open"


def payload(file, *changes):
    """changes: pairs of the keys that lead there, with dots, and the value."""
    body = json.loads((PAYLOADS / f"{file}.json").read_bytes())
    for keys, value in changes:
        *parents, last = keys.split(".")
        at = body
        for key in parents:
            at = at[int(key) if isinstance(at, list) else key]
        at[last] = value
    return body


SENDERS = {
    "alertmanager": (
        "",
        payload("alertmanager_v4_firing_group"),
        [("alerts.0.status", "resolved"), ("alerts.1.status", "resolved")],
    ),
    "grafana": (SLOT, payload("grafana_alerting"), [("alerts.0.status", "resolved")]),
    "dynatrace": ("", payload("dynatrace_problem_open"), [("State", "RESOLVED")]),
    "keptn-problem": (SLOT, payload("keptn_0_2_problem_event"), [("data.State", "RESOLVED")]),
    "incident": ("", payload(CDEVENT), [("context.type", "dev.cdevents.incident.resolved.0.3.0")]),
    "datadog": ("", payload("datadog_webhook", ("tags", TAGS)), [("alert_transition", "Recovered")]),
    "pagerduty": (SLOT, payload("pagerduty_v3_incident_triggered"), [("event.event_type", "incident.resolved")]),
    "google-cloud-monitoring": ("", payload(GCM), [("incident.state", "closed")]),
}
"""By the name in the URL: the query that it needs, its documented body, and what is different when all is over."""
BY_SHAPE = ("alertmanager", "grafana", "dynatrace", "keptn-problem", "incident")


def changed(body, changes):
    found = copy.deepcopy(body)
    for keys, value in changes:
        *parents, last = keys.split(".")
        at = found
        for key in parents:
            at = at[int(key) if isinstance(at, list) else key]
        at[last] = value
    return found


def signed(raw, *, key="trouble"):
    return {"x-pagerduty-signature": f"v1=00,v1={hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()}"}


def send(world, name, body, *, query="", headers=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    if headers is None:
        headers = signed(raw) if name == "pagerduty" else {"authorization": f"Bearer {TOKEN}"}
    given_headers = {"content-type": "application/json", **headers}
    return world.client("receive_problem").post(f"/{name}?{query}", data=raw, headers=given_headers)


@pytest.mark.parametrize("name", SENDERS)
def test_a_problem_starts_one_remediation_and_its_end_belongs_to_it(world, name):
    """The documented body, twice, is one event; what says that it is over is told in the same context."""
    query, body, over = SENDERS[name]
    for told in (body, body, changed(body, over)):
        response = send(world, name, told, query=query)
        assert response.status_code == 202 and response.json["accepted"], response.json
    opened, again, resolved = world.sink.events
    assert opened.type == "sh.keptn.event.prod.remediation.triggered"
    assert str(opened.scope) == "sockshop/prod/carts"
    assert (opened.id, opened.context, opened.data) == (again.id, again.context, again.data)
    assert (resolved.type, resolved.context) == ("sh.keptn.event.problem.resolved", opened.context)
    start = [event.data["problem"].get("startsAt") for event in (opened, resolved)]
    assert start[0] == start[1] and opened.data["problem"]["PID"] == resolved.data["problem"]["PID"]


@pytest.mark.parametrize("name", BY_SHAPE)
def test_a_known_shape_needs_no_name_in_the_url(world, name):
    """It is the same event."""
    query, body, _ = SENDERS[name]
    send(world, name, body, query=query)
    send(world, "", body, query=query)
    first, second = world.sink.events
    assert first.id == second.id


@pytest.mark.parametrize("name", SENDERS)
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer sockshop.wrong"}, signed(b"another", key="x")])
def test_a_wrong_or_missing_token_or_signature_is_refused(world, name, headers):
    """401 with a sentence, and nothing starts."""
    query, body, _ = SENDERS[name]
    response = send(world, name, body, query=query, headers=headers)
    assert response.status_code == 401
    assert response.json["error"].split()
    assert not world.sink.events


@pytest.mark.parametrize("name", SENDERS)
def test_ten_megabytes_are_refused(world, name):
    """413, before anything is parsed."""
    assert send(world, name, b'{"a": "' + b"x" * 10_000_000 + b'"}').status_code == 413


def test_pagerduty_must_sign(world):
    """A token is no signature, and a body that was changed has another."""
    query, body, _ = SENDERS["pagerduty"]
    assert send(world, "pagerduty", body, query=query, headers={"authorization": "Bearer trouble"}).status_code == 401
    assert (
        send(world, "pagerduty", body, query=query, headers=signed(json.dumps(body).encode() + b" ")).status_code == 401
    )


@pytest.mark.parametrize("name", ["grafana", ""])
def test_grafana_may_sign(world, name):
    """The body, or time and body; a wrong signature is not made good by a token."""
    query, body, _ = SENDERS["grafana"]
    raw, now = json.dumps(body).encode(), str(int(world.context.clock.now().timestamp()))

    def posted(message, **more):
        signature = hmac.new(TOKEN.encode(), message, hashlib.sha256).hexdigest()
        headers = {"x-grafana-alerting-signature": signature, **more}
        return send(world, name, raw, query=f"{query}&hook=sockshop", headers=headers).status_code

    time = {"x-grafana-alerting-timestamp": now}
    assert posted(raw) == 202
    assert posted(f"{now}:".encode() + raw, **time) == 202
    assert posted(raw, **time) == 401
    assert posted(b"0:" + raw, **{"x-grafana-alerting-timestamp": "0"}) == 401
    assert posted(raw + b" ", authorization=f"Bearer {TOKEN}") == 401


def test_a_password_is_a_token(world):
    """Basic authentication, which every monitor can do."""
    _, body, _ = SENDERS["google-cloud-monitoring"]
    basic = "Basic " + base64.b64encode(f"keptn:{TOKEN}".encode()).decode()
    assert send(world, "google-cloud-monitoring", body, headers={"authorization": basic}).status_code == 202


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("dynatrace", [("PID", "99999")]),
        ("grafana", [("alerts.0.labels", {"alertname": "TestAlert", "instance": "Grafana", "service": "carts"})]),
        ("datadog", [("title", "[TEST] [Triggered] p95 latency")]),
        ("google-cloud-monitoring", [("version", "test")]),
    ],
)
def test_a_test_notification_repairs_nothing(world, name, changes):
    """Whatever it is about; its answer says that keptn hears."""
    query, body, _ = SENDERS[name]
    response = send(world, name, changed(body, changes), query=query)
    assert response.status_code == 202
    assert "test notification" in response.json["ignored"][0]["why"]
    assert not world.sink.events


@pytest.mark.parametrize(
    ("name", "changes", "why"),
    [
        ("dynatrace", [("State", "BROKEN")], "its State is 'BROKEN'"),
        ("dynatrace", [("PID", ""), ("ProblemID", "")], "neither PID nor ProblemID"),
        ("dynatrace", [("Tags", "keptn_project:sockshop")], "its labels lack stage; looked for keptn_stage"),
        ("keptn-problem", [("data.State", None)], "its State is ''"),
        ("incident", [("context.type", "dev.cdevents.build.started.0.3.0")], "not dev.cdevents.incident"),
        ("incident", [("subject.id", "")], "no id"),
        ("incident", [("customData", {"keptn": {"id": "1"}})], "keptn's own"),
        ("incident", [("subject.content.environment.id", "sockshop")], "'sockshop'"),
        ("datadog", [("alert_transition", "Warn")], "its state is ''"),
        ("datadog", [("alert_cycle_key", None)], "no id"),
        ("pagerduty", [("event.event_type", "incident.acknowledged")], "its state is ''"),
        ("google-cloud-monitoring", [("incident.state", "odd")], "its state is ''"),
        ("grafana", [("alerts", [])], "no alerts"),
        ("grafana", [("alerts", [7])], "must be a JSON object"),
    ],
)
def test_a_broken_twin_is_ignored_with_the_reason(world, name, changes, why):
    """202, for what will never work is no error; nothing starts."""
    query, body, _ = SENDERS[name]
    query = "" if name == "dynatrace" else query
    response = send(world, name, changed(body, changes), query=query)
    assert response.status_code == 202, response.json
    assert why in response.json["ignored"][0]["why"]
    assert not world.sink.events


def test_an_unknown_sender_is_one_sentence(world):
    """404 names the known ones; a body of another sender is 400."""
    response = send(world, "nagios", {})
    assert response.status_code == 404
    assert "alertmanager" in response.json["error"] and "datadog" in response.json["error"]
    assert send(world, "dynatrace", payload("grafana_alerting")).status_code == 400


@pytest.mark.parametrize("name", [*SENDERS, ""])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_body_makes_a_traceback(world, name, data):
    """Whatever stands anywhere in a body is an answer with a sentence."""
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    )
    query, body, _ = SENDERS[name or data.draw(st.sampled_from(BY_SHAPE))]
    body = copy.deepcopy(body)
    at = body
    for _ in range(data.draw(st.integers(0, 4))):
        keys = list(range(len(at))) if isinstance(at, list) else list(at)
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(at[key], dict | list):
            break
        at = at[key]
    keys = list(range(len(at))) if isinstance(at, list) else list(at)
    if keys:
        at[data.draw(st.sampled_from(keys))] = data.draw(anything)
    response = send(world, name, body, query=query)
    assert response.status_code in (202, 400), response.json
    assert response.status_code == 202 or response.json["error"].split()

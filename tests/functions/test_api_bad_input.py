"""No request, however odd, is answered with a traceback or a 500."""

import itertools
import re

import pytest

from keptn import context
from keptn.api.routes import ROUTES
from tests.world import TOKEN, World

KEYS = (
    *("name", "shipyard", "values", "image", "tag", "project", "stage", "service", "labels", "data", "resourceContent"),
    *("type", "source", "id", "force", "reason", "result", "state", "artifact", "configurationChange", "timeframe"),
    *("start", "end", "specversion", "shkeptncontext", "time"),
)
ODD = (None, 3, True, [], [1], {}, {"a": {"b": []}}, "", "x" * 300, "../..", "é\n\0", "sh.keptn.event.dev.a.triggered")
PUSH = {"repository": "keptn/carts", "tag": "1.0.0", "mediaType": "x+prettyjws"}
ALERT = {"status": "firing", "fingerprint": "1", "startsAt": "2026-11-24T12:00:00Z", "labels": {"alertname": "A"}}
LABELS = {"alertname": "A", "project": "sockshop", "stage": "prod", "service": "carts"}


@pytest.fixture(scope="module")
def client():
    world = World().with_sockshop()
    with context.using(world.context):
        yield world.client("api")


def filled(path: str, text: str) -> str:
    """A route with every part named: by something that exists, or by something odd."""
    known = {"project": "sockshop", "stage": "dev", "service": "carts"}
    return re.sub(r"<(?:path:)?(\w+)>", lambda m: text or known.get(m[1], "x"), path)


def bodies():
    yield from (b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 50_000)
    yield from (dict.fromkeys(KEYS, odd) for odd in ODD)
    yield from ({**dict.fromkeys(KEYS, "carts"), key: odd} for key, odd in itertools.product(KEYS, ODD[1:7]))


def calls(method: str, path: str):
    """Odd bodies, odd names, odd queries."""
    yield from ((filled(path, ""), body) for body in (bodies() if method in {"POST", "PUT"} else (b"",)))
    yield from ((filled(path, odd), {}) for odd in ("x", "%2e%2e", "..%2f..", "%00", "é", "x" * 2000))
    for odd in ("é", "-1", "9" * 30):
        yield filled(path, "") + f"?pageSize={odd}&lines={odd}&olderThan={odd}&nextPageKey={odd}", {}


@pytest.mark.parametrize(("method", "path"), sorted({(route.method, route.path) for route in ROUTES}))
def test_odd_requests_are_one_sentence(client, method, path):
    """Every route, with odd bodies, odd names and odd queries."""
    for url, body in calls(method, path):
        given = {"data": body} if isinstance(body, bytes) else {"json": body}
        response = client.open(url, method=method, headers={"x-token": TOKEN}, **given)
        assert response.status_code < 500, (method, url, body, response.text)
        if response.status_code >= 400:
            assert set(response.json) == {"error"}, (method, url, body)
            assert "Traceback" not in response.text


def notifications():
    """Notifications with one odd thing each."""
    event = {"id": "1", "action": "push", "target": PUSH}
    yield from ODD
    for odd in ODD:
        yield {"events": odd}
        yield {"version": "4", "alerts": odd}
        yield from ({"events": [{**event, key: odd}]} for key in event)
        yield from ({"events": [{**event, "target": {**PUSH, key: odd}}]} for key in PUSH)
        yield from ({"version": "4", "alerts": [{**ALERT, key: odd}]} for key in ALERT)
        yield from ({"version": "4", "alerts": [{**ALERT, "labels": {**LABELS, key: odd}}]} for key in LABELS)


@pytest.mark.parametrize("function", ["receive_artifact", "receive_problem"])
def test_odd_notifications_are_one_sentence(function):
    """Webhooks take anything."""
    world = World().with_sockshop()
    with context.using(world.context):
        client = world.client(function)
        for body, token in itertools.product(notifications(), ("everywhere", "trouble")):
            response = client.post("/", json=body, headers={"Authorization": f"Bearer {token}"})
            assert response.status_code in {202, 400, 401}, (body, response.text)

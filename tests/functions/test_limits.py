"""The HTTP functions: how often, and how much at once."""

import base64
import logging
from dataclasses import replace

import pytest

from keptn import context
from keptn.context import Context
from tests.world import TOKEN, World, error

SENT = {"api": TOKEN, "receive_artifact": "everywhere", "receive_problem": "trouble"}

SAID = {"api": {}, "receive_artifact": {"events": []}, "receive_problem": {"version": "4", "alerts": []}}


@pytest.fixture
def limited():
    """A client of a function where each may ask five times a minute, and be wrong three times."""
    world = World().with_sockshop()
    values = replace(world.context.settings, requests_per_minute=5, failures_per_minute=3)
    with context.using(Context(values, **world.context._given)):
        yield world.client


def asked(client, function, token, **more):
    path = "/v1/auth" if function == "api" else "/"
    return client(function).post(path, json=SAID[function], headers={"x-token": token, **more})


@pytest.mark.parametrize("function", SENT)
def test_who_asks_too_often_is_told_when_to_come_again(limited, function):
    """429 with Retry-After, by the token; another address with the same token is the same caller."""
    answers = [asked(limited, function, SENT[function]) for _ in range(7)]
    assert answers[-1].status_code == 429 and 1 <= int(answers[-1].headers["Retry-After"]) <= 12
    assert "too many requests by this token; try again in" in error(answers[-1])
    assert asked(limited, function, SENT[function], **{"x-forwarded-for": "203.0.113.9"}).status_code == 429


@pytest.mark.parametrize("function", SENT)
def test_who_tries_tokens_is_stopped_before_anything_is_read(limited, function):
    """And who has a good token at another address is not."""
    answers = [asked(limited, function, f"guess{number}") for number in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert asked(limited, function, SENT[function], **{"x-forwarded-for": "203.0.113.9"}).status_code < 300


@pytest.mark.parametrize("function", SENT)
def test_a_body_of_ten_megabytes_is_refused(limited, function):
    """Whoever sends it, with a token or without one."""
    for token in (SENT[function], ""):
        path = "/v1/event" if function == "api" else "/"
        answer = limited(function).post(path, data=b"x" * 10_000_000, headers={"x-token": token})
        assert (answer.status_code, error(answer)) == (413, "the request body is larger than 2 MiB")


def test_a_password_is_a_token(limited):
    """Of Basic authentication, as some registries send it: known to be good, it counts by itself."""
    login = {"authorization": "Basic " + base64.b64encode(b"keptn:everywhere").decode()}
    ask = limited("receive_artifact")
    assert ask.post("/", json=SAID["receive_artifact"], headers=login).status_code == 202
    for _ in range(4):
        ask.post("/", json=SAID["receive_artifact"], headers={"x-token": "guess"})
    assert ask.post("/", json=SAID["receive_artifact"], headers={"x-token": "guess"}).status_code == 429
    assert ask.post("/", json=SAID["receive_artifact"], headers=login).status_code == 202


@pytest.fixture
def lines(monkeypatch, caplog):
    """What the function's log says."""
    monkeypatch.setattr(logging.getLogger("keptn"), "handlers", [caplog.handler])
    monkeypatch.setattr(logging.getLogger("keptn"), "level", logging.INFO)
    return caplog


HOOKS = ("receive_artifact", "receive_problem")
STRANGER = {"x-forwarded-for": "203.0.113.9"}


@pytest.mark.parametrize("function", HOOKS)
@pytest.mark.parametrize(
    ("url", "sent", "status", "why"),
    [
        ("/", {"headers": {"x-token": "s3cret"}}, 401, "the token is wrong"),
        ("/", {"headers": {}}, 401, "a token is missing"),
        ("/?token=s3cret", {}, 401, "the token is wrong"),
        ("/nobody", {"headers": {"x-token": "s3cret"}}, 404, "nobody knows a"),
        ("/", {"data": b"s3cret" * 500_000}, 413, "the request body is larger than 2 MiB"),
    ],
)
def test_who_is_refused_by_a_hook_is_in_its_log(world, lines, function, url, sent, status, why):
    """Sender, address, and what was wrong; never the token or the body. Whose answers are shown has no line."""
    given = {"data": b"{}", **sent, "headers": {**STRANGER, **sent.get("headers", {})}}
    assert world.client(function).post(url, **given).status_code == status
    (line,) = lines.messages
    assert (
        line.startswith(f"refused: status={status} sender={url.split('?')[0][1:]!r} address=203.0.113.9 why=")
        and why in line
    )
    assert line.endswith("left_out=0") and "s3cret" not in line
    world.client("api").post("/v1/auth", headers={"x-token": "s3cret"})
    assert lines.messages == [line]


@pytest.mark.parametrize(
    ("function", "header"),
    [
        ("receive_artifact", "x-hub-signature-256"),
        ("receive_problem", "x-grafana-alerting-signature"),
    ],
)
def test_a_token_that_stands_for_a_name_is_not_in_the_log(world, lines, function, header):
    """Of who signs the URL says whose secret it is; some enter the secret itself."""
    signed = {header: "sha256=00", "content-type": "application/json"}
    assert world.client(function).post("/?hook=s3cret", data=b"{}", headers=signed).status_code == 401
    (line,) = lines.messages
    assert "the signature in" in line and "s3cret" not in line


@pytest.mark.parametrize("function", HOOKS)
def test_a_body_that_is_refused_is_not_in_the_log(world, lines, function):
    """Its sender is told what is wrong with it, the operator that something is."""
    sent = {"headers": {"x-token": SENT[function]}, "json": {"s3cret": "s3cret"}}
    assert world.client(function).post("/", **sent).status_code == 400
    (line,) = lines.messages
    assert "the answer says where" in line and "s3cret" not in line


@pytest.mark.parametrize("function", HOOKS)
def test_a_flood_does_not_fill_the_log(limited, lines, function):
    """Whoever is kept out is told of as well, and each address has its lines."""
    for _ in range(20):
        asked(limited, function, "guess")
    asked(limited, function, "guess", **STRANGER)
    assert [line.split()[1] for line in lines.messages] == ["status=401"] * 3 + ["status=429"] * 3 + ["status=401"]
    assert lines.messages[-1].endswith("left_out=14")


def test_who_guesses_at_the_bridge_keeps_nobody_out(limited):
    """Who is signed in counts by himself, as a token does; a cookie that only the door has seen is nobody's."""
    door = limited("bridge").application.test_client(use_cookies=False)
    kept = door.post("/sign-in", data={"token": TOKEN}).headers["Set-Cookie"].partition(";")[0]
    assert door.get("/approvals", headers={"cookie": kept}).status_code == 200
    made_up = {"cookie": "keptn-session=made-up"}
    assert door.get("/sign-in", headers=made_up).status_code == 200
    guesses = [door.post("/sign-in", data={"token": "guess"}, headers=made_up).status_code for _ in range(3)]
    assert guesses == [401, 401, 429]  # five requests of nobody known, the two before among them
    assert door.get("/sign-in").status_code == 429
    assert door.get("/approvals", headers={"cookie": kept}).status_code == 200

"""Calls to the world outside: what is sent, and what an answer means."""

import json
from dataclasses import replace

import pytest

from keptn.adapters.http.memory import MemoryHttp
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.errors import Refused, Unavailable
from keptn.notification import outbound
from keptn.ports import HttpAnswer
from keptn.settings import Settings

URL = "https://chat.example/hush"
CALL = outbound.Call(secret="chat", correlation="c1", channel="slack", body={"text": "grün"})


def world(answer: HttpAnswer) -> Context:
    secrets = MemorySecrets()
    secrets.put("chat", {"url": URL, "token": "t"})
    return Context(Settings(), store=MemoryStore(), secrets=secrets, http=MemoryHttp(answers={URL: answer}))


def test_json_is_posted_with_its_correlation_id():
    """Umlauts survive; the credentials come from the secret."""
    ctx = world(HttpAnswer(status=201, body=b"ticket 7"))
    assert outbound.call_once(CALL, ctx) == "ticket 7"
    (call,) = ctx.http.calls
    assert (call.method, call.url, call.body) == ("POST", URL, json.dumps(CALL.body, ensure_ascii=False).encode())
    assert call.headers == {
        "content-type": "application/json",
        "x-correlation-id": "c1",
        "authorization": "Bearer t",
    }


@pytest.mark.parametrize(
    ("status", "error"), [(429, Unavailable), (500, Unavailable), (503, Unavailable), (404, Refused), (301, Refused)]
)
def test_what_an_answer_means(status: int, error: type[Exception]):
    """Overloaded or broken: later. Anything else will be the same tomorrow. Neither tells the address."""
    ctx = world(HttpAnswer(status=status))
    with pytest.raises(error, match=f"slack answered {status}") as caught:
        outbound.call_once(CALL, ctx)
    assert "hush" not in str(caught.value)
    assert ctx.store.list("sent/").names == []


@pytest.mark.parametrize(
    ("url", "path", "below", "asked"),
    [
        ("https://desk.example", "/api/now", "", "https://desk.example/api/now"),
        ("https://desk.example/own", "/api/now", "", "https://desk.example/own"),
        ("https://desk.example/own", "/api/now", "/7?a=b", "https://desk.example/own/7?a=b"),
        ("https://desk.example/own?key=k", "/api/now", "/7?a=b", "https://desk.example/own/7?a=b&key=k"),
        ("https://desk.example?key=k", "/api/now", "/7", "https://desk.example/api/now/7?key=k"),
    ],
)
def test_where_a_call_goes(url, path, below, asked):
    """The URL of the secret; a path only where it has none, and what is below a record before its query."""
    ctx = world(HttpAnswer(status=200))
    ctx.secrets.put("desk", {"url": url})
    outbound.send(replace(CALL, secret="desk", path=path, below=below), ctx)
    assert ctx.http.calls[0].url == asked

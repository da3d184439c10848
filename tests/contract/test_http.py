"""Outgoing HTTP: the same cases on the memory adapter and on httpx against a real server."""

import httpx
import pytest

from keptn.adapters.http.httpx_client import HttpxHttp
from keptn.adapters.http.memory import MemoryHttp
from keptn.errors import Refused, Unavailable
from keptn.ports import Http, HttpAnswer


@pytest.fixture(params=["memory", "httpx"])
def http(request, endpoint, free_url) -> Http:
    if request.param == "httpx":
        return HttpxHttp()
    answers = {f"{endpoint.url}/status/{code}": HttpAnswer(status=code) for code in (404, 429, 500, 503)}
    answers |= {f"{endpoint.url}/": lambda call: HttpAnswer(status=200, body=call.body)}
    return MemoryHttp(answers={**answers, f"{free_url}/": HttpAnswer(status=0)})


def test_json_arrives_and_its_answer_comes_back(http, endpoint):
    """What is posted is answered, and umlauts survive."""
    answer = http.post_json(endpoint.url + "/", {"text": "grün"})
    assert (answer.status, answer.text) == (200, '{"text": "grün"}')


@pytest.mark.parametrize("code", [429, 500, 503])
def test_come_later_is_unavailable(http, endpoint, code):
    """An endpoint that is overloaded or broken is tried again by the Broker."""
    with pytest.raises(Unavailable, match=str(code)):
        http.post_json(f"{endpoint.url}/status/{code}", {})


def test_other_refusals_are_answers(http, endpoint):
    """A 404 will be a 404 tomorrow: the caller decides."""
    assert http.post_json(f"{endpoint.url}/status/404", {}).status == 404


def test_a_plain_request_returns_every_status(http, endpoint):
    """Tests want to see a 503 as what it is."""
    assert http.request("GET", f"{endpoint.url}/status/503").status == 503


def test_nobody_there_is_unavailable(http, free_url):
    """A refused connection is tried again later."""
    with pytest.raises(Unavailable):
        http.request("GET", free_url + "/")


def test_an_error_does_not_tell_the_url(free_url):
    """A chat's URL is a secret: only the host is named."""
    with pytest.raises(Unavailable) as caught:
        HttpxHttp().post_json(free_url + "/services/T0/B0/hush", {})
    assert "hush" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_a_slow_endpoint_is_given_up(endpoint):
    """Nobody waits for ever."""
    with pytest.raises(Unavailable, match=r"within 0\.1 s"):
        HttpxHttp().request("GET", endpoint.url + "/slow", timeout_s=0.1)


@pytest.mark.parametrize("url", ["", "hooks.slack.com/x", "ftp://host/x", "http://", "http://[::1"])
def test_an_address_that_is_no_url_is_refused(url):
    """A secret with a wrong value is a mistake of a person, not of the moment."""
    with pytest.raises(Refused, match="no http or https URL"):
        HttpxHttp().post_json(url, {})


def test_headers_and_method_arrive(endpoint):
    """Headers go out as given, next to the content type."""
    HttpxHttp().post_json(endpoint.url + "/x", {}, headers={"X-Correlation-ID": "c1"})
    method, path, headers, body = endpoint.calls[0]
    assert (method, path, body) == ("POST", "/x", b"{}")
    assert (headers["x-correlation-id"], headers["content-type"]) == ("c1", "application/json")


@pytest.mark.parametrize("value", ["grün", "a\nb"])
def test_a_header_that_cannot_be_sent_is_refused(endpoint, value):
    """A token with a line break is a mistake of a person."""
    with pytest.raises(Refused, match="a header for 127"):
        HttpxHttp().post_json(endpoint.url, {}, headers={"Authorization": value})


def _everything_that_httpx_raises() -> list[type[Exception]]:
    found = [value for value in vars(httpx).values() if isinstance(value, type) and issubclass(value, Exception)]
    never = (httpx.HTTPStatusError, httpx.CookieConflict)  # raise_for_status and cookie jars, which nobody uses here
    return [kind for kind in found if not issubclass(kind, (*never, httpx.StreamError))]


@pytest.mark.parametrize("kind", _everything_that_httpx_raises())
def test_every_exception_of_httpx_is_translated(kind):
    """Nothing of httpx gets past the adapter, whatever goes wrong."""

    def broken(_request):
        raise kind("broken")

    with pytest.raises((Refused, Unavailable)):
        HttpxHttp(httpx.MockTransport(broken)).request("GET", "http://host.example/")

"""Outgoing HTTP: the same cases on the memory adapter and on httpx against a real server."""

import gzip
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from keptn.adapters.http.httpx_client import HttpxHttp
from keptn.adapters.http.memory import MemoryHttp
from keptn.errors import Refused, Unavailable
from keptn.ports import Http, HttpAnswer
from tests.contract.connections import CountingServer


@pytest.fixture(params=["memory", "httpx"])
def http(request, endpoint, free_url) -> Http:
    if request.param == "httpx":
        return HttpxHttp()
    answers = {f"{endpoint.url}/status/{code}": HttpAnswer(status=code) for code in (404, 429, 500, 503)}
    answers |= {f"{endpoint.url}/": lambda call: HttpAnswer(status=200, body=call.body)}
    return MemoryHttp(answers={**answers, f"{free_url}/": HttpAnswer(status=0)})


def test_a_body_arrives_and_its_answer_comes_back(http, endpoint):
    """What is sent is answered, to the byte."""
    answer = http.request("POST", endpoint.url + "/", body="grün".encode())
    assert (answer.status, answer.text) == (200, "grün")


@pytest.mark.parametrize("code", [404, 429, 500, 503])
def test_every_status_is_an_answer(http, endpoint, code):
    """What a 503 means, the caller knows."""
    assert http.request("GET", f"{endpoint.url}/status/{code}").status == code


def test_nobody_there_is_unavailable(http, free_url):
    """A refused connection is tried again later."""
    with pytest.raises(Unavailable):
        http.request("GET", free_url + "/")


def test_an_error_does_not_tell_the_url(free_url):
    """A chat's URL is a secret: only the host is named."""
    with pytest.raises(Unavailable) as caught:
        HttpxHttp().request("POST", free_url + "/services/T0/B0/hush")
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
        HttpxHttp().request("POST", url)


def test_headers_and_method_arrive(endpoint):
    """Both go out as given."""
    HttpxHttp().request("PUT", endpoint.url + "/x", headers={"X-Correlation-ID": "c1"}, body=b"{}")
    method, path, headers, body = endpoint.calls[0]
    assert (method, path, body, headers["x-correlation-id"]) == ("PUT", "/x", b"{}", "c1")


@pytest.mark.parametrize("value", ["grün", "a\nb"])
def test_a_header_that_cannot_be_sent_is_refused(endpoint, value):
    """A token with a line break is a mistake of a person."""
    with pytest.raises(Refused, match="a header for 127"):
        HttpxHttp().request("POST", endpoint.url, headers={"Authorization": value})


class Bodies(BaseHTTPRequestHandler):
    """`/plain`: zeros until nobody reads any more; `/packed`: the same, small; `/gzip`, `/broken`: a text."""

    sent = 0

    def do_GET(self) -> None:
        kind = self.path.strip("/")
        self.send_response(200)
        if kind != "plain":
            self.send_header("content-encoding", "gzip")
        self.end_headers()
        blocks = {"packed": gzip.compress(bytes(2**26)), "gzip": gzip.compress(b"hello"), "broken": b"hello"}
        if kind in blocks:
            self.wfile.write(blocks[kind])
            return
        with suppress(OSError):
            while True:
                self.wfile.write(bytes(2**20))
                type(self).sent += 2**20

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def bodies() -> Iterator[CountingServer]:
    with CountingServer(type("Handler", (Bodies,), {})) as server:
        yield server


@pytest.mark.parametrize("path", ["/plain", "/packed"])
def test_an_answer_without_end_is_not_read_to_its_end(bodies, path):
    """Reading stops at 32 MiB, also of what it unpacks to: a process has no more memory than that to give."""
    with pytest.raises(Refused, match="answered with more than 32 MiB"):
        HttpxHttp().request("GET", bodies.url + path)
    assert bodies.handler.sent < 48 * 2**20


def test_what_is_packed_is_unpacked(bodies):
    """What cannot be is no answer."""
    assert HttpxHttp().request("GET", bodies.url + "/gzip").text == "hello"
    with pytest.raises(Unavailable, match=r"cannot be reached: .*incorrect header"):
        HttpxHttp().request("GET", bodies.url + "/broken")


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

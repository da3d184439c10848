"""Questions whose answer was lost are asked again; what may have been done is not done twice."""

import re

import httpx
import pytest

from keptn.cli.client import Client
from keptn.errors import KeptnError, Unavailable
from tests import tls

LOST = [
    httpx.ReadError("reset"),
    httpx.RemoteProtocolError("closed"),
    httpx.Response(502, json={"error": "function api does not answer"}),
    httpx.Response(503, text="starting"),
    httpx.Response(504, text="late"),
]


class Api:
    """Gives its answers in order, and the last one again and again."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    def __call__(self, request):
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self):
        return Client("http://keptn.test", "token", transport=httpx.MockTransport(self), pauses_s=(0, 0, 0))


@pytest.mark.parametrize("lost", LOST, ids=str)
def test_a_lost_answer_is_asked_for_again(lost):
    api = Api(lost, lost, httpx.Response(200, json={"state": "finished"}))
    assert api.client().get("/delivery/c") == {"state": "finished"}
    assert api.asked == 3


@pytest.mark.parametrize("lost", LOST, ids=str)
def test_an_api_that_stays_away_is_told(lost):
    api = Api(lost)
    with pytest.raises(Unavailable, match=r"try again|does not answer"):
        api.client().get("/delivery/c")
    assert api.asked == 4


@pytest.mark.parametrize("lost", LOST, ids=str)
def test_what_changes_something_is_asked_for_once(lost):
    api = Api(lost)
    with pytest.raises(Unavailable):
        api.client().post("/project", {})
    assert api.asked == 1


def test_nobody_there_is_told_at_once():
    api = Api(httpx.ConnectError("refused"))
    with pytest.raises(Unavailable, match="is it running"):
        api.client().get("/delivery/c")
    assert api.asked == 1


def test_an_ingress_is_told_the_name_of_the_api():
    """Where its name is not in DNS, the URL is the ingress's address and the name travels as the header."""
    seen = []

    def answer(request):
        seen.append(request.headers["host"])
        return httpx.Response(200, json={})

    for host in ("api.keptn.test", ""):
        Client("http://127.0.0.1:1", "token", host=host, transport=httpx.MockTransport(answer)).get("/project")
    assert seen == ["api.keptn.test", "127.0.0.1:1"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_an_api_that_has_moved_is_told(status):
    """As where plain HTTP is redirected to HTTPS: a token goes where its owner says, and nowhere else."""
    api = Api(httpx.Response(status, headers={"location": "https://keptn.test/v1/project?pageSize=1"}))
    said = "http://keptn.test leads to https://keptn.test, and a token is not sent on; give keptn auth that URL"
    for ask in (lambda client: client.get("/project", pageSize=1), lambda client: client.post("/project", {})):
        with pytest.raises(KeptnError, match=re.escape(said)):
            ask(api.client())
    assert api.asked == 2


def test_an_authority_of_ones_own_is_trusted(tmp_path, monkeypatch):
    """That of SSL_CERT_FILE; without it the sentence says what is wrong with the certificate."""
    key, chain = tls.certificate("127.0.0.1")
    (tmp_path / "both.pem").write_bytes(key + chain)
    (tmp_path / "ca.pem").write_bytes(chain)
    with tls.serving(tmp_path / "both.pem", b'{"keptn": "here"}') as url:
        with pytest.raises(Unavailable, match=r"CERTIFICATE_VERIFY_FAILED.*; SSL_CERT_FILE names"):
            Client(url, "token", pauses_s=()).get("/metadata")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert Client(url, "token", pauses_s=()).get("/metadata") == {"keptn": "here"}


def test_who_asks_too_often_waits_as_long_as_told():
    """Also with what is done once: nothing was done. Asked too often again, it is told."""
    busy = httpx.Response(
        429, json={"error": "too many requests by this token; try again in 0 s"}, headers={"retry-after": "0"}
    )
    api = Api(busy, httpx.Response(202, json={"id": "1"}), busy)
    assert api.client().post("/event", {}) == {"id": "1"}
    assert api.asked == 2
    with pytest.raises(KeptnError, match="too many requests by this token"):
        api.client().post("/event", {})

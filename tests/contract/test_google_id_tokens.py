"""Google's ID tokens against a real endpoint on loopback that gives certificates as Google's does."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keptn.adapters.http.httpx_client import HttpxHttp
from keptn.adapters.http.memory import MemoryHttp
from keptn.adapters.id_tokens.google import AGAIN, CERTS_URL, GoogleIdTokens
from keptn.errors import Refused, Unavailable
from keptn.ports import HttpAnswer
from tests import google
from tests.contract.connections import CountingServer

KEYS = google.certificates(google.KEY).body


class Clock:
    """Time passes when it is told to."""

    def __init__(self):
        self.moment = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def now(self):
        return self.moment

    def sleep(self, seconds):
        self.moment += timedelta(seconds=seconds)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("authorization")))
        answer = self.server.answer
        self.send_response(answer.status)
        for name, value in {**answer.headers, "content-length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server():
    with CountingServer(Handler) as served:
        served.asked, served.answer = [], google.certificates(google.KEY)
        yield served


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tokens(server, clock):
    return GoogleIdTokens(HttpxHttp(), clock, certs_url=f"{server.url}/oauth2/v1/certs")


def test_what_google_signed_is_told(tokens, server):
    """All claims, after one question as documented, without credentials."""
    claims = tokens.claims(google.token())
    assert (claims["aud"], claims["email"]) == (google.AUDIENCE, google.ACCOUNT)
    assert server.asked == [("/oauth2/v1/certs", None)]


def test_certificates_are_kept_as_long_as_google_says(tokens, server, clock):
    """`max-age`, less the `Age` that a cache on the way adds."""
    server.answer = google.certificates(google.KEY, max_age=600, age="100")
    for seconds, asked in [(0, 1), (499, 1), (2, 2), (499, 2)]:
        clock.sleep(seconds)
        tokens.claims(google.token())
        assert len(server.asked) == asked


@pytest.mark.parametrize("control", ["", "no-store", "public, max-age=soon"])
def test_without_a_time_they_are_not_kept(tokens, server, control):
    """Rather one question more than a key that was withdrawn."""
    server.answer = HttpAnswer(status=200, headers={"cache-control": control}, body=server.answer.body)
    tokens.claims(google.token())
    tokens.claims(google.token())
    assert len(server.asked) == 2


def test_a_new_key_is_asked_for_once(tokens, server, clock):
    """Google changes its keys before what is kept is old; but who makes keys up does not make questions."""
    tokens.claims(google.token())
    clock.sleep(AGAIN.total_seconds())
    server.answer = google.certificates(google.KEY, "new")
    assert tokens.claims(google.token(signer="new"))["email"] == google.ACCOUNT
    for number in range(50):
        with pytest.raises(Refused, match="signed with a key that Google does not publish"):
            tokens.claims(google.token(header={"kid": f"made-up-{number}"}))
    assert len(server.asked) == 2
    clock.sleep(AGAIN.total_seconds())
    with pytest.raises(Refused):
        tokens.claims(google.token(signer="unknown"))
    assert len(server.asked) == 3


def test_a_key_that_was_withdrawn_counts_no_more(tokens, server, clock):
    """Once what was kept is old."""
    tokens.claims(google.token())
    server.answer = google.certificates("new")
    clock.sleep(21600)
    with pytest.raises(Refused, match="a key that Google does not publish"):
        tokens.claims(google.token())


def now(seconds):
    return int(datetime.now(UTC).timestamp()) + seconds


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (google.token(exp=now(-60), iat=now(-3660)), "it is over, or has not begun"),
        (google.token(iat=now(86_400), exp=now(90_000)), "it is over, or has not begun"),
        (google.token(exp=None), "Google did not sign it, or it is damaged"),
        (google.token(iat=None), "Google did not sign it, or it is damaged"),
        (google.token(exp="tomorrow"), "Google did not sign it, or it is damaged"),
        (google.token(signer="another", header={"kid": google.KEY}), "Google did not sign it"),
        (google.token()[:-8] + "AAAAAAAA", "Google did not sign it"),
        (google.token(header={"alg": "none"}), "not signed by RS256"),
        (google.token(header={"alg": "None"}), "not signed by RS256"),
        (google.token(header={"alg": "HS256"}), "not signed by RS256"),
        (google.token(header={"alg": "ES256"}), "not signed by RS256"),
        (google.token(header={"alg": ["RS256"]}), "not signed by RS256"),
        (google.token(header={"alg": None}), "not signed by RS256"),
        (google.token(header={"kid": None}), "does not name its key"),
        (google.token(header={"kid": {"a": 1}}), "does not name its key"),
        (google.token(header={"kid": ""}), "a key that Google does not publish"),
        ("eyJhbGciOiJSUzI1NiJ9..", "it cannot be read"),
        ("eyJ.eyJ.eyJ", "it cannot be read"),
        ("W10.W10.W10", "it cannot be read"),
        ("", "it cannot be read"),
    ],
)
def test_what_google_did_not_sign_is_refused(tokens, wrong, why):
    """For another time, by another key, by nobody, by everybody's; the reason does not hold the token."""
    with pytest.raises(Refused, match=why) as caught:
        tokens.claims(wrong)
    assert not wrong or wrong not in str(caught.value)


def test_a_token_whose_claims_were_changed_is_refused(tokens):
    """The signature is of all of it."""
    head, _, signature = google.token().split(".")
    _, body, _ = google.token(email="eve@evil.iam.gserviceaccount.com").split(".")
    with pytest.raises(Refused, match="Google did not sign it"):
        tokens.claims(f"{head}.{body}.{signature}")


def test_clocks_may_differ_a_little(tokens):
    """Half a minute, in both directions."""
    tokens.claims(google.token(iat=now(20)))
    tokens.claims(google.token(exp=now(-20)))


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (404, b"{}"), (200, b""), (200, b"[]"), (200, b"{}"), (200, b"<html>"), (301, b""), (404, KEYS)],
)
def test_without_certificates_it_comes_again(tokens, server, status, body):
    """Nothing is let in on trust; and what the endpoint says once it works counts at once."""
    right, server.answer = server.answer, HttpAnswer(status=status, body=body)
    with pytest.raises(Unavailable, match="does not give Google's keys"):
        tokens.claims(google.token())
    server.answer = right
    tokens.claims(google.token())


def test_an_endpoint_that_is_away_is_asked_later(free_url, clock):
    """The sender sends again."""
    with pytest.raises(Unavailable, match="cannot be reached"):
        GoogleIdTokens(HttpxHttp(), clock, certs_url=free_url).claims(google.token())


def test_old_certificates_do_not_stand_in(tokens, server, clock):
    """A key may have been withdrawn because it was stolen."""
    tokens.claims(google.token())
    clock.sleep(21600)
    server.answer = HttpAnswer(status=503)
    with pytest.raises(Unavailable):
        tokens.claims(google.token())


def test_many_may_ask_at_once(tokens):
    """A function has 32 threads."""
    told = []
    threads = [threading.Thread(target=lambda: told.append(tokens.claims(google.token()))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(told) == 16


parts = st.one_of(
    st.sampled_from(google.token().split(".")),
    st.text(max_size=30),
    st.recursive(st.none() | st.text(max_size=5) | st.integers(), st.lists, max_leaves=3)
    .flatmap(lambda value: st.fixed_dictionaries({}, optional={"alg": st.just("RS256"), "kid": st.just(value)}))
    .map(lambda value: google.base64url(json.dumps(value).encode())),
)


@given(token=st.lists(parts, max_size=4).map(".".join) | st.text())
@settings(deadline=None)
def test_whatever_is_presented_is_a_sentence(token):
    """Never a traceback, and nobody's claims unless Google signed them."""
    http = MemoryHttp(answers={CERTS_URL: google.Certificates()})
    try:
        claims = GoogleIdTokens(http, Clock()).claims(token)
    except (Refused, Unavailable) as error:
        assert str(error)
        return
    assert claims["email"] == google.ACCOUNT

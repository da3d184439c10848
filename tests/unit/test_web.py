"""Plain HTTP: tokens and bodies."""

import pytest

from keptn.web import HttpError, Request, is_active, presented_token, size


@pytest.mark.parametrize(
    "request_",
    [
        Request(headers={"authorization": "Bearer secret"}),
        Request(headers={"authorization": "bearer  secret "}),
        Request(headers={"x-token": "secret"}),
        Request(query={"token": "secret"}),
    ],
)
def test_a_token_comes_in_three_ways(request_):
    """A token is read from Authorization, x-token or the query."""
    assert presented_token(request_) == "secret"


def test_several_tokens_may_be_active():
    """A secret may hold an old and a new token while senders are moved from one to the other."""
    assert is_active("old", "new old\n")
    assert not is_active("other", "new old")


@pytest.mark.parametrize(("token", "secret"), [("", ""), ("", None), ("x", None), ("", "x"), ("é", "x")])
def test_nothing_matches_nothing(token, secret):
    """An absent token or an absent secret lets nobody in."""
    assert not is_active(token, secret)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_what_json_has_no_number_for_is_refused(number):
    """Python reads it, and would write it on into a body that nobody else can read."""
    with pytest.raises(HttpError, match=rf"the request body is no JSON: {number} is no number in JSON") as caught:
        Request(body=f'{{"a": [{number}]}}'.encode()).json()
    assert caught.value.status == 400
    assert Request(body=b'{"a": [1.5, -2e3]}').json() == {"a": [1.5, -2000.0]}


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (1025, "1.1 KiB"), (2 * 1024 * 1024, "2 MiB")],
)
def test_a_size_is_said_as_a_person_reads_it(number, said):
    """Rounded up: what is more than the limit never reads like the limit."""
    assert size(number) == said


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_json_object_is_told(body):
    """A body that is no JSON object is one sentence and status 400."""
    with pytest.raises(HttpError) as told:
        Request(body=body).json()
    assert told.value.status == 400

"""Plain HTTP: tokens and bodies."""

import pytest

from keptn.web import HttpError, Request, is_active, presented_token, require_token


class OneSecret:
    """A secret store that holds one secret, `api`/`token`."""

    def __init__(self, value: str | None) -> None:
        self.value = value

    def get(self, name: str, key: str) -> str | None:
        return self.value if (name, key) == ("api", "token") else None

    def put(self, name, values): ...
    def names(self): ...
    def delete(self, name): ...


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


def test_a_wrong_token_is_told_from_a_missing_one():
    """The sentence says whether the token is missing or wrong, and what to do."""
    with pytest.raises(HttpError, match=r"a token is missing; run keptn auth"):
        require_token(Request(), OneSecret("x"), name="api", hint="run keptn auth")
    with pytest.raises(HttpError, match=r"the token is wrong; run keptn auth") as wrong:
        require_token(Request(headers={"x-token": "y"}), OneSecret("x"), name="api", hint="run keptn auth")
    assert wrong.value.status == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_json_object_is_told(body):
    """A body that is no JSON object is one sentence and status 400."""
    with pytest.raises(HttpError) as told:
        Request(body=body).json()
    assert told.value.status == 400

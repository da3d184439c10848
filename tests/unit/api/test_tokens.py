"""Who is signed in, and in whose name it is recorded."""

import pytest

from keptn.api.signed import on_behalf
from keptn.api.tokens import principal
from keptn.errors import Unavailable
from keptn.web import HttpError, Request


class ApiSecret:
    """The secret `api` with two of its keys, and how often anybody looked."""

    def __init__(self, **values: str) -> None:
        self.values, self.reads = values or {"token": "secret old", "ci": "ci.0a ci.0b", "api": "api.x"}, 0

    def get(self, name: str, key: str) -> str | None:
        self.reads += 1
        return self.values.get(key) if name == "api" else None


def signed_in(token, secrets):
    return principal(Request(headers={"x-token": token}), secrets)


@pytest.mark.parametrize(("token", "who"), [("secret", "api"), ("old", "api"), ("ci.0a", "ci"), ("ci.0b", "ci")])
def test_a_token_names_its_owner(token, who):
    """The installation's own is `api`; another's begins with its name. At most two reads."""
    secrets = ApiSecret()
    assert signed_in(token, secrets) == who
    assert secrets.reads <= 2


@pytest.mark.parametrize("token", ["wrong", "ci.0", "ann.0a", "token.secret", "api.x", "../x.y", "."])
def test_a_wrong_token_is_refused(token):
    """After two reads at most; the key `token` and a key `api` name nobody else."""
    secrets = ApiSecret()
    with pytest.raises(HttpError, match="the token is wrong; run `keptn auth") as refused:
        signed_in(token, secrets)
    assert (refused.value.status, secrets.reads <= 2) == (401, True)


def test_a_missing_token_costs_no_read():
    """Whoever sends none makes nobody work."""
    secrets = ApiSecret()
    with pytest.raises(HttpError, match="a token is missing"):
        signed_in(" ", secrets)
    assert secrets.reads == 0


def test_before_setup_the_api_is_closed():
    """No token exists yet: it may work later."""
    with pytest.raises(Unavailable, match="create the secret `api`"):
        signed_in("x", ApiSecret(other="x"))


@pytest.mark.parametrize(
    ("said", "recorded"),
    [
        ("", "ci"),
        (None, "ci"),
        ("ci", "ci"),
        ("root", "ci (root)"),
        (" a\nb ", "ci (a b)"),
        ("x" * 99, f"ci ({'x' * 80})"),
    ],
)
def test_who_is_signed_in_stands_first(said, recorded):
    """Whom the caller names stands in parentheses, on one line."""
    assert on_behalf("ci", said) == recorded

"""`api`: /v1/secret."""

import pytest

from tests.world import error


def test_secrets_are_write_only(world, api):
    """Names are listed, values never."""
    assert api("POST", "/v1/secret", {"name": "chat", "data": {"url": "http://x"}}).status_code == 201
    assert world.secrets.get("chat", "url") == "http://x"
    assert "http://x" not in api("GET", "/v1/secret").text
    assert {"name": "chat"} in api("GET", "/v1/secret").json["secrets"]
    assert api("PUT", "/v1/secret/chat", {"data": {"url": "y"}}).status_code == 200
    assert api("DELETE", "/v1/secret/chat").status_code == 200
    assert api("DELETE", "/v1/secret/chat").status_code == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "hooks", "data": {"a": "b"}}, "exists"),
        ({"name": "api", "data": {"a": "b"}}, "root token"),
        ({"name": "../x", "data": {"a": "b"}}, "cannot name a secret"),
        ({"name": "x", "data": {"../a": "b"}}, "cannot name a key"),
        ({"name": "x"}, "at least one key"),
        ({"name": "hook-problems-shop", "data": {"token": "x"}}, "must begin with 'shop' and a dot"),
    ],
)
def test_a_bad_secret_is_one_sentence(api, body, said):
    """Names and keys become file names: nothing else passes."""
    assert said in error(api("POST", "/v1/secret", body))

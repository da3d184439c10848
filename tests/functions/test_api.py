"""`api`: who may ask, tokens, and what becomes of a wrong path."""

import pytest

from tests.world import ROOT_TOKEN, WHO, error


def test_without_token_nothing_is_answered(api):
    """Every route asks for the token, unknown routes too."""
    for path in ("/v1/metadata", "/v1/nothing"):
        response = api("GET", path, token="wrong")
        assert response.status_code == 401
        assert "keptn auth" in error(response)
    assert api("GET", "/v1/metadata").json["keptnversion"]


def test_an_api_without_token_lets_nobody_in(world, api):
    """Before a token exists the API is closed, and says what to make."""
    world.secrets.delete("api")
    response = api("GET", "/v1/metadata", token="anything")
    assert response.status_code == 503
    assert "create the secret" in error(response)


def test_an_unknown_route_or_method_is_one_sentence(api):
    """A wrong path is 404, a wrong method 405 with the right ones."""
    assert api("GET", "/v1/nothing").status_code == 404
    response = api("PATCH", "/v1/project")
    assert response.status_code == 405
    assert "it takes GET" in error(response)


def test_who_signs_in_hears_what_the_token_may(api):
    """Name, role and project; the root token's name is its role."""
    assert api("POST", "/v1/auth", {}).json == {"token": WHO, "role": "configure", "project": ""}
    assert api("POST", "/v1/auth", {}, token=ROOT_TOKEN).json == {"token": "root", "role": "root", "project": ""}


def test_a_token_is_made_used_and_revoked(world, api, caplog):
    """Its text is in one answer and in nothing that is stored; revoked, it opens nothing."""
    body = {"name": "ci", "role": "deliver", "project": "sockshop", "expires": "90d"}
    made = api("POST", "/v1/token", body, token=ROOT_TOKEN)
    assert (made.status_code, made.json["madeBy"], made.json["expires"][:10]) == (201, "root", "2027-02-22")
    assert api("GET", "/v1/project/sockshop", token=made.json["token"]).status_code == 200
    (listed,) = (one for one in api("GET", "/v1/token", token=ROOT_TOKEN).json["tokens"] if one["name"] == "ci")
    assert "token" not in listed and listed["lastUsed"][:10] == "2026-11-24" and not listed["over"]
    assert api("DELETE", f"/v1/token/{made.json['id']}", token=ROOT_TOKEN).status_code == 200
    assert api("GET", "/v1/project/sockshop", token=made.json["token"]).status_code == 401
    told = [message for message in caplog.messages if made.json["id"] in message]
    assert [what.rpartition(" is ")[2] for what in told] == ["made by root", "revoked by root"]
    assert made.json["token"] not in caplog.text
    assert made.json["token"] not in "".join(map(str, vars(world.store).values()))


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "lacks 'role'"),
        ({"role": "admin"}, 400, "must be one of view, deliver, operate, configure"),
        ({"role": "root"}, 400, "must be one of view, deliver, operate, configure"),
        ({"role": "view", "project": "shop"}, 404, "there is no project 'shop'; projects: sockshop"),
        ({"role": "view", "name": "Ann"}, 400, "is no name for a token"),
        ({"role": "view", "expires": "90"}, 400, "write it like 90d"),
    ],
)
def test_a_token_that_nobody_could_use_is_not_made(world, api, body, status, said):
    response = api("POST", "/v1/token", body, token=ROOT_TOKEN)
    assert (response.status_code, said in error(response)) == (status, True), error(response)
    assert len(world.store.list("tokens/").names) == 1

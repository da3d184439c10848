"""`api`: who may ask, and what becomes of a wrong path."""

from tests.world import error


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

"""Fixtures of the functions' tests: a small installation in memory, and its api with the right token."""

import pytest

from keptn import context
from tests.world import World


@pytest.fixture
def world():
    world = World().with_sockshop()
    with context.using(world.context):
        yield world


@pytest.fixture
def api(world):
    client = world.client("api")

    def call(method, path, body=None, *, token="token", headers=None, **given):
        given |= {"json": body} if body is not None else {}
        return client.open(path, method=method, headers={"x-token": token, **(headers or {})}, **given)

    return call

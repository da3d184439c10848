"""Fixtures of the functions' tests: a small installation in memory, its api with the right token, and the CLI on it."""

import logging

import httpx
import pytest

from keptn import context
from keptn.cli.main import main
from keptn.cli.session import Session
from tests.world import TOKEN, World

ENDPOINT = "http://keptn.test/functions/api"


@pytest.fixture
def world():
    world = World().with_sockshop()
    with context.using(world.context):
        yield world


@pytest.fixture
def api(world):
    client = world.client("api")

    def call(method, path, body=None, *, token=TOKEN, headers=None, **given):
        given |= {"json": body} if body is not None else {}
        return client.open(path, method=method, headers={"x-token": token, **(headers or {})}, **given)

    return call


@pytest.fixture
def made():
    """A shop for the bridge, running."""
    from tests.bridge_world import shop

    found = shop()
    with found.running():
        yield found


@pytest.fixture
def keptn(world, capsys, tmp_path, monkeypatch):
    """Run a command line; its exit code, standard output and standard error. ok: None for any exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging.getLogger("keptn"), "handlers", [logging.NullHandler()])  # the functions' own log
    monkeypatch.setenv("KEPTN_HOME", str(tmp_path / "home"))

    api = world.client("api").application

    def prefixed(environ, start_response):
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/functions/api")
        return api(environ, start_response)

    def run(*arguments, ok=True):
        code = main(list(arguments), obj=Session(transport=httpx.WSGITransport(app=prefixed)))
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert ok is None or (code == 0) is ok, (code, out, err)
        return code, out, err

    assert main(["auth", "-e", ENDPOINT, "-a", TOKEN], obj=Session(transport=httpx.WSGITransport(app=prefixed))) == 0
    capsys.readouterr()
    return run

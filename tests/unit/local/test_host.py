"""What the host says of a program that does not become a function."""

import asyncio
from pathlib import Path

import pytest

from keptn.errors import Unavailable
from keptn.local.environment import Environment
from keptn.local.exchange import Answer, Call
from keptn.local.host import Host
from keptn.local.places import Places
from keptn.local.wiring import Function

SERVER = "python3 -m http.server --bind 127.0.0.1 $PORT"


def answer(folder: Path, command: str, **secrets: str) -> Answer:
    """What the program of this Procfile line answers to a GET."""
    places = Places(root=folder, state_dir=folder)
    environment = Environment(root=folder, state_dir=folder, url="http://h:1")
    function = Function(name="greet", source="", command=command, secrets=secrets, folder=folder)

    async def once() -> Answer:
        host = Host([function], places=places, environment=environment)
        try:
            return await host.call("greet", Call(method="GET", path="/hello"))
        finally:
            await host.stop()

    return asyncio.run(once())


def test_a_program_is_asked_once_it_listens(tmp_path: Path):
    """In its own folder, on the port that it was given."""
    (tmp_path / "hello").write_text("hi")
    assert answer(tmp_path, SERVER).body == b"hi"


def test_a_program_that_ends_says_where_to_look(tmp_path: Path):
    """The Broker asks again meanwhile."""
    with pytest.raises(Unavailable, match=r"greet ended before it listened on \$PORT; see .*greet.log"):
        answer(tmp_path, "echo broken; exit 1")
    assert "broken" in (tmp_path / "logs/functions/greet.log").read_text()


def test_a_secret_that_is_missing_is_named(tmp_path: Path):
    with pytest.raises(Unavailable, match="greet cannot be started: there is no secret 'greet' with the key 'token'"):
        answer(tmp_path, SERVER, TOKEN="greet/token")

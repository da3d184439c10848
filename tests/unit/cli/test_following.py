"""Following a delivery through an api that comes and goes."""

import io
import itertools

import httpx
import pytest

from keptn.cli.client import Client
from keptn.cli.exit_codes import ExitCode
from keptn.cli.following import follow
from keptn.errors import KeptnError

OVER = {
    "context": "c",
    "project": "sockshop",
    "service": "carts",
    "image": "carts:0.2",
    "state": "finished",
    "result": "pass",
    "stages": [],
}


def client(*answers) -> Client:
    left = itertools.chain(answers, itertools.repeat(answers[-1]))

    def handle(request):
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Client("http://keptn.test", "token", transport=httpx.MockTransport(handle), pauses_s=())


def test_an_api_that_starts_again_is_waited_for(capsys):
    """A refused connection or a 503 in between does not end the following."""
    answers = (httpx.ConnectError("refused"), httpx.Response(503, text="starting"), httpx.Response(200, json=OVER))
    assert follow(client(*answers), "c", timeout_s=60) is ExitCode.PASS
    assert capsys.readouterr().out == "carts:0.2 sockshop carts: finished with result pass\n"


def test_a_wrong_token_is_told_at_once():
    """What waiting does not mend is not waited for."""
    with pytest.raises(KeptnError, match="the token is wrong"):
        follow(client(httpx.Response(401, json={"error": "the token is wrong"})), "c", timeout_s=60)


def test_following_ends_in_time():
    """Without a delivery in sight the command ends, and says how to go on."""
    with pytest.raises(KeptnError, match="keptn status c"):
        follow(client(httpx.Response(404, json={"error": "no such delivery"})), "c", timeout_s=0)


def test_lanes_are_drawn_for_a_terminal():
    """On a terminal every stage is a lane with its steps; the marks have colours."""
    from rich.console import Console

    from keptn.cli.following import drawn

    tasks = [
        {
            "name": name,
            "id": name,
            "triggered_at": "",
            "finished_at": end,
            "result": result,
            "status": "",
            "message": "",
        }
        for name, end, result in (("deployment", "x", "pass"), ("evaluation", "x", "fail"), ("rollback", "", ""))
    ]
    sequence = {
        "id": "1",
        "sequence": "delivery",
        "state": "started",
        "triggered_at": "",
        "waiting": None,
        "tasks": tasks,
    }
    console = Console(record=True, width=100, force_terminal=True)
    console.print(drawn({**OVER, "stages": [{"stage": "prod", "sequences": [sequence]}]}))
    assert "prod   ✓ deployment ✗ evaluation … rollback" in console.export_text()


def test_no_terminal_wraps_what_is_copied():
    """The context and the command that answers an approval have lines of their own, whatever the lanes need."""
    from rich.console import Console

    from keptn.cli.following import drawn

    asked = {"name": "approval", "finished_at": "", "result": "", "executors": [{"message": "x", "finished_at": ""}]}

    name = "a-stage-with-a-name-that-is-as-long-as-any-may-be-in-this-world"
    waiting = {"for": "approval", "why": "a person is asked " * 9, "until": "", "since": "", "id": "b" * 36}
    sequence = {"id": "1", "sequence": "delivery", "state": "waitingForApproval", "triggered_at": "", "tasks": [asked]}
    stages = [{"stage": name, "sequences": [{**sequence, "waiting": waiting}]}]
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(drawn({**OVER, "context": "c" * 36, "image": f"registry.example.com/{name}:1", "stages": stages}))
    lines = console.export_text().splitlines()
    assert lines[0].strip() == "c" * 36
    assert lines[-1].strip() == f"keptn approve {'b' * 36}"
    assert max(map(len, lines)) <= 80

"""What a shell's Tab offers, asked as the script of `keptn completion` asks."""

import httpx
import pytest
from click.shell_completion import ShellComplete

from keptn.cli.main import cli
from keptn.cli.session import Session


@pytest.fixture
def offered(keptn, world):
    """Words of the command line to what may follow; the last is what is typed so far."""
    world.with_sockshop("other")
    api = world.client("api").application

    def prefixed(environ, start_response):
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/functions/api")
        return api(environ, start_response)

    session = Session(transport=httpx.WSGITransport(app=prefixed))

    def of(line):
        *before, begun = line.split(" ")
        shell = ShellComplete(cli, {"obj": session}, "keptn", "_KEPTN_COMPLETE")
        return [item.value for item in shell.get_completions(before, begun)]

    return of


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("get service --project ", ["other", "sockshop"]),
        ("get service --project s", ["sockshop"]),
        ("get service --project sockshop --stage ", ["dev", "staging", "prod"]),
        ("trigger delivery --project sockshop --service c", ["carts"]),
        ("trigger delivery --service ", ["carts"]),
        ("delete project so", ["sockshop"]),
        ("get stage --project sockshop p", ["prod"]),
        ("delete service --project sockshop ", ["carts"]),
        ("create project so", []),
        ("get delivery -o j", ["json"]),
        ("get ser", ["service"]),
        ("--endpoint http://elsewhere.test get service --project ", []),
    ],
)
def test_names_are_those_of_the_server(offered, line, names):
    """Of the project that was named; nothing where nobody can be asked."""
    assert offered(line) == names


def test_a_server_that_is_away_is_not_told(keptn, capsys, tmp_path):
    """Nothing is offered, nothing is written into the prompt."""
    away = Session(transport=httpx.MockTransport(lambda _: httpx.Response(503, text="starting")))
    shell = ShellComplete(cli, {"obj": away}, "keptn", "_KEPTN_COMPLETE")
    assert shell.get_completions(["get", "service", "--project"], "") == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_the_cli(keptn, shell):
    """The shell calls keptn with what is typed so far."""
    assert f"_KEPTN_COMPLETE={shell}_complete" in keptn("completion", shell)[1]

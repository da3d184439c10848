"""The CLI against the real `api`, in one process: create project, onboard service, delete."""

import io
import sys

import pytest

from tests.world import SHIPYARD, VALUES


@pytest.fixture
def terminal(monkeypatch):
    """A person at a terminal who answers so: a line, None for its end, or an exception."""

    def answering(answer):
        def read(_prompt):
            if answer is None:
                raise EOFError
            if isinstance(answer, str):
                return answer
            raise answer

        monkeypatch.setattr(sys, "stdin", Terminal())
        monkeypatch.setattr("click.termui.visible_prompt_func", read)

    return answering


class Terminal(io.StringIO):
    def isatty(self):
        return True


DELETED = (
    "project sockshop",
    "service carts --project=sockshop",
    "secret api-chat",
    "resource --project=sockshop --stage=dev --service=carts --resourceUri=slo.yaml",
)


@pytest.fixture(autouse=True)
def _files(tmp_path):
    (tmp_path / "shipyard.yaml").write_bytes(SHIPYARD)
    (tmp_path / "values_carts.yaml").write_bytes(VALUES)


@pytest.mark.parametrize("form", [("shop", "shipyard.yaml"), ("shop", "--shipyard=shipyard.yaml")])
def test_a_project_is_created_in_both_forms(keptn, world, form):
    """The talk's and the product's form; the command ends when the project is there."""
    assert "Project shop is created" in keptn("create", "project", *form)[1]
    assert world.sink.events[0].data == {"project": "shop", "shipyard": SHIPYARD.decode()}


def test_created_once_more_it_is_as_it_was(keptn):
    """And the person hears it."""
    out = keptn("create", "project", "sockshop", "shipyard.yaml")[1]
    assert "Warning: project sockshop was there already" in out


def test_acknowledged_is_not_finished(keptn):
    """With --no-wait the command says only that it was accepted."""
    out = keptn("create", "project", "shop", "shipyard.yaml", "--no-wait")[1]
    assert "Accepted" in out
    assert "created" not in out


def test_a_refusal_of_the_step_is_an_error(keptn, world):
    """What the step refuses is said, with exit code 1."""
    raced = {"main": {"shipyard.yaml": b"stages: [{name: only}]"}, "only": {"x": b""}}
    world.sink.before = lambda _: world.config_repo.create("shop", raced, message="First\n")
    code, _, err = keptn("create", "project", "shop", "shipyard.yaml", ok=False)
    assert (code, err.count("\n")) == (1, 1)
    assert "project shop exists already" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shop", "missing.yaml"), "there is no file missing.yaml"),
        (("shop", "."), "is a folder"),
        (("Shop", "shipyard.yaml"), "letters"),
    ],
)
def test_a_bad_project_is_one_sentence(keptn, world, arguments, said):
    """Nothing is posted for what cannot be."""
    assert said in keptn("create", "project", *arguments, ok=False)[2]
    assert not world.sink.events


def test_a_wrong_file_is_told_by_the_users_name(keptn, tmp_path):
    """The sentence names the file that the user gave, not what it becomes."""
    (tmp_path / "mine.yaml").write_text("stages:\n- name: dev\n  colour: red\n")
    assert "mine.yaml:3: `colour`" in keptn("create", "project", "shop", "mine.yaml", ok=False)[2]
    onboarding = ("onboard", "service", "--project=sockshop", "--values=mine.yaml")
    assert "mine.yaml:1: `stages`" in keptn(*onboarding, ok=False)[2]


def test_a_service_is_onboarded_and_its_hook_printed(keptn, world):
    """The registry hook's URL and header come with the onboarding."""
    keptn("create", "project", "shop", "shipyard.yaml")
    world.context.platform.cannot = ("it runs without volumes",)
    out = keptn("onboard", "service", "--project=shop", "--values=values_carts.yaml")[1]
    assert "Warning: it runs without volumes\n" in out
    assert "Service carts is onboarded into every stage of shop" in out
    assert f"Authorization: Bearer {world.secrets.get('hook-shop.carts', 'token')}" in out
    assert world.config_repo.tree("shop", "prod").read("carts/values.yaml") == VALUES
    assert "http://keptn.local/functions/receive-artifact" in out


def test_a_project_is_deleted(keptn):
    """With a yes on the command line nobody is asked; an unknown project is an error."""
    assert "is deleted" in keptn("delete", "project", "sockshop", "--yes")[1]
    assert "there is no project 'x'" in keptn("delete", "project", "x", "-y", ok=False)[2]


@pytest.mark.parametrize("answer", ["y", "yes"])
def test_a_yes_on_a_terminal_deletes(keptn, terminal, answer):
    """A person was asked and said so."""
    terminal(answer)
    assert "is deleted" in keptn("delete", "project", "sockshop")[1]


@pytest.mark.parametrize("what", DELETED)
@pytest.mark.parametrize("answer", ["n", "", "no", None, KeyboardInterrupt])
def test_without_a_yes_nothing_is_deleted(keptn, terminal, world, what, answer):
    """A no, an empty line, the end of the input, Ctrl-C: it is said that nothing went."""
    world.secrets.put("api-chat", {"url": "x"})
    terminal(answer)
    code, _, err = keptn("delete", *what.split(), ok=False)
    assert (code, err.endswith("Error: Nothing was deleted.\n")) == (1, True), err
    assert not world.sink.events
    assert "api-chat" in world.secrets.names()


@pytest.mark.parametrize("what", DELETED)
def test_without_a_terminal_nothing_is_deleted(keptn, world, what):
    """Nobody can be asked, and a script says --yes."""
    world.secrets.put("api-chat", {"url": "x"})
    code, _, err = keptn("delete", *what.split(), ok=False)
    assert (code, "Nothing was deleted: nobody can be asked" in err, "--yes" in err) == (1, True, True)
    assert not world.sink.events
    assert "api-chat" in world.secrets.names()

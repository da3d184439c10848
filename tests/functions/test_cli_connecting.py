"""The CLI against the real `api`, in one process: auth, version, and every way not to be connected."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from keptn.cli.main import main
from keptn.cli.session import Session
from tests.functions.conftest import ENDPOINT
from tests.world import ROOT_TOKEN, TOKEN, WHO


def test_auth_is_remembered_for_its_owner_only(keptn, tmp_path):
    """The endpoint and token are kept, readable by their owner; a second auth checks them."""
    file = tmp_path / "home/config.json"
    known = {"keptn.test": {"endpoint": ENDPOINT, "token": TOKEN}}
    assert json.loads(file.read_text()) == {"current": "keptn.test", "contexts": known}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"knows this token: it is {WHO}, of role configure in all projects" in keptn("auth")[1]


def test_a_root_token_says_what_to_make(keptn):
    """It is good for nothing but that."""
    told = keptn("--api-token", ROOT_TOKEN, "auth")[1]
    assert "the root token, which only makes others; make one to work with: keptn create token" in told
    assert "the root token only makes" in keptn("--api-token", ROOT_TOKEN, "get", "project", ok=False)[2]


def test_a_token_is_shown_once_and_taken_back(keptn, tmp_path):
    """The text of it is in the answer of its making, and in no list."""
    root = ("--api-token", ROOT_TOKEN)
    out = keptn(*root, "create", "token", "ci", "--project=sockshop", "--role=deliver", "--expires=90d")[1]
    text, told = out.splitlines()
    token_id = text.split("_")[1]
    assert f"{token_id} has the role deliver in sockshop, until 2027-02-22 12:" in told
    assert f"keptn delete token {token_id} takes it back" in told
    assert "sockshop" in keptn("--api-token", text, "get", "project")[1]
    assert (
        f"the token {token_id} has the role deliver, and this takes configure"
        in (keptn("--api-token", text, "get", "secret", ok=False)[2])
    )
    listed = keptn(*root, "get", "tokens")[1]
    assert token_id in listed and WHO in listed and text not in listed
    keptn(*root, "delete", "token", token_id, "--yes")
    assert "the token is wrong, or revoked" in keptn("--api-token", text, "get", "project", ok=False)[2]


def test_a_new_token_is_taken_into_use(keptn, tmp_path):
    """The context keeps its name; the token is not shown."""
    out = keptn("--api-token", ROOT_TOKEN, "create", "token", "me", "--role=view", "--use")[1]
    kept = json.loads((tmp_path / "home/config.json").read_text())
    assert list(kept["contexts"]) == [kept["current"]] == ["keptn.test"]
    assert kept["contexts"]["keptn.test"]["token"] not in out
    assert "of role view in all projects" in keptn("auth")[1]


def test_a_wrong_token_is_one_sentence_and_not_remembered(keptn, tmp_path):
    """What does not work is not written."""
    code, _, err = keptn("auth", "-e", ENDPOINT, "-a", "wrong", ok=False)
    assert (code, err.count("\n")) == (1, 1)
    assert "the token is wrong" in err
    assert "wrong" not in (tmp_path / "home/config.json").read_text()


def test_without_config_the_next_step_is_said(keptn, tmp_path):
    """No configuration: one sentence that says how to get one."""
    (tmp_path / "home/config.json").unlink()
    code, _, err = keptn("get", "project", ok=False)
    assert (code, err.count("\n")) == (1, 1)
    assert "keptn local" in err
    assert "keptn auth" in err


def test_a_token_that_cannot_be_sent_is_one_sentence(keptn):
    """A token with letters that no header takes is a wrong token."""
    code, _, err = keptn("--api-token=é", "get", "project", ok=False)
    assert (code, err.count("\n")) == (1, 1)
    assert "the token is wrong" in err


@pytest.mark.parametrize("content", ["", "{", "[]", '{"endpoint": "x"}', '{"contexts": []}'])
def test_a_broken_config_is_one_sentence(keptn, tmp_path, content):
    """A file that somebody broke is named."""
    (tmp_path / "home/config.json").write_text(content)
    assert "config.json cannot be read" in keptn("get", "project", ok=False)[2]


def test_a_config_of_one_installation_is_read(keptn, tmp_path):
    """As the file was before it knew several."""
    (tmp_path / "home/config.json").write_text(json.dumps({"endpoint": ENDPOINT, "token": TOKEN}))
    assert "keptn.test" in keptn("config", "get-contexts")[1] and "knows this token" in keptn("auth")[1]


def test_several_installations_are_told_apart(keptn):
    """Each has its name and its token; one is spoken to until another is chosen."""
    keptn("auth", "-e", f"{ENDPOINT}/", "-a", TOKEN, "--host=staging.test")
    listed = json.loads(keptn("config", "get-contexts", "-o", "json")[1])
    assert [(one["name"], one["current"]) for one in listed] == [("keptn.test", False), ("staging.test", True)]
    assert "with keptn.test now" in keptn("config", "use-context", "keptn.test")[1]
    assert (
        "there is no context 'nope'; there are: keptn.test, staging.test"
        in keptn("config", "use-context", "nope", ok=False)[2]
    )
    keptn("config", "delete-context", "keptn.test")
    err = keptn("get", "project", ok=False)[2]
    assert "choose one with `keptn config use-context NAME`: staging.test" in err


def test_a_token_goes_only_where_it_belongs(keptn):
    """Another endpoint for one call gets the token that is known for it, or must be given one."""
    assert "sockshop" in keptn("--endpoint=http://keptn.test", "get", "project")[1]
    err = keptn("--endpoint=http://elsewhere.test", "get", "project", ok=False)[2]
    assert "no token is known for http://elsewhere.test" in err


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "nonsense", "ftp://x"])
def test_an_api_that_is_away_is_one_sentence(capsys, tmp_path, endpoint):
    """Nobody answers: which endpoint, and what to do."""
    arguments = ["--home", str(tmp_path), "--endpoint", endpoint, "--api-token", "x", "get", "project"]
    assert main(arguments) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert endpoint in err


def test_something_else_that_answers_is_told(capsys, tmp_path):
    """A web server that is no keptn api is named as such."""
    other = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>"))
    arguments = ["--home", str(tmp_path), "--endpoint", "http://x", "--api-token", "x", "get", "project"]
    assert main(arguments, obj=Session(transport=other)) == 1
    assert "is not a keptn api" in capsys.readouterr().err


def test_the_version_is_shown_even_without_installation(keptn, tmp_path):
    """`version` tells of the CLI always."""
    assert "installation" in keptn("version")[1]
    (tmp_path / "home/config.json").unlink()
    assert "unknown (no keptn is known" in keptn("version")[1]


def test_a_bug_is_one_sentence(capsys, tmp_path):
    """What nobody foresaw names its place instead of a traceback."""

    def broken(_):
        raise ZeroDivisionError("by nought")

    arguments = ["--home", str(tmp_path), "--endpoint", "http://x", "--api-token", "x", "get", "project"]
    assert main(arguments, obj=Session(transport=httpx.MockTransport(broken))) == 1
    err = capsys.readouterr().err
    assert err.startswith("Error: this is a bug of keptn: by nought (ZeroDivisionError at ")
    assert err.count("\n") == 1


def test_a_full_disk_is_no_bug(tmp_path):
    """What cannot be written is said once, in a sentence, also at the end of the process."""
    command = [sys.executable, "-m", "keptn", "--home", str(tmp_path), "config", "get-contexts"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "Error: the output cannot be written: No space left on device\n")


def test_usage_errors_have_their_own_code(keptn):
    """What was not understood is exit code 2."""
    for arguments in (
        ("nonsense",),
        ("local", "--port=99999"),
        ("create", "project"),
        ("create", "project", "x"),
        ("get", "event"),
    ):
        assert keptn(*arguments, ok=False)[0] == 2

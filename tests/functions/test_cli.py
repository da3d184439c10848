"""The CLI against the real `api`, in one process."""

import io
import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from keptn import events
from keptn.cli.main import main
from keptn.cli.session import Session
from keptn.events import Event, Scope
from keptn.records import audit, deliveries, objects
from keptn.sequence import codec
from keptn.sequence.slot import Repair, Slot
from tests.functions.conftest import ENDPOINT
from tests.world import ROOT_TOKEN, SHIPYARD, TOKEN, VALUES, WHO


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


class TestConnecting:
    """auth, version, and every way not to be connected."""

    def test_auth_is_remembered_for_its_owner_only(self, keptn, tmp_path):
        """The endpoint and token are kept, readable by their owner; a second auth checks them."""
        file = tmp_path / "home/config.json"
        known = {"keptn.test": {"endpoint": ENDPOINT, "token": TOKEN}}
        assert json.loads(file.read_text()) == {"current": "keptn.test", "contexts": known}
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert f"knows this token: it is {WHO}, of role configure in all projects" in keptn("auth")[1]

    def test_a_root_token_says_what_to_make(self, keptn):
        """It is good for nothing but that."""
        told = keptn("--api-token", ROOT_TOKEN, "auth")[1]
        assert "the root token, which only makes others; make one to work with: keptn create token" in told
        assert "the root token only makes" in keptn("--api-token", ROOT_TOKEN, "get", "project", ok=False)[2]

    def test_a_token_is_shown_once_and_taken_back(self, keptn, tmp_path):
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

    def test_a_new_token_is_taken_into_use(self, keptn, tmp_path):
        """The context keeps its name; the token is not shown."""
        out = keptn("--api-token", ROOT_TOKEN, "create", "token", "me", "--role=view", "--use")[1]
        kept = json.loads((tmp_path / "home/config.json").read_text())
        assert list(kept["contexts"]) == [kept["current"]] == ["keptn.test"]
        assert kept["contexts"]["keptn.test"]["token"] not in out
        assert "of role view in all projects" in keptn("auth")[1]

    def test_a_wrong_token_is_one_sentence_and_not_remembered(self, keptn, tmp_path):
        """What does not work is not written."""
        code, _, err = keptn("auth", "-e", ENDPOINT, "-a", "wrong", ok=False)
        assert (code, err.count("\n")) == (1, 1)
        assert "the token is wrong" in err
        assert "wrong" not in (tmp_path / "home/config.json").read_text()

    def test_without_config_the_next_step_is_said(self, keptn, tmp_path):
        """No configuration: one sentence that says how to get one."""
        (tmp_path / "home/config.json").unlink()
        code, _, err = keptn("get", "project", ok=False)
        assert (code, err.count("\n")) == (1, 1)
        assert "keptn local" in err
        assert "keptn auth" in err

    def test_a_token_that_cannot_be_sent_is_one_sentence(self, keptn):
        """A token with letters that no header takes is a wrong token."""
        code, _, err = keptn("--api-token=é", "get", "project", ok=False)
        assert (code, err.count("\n")) == (1, 1)
        assert "the token is wrong" in err

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"endpoint": "x"}', '{"contexts": []}'])
    def test_a_broken_config_is_one_sentence(self, keptn, tmp_path, content):
        """A file that somebody broke is named."""
        (tmp_path / "home/config.json").write_text(content)
        assert "config.json cannot be read" in keptn("get", "project", ok=False)[2]

    def test_a_config_of_one_installation_is_read(self, keptn, tmp_path):
        """As the file was before it knew several."""
        (tmp_path / "home/config.json").write_text(json.dumps({"endpoint": ENDPOINT, "token": TOKEN}))
        assert "keptn.test" in keptn("config", "get-contexts")[1] and "knows this token" in keptn("auth")[1]

    def test_several_installations_are_told_apart(self, keptn):
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

    def test_a_token_goes_only_where_it_belongs(self, keptn):
        """Another endpoint for one call gets the token that is known for it, or must be given one."""
        assert "sockshop" in keptn("--endpoint=http://keptn.test", "get", "project")[1]
        err = keptn("--endpoint=http://elsewhere.test", "get", "project", ok=False)[2]
        assert "no token is known for http://elsewhere.test" in err

    @pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "nonsense", "ftp://x"])
    def test_an_api_that_is_away_is_one_sentence(self, capsys, tmp_path, endpoint):
        """Nobody answers: which endpoint, and what to do."""
        arguments = ["--home", str(tmp_path), "--endpoint", endpoint, "--api-token", "x", "get", "project"]
        assert main(arguments) == 1
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        assert endpoint in err

    def test_something_else_that_answers_is_told(self, capsys, tmp_path):
        """A web server that is no keptn api is named as such."""
        other = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>"))
        arguments = ["--home", str(tmp_path), "--endpoint", "http://x", "--api-token", "x", "get", "project"]
        assert main(arguments, obj=Session(transport=other)) == 1
        assert "is not a keptn api" in capsys.readouterr().err

    def test_the_version_is_shown_even_without_installation(self, keptn, tmp_path):
        """`version` tells of the CLI always."""
        assert "installation" in keptn("version")[1]
        (tmp_path / "home/config.json").unlink()
        assert "unknown (no keptn is known" in keptn("version")[1]

    def test_a_bug_is_one_sentence(self, capsys, tmp_path):
        """What nobody foresaw names its place instead of a traceback."""

        def broken(_):
            raise ZeroDivisionError("by nought")

        arguments = ["--home", str(tmp_path), "--endpoint", "http://x", "--api-token", "x", "get", "project"]
        assert main(arguments, obj=Session(transport=httpx.MockTransport(broken))) == 1
        err = capsys.readouterr().err
        assert err.startswith("Error: this is a bug of keptn: by nought (ZeroDivisionError at ")
        assert err.count("\n") == 1

    def test_a_full_disk_is_no_bug(self, tmp_path):
        """What cannot be written is said once, in a sentence, also at the end of the process."""
        command = [sys.executable, "-m", "keptn", "--home", str(tmp_path), "config", "get-contexts"]
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert (done.returncode, done.stderr) == (1, "Error: the output cannot be written: No space left on device\n")

    def test_usage_errors_have_their_own_code(self, keptn):
        """What was not understood is exit code 2."""
        for arguments in (
            ("nonsense",),
            ("local", "--port=99999"),
            ("create", "project"),
            ("create", "project", "x"),
            ("get", "event"),
        ):
            assert keptn(*arguments, ok=False)[0] == 2


DELETED = (
    "project sockshop",
    "service carts --project=sockshop",
    "secret api-chat",
    "resource --project=sockshop --stage=dev --service=carts --resourceUri=slo.yaml",
)


class TestProjects:
    """create project, onboard service, delete."""

    @pytest.fixture(autouse=True)
    def _files(self, tmp_path):
        (tmp_path / "shipyard.yaml").write_bytes(SHIPYARD)
        (tmp_path / "values_carts.yaml").write_bytes(VALUES)

    @pytest.mark.parametrize("form", [("shop", "shipyard.yaml"), ("shop", "--shipyard=shipyard.yaml")])
    def test_a_project_is_created_in_both_forms(self, keptn, world, form):
        """The talk's and the product's form; the command ends when the project is there."""
        assert "Project shop is created" in keptn("create", "project", *form)[1]
        assert world.sink.events[0].data == {"project": "shop", "shipyard": SHIPYARD.decode()}

    def test_created_once_more_it_is_as_it_was(self, keptn):
        """And the person hears it."""
        out = keptn("create", "project", "sockshop", "shipyard.yaml")[1]
        assert "Warning: project sockshop was there already" in out

    def test_acknowledged_is_not_finished(self, keptn):
        """With --no-wait the command says only that it was accepted."""
        out = keptn("create", "project", "shop", "shipyard.yaml", "--no-wait")[1]
        assert "Accepted" in out
        assert "created" not in out

    def test_a_refusal_of_the_step_is_an_error(self, keptn, world):
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
    def test_a_bad_project_is_one_sentence(self, keptn, world, arguments, said):
        """Nothing is posted for what cannot be."""
        assert said in keptn("create", "project", *arguments, ok=False)[2]
        assert not world.sink.events

    def test_a_wrong_file_is_told_by_the_users_name(self, keptn, tmp_path):
        """The sentence names the file that the user gave, not what it becomes."""
        (tmp_path / "mine.yaml").write_text("stages:\n- name: dev\n  colour: red\n")
        assert "mine.yaml:3: `colour`" in keptn("create", "project", "shop", "mine.yaml", ok=False)[2]
        onboarding = ("onboard", "service", "--project=sockshop", "--values=mine.yaml")
        assert "mine.yaml:1: `stages`" in keptn(*onboarding, ok=False)[2]

    def test_a_service_is_onboarded_and_its_hook_printed(self, keptn, world):
        """The registry hook's URL and header come with the onboarding."""
        keptn("create", "project", "shop", "shipyard.yaml")
        world.context.platform.cannot = ("it runs without volumes",)
        out = keptn("onboard", "service", "--project=shop", "--values=values_carts.yaml")[1]
        assert "Warning: it runs without volumes\n" in out
        assert "Service carts is onboarded into every stage of shop" in out
        assert f"Authorization: Bearer {world.secrets.get('hook-shop.carts', 'token')}" in out
        assert world.config_repo.tree("shop", "prod").read("carts/values.yaml") == VALUES
        assert "http://keptn.local/functions/receive-artifact" in out

    def test_a_project_is_deleted(self, keptn):
        """With a yes on the command line nobody is asked; an unknown project is an error."""
        assert "is deleted" in keptn("delete", "project", "sockshop", "--yes")[1]
        assert "there is no project 'x'" in keptn("delete", "project", "x", "-y", ok=False)[2]

    @pytest.mark.parametrize("answer", ["y", "yes"])
    def test_a_yes_on_a_terminal_deletes(self, keptn, terminal, answer):
        """A person was asked and said so."""
        terminal(answer)
        assert "is deleted" in keptn("delete", "project", "sockshop")[1]

    @pytest.mark.parametrize("what", DELETED)
    @pytest.mark.parametrize("answer", ["n", "", "no", None, KeyboardInterrupt])
    def test_without_a_yes_nothing_is_deleted(self, keptn, terminal, world, what, answer):
        """A no, an empty line, the end of the input, Ctrl-C: it is said that nothing went."""
        world.secrets.put("api-chat", {"url": "x"})
        terminal(answer)
        code, _, err = keptn("delete", *what.split(), ok=False)
        assert (code, err.endswith("Error: Nothing was deleted.\n")) == (1, True), err
        assert not world.sink.events
        assert "api-chat" in world.secrets.names()

    @pytest.mark.parametrize("what", DELETED)
    def test_without_a_terminal_nothing_is_deleted(self, keptn, world, what):
        """Nobody can be asked, and a script says --yes."""
        world.secrets.put("api-chat", {"url": "x"})
        code, _, err = keptn("delete", *what.split(), ok=False)
        assert (code, "Nothing was deleted: nobody can be asked" in err, "--yes" in err) == (1, True, True)
        assert not world.sink.events
        assert "api-chat" in world.secrets.names()


class TestSending:
    """send event, trigger."""

    @pytest.mark.parametrize(
        ("arguments", "event_type"),
        [
            ("send event newartifact carts:0.2 staging", "sh.keptn.event.staging.delivery.triggered"),
            ("send event new-artifact carts:0.2", "sh.keptn.event.dev.delivery.triggered"),
            (
                "send event new-artifact --project=sockshop --service=carts --image=keptn/carts --tag=0.2",
                "sh.keptn.event.dev.delivery.triggered",
            ),
            (
                "trigger delivery --project=sockshop --service=carts --image=keptn/carts:0.2 --stage=production",
                "sh.keptn.event.prod.delivery.triggered",
            ),
        ],
    )
    def test_an_artifact_is_sent_in_every_form(self, keptn, world, arguments, event_type):
        """The talk's form and the product's start the same delivery."""
        out = keptn(*arguments.split(), "--no-wait", "--label=build=7")[1]
        (event,) = world.sink.events
        assert event.type == event_type
        assert event.data["artifact"]["digest"] == world.registry.digest("keptn/carts:0.2")
        assert event.data["labels"] == {"build": "7"}
        assert event.context in out

    def test_a_platform_that_is_missing_is_told(self, keptn, world):
        """It is sent all the same; a program reads it, too."""
        world.store.put("images/keptn%2Fcarts/sockshop.carts", b'{"platforms": ["linux/arm64"]}')
        sent = ("send", "event", "newartifact", "carts:0.2", "--no-wait")
        assert "Warning: the image has linux/amd64, and lacks linux/arm64" in "".join(keptn(*sent)[1:])
        assert "lacks linux/arm64" in json.loads(keptn(*sent, "-o", "json")[1])["warnings"][0]
        assert len(world.sink.events) == 2

    def test_candidates_are_listed(self, keptn, world):
        """Two projects with the service: neither is guessed."""
        world.with_sockshop("other")
        err = keptn("send", "event", "newartifact", "carts:0.2", ok=False)[2]
        assert "other/carts, sockshop/carts" in err

    @pytest.mark.parametrize(
        ("arguments", "code", "said"),
        [
            ("send event newartifact", 2, "Missing argument 'IMAGE'"),
            ("send event", 2, "Missing option"),
            ("send event newartifact carts:0.2 qa", 1, "stages: dev, staging, prod"),
            ("send event newartifact carts", 1, "must be repository:tag"),
            ("send event newartifact carts:0.2 --force", 2, "--reason"),
            ("send event newartifact carts:0.2 --label=x", 2, "KEY=VALUE"),
            ("send event -f missing.json", 1, "there is no file"),
            ("trigger delivery --image=carts:0.2 --sequence=x", 1, "sequences: delivery"),
            ("trigger evaluation --project=sockshop --stage=dev --service=carts --timeframe=x", 1, "write it like 30s"),
        ],
    )
    def test_a_bad_artifact_is_one_sentence(self, keptn, arguments, code, said):
        """What is missing or unknown is said."""
        given, _, err = keptn(*arguments.split(), ok=False)
        assert (given, said in err) == (code, True), err

    def test_any_event_is_sent_from_a_file(self, keptn, world, tmp_path):
        """A CloudEvent from a file is posted; broken JSON names the line."""
        (tmp_path / "event.json").write_text(
            '{"type": "sh.keptn.event.evaluation.invalidated", "source": "me", "triggeredid": "t", "data": {}}'
        )
        assert "was taken; keptn context" in keptn("send", "event", "-f", "event.json")[1]
        assert world.sink.events[0].source == "me"
        (tmp_path / "event.json").write_text(
            '{"id": "1", "type": "com.example.mine", "source": "me", "triggeredid": "t", "data": {}}'
        )
        assert "com.example.mine 1 was taken; keptn starts nothing" in keptn("send", "event", "-f", "event.json")[1]
        (tmp_path / "event.json").write_text('{\n"type" "x"}')
        assert "event.json:2:" in keptn("send", "event", "-f", "event.json", ok=False)[2]

    def test_an_answer_that_nobody_waits_for_is_told(self, keptn, world, tmp_path):
        """It is recorded, and the exit code says that it changed nothing; in time it is taken."""
        world.sink.executors = {"deployment": {}}
        keptn("send", "event", "newartifact", "carts:0.2", "--no-wait")
        task = next(event for event in world.sink.events if event.type == "sh.keptn.event.test.triggered")
        answer = {"type": "sh.keptn.event.test.finished", "source": "me", "shkeptncontext": task.context}
        answer["data"] = {**task.data, "result": "pass", "status": "succeeded"}
        (tmp_path / "late.json").write_text(json.dumps({**answer, "triggeredid": "no-such"}))
        assert "no task waits for it" in keptn("send", "event", "-f", "late.json", ok=False)[2]
        assert world.sink.events[-1].triggered_id == "no-such"
        (tmp_path / "event.json").write_text(json.dumps({**answer, "triggeredid": task.id}))
        assert "was taken" in keptn("send", "event", "-f", "event.json")[1]
        assert "is over since 2026-11-24" in keptn("send", "event", "-f", "event.json", ok=False)[2]

    def test_an_event_that_nobody_hears_is_told_what_replaces_it(self, keptn, world, tmp_path):
        """The problem event of keptn 0.2 to 0.7."""
        (tmp_path / "event.json").write_text(
            '{"specversion": "0.2", "id": "p1", "source": "dynatrace", "type": "sh.keptn.events.problem", "data": {}}'
        )
        code, _, err = keptn("send", "event", "-f", "event.json", ok=False)
        assert (code, "sh.keptn.event.<stage>.remediation.triggered" in err) == (1, True)
        assert not world.sink.events

    def test_a_file_sent_again_starts_nothing_and_says_so(self, keptn, world, tmp_path):
        """The same source and id is the same event; without an id every sending is a new one."""
        world.sink.executors = {"deployment": {}, "test": {}, "evaluation": {}, "release": {}}
        event = {
            "type": "sh.keptn.event.dev.delivery.triggered",
            "source": "ci",
            "id": "r1",
            "time": "2019-06-07T07:02:15Z",
            "data": {"project": "sockshop", "stage": "dev", "service": "carts"},
        }
        (tmp_path / "event.json").write_text(json.dumps(event))
        first, again = (keptn("send", "event", "-f", "event.json", "--no-wait")[1] for _ in range(2))
        assert "was taken" not in first
        assert "this event (source ci, id r1) was taken on 2026-11-24 12:00:" in again
        assert again.endswith(first)
        (tmp_path / "event.json").write_text(json.dumps({**event, "id": ""}))
        for _ in range(2):
            assert keptn("send", "event", "-f", "event.json", "--no-wait")[1] != first

    def test_an_evaluation_is_triggered(self, keptn, world):
        """A timeframe or a window; the event is the stage's evaluation."""
        slot = ("--project=sockshop", "--stage=prod", "--service=carts")
        keptn("trigger", "evaluation", *slot, "--timeframe=8s", "--no-wait")
        keptn("trigger", "sequence", "rollback", *slot, '--data={"pods": 3}', "--no-wait")
        evaluation, rollback = world.sink.events
        assert rollback.data["rollback"]["by"] == WHO
        assert evaluation.data["evaluation"] == {"timeframe": "8s"}
        assert (rollback.type, rollback.data["pods"]) == ("sh.keptn.event.prod.rollback.triggered", 3)


class TestLooking:
    """get, logs, add-resource, secrets."""

    def test_projects_stages_and_services_are_shown(self, keptn, world):
        """As tables, and as JSON and YAML for programs."""
        world.live("prod", image="keptn/carts:0.2")
        assert keptn("get", "project")[1].splitlines()[1].split(None, 1) == ["sockshop", "dev, staging, prod"]
        prod = keptn("get", "project", "sockshop")[1].splitlines()[3].split()
        assert prod == ["prod", "blue_green", "-", "-", "-", "carts"]
        service = keptn("get", "service", "--project=sockshop", "--stage=prod")[1].splitlines()[1].split()
        assert service[:4] == ["carts", "prod", "keptn/carts:0.2", "blue"]
        assert service[-1] == world.context.router.public_url(Scope(project="sockshop", stage="prod", service="carts"))
        assert json.loads(keptn("get", "project", "-o", "json")[1])[0]["projectName"] == "sockshop"
        assert keptn("get", "stage", "prod", "--project=sockshop", "-o", "yaml")[1].startswith("- stageName: prod")

    def test_what_a_runbook_did_for_a_problem_is_shown(self, keptn, world):
        """Until when at the latest, and of which delivery it is."""
        prod = Scope(project="sockshop", stage="prod", service="carts")
        repair = Repair(
            task="t",
            context="c-7",
            mark="m",
            shipyard="s",
            root_time=world.clock.now(),
            by=("more", "scale", "slack"),
            latest=events.utc("2026-11-24T18:00:00Z"),
        )
        world.store.put(objects.slot(prod), codec.encode(Slot(scope=prod, repairs=(repair,))))
        shown = keptn("get", "service", "carts", "--project=sockshop", "--stage=prod")[1]
        assert "for a problem: scale, slack until 2026-11-24 18:00:00Z" in shown
        asked = json.loads(keptn("get", "service", "carts", "--project=sockshop", "--stage=prod", "-o", "json")[1])
        assert json.dumps(asked).count("c-7") == 1

    def test_events_are_shown(self, keptn):
        """Of a project newest first, of one delivery oldest first."""
        keptn("send", "event", "newartifact", "carts:0.2", "--no-wait")
        out = keptn("get", "event", "--project=sockshop", "-o", "json")[1]
        (event,) = json.loads(out)
        assert event["id"] in keptn("get", "event", f"--context={event['shkeptncontext']}")[1]
        assert "no such events" in keptn("get", "event", "test.finished", "--project=sockshop")[1]
        assert event["id"] in keptn("get", "event", "--project=sockshop", "--by=ann")[1]
        assert "no such events" in keptn("get", "event", "--project=sockshop", "--by=eve")[1]
        asked = ("get", "event", "delivery.triggered", f"--context={event['shkeptncontext']}")
        assert "no such events" in keptn(*asked)[1]

    def test_what_is_listed_is_looked_for_to_the_end(self, keptn, world, monkeypatch):
        """Filtered before it is limited: the last of twenty events, the first of many deliveries."""
        keptn("send", "event", "newartifact", "carts:0.2", "--no-wait")
        (event,) = json.loads(keptn("get", "event", "--project=sockshop", "-o", "json")[1])
        for number in range(20):
            data = {"project": "sockshop", "stage": "dev", "service": "carts"}
            sent = Event(type="a.b", id=f"{number}", source="x", time=world.clock.now(), context="c", data=data)
            audit.keep(world.store, sent)
        last = Event(type="a.c", id="20", source="x", time=world.clock.now(), context="c", data=data)
        audit.keep(world.store, last)
        assert "a.c" in keptn("get", "event", "a.c", "--context=c", "--limit=1")[1]
        monkeypatch.setattr(audit, "MAX_SCANNED", 3)
        monkeypatch.setattr(deliveries, "MAX_SCANNED", 3)
        assert event["id"] in keptn("get", "event", event["type"], "--project=sockshop", "--limit=1")[1]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ("get event --context=NOPE", "there is no event with the keptn context 'NOPE'"),
            ("get event --project=sockshop --stage=nope", "stages: dev, staging, prod"),
            ("get event --project=sockshop --service=nope", "services: carts"),
            ("get service --project=sockshop --stage=nope", "stages: dev, staging, prod"),
            ("get service nope --project=sockshop", "services: carts"),
            ("get evaluation --project=sockshop --stage=nope", "stages: dev, staging, prod"),
            ("get evaluation --project=sockshop --service=nope", "services: carts"),
            ("get delivery --service=nope", "services: carts"),
            ("get delivery --project=nope", "projects: sockshop"),
            ("get delivery ../../etc", "there is no delivery with the keptn context '../../etc'"),
            ("status --service=nope", "services: carts"),
            ("logs --project=sockshop --stage=nope --service=carts", "stages: dev, staging, prod"),
            ("logs nope", "there is no log of function 'nope'"),
            ("logs ../../etc", "there is no log of function '../../etc'"),
        ],
    )
    def test_a_name_that_nobody_has_is_told(self, keptn, arguments, said):
        """By every command that looks for it: an empty list would say that all is well."""
        code, _, err = keptn(*arguments.split(), ok=False)
        assert (code, said in err) == (1, True), err

    def test_evaluations_are_shown(self, keptn, world):
        """With result and score."""
        stored = {"id": "1", "result": "fail", "score": 62.5, "message": "too slow", "timeEnd": "2026-11-24T12:00:00Z"}
        world.store.put("evaluations/sockshop/staging/carts/0-1.json", json.dumps(stored).encode())
        out = keptn("get", "evaluation", "--project=sockshop")[1]
        assert "2026-11-24 12:00:00Z  staging  carts    fail    62.5   too slow" in out

    def test_an_evaluation_is_shown_in_full_and_drawn(self, keptn, world, tmp_path):
        """Of one service in one stage: a bar per objective, and the history as an SVG."""
        value = {"metric": "rt", "value": 500, "success": True, "message": ""}
        targets = [{"criteria": "<600", "targetValue": 600, "violated": False}]
        indicator = {"displayName": "rt", "status": "pass", "value": value, "passTargets": targets}
        stored = {"id": "1", "result": "pass", "score": 100, "message": "", "indicatorResults": [indicator]}
        world.store.put("evaluations/sockshop/staging/carts/0-1.json", json.dumps(stored).encode())
        slot = ("--project=sockshop", "--stage=staging", "--service=carts")
        out = keptn("get", "evaluation", *slot, f"--chart={tmp_path}/carts.svg")[1]
        assert "✓ rt  500  █" in out
        assert (tmp_path / "carts.svg").read_text().startswith("<svg")
        assert "cannot be written" in keptn("get", "evaluation", *slot, "--chart=/no/such.svg", ok=False)[2]

    def test_a_new_gate_is_tried_on_stored_evaluations(self, keptn, world, tmp_path):
        """What it would have said stands beside what was said; the differences come first."""
        for name, value in (("0-2", 500), ("1-1", 700)):
            measured = {"rt": {"query": "", "values": {"": value}, "samples": [], "reason": "", "failed": False}}
            stored = {"id": name, "result": "pass", "score": 100, "measured": {"candidate": measured, "live": None}}
            world.store.put(f"evaluations/sockshop/staging/carts/{name}.json", json.dumps(stored).encode())
        slo = "total_score: {pass: 90}\nobjectives: [{sli: rt, pass: [{criteria: ['<600']}]}]"
        (tmp_path / "slo.yaml").write_text(slo)
        slot = ("--project=sockshop", "--stage=staging", "--service=carts")
        out = keptn("evaluate", f"--slo={tmp_path}/slo.yaml", "--backtest=50", *slot)[1].splitlines()
        assert [line.split() for line in out[1:]] == [
            ["≠", "pass", "100", "fail", "0", "1-1"],
            ["pass", "100", "pass", "100", "0-2"],
        ]

    def test_a_resource_is_added(self, keptn, world, tmp_path):
        """To a service in every stage, or in one; a broken file is refused with its line."""
        (tmp_path / "load.js").write_text("export default 1")
        where = ("--project=sockshop", "--service=carts")
        keptn("add-resource", *where, "--resource=load.js", "--resourceUri=tests/performance.js")
        assert world.config_repo.tree("sockshop", "prod").read("carts/tests/performance.js") == b"export default 1"
        (tmp_path / "perfspec.json").write_text("{\n")
        code, _, err = keptn("add-resource", *where, "--resource=load.js", "--resourceUri=/load.js", ok=False)
        assert (code, "without the first '/'" in err) == (2, True)
        assert "perfspec.json:" in keptn("add-resource", *where, "--resource=perfspec.json", ok=False)[2]
        (tmp_path / "data.csv").write_bytes(b"x" * 1_500_000)
        said = "the file data.csv is 1.5 MiB, larger than 1.4 MiB"
        assert said in keptn("add-resource", *where, "--resource=data.csv", ok=False)[2]

    def test_a_resource_is_deleted(self, keptn, world):
        """In every stage that has it, with the commits; what keptn needs stays."""
        for stage in ("dev", "prod"):
            world.config_repo.commit("sockshop", stage, lambda _: {"carts/slo.yaml": b"x"}, message="by hand\n")
        where = ("--project=sockshop", "--service=carts", "--yes")
        out = keptn("delete", "resource", *where, "--resourceUri=slo.yaml")[1]
        assert [line.split(" (")[0] for line in out.splitlines()] == [
            "carts/slo.yaml is gone from dev",
            "carts/slo.yaml is gone from prod",
        ]
        assert world.config_repo.tree("sockshop", "prod").read("carts/slo.yaml") is None
        assert (
            "there is no carts/slo.yaml" in keptn("delete", "resource", *where, "--resourceUri=slo.yaml", ok=False)[2]
        )
        said = "keptn delete service carts"
        assert said in keptn("delete", "resource", *where, "--resourceUri=values.yaml", ok=False)[2]

    def test_what_looks_wrong_is_told_and_added(self, keptn, world, tmp_path):
        """A stage that the project does not have, and an event that nobody is told of."""
        subscription = "{channel: slack, secret: chat, stages: [prd], services: [carts], events: [test.started]}"
        (tmp_path / "notify.yaml").write_text(f"notifications:\n- {subscription}\n")
        _, out, err = keptn("add-resource", "--project=sockshop", "--resource=notify.yaml")
        assert out.startswith("notify.yaml is on main")
        assert [line.split(";")[0] for line in err.splitlines()] == [
            "notify.yaml:2: 'test.started' never comes",
            "notify.yaml:2: the project has no stage 'prd'",
        ]
        assert world.config_repo.tree("sockshop", "main").read("notify.yaml")

    def test_secrets_are_made_and_listed(self, keptn, world, tmp_path):
        """From literals and files; listed by name only."""
        (tmp_path / "key.pem").write_text("pem")
        keptn("create", "secret", "chat", "--from-literal=url=http://x?a=b", "--from-file=key.pem")
        assert world.secrets.get("chat", "url") == "http://x?a=b"
        assert world.secrets.get("chat", "key.pem") == "pem"
        assert "http://x" not in keptn("get", "secret")[1]
        keptn("update", "secret", "chat", "--from-literal=url=y")
        keptn("delete", "secret", "chat", "--yes")
        assert "chat" not in world.secrets.names()

    def test_a_hook_is_shown(self, keptn):
        """URL and header, to be installed at the registry."""
        assert (
            "Authorization: Bearer sockshop.carts.x" in keptn("get", "hook", "--project=sockshop", "--service=carts")[1]
        )

    def test_a_hook_is_shown_field_by_field(self, keptn):
        """For a registry, as its own form calls them."""
        shown = keptn("get", "hook", "--project=sockshop", "--service=carts", "--registry=harbor")[1]
        assert shown.startswith("Harbor (docs/webhooks.md):\n")
        assert re.search(r"^Endpoint URL: +http://keptn.local/functions/receive-artifact/harbor$", shown, re.MULTILINE)
        assert re.search(r"^Auth Header: +Bearer sockshop.carts.x$", shown, re.MULTILINE)

    def test_the_hook_of_a_monitor_is_shown_field_by_field(self, keptn):
        """With the token of the project; asked for both or nothing, the usage is said."""
        shown = keptn("get", "hook", "--project=sockshop", "--problems=dynatrace")[1]
        assert shown.startswith("Dynatrace (docs/webhooks.md):\n")
        assert re.search(r"^Webhook URL: +http://keptn.local/functions/receive-problem/dynatrace$", shown, re.MULTILINE)
        assert re.search(r"^Additional HTTP headers: +Authorization: Bearer sockshop.trouble$", shown, re.MULTILINE)
        assert "known: alertmanager" in keptn("get", "hook", "--project=sockshop", "--problems=nagios", ok=False)[2]
        assert keptn("get", "hook", "--project=sockshop", ok=False)[0] == 2

    def test_logs_are_shown(self, keptn, world, tmp_path):
        """Of a function; asked for both or nothing, the usage is said."""
        object.__setattr__(world.context.settings, "state_dir", tmp_path)
        (tmp_path / "logs/functions").mkdir(parents=True)
        (tmp_path / "logs/functions/deploy.log").write_text("one\ntwo\n")
        assert keptn("logs", "deploy", "--lines=1")[1] == "two\n"
        assert keptn("logs", ok=False)[0] == 2
        assert "a service is --service=NAME" in keptn("logs", "carts", "--project=sockshop", ok=False)[2]
        assert (
            "nothing runs live"
            in keptn(*["logs", "--project=sockshop", "--stage=prod", "--service=carts"], ok=False)[2]
        )


class TestFollowing:
    """Commands that start something follow it to its end, and the exit code is its result."""

    @pytest.fixture(autouse=True)
    def _executors(self, world):
        world.sink.executors = {"deployment": {}, "test": {}, "evaluation": {}, "release": {}, "rollback": {}}

    def test_a_delivery_is_followed_to_its_end(self, keptn):
        """Every step of every stage is told once; a pass is exit code 0."""
        out = keptn("send", "event", "newartifact", "carts:0.2")[1]
        for stage in ("dev", "staging", "prod"):
            assert f"{stage:<10} delivery     evaluation pass" in out
        assert out.endswith("keptn/carts:0.2 sockshop carts: finished with result pass\n")

    @pytest.mark.parametrize(
        ("ended", "code"),
        [
            ({"result": "warning", "message": "a bit slow"}, 3),
            ({"result": "fail", "message": "too slow"}, 4),
        ],
    )
    def test_the_exit_code_is_the_result(self, keptn, world, ended, code):
        """A warning is 3, a failure is 4, and the reason is told."""
        world.sink.executors["evaluation"] = ended
        given, out, _ = keptn("trigger", "delivery", "--image=carts:0.2", ok=False)
        assert given == code
        assert ended["message"] in out
        context_ = json.loads(keptn("get", "delivery", "-o", "json")[1])[0]["context"]
        assert keptn("status", context_, ok=False)[0] == code
        assert keptn("status", ok=False)[0] == code

    def test_following_has_an_end(self, keptn, world):
        """A delivery that is stuck is not followed for ever; the command that goes on is said."""
        del world.sink.executors["test"]
        code, _, err = keptn("send", "event", "newartifact", "carts:0.2", "--timeout=0", ok=False)
        assert code == 1
        assert "go on with `keptn status" in err
        out = keptn("get", "delivery", "--unfinished")[1]
        context_ = out.splitlines()[1].split()[0]
        assert "keptn/carts:0.2" in out
        assert "was ended" in keptn("abort", context_, "--reason=stuck")[1]
        assert keptn("status", context_, ok=False)[0] == 1
        assert "cannot pause" in keptn("pause", context_, ok=False)[2]

    def test_without_deliveries_the_next_step_is_said(self, keptn):
        """Nothing to follow: how to start something."""
        assert "there is no delivery yet" in keptn("status", ok=False)[2]
        assert "no such deliveries" in keptn("get", "delivery")[1]
        assert "no dead letters" in keptn("get", "dead-letter")[1]
        assert "there is no dead letter" in keptn("redeliver", "x", ok=False)[2]
        assert "nobody is asked for approval" in keptn("approve", "x", ok=False)[2]

    def test_a_manual_rollback_pins_until_a_person_lifts_it(self, keptn):
        """It says so, with the command; a pin that is not there cannot be lifted."""
        slot = ("--project=sockshop", "--stage=prod", "--service=carts")
        assert "is not pinned" in keptn("unpin", *slot, ok=False)[2]
        out = keptn("trigger", "sequence", "rollback", *slot)[1]
        assert f"sockshop/prod/carts is pinned; keptn unpin {' '.join(slot)} lifts it" in out
        assert "the pin is lifted" in keptn("unpin", *slot)[1]
        assert "is not pinned" in keptn("unpin", *slot, ok=False)[2]

    def test_a_person_pins_what_is_live(self, keptn, world):
        """What is not live cannot be held."""
        slot = ("--project=sockshop", "--stage=prod", "--service=carts", "--reason=the fair is on")
        assert "nothing is live" in keptn("pin", *slot, ok=False)[2]
        world.live("prod", image="keptn/carts:0.2")
        assert "pinned; keptn unpin lifts it" in keptn("pin", *slot)[1]
        assert "pinned already, by ann-0a0a0a0a: the fair is on" in keptn("pin", *slot, ok=False)[2]

    def test_orders_say_what_happened(self, keptn, world):
        """Held, let go, ended: each once; what would change nothing is told."""
        del world.sink.executors["test"]
        keptn("send", "event", "newartifact", "carts:0.2", "--no-wait")
        context_ = json.loads(keptn("get", "delivery", "-o", "json")[1])[0]["context"]
        assert "is not paused" in keptn("resume", context_, ok=False)[2]
        assert "held before its next task" in keptn("pause", context_, "--stage=dev")[1]
        assert "is paused already" in keptn("pause", context_, ok=False)[2]
        assert "goes on" in keptn("resume", context_)[1]
        assert "is not paused" in keptn("resume", context_, "--stage=dev", ok=False)[2]
        assert "held before its next task" in keptn("pause", context_, "--stage=prod")[1]
        assert "goes on" in keptn("resume", context_, "--stage=prod")[1]
        assert "nothing of delivery" in keptn("rerun", context_, ok=False)[2]
        assert "was ended" in keptn("abort", context_)[1]
        assert "is over (aborted): it cannot abort" in keptn("abort", context_, ok=False)[2]

    def test_a_rerun_that_would_be_refused_is(self, keptn, world):
        """A rejected digest stays rejected, unless somebody says why not."""
        world.sink.executors["evaluation"] = {"result": "fail", "message": "too slow"}
        keptn("send", "event", "newartifact", "carts:0.2", ok=False)
        context_ = json.loads(keptn("get", "delivery", "-o", "json")[1])[0]["context"]
        world.sink.executors["evaluation"] = {}
        said = keptn("rerun", context_, ok=False)[2]
        assert "keptn/carts:0.2 was rejected in sockshop/dev/carts: evaluation failed: too slow" in said
        assert "--force" in said
        assert keptn("rerun", context_, "--force", ok=False)[0] == 2
        assert "runs again" in keptn("rerun", context_, "--force", "--reason=the limit was wrong")[1]
        assert keptn("status", context_)[0] == 0
        forced = json.loads(keptn("get", "delivery", context_, "-o", "json")[1])["stages"][0]["sequences"][-1]["forced"]
        assert forced == {"by": WHO, "reason": "the limit was wrong"}

    def test_without_data_a_rerun_works(self, keptn, world):
        """A gate that had nothing to judge says nothing about the digest."""
        world.sink.executors["evaluation"] = {"result": "fail", "evaluation": {"noData": True}}
        keptn("send", "event", "newartifact", "carts:0.2", ok=False)
        context_ = json.loads(keptn("get", "delivery", "-o", "json")[1])[0]["context"]
        world.sink.executors["evaluation"] = {}
        assert "runs again" in keptn("rerun", context_)[1]
        assert keptn("status", context_)[0] == 0

"""`test`: a Job that runs a stage's tests and posts what came out."""

import importlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from keptn import context, events, runtime
from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.http.memory import MemoryHttp
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.errors import Unavailable
from keptn.events import Event
from keptn.ports import HttpAnswer, TestReport, TestRun
from keptn.settings import Settings

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CHECKS = b"checks:\n- {path: /health}\n- {path: /carts/1, expect: {json: {items: []}}}\n"
OWN, PUBLIC = "http://127.0.0.1:1001", "http://127.0.0.1:1000"


class TickingClock:
    """A second passes whenever somebody looks."""

    def __init__(self) -> None:
        self.looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return NOON + timedelta(seconds=self.looks)

    def sleep(self, seconds: float) -> None: ...


class ListSink:
    def __init__(self) -> None:
        self.posted: list[Event] = []
        self.away = False

    def post(self, event: Event) -> None:
        if self.away and event.type.endswith(".finished"):
            raise Unavailable("the Broker is away")
        self.posted.append(event)


class Load:
    """A runner for `performance` that notes what it is asked."""

    file = "tests/performance.js"

    def __init__(self) -> None:
        self.runs: list[TestRun] = []

    def run(self, run: TestRun) -> TestReport:
        self.runs.append(run)
        return TestReport(passed=True, summary={"requests": 100})


class World:
    def __init__(self, folder) -> None:
        self.file = folder / "event"
        self.http, self.sink, self.load = MemoryHttp(), ListSink(), Load()
        repo = MemoryConfigRepo()
        files = {"carts/tests/functional.yaml": CHECKS, "tests/performance.js": b"//", "tests/lib.js": b"//"}
        repo.create("sockshop", {"main": {"shipyard.yaml": b""}, "dev": files}, message="create")
        self.repo = repo
        self.context = Context(
            Settings(),
            store=MemoryStore(),
            config_repo=repo,
            http=self.http,
            sink=self.sink,
            clock=TickingClock(),
            test_strategy={"performance": self.load},
        )

    def run(self, strategy: str, deployment: dict | None = None, *, commit: str = "") -> int:
        scope = {"project": "sockshop", "stage": "dev", "service": "carts"}
        deployed = {"deploymentstrategy": "dark", "deploymentURIsLocal": [OWN], "deploymentURIsPublic": [PUBLIC]}
        test = {"test": {"teststrategy": strategy}, "deployment": deployment or deployed}
        triggered = Event(
            type="sh.keptn.event.test.triggered",
            id="t1",
            source="x",
            time=NOON,
            context="c",
            git_commit_id=commit,
            data={**scope, **test},
        )
        self.file.write_text(json.dumps(events.to_dict(triggered)))
        with context.using(self.context):
            handle = importlib.import_module("functions.test.main").handle
            return runtime.run_job("test", handle, event_file=self.file)

    @property
    def finished(self) -> Sequence[Event]:
        return [event for event in self.sink.posted if event.type == "sh.keptn.event.test.finished"]


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path)


def test_functional_checks_pass_with_the_times_of_the_run(world):
    """The Job says that it began, runs the checks against the candidate, and reports when it ran."""
    world.http.answers[f"{OWN}/carts/1"] = HttpAnswer(status=200, body=b'{"items": []}')
    assert world.run("functional") == 0
    assert world.sink.posted[0].type == "sh.keptn.event.test.started"
    (finished,) = world.finished
    assert (finished.result, finished.status, finished.triggered_id) == ("pass", "succeeded", "t1")
    assert finished.data["test"]["checks"] == 2
    times = [events.utc(finished.data["test"][name]) for name in ("start", "end")]
    assert times[0] < times[1]


def test_the_script_is_the_one_with_which_the_delivery_began(world):
    """With the files beside it; where that commit is gone, the head is read and the message says so."""
    began = world.repo.tree("sockshop", "dev").commit
    world.repo.commit("sockshop", "dev", lambda _: {"tests/lib.js": b"new"}, message="m")
    world.run("performance", commit=began)
    assert world.load.runs[0].files["tests/lib.js"] == b"//"
    assert "has no commit" not in world.finished[0].message


def test_a_script_whose_commit_is_gone_is_read_at_the_head(world):
    """The message says so."""
    world.run("performance", commit="1" * 40)
    assert len(world.load.runs) == 1
    assert f"branch dev has no commit {'1' * 40}, with which the delivery began" in world.finished[0].message


def test_a_failed_check_is_a_result(world):
    """Fail, with each failure in words; the task itself succeeded."""
    assert world.run("functional") == 0
    assert (world.finished[0].result, world.finished[0].status) == ("fail", "succeeded")
    assert world.finished[0].message == "GET /carts/1: the answer is no JSON: '' (GET /carts/1)"


def test_a_repeat_gives_the_same_reply_and_tests_nothing(world):
    """A Job that runs again after its end posts the reply that was kept."""
    world.run("functional")
    calls = len(world.http.calls)
    world.run("functional")
    assert len(world.http.calls) == calls
    assert world.finished[0] == world.finished[1]


def test_a_job_whose_reply_was_lost_runs_again_and_gives_the_same(world):
    """The Broker away: the Job asks to be run again, and then posts what it found the first time."""
    world.sink.away = True
    assert world.run("functional") == 1
    calls, world.sink.away = len(world.http.calls), False
    assert world.run("functional") == 0
    assert len(world.http.calls) == calls
    assert len(world.finished) == 1


def test_load_goes_where_both_versions_see_it(world):
    """Shadow beside a live version: the public URL; the script comes with its folder, here the stage's."""
    both = {"live": {"colour": "blue"}, "candidate": {"colour": "green"}, "deploymentstrategy": "shadow"}
    urls = {"deploymentURIsLocal": [OWN], "deploymentURIsPublic": [PUBLIC + "/"]}
    assert world.run("performance", {**both, **urls}) == 0
    (run,) = world.load.runs
    assert (run.url, run.file) == (PUBLIC, "tests/performance.js")
    assert sorted(run.files) == ["tests/lib.js", "tests/performance.js"]
    assert world.finished[0].data["test"]["requests"] == 100


@pytest.mark.parametrize("strategy", ["", "real-user"])
def test_without_a_test_it_passes_without_a_window(world, strategy):
    """`real-user` only watches: the evaluation takes its own time frame."""
    world.run(strategy)
    assert world.finished[0].result == "pass"
    assert world.finished[0].data["test"] == {"teststrategy": strategy}


def test_an_unknown_strategy_names_the_known(world):
    """A typing error in the shipyard ends the task with the list."""
    world.run("funktional")
    assert world.finished[0].status == "errored"
    assert world.finished[0].message == "there is no test strategy 'funktional'; known: functional, performance"


def test_a_missing_file_says_how_to_add_it(world):
    """A strategy without its file is an error that carries the command."""
    world.repo.commit("sockshop", "dev", lambda _: {"carts/tests/functional.yaml": None}, message="remove")
    world.run("functional")
    assert world.finished[0].status == "errored"
    assert world.finished[0].message == (
        "test strategy 'functional' runs tests/functional.yaml, but there is none for service 'carts' in stage 'dev'; "
        "add it with `keptn add-resource --project=sockshop --stage=dev --service=carts --resource=YOUR_FILE "
        "--resourceUri=tests/functional.yaml`"
    )


def test_an_invalid_file_names_its_line(world):
    """A wrong test file is an error with file and line."""
    broken = lambda _: {"carts/tests/functional.yaml": b"checks:\n- path: /\n- path: health\n"}  # noqa: E731
    world.repo.commit("sockshop", "dev", broken, message="break")
    world.run("functional")
    assert world.finished[0].message == "tests/functional.yaml:3: path 'health' must begin with /"


def test_a_bug_in_a_job_ends_its_task(world):
    """Nobody else would: errored, with the word that its log has the traceback; the Job does not run again."""
    world.load.run = lambda run: 1 / 0
    assert world.run("performance") == 0
    (finished,) = world.finished
    assert (finished.status, finished.result) == ("errored", "fail")
    assert "a bug in test; its log has the traceback" in finished.message

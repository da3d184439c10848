"""`evaluate`: from a gate file and measured values to a verdict that is remembered."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from keptn import context, events
from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.adapters.sli.memory import MemorySli
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.errors import NotYet
from keptn.events import Event
from keptn.ports import SliValue
from keptn.settings import Settings

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
SPEC = {
    "indicators": [
        {"id": "Envoy:response_time_p95", "metricScore": 60},
        {"id": "errors", "source": "Envoy", "query": "error_rate", "metricScore": 40, "thresholds": {"upperSevere": 5}},
    ],
    "objectives": {"pass": 90, "warning": 50},
}
GOOD = {
    ("Envoy:response_time_p95", "green"): [90.0, 110.0],
    ("Envoy:response_time_p95", "blue"): [100.0, 100.0],
    ("errors", "*"): 0.0,
}
BLUE = {"colour": "blue", "image": "carts:0.1", "digest": "sha256:1"}
GREEN = {"colour": "green", "image": "carts:0.2", "digest": "sha256:2"}
TEST = {"start": events.rfc3339(NOON - timedelta(seconds=30)), "end": events.rfc3339(NOON - timedelta(seconds=10))}


class StillClock:
    """Time passes only in sleep."""

    def __init__(self) -> None:
        self.moment, self.slept = NOON, 0.0

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.slept += seconds


class ListTimers:
    def __init__(self) -> None:
        self.dues: list[datetime] = []

    def set(self, *, function: str, event: Event, due: datetime, key: str = "") -> str:
        self.dues.append(due)
        return "a timer"


def _path(name: str) -> str:
    return name.replace("__", "/").replace("_json", ".json").replace("_yaml", ".yaml")


class World:
    """A project with one gate file in carts' folder of staging."""

    def __init__(self) -> None:
        self.repo, self.store, self.clock, self.timers = MemoryConfigRepo(), MemoryStore(), StillClock(), ListTimers()
        self.sli = MemorySli(GOOD)
        files = {"carts/perfspec.json": json.dumps(SPEC).encode()}
        self.repo.create("sockshop", {"main": {"shipyard.yaml": b"stages: []"}, "staging": files}, message="m")

    def write(self, **files: bytes | None) -> str:
        change = {_path(name): text for name, text in files.items()}
        return self.repo.commit("sockshop", "staging", lambda _: change, message="m")

    def main(self, change: dict[str, bytes | None]) -> None:
        self.repo.commit("sockshop", "main", lambda _: change, message="m")

    def post(
        self,
        *,
        event_id: str = "1",
        time: datetime = NOON,
        kind: str = "evaluation.triggered",
        triggered: str = "",
        commit: str = "",
        **data: object,
    ):
        from functions_framework import create_app

        scope = {"project": "sockshop", "stage": "staging", "service": "carts"}
        event = Event(
            type=f"sh.keptn.event.{kind}",
            id=event_id,
            source="test",
            time=time,
            context="c",
            triggered_id=triggered,
            git_commit_id=commit,
            data=scope | data,
        )
        headers, body = events.encode(event)
        given = {"config_repo": self.repo, "store": self.store, "clock": self.clock, "timers": self.timers}
        given |= {"secrets": MemorySecrets()}
        with context.using(Context(Settings(), sli={"envoy": self.sli}, **given)):
            app = create_app("handle", "functions/evaluate/main.py", "http")
            answer = app.test_client().post("/", headers=headers, data=body)
        self.status = answer.status_code
        return events.decode(dict(answer.headers), answer.data) if answer.status_code == 200 else None

    def evaluate(self, **data: object) -> Event:
        return self.post(**{"deployment": {"candidate": GREEN, "live": BLUE}, "test": TEST} | data)

    def stored(self) -> list[dict]:
        return [json.loads(self.store.get(name).data) for name in self.store.list("evaluations/").names]


@pytest.fixture
def world() -> Iterator[World]:
    return World()


def test_a_good_version_passes(world: World) -> None:
    """The candidate is compared with the live version over the window of the test."""
    reply = world.evaluate()
    assert (reply.type, reply.result, reply.status) == ("sh.keptn.event.evaluation.finished", "pass", "succeeded")
    evaluation = reply.data["evaluation"]
    assert (evaluation["score"], evaluation["max_score"], evaluation["digest"]) == (100, 100, "sha256:2")
    assert (evaluation["timeStart"], evaluation["timeEnd"]) == (TEST["start"], TEST["end"])
    assert evaluation["gitCommit"] == world.repo.tree("sockshop", "staging").commit
    asked = {(query.indicator, query.colour) for query in world.sli.asked}
    assert asked == set(GOOD) - {("errors", "*")} | {("errors", "green")}


def test_a_slower_version_fails_and_says_why(world: World) -> None:
    """A failed evaluation is a result, not an error."""
    world.sli = MemorySli(GOOD | {("Envoy:response_time_p95", "green"): 150.0})
    reply = world.evaluate()
    assert (reply.result, reply.status) == ("fail", "succeeded")
    assert "Envoy:response_time_p95: 150 is beyond upperSevere 125" in reply.message


def test_the_evaluation_is_stored_whole(world: World) -> None:
    """Raw values, samples, queries, window, file and reasons: enough to explain it and to run it again."""
    world.evaluate(labels={"build": "7"})
    (record,) = world.stored()
    assert record["measured"]["candidate"]["Envoy:response_time_p95"]["samples"] == [90.0, 110.0]
    assert record["measured"]["live"]["Envoy:response_time_p95"]["query"] == "response_time_p95 of blue"
    assert record["file"]["path"] == "carts/perfspec.json"
    assert json.loads(record["file"]["content"]) == SPEC
    assert (record["labels"], record["id"], record["versions"]["live"]) == ({"build": "7"}, "1", BLUE)


def test_an_event_is_small(world: World) -> None:
    """Values, scores and verdicts travel; samples, targets, file and versions lie in the store."""
    evaluation = world.evaluate().data["evaluation"]
    assert not {"measured", "file", "versions", "message"} & set(evaluation)
    for told, stored in zip(evaluation["indicatorResults"], world.stored()[0]["indicatorResults"], strict=True):
        assert told == {name: stored[name] for name in ("score", "value", "keySli", "status")}
        assert {"passTargets", "violations"} <= set(stored)
    assert len(json.dumps(evaluation)) < 1200


def test_a_repeat_gets_the_same_verdict(world: World) -> None:
    """Even if the provider answers differently by now, and the reply's ledger was lost."""
    first = world.evaluate()
    for name in world.store.list("replies/").names:
        world.store.delete(name)
    world.sli = MemorySli({})
    again = world.evaluate()
    assert (again.id, again.data["evaluation"]) == (first.id, first.data["evaluation"])
    assert len(world.stored()) == 1


@pytest.mark.parametrize(
    ("deployment", "colour"),
    [
        ({"candidate": GREEN, "live": None}, "green"),
        ({"candidate": None, "live": BLUE}, "blue"),
        ({}, ""),
    ],
)
def test_without_two_versions_there_is_nothing_to_compare(world: World, deployment: dict, colour: str) -> None:
    """A first version, and what users get after a repair, are evaluated alone; the message says so."""
    world.sli = MemorySli({("Envoy:response_time_p95", colour): 100.0, ("errors", colour): 0.0})
    reply = world.evaluate(deployment=deployment)
    assert reply.result == "pass"
    assert "no live version to compare with" in reply.message


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_a_missing_value_is_never_a_pass(world: World, missing: tuple[str, str]) -> None:
    """Neither the candidate's nor the live version's; the message says what was missing."""
    world.sli = MemorySli({key: value for key, value in GOOD.items() if key != missing})
    reply = world.evaluate()
    assert reply.result != "pass"
    assert "no data" in reply.message


@pytest.mark.parametrize(
    ("given", "no_data"),
    [({}, True), (GOOD, False), (GOOD | {("Envoy:response_time_p95", "green"): 150.0, ("errors", "*"): 9.0}, False)],
)
def test_the_event_tells_a_failure_for_want_of_data(world: World, given: dict, no_data: bool) -> None:
    """A gate without data fails its delivery, but says nothing about the version: the engine looks at this key."""
    world.sli = MemorySli(given)
    evaluation = world.evaluate().data["evaluation"]
    assert evaluation["noData"] is no_data
    assert (evaluation["result"] == "pass") is (given == GOOD)


def test_a_bug_in_a_provider_is_a_missing_value(world: World) -> None:
    """Nothing that goes wrong while measuring opens the gate."""
    world.sli = MemorySli(GOOD | {("errors", "*"): ZeroDivisionError()})
    reply = world.evaluate()
    assert reply.result == "warning"
    assert "a bug in the provider envoy" in reply.message


def test_the_end_of_the_window_is_waited_for(world: World) -> None:
    """Soon: in the request. Later: by a timer."""
    soon = events.rfc3339(NOON + timedelta(seconds=5))
    assert world.evaluate(test={"start": TEST["start"], "end": soon}).result == "pass"
    assert world.clock.slept == 5
    later = world.evaluate(
        event_id="2", test={}, deployment={"live": BLUE, "finished_at": events.rfc3339(world.clock.moment)}
    )
    assert later.type == "sh.keptn.event.evaluation.started"
    assert world.timers.dues == [world.clock.moment + timedelta(minutes=5)]


def test_data_that_is_still_coming_is_waited_for(world: World) -> None:
    """A provider says how long; what is longer than a request may take becomes a timer."""

    class Late(MemorySli):
        def fetch(self, query) -> SliValue:
            if world.clock.now() < NOON + timedelta(seconds=self.late_s):
                raise NotYet("flushing", after_s=self.late_s)
            return super().fetch(query)

    world.sli = Late(GOOD)
    world.sli.late_s = 2
    assert world.evaluate().result == "pass"
    assert world.clock.slept == 2
    world.sli.late_s = 3600
    assert world.evaluate(event_id="2").type == "sh.keptn.event.evaluation.started"


def test_no_gate_file_is_an_error_that_says_what_to_do(world: World) -> None:
    """The original let everything pass then; here the gate stays shut."""
    world.write(carts__perfspec_json=None)
    reply = world.evaluate()
    assert (reply.status, reply.result) == ("errored", "fail")
    assert "keptn add-resource" in reply.message


def test_an_optional_evaluation_passes_without_a_file(world: World) -> None:
    """Only where the shipyard says so."""
    world.write(carts__perfspec_json=None)
    assert world.evaluate(evaluation={"optional": True}).result == "pass"


def test_two_gate_files_are_an_error(world: World) -> None:
    """Nobody can tell which of them is meant."""
    world.write(carts__slo_yaml=b"spec_version: '1.0'")
    reply = world.evaluate()
    assert (reply.status, reply.result) == ("errored", "fail")
    assert "keep one of the two" in reply.message


def test_the_most_specific_gate_counts(world: World) -> None:
    """A stage's gate serves the services that have none of their own."""
    world.write(carts__perfspec_json=None, perfspec_json=json.dumps(SPEC).encode())
    assert world.evaluate().result == "pass"
    assert world.stored()[0]["file"]["path"] == "perfspec.json"


def test_the_gate_is_the_one_with_which_the_delivery_began(world: World) -> None:
    """A limit that somebody changes meanwhile is for the next delivery; the record keeps the commit."""
    began = world.repo.tree("sockshop", "staging").commit
    world.write(carts__perfspec_json=b"not even JSON")
    reply = world.evaluate(commit=began)
    assert (reply.result, reply.data["evaluation"]["gitCommit"]) == ("pass", began)
    assert json.loads(world.stored()[0]["file"]["content"]) == SPEC


def test_a_gate_whose_commit_is_gone_is_read_at_the_head(world: World) -> None:
    """History was rewritten: the verdict says which commit it took instead."""
    reply = world.evaluate(commit="1" * 40)
    head = world.repo.tree("sockshop", "staging").commit
    assert (reply.result, reply.data["evaluation"]["gitCommit"]) == ("pass", head)
    assert f"branch staging has no commit {'1' * 40}, with which the delivery began" in reply.message


def test_a_wrong_gate_file_is_an_error_with_its_line(world: World) -> None:
    """It says where."""
    world.write(carts__perfspec_json=b'{"indicators": [\n{"metricScore": 1}]}')
    reply = world.evaluate()
    assert (reply.status, reply.result) == ("errored", "fail")
    assert reply.message.startswith("carts/perfspec.json:2: ")


def test_percentages_look_at_the_previous_run_that_counts(world: World) -> None:
    """Not at one that failed, nor at one that a person took out."""
    limit = {"id": "rt", "source": "Envoy", "metricScore": 1, "thresholds": {"upperSeverePerc": 20}}
    world.write(carts__perfspec_json=json.dumps({"indicators": [limit], "objectives": {"pass": 1}}).encode())
    results = []
    for number, value in enumerate([100.0, 130.0, 119.0, 119.0]):
        world.sli = MemorySli({("rt", "*"): value})
        results.append(world.evaluate(event_id=str(number), time=NOON + timedelta(minutes=number)).result)
    assert results == ["pass", "fail", "pass", "pass"]
    for number in (2, 3):
        world.post(kind="evaluation.invalidated", event_id=f"word-{number}", triggered=str(number))
        assert world.status == 204
    world.sli = MemorySli({("rt", "*"): 121.0})
    reply = world.evaluate(event_id="9", time=NOON + timedelta(minutes=9))
    assert (reply.result, reply.data["evaluation"]["comparedEvents"]) == ("fail", ["0"])


NAMELESS = {
    "indicators": [{"id": "rt", "query": "q", "metricScore": 1, "thresholds": {"upperSevere": 9}}],
    "objectives": {"pass": 1},
}


def test_a_project_chooses_who_is_asked(world: World) -> None:
    """Where a gate names no source; what the file does not say is the installation's."""
    world.write(carts__perfspec_json=json.dumps(NAMELESS).encode())
    world.main({"monitoring.yaml": b"default: Prometheus"})
    world.evaluate()
    assert "no Prometheus is configured" in world.stored()[0]["indicatorResults"][0]["value"]["message"]
    world.main({"monitoring.yaml": None})
    world.sli = MemorySli({("rt", "*"): 1.0})
    assert world.evaluate(event_id="2", time=NOON + timedelta(seconds=1)).result == "pass"


def test_a_wrong_monitoring_file_is_an_error_with_its_line(world: World) -> None:
    """But only for a gate that needs it."""
    world.main({"monitoring.yaml": b"default: datadog"})
    assert world.evaluate().result == "pass"
    world.write(carts__perfspec_json=json.dumps(NAMELESS).encode())
    reply = world.evaluate(event_id="2")
    assert (reply.status, reply.result) == ("errored", "fail")
    assert reply.message.startswith("monitoring.yaml:1: `default` 'datadog' is not known")


def test_another_task_is_not_its_business(world: World) -> None:
    """An event that the Trigger should not have sent is dropped."""
    world.post(kind="test.triggered")
    assert world.status == 204


def test_importing_it_loads_no_client() -> None:
    """Cold starts pay for what is imported: HTTP clients are loaded by the provider that needs one."""
    probe = "import functions.evaluate.main, sys; print([m for m in ('httpx', 'dulwich', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


SLO = b"""
spec_version: "1.0"
comparison: {include_result_with_score: pass}
objectives:
- {sli: response_time_p95, compare: baseline, pass: [{criteria: ["<=+10%"]}]}
- {sli: memory, pass: [{criteria: ["<=+10%"]}]}
total_score: {pass: "90%", warning: "50%"}
"""


def test_an_slo_is_evaluated_with_its_sli_queries(world: World) -> None:
    """Queries are merged from project to service; relative criteria look at live or at earlier evaluations."""
    world.write(
        carts__perfspec_json=None,
        carts__slo_yaml=SLO,
        carts__sli_yaml=b"indicators: {memory: {metric: count, path: /a}}",
        sli_yaml=b"provider: Envoy\nindicators: {memory: count, response_time_p95: 'response_time_p95?path=/carts*'}",
    )
    rt, results = {("response_time_p95", "green"): 100.0, ("response_time_p95", "blue"): 95.0}, []
    for number, memory in enumerate([100.0, 111.0, 110.0]):
        world.sli = MemorySli({**rt, ("memory", "*"): memory})
        reply = world.evaluate(event_id=str(number), time=NOON + timedelta(minutes=number))
        results.append((reply.result, reply.data["evaluation"]["score"]))
    assert results == [("pass", 100), ("warning", 50), ("pass", 100)]
    queries = {query.indicator: query.query for query in world.sli.asked}
    assert queries == {
        "memory": {"metric": "count", "path": "/a"},
        "response_time_p95": "response_time_p95?path=/carts*",
    }
    assert reply.data["evaluation"]["comparedEvents"] == ["0"]
    (first, *_) = reply.data["evaluation"]["indicatorResults"]
    assert first["value"] == {
        "metric": "response_time_p95",
        "value": 100.0,
        "comparedValue": 95.0,
        "success": True,
        "message": "",
    }


def test_an_external_provider_may_deliver_the_values(world: World) -> None:
    """A `get-sli` task before the evaluation, answered by any executor; what it could not measure is missing."""
    world.write(carts__perfspec_json=None, carts__slo_yaml=SLO)
    memory = {"metric": "memory", "value": 5, "success": True}
    rt = {"metric": "response_time_p95", "value": 0, "success": False, "message": "quota used up"}
    answer = {"sliProvider": "datadog", "start": TEST["start"], "end": TEST["end"], "indicatorValues": [memory, rt]}
    reply = world.evaluate(**{"get-sli": answer})
    assert [query.colour for query in world.sli.asked] == ["blue"]
    assert reply.result == "warning"
    assert "response_time_p95: quota used up" in reply.message


def test_values_of_an_earlier_stage_do_not_count(world: World) -> None:
    """The payload travels from stage to stage; a deployment makes what was measured before it old."""
    answer = {"end": TEST["end"], "indicatorValues": [{"metric": "errors", "value": 99, "success": True}]}
    deployment = {"candidate": GREEN, "live": BLUE, "finished_at": events.rfc3339(NOON - timedelta(seconds=5))}
    new_test = {"start": events.rfc3339(NOON - timedelta(seconds=4)), "end": events.rfc3339(NOON)}
    assert world.evaluate(**{"get-sli": answer, "deployment": deployment, "test": new_test}).result == "pass"


@pytest.mark.parametrize("gate", [True, False])
def test_a_stage_does_not_hand_its_settings_on(world: World, gate: bool) -> None:
    """Merged into the next stage's data they would make that evaluation optional, or its window short."""
    if not gate:
        world.write(carts__perfspec_json=None)
    own = {"optional": True, "timeframe": "8s"}
    evaluation = world.evaluate(evaluation=own).data["evaluation"]
    assert {name: evaluation[name] for name in own} == {"optional": False, "timeframe": ""}

"""`evaluate`: from a gate file and measured values to a verdict that is remembered."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from keptn import context, events
from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.adapters.sli.memory import MemorySli
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.errors import NotYet
from keptn.evaluation import step
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
        self.waiting: list[Event] = []

    def set(self, *, function: str, event: Event, due: datetime, key: str = "") -> str:
        self.dues.append(due)
        self.waiting.append(event)
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
        delivery: str = "c",
        due: datetime | None = None,
        **data: object,
    ):
        from functions_framework import create_app

        scope = {"project": "sockshop", "stage": "staging", "service": "carts"}
        event = Event(
            type=f"sh.keptn.event.{kind}",
            id=event_id,
            source="test",
            time=time,
            context=delivery,
            triggered_id=triggered,
            git_commit_id=commit,
            data=scope | data,
        )
        if due:
            told = {"event": events.to_dict(event), "timer": "t", "due": events.rfc3339(due)}
            event = replace(event, type=events.timer_type("evaluate"), id=f"{event_id}-{due}", data=told)
        headers, body = events.encode(event)
        with context.using(self.context()):
            app = create_app("handle", "functions/evaluate/main.py", "http")
            answer = app.test_client().post("/", headers=headers, data=body)
        self.status = answer.status_code
        return events.decode(dict(answer.headers), answer.data) if answer.status_code == 200 else None

    def context(self) -> Context:
        given = {"config_repo": self.repo, "store": self.store, "clock": self.clock, "timers": self.timers}
        return Context(Settings(), sli={"envoy": self.sli}, secrets=MemorySecrets(), **given)

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
    own = {"optional": True, "timeframe": "8s", "min_requests": 0, "longest": "9s", "requests": 25}
    evaluation = world.evaluate(evaluation=own).data["evaluation"]
    spent = {"optional": False, "timeframe": "", "min_requests": "", "longest": "", "requests": None}
    assert {name: evaluation[name] for name in own} == spent


LIMITS = [
    {"id": name, "source": "Envoy", "metricScore": 1, "thresholds": {"upperSeverePerc": 20}}
    for name in ("rt", "memory")
]
RELATIVE = json.dumps({"indicators": LIMITS, "objectives": {"pass": 2}}).encode()
EQUAL = {("rt", "*"): 100.0, ("memory", "*"): 5.0}


def minutes_later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


class Canary(World):
    """A step that gave the candidate users at noon and holds for two minutes, beside the live version."""

    def __init__(self) -> None:
        super().__init__()
        self.write(carts__perfspec_json=RELATIVE)

    def measure(self, *, requests: object = 25.0, **given: object) -> None:
        """given: `rt_green=100.0`; equal values where nothing else is said."""
        named = {tuple(name.split("_")): value for name, value in given.items()}
        self.sli = MemorySli({**EQUAL, **named, ("request_count", "green"): requests})

    def look(
        self, *, minutes: float, own: dict | None = None, due: bool = False, lag_s: float = 0, **data: object
    ) -> Event | None:
        """So many minutes after the step. due: a timer asks; lag_s: of this machine's clock."""
        moment = minutes_later(minutes)
        self.clock.moment = moment - timedelta(seconds=lag_s)
        deployed = {"finished_at": events.rfc3339(minutes_later(-9)), "deploymentstrategy": "canary"}
        given = {
            "deployment": {"candidate": GREEN, "live": BLUE, **deployed},
            "traffic": {"weight_percent": 25, "finished_at": events.rfc3339(NOON), "candidate": GREEN, "live": BLUE},
            "test": {},
            "evaluation": {"timeframe": "2m", **(own or {})},
            "due": moment if due else None,
        }
        return self.evaluate(**given | data)


@pytest.fixture
def canary() -> Canary:
    return Canary()


def test_a_canary_step_is_held_against_live_in_its_window(canary: Canary) -> None:
    """Not against the step before, which was the candidate itself; the event says what was compared."""
    canary.measure()
    assert canary.look(minutes=2).result == "pass"
    canary.measure(rt_green=121.0)
    second = canary.look(minutes=3, event_id="2", time=NOON + timedelta(seconds=1))
    assert second.result == "fail"
    assert "rt: 121 is beyond upperSevere 120" in second.message
    assert second.message.endswith("; compared with carts:0.1, which was live in the same window")
    evaluation = second.data["evaluation"]
    assert (evaluation["comparedEvents"], evaluation["requests"], evaluation["noData"]) == ([], 25, False)
    assert (evaluation["timeStart"], evaluation["timeEnd"]) == (events.rfc3339(NOON), events.rfc3339(minutes_later(2)))
    asked = {(query.indicator, query.colour) for query in canary.sli.asked}
    assert asked == {(name, colour) for name in ("rt", "memory", "request_count") for colour in ("blue", "green")}


def test_what_live_lacks_is_held_against_other_deliveries(canary: Canary) -> None:
    """Never against a step of this one: its evaluations are the candidate's own."""
    canary.measure()
    for number, delivery in enumerate(("before", "this")):
        canary.look(minutes=2, event_id=delivery, time=NOON + timedelta(seconds=number), delivery=delivery)
    none = SliValue(indicator="memory", query="", reason="none")
    same = SliValue(indicator="memory", query="of all", values={"": 6.1})
    for number, memory in enumerate(({"memory_blue": none, "memory_green": 6.1}, {"memory_*": same})):
        canary.measure(**memory)
        later = NOON + timedelta(seconds=9 + number)
        reply = canary.look(minutes=2, event_id=f"later-{number}", time=later, delivery="this")
        assert (reply.result, reply.data["evaluation"]["comparedEvents"]) == ("fail", ["before"])
        assert "memory: 6.1 is beyond upperSevere 6" in reply.message
        assert reply.message.endswith("was live in the same window; memory with earlier ones")


def test_the_first_evaluation_of_a_canary_is_as_ever(canary: Canary) -> None:
    """Before a step, and after one that an earlier stage made, live has no users that could be compared with."""
    canary.measure(rt_green=121.0)
    old = {"finished_at": events.rfc3339(NOON - timedelta(hours=1))}
    for number, traffic in enumerate(({}, old)):
        reply = canary.look(minutes=2, event_id=str(number), traffic=traffic, test=TEST)
        assert (reply.result, "requests" in reply.data["evaluation"]) == ("pass", False)
    assert {query.indicator for query in canary.sli.asked} == {"rt", "memory"}


def test_a_hold_goes_on_while_too_few_requests_come(canary: Canary) -> None:
    """By a timeframe each; what is judged is the whole time since the step."""
    canary.measure(requests=3.0)
    assert canary.look(minutes=0).message == "the evaluation covers the time until 2026-01-31 12:02:00Z"
    canary.look(minutes=2, due=True)
    assert canary.timers.dues == [minutes_later(2), minutes_later(4)]
    asked_early = canary.look(minutes=2.5, event_id="early")
    assert asked_early.type == "sh.keptn.event.evaluation.started"
    assert asked_early.message == (
        "only 3 of the 10 requests that are needed reached the candidate by 2026-01-31 12:02:00Z; "
        "the hold goes on until 2026-01-31 12:04:00Z"
    )
    canary.measure(requests=10.0)
    reply = canary.look(minutes=4, due=True)
    assert (reply.result, reply.data["evaluation"]["timeEnd"]) == ("pass", events.rfc3339(minutes_later(4)))
    assert {query.window.start for query in canary.sli.asked} == {NOON}


def test_people_are_told_that_a_hold_goes_on(canary: Canary) -> None:
    """Although the task has been waiting before, for another reason."""
    canary.measure(requests=3.0)
    canary.look(minutes=0)
    canary.clock.moment = minutes_later(2)
    with pytest.raises(NotYet, match="only 3 of the 10 requests") as waiting:
        step.evaluate(canary.timers.waiting[0], canary.context())
    assert (waiting.value.news, waiting.value.after_s) == (True, 120)


def test_too_few_requests_are_never_a_pass(canary: Canary) -> None:
    """At the end of the longest hold it fails without a word against the version, and whenever it is asked later."""
    canary.measure(requests=3.0)
    for minutes in (2, 4, 6, 7.9):
        canary.look(minutes=minutes, due=True)
    assert not canary.stored()
    reply = canary.look(minutes=60, due=True)
    evaluation = reply.data["evaluation"]
    assert reply.message == "only 3 requests reached the candidate in 8m, 10 are needed: too few to judge"
    assert (reply.result, reply.status, evaluation["noData"], evaluation["requests"]) == ("fail", "succeeded", True, 3)
    assert (evaluation["score"], evaluation["timeEnd"]) == (0, events.rfc3339(minutes_later(8)))
    canary.measure(requests=1000.0)
    for name in canary.store.list("replies/").names:
        canary.store.delete(name)
    assert canary.look(minutes=90, due=True).data == reply.data


def test_a_timer_that_rings_early_is_taken_at_its_word(canary: Canary) -> None:
    """The clock here may lag behind the one that set it: the window is the one that the timer stands for."""
    canary.measure()
    reply = canary.look(minutes=4, due=True, lag_s=3)
    assert (reply.data["evaluation"]["timeEnd"], canary.clock.slept) == (events.rfc3339(minutes_later(4)), 3)


def test_other_stages_may_ask_for_requests_too(canary: Canary) -> None:
    """A candidate without a step before it, in windows of seconds."""
    canary.measure(requests=SliValue(indicator="request_count", query="", reason="no requests", nothing=True))
    own = {"timeframe": "2s", "min_requests": 1, "longest": "5s"}
    deployment = {"candidate": GREEN, "live": None, "finished_at": events.rfc3339(NOON)}
    data = {"traffic": {}, "own": own, "deployment": deployment}
    assert "the hold goes on until 2026-01-31 12:00:04Z" in canary.look(minutes=0, **data).message
    assert canary.timers.dues == [NOON + timedelta(seconds=4)]
    reply = canary.look(minutes=5 / 60, due=True, **data)
    assert reply.message == "only 0 requests reached the candidate in 4s, 1 is needed: too few to judge"


def test_a_count_that_nobody_knows(canary: Canary) -> None:
    """Then the gate judges what was measured and says so; a candidate of which nothing was measured is not judged."""
    canary.measure(requests=SliValue(indicator="request_count", query="", reason="Prometheus has no such series"))
    reply = canary.look(minutes=2)
    unknown = "the candidate's requests could not be counted: Prometheus has no such series"
    assert (reply.result, "requests" in reply.data["evaluation"]) == ("pass", False)
    assert unknown in reply.message
    nothing = SliValue(indicator="", query="", reason="no such series")
    canary.measure(requests=nothing, rt_green=nothing, memory_green=nothing)
    assert canary.look(minutes=2, event_id="2").type == "sh.keptn.event.evaluation.started"
    reply = canary.look(minutes=8, event_id="3")
    assert (reply.result, reply.data["evaluation"]["noData"]) == ("fail", True)
    assert reply.message.startswith("nothing was measured of the candidate in 8m: too little to judge")


@pytest.mark.parametrize(("end", "taken"), [(0, False), (1, True)])
def test_what_was_delivered_before_a_step_is_old(canary: Canary, end: float, taken: bool) -> None:
    """An external provider's values from before do not judge a step; those of it are not held against another's."""
    canary.measure()
    value = {"metric": "rt", "value": 999, "success": True}
    answer = {"end": events.rfc3339(minutes_later(end)), "indicatorValues": [value]}
    reply = canary.look(minutes=2, **{"get-sli": answer})
    asked = {query.colour for query in canary.sli.asked if query.indicator == "rt"}
    assert (asked, reply.result) == (set() if taken else {"green", "blue"}, "pass")


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ({"min_requests": -1}, "min_requests must be a whole number, not -1; write how many requests must reach"),
        ({"min_requests": "many"}, "not 'many'"),
        ({"longest": "1m"}, "longest is shorter than its timeframe; write 2m or more"),
    ],
)
def test_a_wrong_setting_is_an_error(canary: Canary, own: dict, says: str) -> None:
    """One sentence says what is wrong and what to do."""
    canary.measure()
    reply = canary.look(minutes=2, own=own)
    assert (reply.status, reply.result) == ("errored", "fail")
    assert says in reply.message

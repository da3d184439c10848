"""`remediate`: from a problem to the runbook's action, and the action carried out, whatever fails."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from functions_framework import create_app

from keptn import context, events
from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.http.memory import MemoryHttp
from keptn.adapters.platform.memory import MemoryPlatform
from keptn.adapters.router.memory import MemoryRouter
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.deployment import scaling, step
from keptn.deployment.strategy import Phase
from keptn.errors import Unavailable
from keptn.events import Event, Scope
from keptn.ports import HttpAnswer
from keptn.settings import Settings
from tests.world import digest_of, open_slot

NOON = events.utc("2026-11-24T12:00:00Z")
SCOPE = Scope(project="sockshop", stage="prod", service="carts")
TABLE = "https://desk.example/api/now/table/incident"
DESK = f"{TABLE}?sysparm_fields=sys_id%2Cnumber"
RUNBOOK = b"""
apiVersion: spec.keptn.sh/0.1.4
kind: Remediation
spec:
  remediations:
  - problemType: conversions
    actionsOnOpen:
    - {name: back and ticket, action: back-to-blue, executors: [servicenow, rollback]}
    - {name: flag, action: togglefeature, value: {promotion: "off"}}
"""


class DictSecrets(dict):
    def get(self, name, key):
        return dict.get(self, (name, key))


class Clock:
    now_is = NOON

    def now(self) -> datetime:
        return self.now_is

    def sleep(self, seconds: float) -> None: ...


class ListTimers:
    def __init__(self) -> None:
        self.waiting: list[Event] = []

    def set(self, *, function, event, due, key="") -> str:
        self.waiting.append(event)
        return function


class World:
    def __init__(self) -> None:
        repo = MemoryConfigRepo()
        stage = {"carts/values.yaml": b"service: carts\nimage: carts\n", "carts/remediation.yaml": RUNBOOK}
        repo.create("sockshop", {"main": {}, "prod": stage}, message="create")
        self.http, self.clock, self.timers, self.router = MemoryHttp(), Clock(), ListTimers(), MemoryRouter()
        self.secrets = DictSecrets({("servicenow", "url"): "https://desk.example", ("servicenow", "token"): "hush"})
        parts = {"config_repo": repo, "platform": MemoryPlatform(), "router": self.router, "secrets": self.secrets}
        self.repo, self.timed = repo, {"timers": self.timers, "clock": self.clock}
        self.context = Context(Settings(), store=MemoryStore(), http=self.http, **parts, **self.timed)

    def deliver(self, tag: str, epoch: int) -> None:
        data = {
            "deployment": {"deploymentstrategy": "dark"},
            "artifact": {"image": f"carts:{tag}", "tag": tag, "digest": digest_of(tag)},
        }
        for phase, name in ((Phase.DEPLOY, "deployment"), (Phase.RELEASE, "release")):
            task = self.event(name, id=f"{name}-{tag}", epoch=epoch, **data)
            open_slot(self.context.store, SCOPE, task)
            step.carry_out(task, self.context, phase=phase)

    def event(self, task: str, *, id: str = "a1", epoch: int = 9, **data) -> Event:  # noqa: A002
        scope = {"project": "sockshop", "stage": "prod", "service": "carts"}
        kind = f"sh.keptn.event.{task}.triggered"
        problem = {"problem": {"ProblemTitle": "conversions", "PID": "P-7", "State": "OPEN"}}
        return Event(
            type=kind, id=id, source="x", time=NOON, context="c", epoch=epoch, data={**scope, **problem, **data}
        )

    def post(self, event: Event, *, forged: bool = False) -> Event | None:
        """Posted by the engine, so that the task is open, unless somebody forged it."""
        if not forged:
            open_slot(self.context.store, SCOPE, event)
        headers, body = events.encode(event)
        with context.using(self.context):
            client = create_app("handle", "functions/remediate/main.py").test_client()
            answer = client.post("/", data=body, headers=headers)
        assert answer.status_code in (200, 204)
        return events.decode(dict(answer.headers), answer.get_data()) if answer.status_code == 200 else None

    def act(self, **action) -> Event | None:
        wanted = {"name": "n", "action": "back-to-blue", "executors": ["servicenow", "rollback"], **action}
        return self.post(self.event("action", action=wanted))


@pytest.fixture
def world() -> World:
    world = World()
    world.deliver("0.3", 1)
    world.deliver("0.4", 2)
    return world


def weights(world: World) -> dict[str, int]:
    return dict(world.router.routes[SCOPE].weights)


def test_the_first_action_for_a_problem(world):
    """The runbook's entry, with the index at which the next round goes on."""
    chosen = world.post(world.event("get-action"))
    assert (chosen.type, chosen.result) == ("sh.keptn.event.get-action.finished", "pass")
    assert chosen.data["action"]["executors"] == ["servicenow", "rollback"]
    assert chosen.data["get-action"] == {"actionIndex": 1}


def test_the_next_round_takes_the_next_action(world):
    """After an evaluation that failed, the second action."""
    chosen = world.post(world.event("get-action", **{"get-action": {"actionIndex": 1}}))
    assert (chosen.data["action"]["action"], chosen.data["action"]["value"]) == ("togglefeature", {"promotion": "off"})


def test_nothing_left_to_try_fails(world):
    """Result fail, status succeeded: that ends the loop, and a person must look."""
    chosen = world.post(world.event("get-action", **{"get-action": {"actionIndex": 2}}))
    assert (chosen.result, chosen.status) == ("fail", "succeeded")
    assert chosen.message == "all 2 actions for 'conversions' did not help; a person must look"


def test_no_runbook_is_errored(world):
    """A stage without remediation.yaml says how to add one."""
    world.repo.commit("sockshop", "prod", lambda _: {"carts/remediation.yaml": None}, message="remove")
    chosen = world.post(world.event("get-action"))
    assert chosen.status == "errored"
    assert "keptn add-resource" in chosen.message


def test_rollback_and_ticket_together(world):
    """Back to the previous version, a commit that says so, and an incident that names the problem."""
    done = world.act()
    assert (done.result, done.data["action"]["live"]["image"]) == ("pass", "carts:0.3")
    assert "0.3" in world.repo.log("sockshop", "prod")[0].message
    (call,) = world.http.calls
    assert call.url == DESK
    assert call.headers["authorization"] == "Bearer hush"
    assert call.json["short_description"] == "sockshop/prod/carts: conversions"
    assert "P-7" in call.json["description"]
    assert call.json["correlation_id"] == call.headers["x-correlation-id"]
    assert "hush" not in json.dumps(events.to_dict(done))


def test_a_ticket_number_comes_back(world):
    """What the ticket system answers is in the event."""
    world.http.answers[DESK] = HttpAnswer(status=201, body=b'{"result": {"number": "INC0010023"}}')
    done = world.act()
    assert done.data["action"]["ticket"] == "INC0010023"
    assert done.data["action"]["executors"]["servicenow"] == {"result": "pass", "message": "opened INC0010023"}


def test_a_refused_ticket_does_not_stop_the_rollback(world):
    """Every executor runs; the action fails and says which one did."""
    world.http.answers[DESK] = HttpAnswer(status=401)
    done = world.act()
    assert (done.result, done.status) == ("fail", "succeeded")
    assert done.data["action"]["live"]["image"] == "carts:0.3"
    assert "servicenow answered 401; check the url and the credentials in secret 'servicenow'" in done.message


def test_a_failed_rollback_does_not_stop_the_ticket(world):
    """A late task (a higher epoch was seen) changes nothing, and the desk still hears of the problem."""
    action = {"name": "n", "action": "x", "executors": ["rollback", "servicenow"]}
    done = world.post(world.event("action", epoch=1, action=action))
    assert done.data["action"]["executors"]["rollback"]["result"] == "fail"
    assert done.data["action"]["executors"]["servicenow"]["result"] == "pass"


def test_an_action_that_the_engine_did_not_ask_for_calls_nobody(world):
    """Whoever can reach the Broker opens no incidents and rolls nothing back."""
    done = world.post(
        world.event("action", action={"name": "n", "action": "rollback", "executors": ["servicenow"]}), forged=True
    )
    assert "is not open in sockshop/prod/carts" in done.message
    assert (world.http.calls, weights(world)) == ([], {"green": 100})


def test_a_repeat_calls_nobody_twice(world):
    """The same event again gives the same reply; no second incident, no second rollback."""
    assert world.act() == world.act()
    assert len(world.http.calls) == 1
    assert world.context.store.list("sent/").names[0].endswith("/servicenow")


def test_a_run_that_died_before_its_reply_does_not_call_again(world):
    """The note is in the store, and the ticket's number with it."""
    world.http.answers[DESK] = HttpAnswer(status=201, body=b'{"result": {"number": "INC7"}}')
    world.act()
    for name in world.context.store.list("replies/").names:
        world.context.store.delete(name)
    assert world.act().data["action"]["ticket"] == "INC7"
    assert len(world.http.calls) == 1


def test_a_desk_that_is_away_is_tried_again_by_a_timer(world):
    """The rollback is done at once; the ticket waits, always under the same correlation id."""
    world.http.answers[DESK] = HttpAnswer(status=503)
    assert world.act().type == "sh.keptn.event.action.started"
    assert world.timers.waiting[0].id == "a1"
    assert weights(world) == {"blue": 100}
    world.http.answers.clear()
    world.clock.now_is = NOON + timedelta(seconds=31)
    assert world.act().result == "pass"
    assert len({call.headers["x-correlation-id"] for call in world.http.calls}) == 1


def test_a_desk_that_stays_away_is_given_up(world):
    """After two minutes the action fails, so that the rollback becomes known."""
    world.http.answers[DESK] = HttpAnswer(status=503)
    world.clock.now_is = NOON + timedelta(minutes=3)
    done = world.act()
    assert done.result == "fail"
    assert done.data["action"]["live"]["image"] == "carts:0.3"
    assert done.data["action"]["executors"]["servicenow"]["message"].endswith("given up")


def test_a_missing_secret_says_how_to_create_it(world):
    """Nothing is called with half an address."""
    world.secrets.clear()
    done = world.act(executors=["servicenow"])
    assert done.message == (
        "servicenow: secret 'servicenow' has no 'url'; "
        "create it with `keptn create secret servicenow --from-literal=url=…`"
    )
    assert world.http.calls == []


def test_an_action_of_an_extension_is_left_to_it(world):
    """204: another function has a Trigger for it."""
    assert world.act(action="togglefeature", executors=None) is None


@pytest.mark.parametrize(("executor", "url"), [("ticket", "https://t.example/new"), ("webhook", "https://h.example")])
def test_other_endpoints(world, executor, url):
    """A ticket system or webhook of one's own, from its own secret, with a correlation id in the body."""
    world.secrets["mine", "url"] = url
    done = world.act(executors=[{"name": executor, "secret": "mine"}])
    assert done.result == "pass"
    (call,) = world.http.calls
    assert (call.url, call.json["correlation_id"]) == (url, call.headers["x-correlation-id"])


@pytest.mark.parametrize(
    ("executor", "words"),
    [
        ("slack", lambda body: (body["blocks"][0]["text"]["text"], body["blocks"][1]["text"]["text"])),
        ("teams", lambda body: [line["text"] for line in body["attachments"][0]["content"]["body"][:2]]),
    ],
)
def test_a_chat_hears_what_is_done_and_why(world, executor, words):
    """In the channel's own form, once; two channels of one kind hear of it each."""
    world.secrets[executor, "url"], world.secrets["others", "url"] = "https://one.example/a", "https://two.example/b"
    done = world.act(description="Faster", executors=[executor, {"name": executor, "secret": "others"}])
    assert world.act(description="Faster", executors=[executor, {"name": executor, "secret": "others"}]) == done
    assert [call.url for call in world.http.calls] == ["https://one.example/a", "https://two.example/b"]
    title, why = words(world.http.calls[0].json)
    assert title.endswith("Problem with carts in prod: conversions")
    assert why == "keptn does: n. Faster"
    assert set(done.data["action"]["executors"]) == {executor, f"{executor}-2"}


def test_the_action_itself_may_name_the_executor(world):
    """`action: rollback` needs no list."""
    assert world.act(action="rollback", executors=None).data["action"]["live"]["image"] == "carts:0.3"


def test_other_events_are_none_of_its_business(world):
    """A Trigger that is too wide does no harm."""
    assert world.post(world.event("test")) is None


def test_the_runbook_is_the_one_with_which_the_remediation_began(world):
    """What somebody changes meanwhile is for the next problem; a commit that is gone is said."""
    began = world.repo.tree("sockshop", "prod").commit
    world.repo.commit("sockshop", "prod", lambda _: {"carts/remediation.yaml": b"broken"}, message="m")
    asked = world.event("get-action")
    assert world.post(replace(asked, git_commit_id=began)).result == "pass"
    world.repo.commit("sockshop", "prod", lambda _: {"carts/remediation.yaml": RUNBOOK}, message="m")
    gone = world.post(replace(asked, id="a2", git_commit_id="1" * 40))
    assert gone.result == "pass"
    assert "branch prod has no commit 1111" in gone.message


# --- scale, and what is left at the end of a problem ----------------------------------------------------------------
def take_back(world: World, *, of: str = "a1", id: str = "e1", epoch: int = 10, by=("scale",)) -> Event:  # noqa: A002
    """The engine's word that the problem is over."""
    action = {"action": "remediation-end", "name": "the problem is over", "of": of, "by": list(by)}
    return world.post(replace(world.event("action", id=id, epoch=epoch, action=action)))


def replicas(world: World) -> int:
    (workload,) = world.context.platform.workloads.values()
    return scaling.bounds(workload.manifests).least


def test_scale_asks_for_its_way_back(world):
    """In its answer, in seconds; and it says when it goes back at the latest."""
    done = world.act(executors=[{"name": "scale", "more": 2, "for": "2h", "stays": "10m"}])
    assert (done.result, replicas(world)) == ("pass", 3)
    assert done.message == (
        "scale: scale carts in prod from 1 replica to 3 replicas; it goes back after 2h at the latest"
    )
    asked = done.data["action"]["afterwards"]
    assert (asked["stays"], asked["longest"], asked["problem"]["PID"]) == (600, 7200, "P-7")
    assert done.data["action"]["gitCommit"] == world.repo.log("sockshop", "prod")[0].id


def test_it_is_taken_back_once(world):
    """A repeat says the same, and there is one commit."""
    world.act(executors=[{"name": "scale", "more": 2}])
    done = take_back(world)
    assert (done.result, replicas(world)) == ("pass", 1)
    assert done.message == "scale: scale carts in prod from 3 replicas to 1 replica"
    assert take_back(world) == done
    assert world.repo.log("sockshop", "prod")[0].id == done.data["action"]["gitCommit"]


def test_what_nobody_answered_for_is_looked_for(world):
    """It died behind its commit, and its answer never came; what cannot have scaled is left alone."""
    world.act(executors=[{"name": "scale", "more": 2}])
    for name in world.context.store.list("replies/").names:
        world.context.store.delete(name)
    assert take_back(world, by=("togglefeature",)).message == "nothing is left to be taken back"
    assert replicas(world) == 3
    take_back(world, id="e2", epoch=11, by=("scaling",))
    assert replicas(world) == 1


def test_it_is_not_kept_longer_than_anything_is(world):
    """What it would be taken back with would be gone."""
    done = world.act(executors=[{"name": "scale", "more": 1, "for": "9000h"}])
    assert done.data["action"]["afterwards"]["longest"] == 90 * 86400


def test_keptns_own_word_for_it(world):
    """`action: scaling` with a value of so many more, as in a runbook of keptn 0.5."""
    world.act(action="scaling", executors=None, value=1)
    assert replicas(world) == 2


def test_what_the_platform_does_not_do_is_a_warning(world):
    """A machine runs one process of each colour, however many are asked for."""
    world.context.platform.cannot = ("as a process of this machine it runs without 3 replicas (docs/services.md)",)
    done = world.act(executors=[{"name": "scale", "more": 2}])
    assert done.result == "warning"
    assert "it runs without 3 replicas" in done.message


def test_replicas_that_are_not_there_are_waited_for_two_minutes(world):
    """Then it goes on with a warning: those that are there may help."""
    world.context.platform.waiting["carts:0.4"] = "its pods are not let in: exceeded quota"
    asked = {"executors": [{"name": "scale", "more": 2}]}
    assert world.act(**asked).type == "sh.keptn.event.action.started"
    world.clock.now_is = NOON + timedelta(minutes=3)
    done = world.act(**asked)
    assert done.result == "warning"
    assert "not all are there yet: its pods are not let in: exceeded quota" in done.message


def test_a_repository_that_stays_away_is_told_and_seen_to_later(world):
    """Whether the commit got through is not known, so it is taken back."""
    world.clock.now_is = NOON + timedelta(minutes=3)

    def away(*_args, **_given):
        raise Unavailable("Git is away")

    world.repo.commit = away
    done = world.act(executors=[{"name": "scale", "more": 2}])
    assert (done.result, done.message) == ("fail", "scale: Git is away; given up")
    assert done.data["action"]["afterwards"]["executors"][0]["name"] == "scale"


# --- the record in ServiceNow ---------------------------------------------------------------------------------------
OPENED = HttpAnswer(status=201, body=b'{"result": {"number": "INC7", "sys_id": "abc"}}')
RECORD = f"{TABLE}/abc?sysparm_fields=sys_id%2Cnumber"


def calls(world: World) -> list[tuple[str, str]]:
    return [(call.method, call.url.removeprefix(TABLE)) for call in world.http.calls]


def test_an_incident_is_resolved_when_the_problem_is_over(world):
    """With the code and the notes that Incident Management asks for; once, however often it is tried."""
    world.http.answers[DESK] = OPENED
    world.act(executors=["servicenow"])
    done = take_back(world)
    assert (done.result, done.message) == ("pass", "servicenow: closed INC7")
    call = world.http.calls[-1]
    assert (call.method, call.url) == ("PATCH", RECORD)
    assert (call.json["state"], call.json["close_code"]) == ("6", "Solution provided")
    assert call.json["close_notes"] == "The problem is over: conversions. To see what was done: keptn status c"
    assert call.headers["x-correlation-id"] != world.http.calls[0].headers["x-correlation-id"]
    take_back(world, id="e2", epoch=11)
    assert len(world.http.calls) == 2


def test_an_instance_that_does_not_take_that_gets_a_note(world):
    """A data policy may ask for more; a person closes it then."""
    world.http.answers[DESK] = OPENED
    world.act(executors=["servicenow"])

    def policy(call):
        return HttpAnswer(status=403 if "state" in call.json else 200)

    world.http.answers[RECORD] = policy
    done = take_back(world)
    assert done.result == "warning"
    assert "INC7 is not closed (servicenow answered 403" in done.message
    assert list(world.http.calls[-1].json) == ["work_notes"]


def test_a_change_is_an_emergency_and_its_states_are_its_process(world):
    """What is on its way cannot wait for approval; at the end it gets a note, or what the runbook says."""
    changes = TABLE.replace("incident", "change_request")
    world.http.answers[DESK.replace(TABLE, changes)] = OPENED
    own = {
        "table": "change_request",
        "secret": "servicenow",
        "close": {"state": "3", "close_code": "{{ stage }} is well"},
    }
    world.act(executors=[{"name": "servicenow", "table": "change_request"}, {"name": "servicenow", **own}])
    assert [call.json["type"] for call in world.http.calls] == ["emergency", "emergency"]
    done = take_back(world)
    assert done.message == "servicenow: noted in INC7 that the problem is over; servicenow-2: closed INC7"
    assert world.http.calls[-1].json["close_code"] == "prod is well"


def test_a_record_that_shall_be_left_alone(world):
    """`close: false`."""
    world.http.answers[DESK] = OPENED
    done = world.act(executors=[{"name": "servicenow", "close": False}])
    assert "afterwards" not in done.data["action"]


def test_a_run_that_died_behind_its_call_finds_its_record(world):
    """The desk is asked by the correlation id, so there is one record, and its number is known."""

    class Died(BaseException):
        pass

    def die(_call):
        raise Died

    world.http.answers[DESK] = die
    with pytest.raises(Died):
        world.act(executors=["servicenow"])
    (lost,) = world.http.calls
    asked = f"{DESK}&sysparm_limit=1&sysparm_query=correlation_id%3D{lost.headers['x-correlation-id']}"
    world.http.answers[asked] = HttpAnswer(status=200, body=b'{"result": []}')
    assert world.act(executors=["servicenow"]).type.endswith("started")  # it may still be on its way
    world.http.answers[asked] = HttpAnswer(status=200, body=b'{"result": [{"number": "INC7", "sys_id": "abc"}]}')
    assert world.act(executors=["servicenow"]).data["action"]["ticket"] == "INC7"
    assert [call.method for call in world.http.calls] == ["POST", "GET", "GET"]


def test_bodies_of_ones_own(world):
    """Templates, with what a runbook's reader wants to say; a webhook may be called again at the end."""
    world.secrets["room", "url"] = "https://room.example/x"
    body = {"text": "{{ problem }} in {{ stage }}{% if over %} is over{% endif %}", "id": "{{ correlation_id }}"}
    world.act(executors=[{"name": "webhook", "secret": "room", "method": "PUT", "body": body, "over": True}])
    take_back(world)
    opened, over = world.http.calls
    assert (opened.method, opened.json["text"]) == ("PUT", "conversions in prod")
    assert opened.json["id"] == opened.headers["x-correlation-id"]
    assert (over.method, over.json["text"]) == ("PUT", "conversions in prod is over")


def test_a_chat_hears_of_the_end(world):
    """Who heard of the problem."""
    world.secrets["slack", "url"] = "https://chat.example/x"
    world.act(executors=["slack"])
    done = take_back(world)
    title, why = (world.http.calls[-1].json["blocks"][place]["text"]["text"] for place in (0, 1))
    assert title.endswith("Problem with carts in prod is over: conversions")
    assert why == "What was done for its time is taken back: the problem is over"
    assert done.message == "slack: told that the problem is over"


def test_a_ticket_of_ones_own_form(world):
    """For a system that knows no columns of ServiceNow."""
    world.secrets["ticket", "url"] = "https://jira.example/rest/api/3/issue"
    world.http.answers["https://jira.example/rest/api/3/issue"] = HttpAnswer(
        status=201, body=b'{"id": 7, "key": "OPS-7"}'
    )
    done = world.act(executors=[{"name": "ticket", "body": {"fields": {"summary": "{{ title }}"}}}])
    assert world.http.calls[0].json == {"fields": {"summary": "Problem with carts in prod: conversions"}}
    assert done.data["action"]["ticket"] == "OPS-7"

"""The CLI against the real `api`, in one process: get, logs, add-resource, secrets."""

import json
import re

import pytest

from keptn import events
from keptn.events import Event, Scope
from keptn.records import audit, deliveries, objects
from keptn.sequence import codec
from keptn.sequence.slot import Repair, Slot


def test_projects_stages_and_services_are_shown(keptn, world):
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


def test_what_a_runbook_did_for_a_problem_is_shown(keptn, world):
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


def test_events_are_shown(keptn):
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


def test_what_is_listed_is_looked_for_to_the_end(keptn, world, monkeypatch):
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
def test_a_name_that_nobody_has_is_told(keptn, arguments, said):
    """By every command that looks for it: an empty list would say that all is well."""
    code, _, err = keptn(*arguments.split(), ok=False)
    assert (code, said in err) == (1, True), err


def test_evaluations_are_shown(keptn, world):
    """With result and score."""
    stored = {"id": "1", "result": "fail", "score": 62.5, "message": "too slow", "timeEnd": "2026-11-24T12:00:00Z"}
    world.store.put("evaluations/sockshop/staging/carts/0-1.json", json.dumps(stored).encode())
    out = keptn("get", "evaluation", "--project=sockshop")[1]
    assert "2026-11-24 12:00:00Z  staging  carts    fail    62.5   too slow" in out


def test_an_evaluation_is_shown_in_full_and_drawn(keptn, world, tmp_path):
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


def test_a_new_gate_is_tried_on_stored_evaluations(keptn, world, tmp_path):
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


def test_a_resource_is_added(keptn, world, tmp_path):
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


def test_a_resource_is_deleted(keptn, world):
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
    assert "there is no carts/slo.yaml" in keptn("delete", "resource", *where, "--resourceUri=slo.yaml", ok=False)[2]
    said = "keptn delete service carts"
    assert said in keptn("delete", "resource", *where, "--resourceUri=values.yaml", ok=False)[2]


def test_what_looks_wrong_is_told_and_added(keptn, world, tmp_path):
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


def test_secrets_are_made_and_listed(keptn, world, tmp_path):
    """From literals and files; listed by name only."""
    (tmp_path / "key.pem").write_text("pem")
    keptn("create", "secret", "chat", "--from-literal=url=http://x?a=b", "--from-file=key.pem")
    assert world.secrets.get("chat", "url") == "http://x?a=b"
    assert world.secrets.get("chat", "key.pem") == "pem"
    assert "http://x" not in keptn("get", "secret")[1]
    keptn("update", "secret", "chat", "--from-literal=url=y")
    keptn("delete", "secret", "chat", "--yes")
    assert "chat" not in world.secrets.names()


def test_a_hook_is_shown(keptn):
    """URL and header, to be installed at the registry."""
    assert "Authorization: Bearer sockshop.carts.x" in keptn("get", "hook", "--project=sockshop", "--service=carts")[1]


def test_a_hook_is_shown_field_by_field(keptn):
    """For a registry, as its own form calls them."""
    shown = keptn("get", "hook", "--project=sockshop", "--service=carts", "--registry=harbor")[1]
    assert shown.startswith("Harbor (docs/webhooks.md):\n")
    assert re.search(r"^Endpoint URL: +http://keptn.local/functions/receive-artifact/harbor$", shown, re.MULTILINE)
    assert re.search(r"^Auth Header: +Bearer sockshop.carts.x$", shown, re.MULTILINE)


def test_the_hook_of_a_monitor_is_shown_field_by_field(keptn):
    """With the token of the project; asked for both or nothing, the usage is said."""
    shown = keptn("get", "hook", "--project=sockshop", "--problems=dynatrace")[1]
    assert shown.startswith("Dynatrace (docs/webhooks.md):\n")
    assert re.search(r"^Webhook URL: +http://keptn.local/functions/receive-problem/dynatrace$", shown, re.MULTILINE)
    assert re.search(r"^Additional HTTP headers: +Authorization: Bearer sockshop.trouble$", shown, re.MULTILINE)
    assert "known: alertmanager" in keptn("get", "hook", "--project=sockshop", "--problems=nagios", ok=False)[2]
    assert keptn("get", "hook", "--project=sockshop", ok=False)[0] == 2


def test_logs_are_shown(keptn, world, tmp_path):
    """Of a function; asked for both or nothing, the usage is said."""
    object.__setattr__(world.context.settings, "state_dir", tmp_path)
    (tmp_path / "logs/functions").mkdir(parents=True)
    (tmp_path / "logs/functions/deploy.log").write_text("one\ntwo\n")
    assert keptn("logs", "deploy", "--lines=1")[1] == "two\n"
    assert keptn("logs", ok=False)[0] == 2
    assert "a service is --service=NAME" in keptn("logs", "carts", "--project=sockshop", ok=False)[2]
    assert "nothing runs live" in keptn(*["logs", "--project=sockshop", "--stage=prod", "--service=carts"], ok=False)[2]

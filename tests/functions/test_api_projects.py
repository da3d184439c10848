"""`api`: /v1/project and its services."""

import base64
from dataclasses import replace

import pytest

from keptn.events import Scope
from tests.registry_senders import CASES
from tests.world import SHIPYARD, VALUES, WHO, error


def test_creating_posts_one_event(world, api):
    """A checked project is handed on as project.create; base64 and plain text are taken."""
    for name, shipyard in (("a", SHIPYARD.decode()), ("b", base64.b64encode(SHIPYARD).decode())):
        response = api("POST", "/v1/project", {"name": name, "shipyard": shipyard})
        assert response.status_code == 202
        event = world.sink.events[-2]
        assert event.type == "sh.keptn.event.project.create.triggered"
        assert event.data == {"project": name, "shipyard": SHIPYARD.decode()}
        assert response.json["id"] == event.id
        assert event.extensions == {"keptnby": WHO}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"name": "sockshop", "shipyard": "stages: [{name: dev}]"}, 409, "'sockshop' exists with another shipyard"),
        ({"name": "Sock Shop", "shipyard": "stages: [{name: dev}]"}, 400, "lower-case letters"),
        ({"name": "a", "shipyard": "stages: [{name: main}]"}, 400, "is reserved"),
        ({"name": "a", "shipyard": "stages: ["}, 400, "shipyard.yaml:"),
        ({"name": "a"}, 400, "lacks 'shipyard'"),
        ({"name": 3, "shipyard": "x"}, 400, "must be a text"),
        ({}, 400, "lacks 'name'"),
    ],
)
def test_a_bad_project_is_refused_and_not_posted(world, api, body, status, said):
    """Nothing half-created stays behind: what is wrong is told before anything happens."""
    response = api("POST", "/v1/project", body)
    assert (response.status_code, said in error(response)) == (status, True), error(response)
    assert not world.sink.events


STICKY = """\
stages:
- name: dev
- name: prod
  deployment_strategy: canary
  canary:
    pin: {cookie: version}
"""


def test_a_pin_that_the_router_cannot_do_is_refused_with_its_line(world, api):
    """When the project is made, and when its shipyard is changed: not by the first delivery."""
    world.context.router.pins = frozenset({"header"})
    made = api("POST", "/v1/project", {"name": "a", "shipyard": STICKY, "file": "mine.yaml"})
    assert "mine.yaml:6: this installation's router cannot pin requests by cookie, only by header" in error(made)
    changed = api(
        "PUT",
        "/v1/project/sockshop/resource/shipyard.yaml",
        {"resourceContent": base64.b64encode(STICKY.encode()).decode()},
    )
    assert "shipyard.yaml:6: this installation's router cannot pin" in error(changed)
    assert not world.sink.events


def test_projects_are_listed_in_pages(world, api):
    """Each page says where the next begins."""
    world.with_sockshop("a").with_sockshop("b")
    first = api("GET", "/v1/project?pageSize=2").json
    assert [p["projectName"] for p in first["projects"]] == ["a", "b"]
    rest = api("GET", f"/v1/project?pageSize=2&nextPageKey={first['nextPageKey']}").json
    assert [p["projectName"] for p in rest["projects"]] == ["sockshop"]
    assert (rest["nextPageKey"], rest["totalCount"]) == ("", 3)


def test_a_project_is_shown_with_stages_and_services(api):
    """One project is its shipyard, its stages and what runs in them."""
    shown = api("GET", "/v1/project/sockshop").json
    assert shown["shipyard"] == SHIPYARD.decode()
    prod = {"stageName": "prod", "services": ["carts"], "deploymentStrategy": "blue_green", "gates": []}
    assert shown["stages"][2] == prod
    assert api("GET", "/v1/project/sockshop/stage/production").json["stageName"] == "prod"
    assert api("GET", "/v1/project/sockshop/stage/qa").status_code == 404
    assert api("GET", "/v1/project/nothing").status_code == 404


def test_a_stage_says_how_it_delivers_and_judges(world, api):
    """Strategies and approvals from the shipyard; of each service the gate that counts, or what is wrong with it."""
    shipyard = """\
stages:
- {name: dev, deployment_strategy: canary, canary: {steps: [{weight_percent: 50, hold: 1m}]}, test_strategy: functional,
   approval_strategy: {pass: automatic, warning: manual}}
"""
    world.config_repo.commit("sockshop", "main", lambda _: {"shipyard.yaml": shipyard.encode()}, message="by hand\n")
    slo = b"total_score: {pass: 90%, warning: 75%}\nobjectives: [{sli: rt, pass: [{criteria: ['<600']}]}]\n"
    files = {"slo.yaml": slo, "orders/values.yaml": b"service: orders\n", "orders/slo.yaml": b"objectives: 3\n"}
    world.config_repo.commit("sockshop", "dev", lambda _: files, message="by hand\n")
    dev = api("GET", "/v1/project/sockshop/stage/dev").json
    assert (dev["deploymentStrategy"], dev["testStrategy"], dev["approval"]) == ("canary", "functional", "warning")
    carts, orders = dev["gates"]
    limits = "\u226590% (warning \u226575%)"
    assert carts == {"service": "carts", "file": "slo.yaml", "format": "slo", "limits": limits}
    assert "orders/slo.yaml:1" in orders["problem"]


def test_deleting_posts_one_event(world, api):
    """A project is deleted by its event; an unknown one is refused."""
    assert api("DELETE", "/v1/project/sockshop").status_code == 202
    assert world.sink.events[0].type == "sh.keptn.event.project.delete.triggered"
    assert api("DELETE", "/v1/project/nothing").status_code == 404


def test_a_projects_secrets_go_with_it(world, api):
    """Its event names them, and nobody else's; more than it can name have to go before."""
    for name in ("chat.sockshop", "dynatrace-sockshop", "chat.other"):
        world.secrets.put(name, {"token": "x"})
    many = [f"{number:0>240}.sockshop" for number in range(300)]
    for name in many:
        world.secrets.put(name, {"token": "x"})
    refused = api("DELETE", "/v1/project/sockshop")
    assert refused.status_code == 409 and "has 304 secrets, more than an event can name" in error(refused)
    for name in many:
        world.secrets.delete(name)
    assert api("DELETE", "/v1/project/sockshop").status_code == 202
    named = ["chat.sockshop", "dynatrace-sockshop", "hook-problems-sockshop", "hook-sockshop.carts"]
    assert world.sink.events[0].data["secrets"] == named


def test_onboarding_posts_one_event(world, api):
    """The name comes from the values file."""
    values = VALUES.decode().replace("carts", "orders")
    assert api("POST", "/v1/project/sockshop/service", {"values": values}).status_code == 202
    event, finished = world.sink.events
    assert finished.result == "pass"
    assert event.type == "sh.keptn.event.service.create.triggered"
    assert event.data == {"project": "sockshop", "service": "orders", "values": values}


@pytest.mark.parametrize(
    ("project", "values", "status", "said"),
    [
        ("sockshop", VALUES.decode(), 409, "has the service 'carts' already"),
        ("nothing", VALUES.decode(), 404, "there is no project"),
        ("sockshop", "image: [", 400, "values.yaml:"),
        ("sockshop", "image: {repository: carts}", 400, "must name its service"),
    ],
)
def test_a_bad_service_is_refused_and_not_posted(world, api, project, values, status, said):
    """What is wrong is told before anything happens."""
    response = api("POST", f"/v1/project/{project}/service", {"values": values})
    assert (response.status_code, said in error(response)) == (status, True), error(response)
    assert not world.sink.events


def test_a_service_shows_what_is_live(world, api):
    """The slot of each stage says which image users get."""
    world.live("dev", image="keptn/carts:0.2")
    stages = api("GET", "/v1/project/sockshop/service/carts").json["stages"]
    assert stages[0]["live"]["image"] == "keptn/carts:0.2"
    assert stages[0]["publicUrl"] == world.context.router.public_url(
        Scope(project="sockshop", stage="dev", service="carts")
    )
    assert stages[1] == {"stageName": "staging", "serviceName": "carts"}
    assert api("GET", "/v1/project/sockshop/stage/dev/service/carts").json["live"]["colour"] == "blue"
    assert api("GET", "/v1/project/sockshop/service").json == {"services": [{"serviceName": "carts"}]}
    assert api("GET", "/v1/project/sockshop/stage/dev/service/x").status_code == 404


def test_the_hook_is_told(api):
    """A person installs the hook from its URL and header."""
    assert api("GET", "/v1/project/sockshop/service/carts/hook").json == {
        "url": "http://keptn.local/functions/receive-artifact",
        "header": "Authorization: Bearer sockshop.carts.x",
        "token": "sockshop.carts.x",
    }


@pytest.mark.parametrize("case", [*{case.name: case for case in CASES}.values()], ids=str)
def test_the_hook_of_a_registry_says_what_to_enter_where(api, case):
    """Field by field, with this service's URL and token in it, so that the sender's push is let in."""
    told = api("GET", f"/v1/project/sockshop/service/carts/hook?registry={case.name}").json
    assert told["url"] == f"http://keptn.local/functions/receive-artifact/{case.name}"
    entered = " ".join(one["enter"] for one in told["fields"])
    assert told["url"] in entered and "sockshop.carts.x" in entered
    assert not any(placeholder in entered for placeholder in ("{url}", "{token}", "{hook}"))
    signs = case.request(b"a").headers != case.request(b"b").headers
    assert ("?hook=sockshop.carts" in entered) is signs


OF_ALL = "keptn create secret hooks --from-literal=token=SECRET"


@pytest.mark.parametrize(
    ("check", "fields"),
    [
        ("token", {"URL": "{}", "Header": "Authorization: Bearer sockshop.carts.x"}),
        ("basic", {"URL": "{}", "Password": "sockshop.carts.x"}),
        ("{header: X-Key}", {"URL": "{}", "Header x-key": "sockshop.carts.x"}),
        (
            "{hmac: {header: X-S}}",
            {"URL": "{}?hook=sockshop.carts", "Key of the signature in x-s": "sockshop.carts.x"},
        ),
        (  # the token of one service begins with its name, and no base64 does
            "{hmac: {header: X-S, key: base64}}",
            {"URL": "{}", "Key of the signature in x-s": f"as the sender makes it: {OF_ALL}"},
        ),
    ],
)
def test_a_mapping_without_a_setup_says_what_its_check_needs(api, world, tmp_path, check, fields):
    """An operator's own is told like the rest."""
    text = f"mapping: registry\ntitle: Ours\nrepository: $.a\ntag: $.b\ncheck: {check}\n"
    (tmp_path / "ours.yaml").write_text(text)
    world.context.settings = replace(world.context.settings, webhook_mappings=str(tmp_path))
    told = api("GET", "/v1/project/sockshop/service/carts/hook?registry=ours").json
    url = "http://keptn.local/functions/receive-artifact/ours"
    assert {one["field"]: one["enter"] for one in told["fields"]} == {
        field: enter.format(url) for field, enter in fields.items()
    }


def test_a_monitor_that_makes_its_own_key_is_told_of_the_secret_for_all(world, api):
    """PagerDuty's begins with no project's name, so a secret of one project cannot hold it."""
    world.secrets.put("hook-problems-sockshop", {"token": "sockshop.x"})
    told = api("GET", "/v1/project/sockshop/hook?monitor=pagerduty").json
    fields = {one["field"]: one["enter"] for one in told["fields"]}
    assert "into hook-problems and no project's own: keptn create secret hook-problems" in fields["Signing secret"]
    assert "hook=" not in fields["Webhook URL"]


def test_the_hook_of_a_registry_that_nobody_knows(api):
    """Says which are known."""
    said = api("GET", "/v1/project/sockshop/service/carts/hook?registry=harbour")
    assert said.status_code == 404
    assert "nobody knows a registry 'harbour'; known: acr, artifact-registry, cdevents" in said.json["error"]


def test_deleting_a_service_posts_one_event(world, api):
    """A service is deleted by its event."""
    assert api("DELETE", "/v1/project/sockshop/service/carts").status_code == 202
    assert world.sink.events[0].type == "sh.keptn.event.service.delete.triggered"

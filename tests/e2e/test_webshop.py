"""A newcomer's day: a web shop of two services through four stages, by the CLI alone, to its deletion."""

import pytest

from tests.e2e.test_demo import processes_about
from tests.e2e.webshop import (
    CHECKS,
    NOTIFY,
    PROBLEMS_TOKEN,
    PROJECT,
    REGISTRY,
    RUNBOOK,
    SERVICES,
    SHIPYARD,
    SLI,
    SLO,
    STAGES,
    VALUES,
    Webshop,
)
from tests.waiting import until

pytestmark = pytest.mark.long


@pytest.fixture
def shop(tmp_path):
    shop = Webshop(tmp_path)
    try:
        shop.open()
        yield shop
    finally:
        shop.close()
    until(lambda: not processes_about(tmp_path), what="the end of every process")


def test_a_day_with_a_webshop(shop):
    """Onboarded, delivered, held by a gate, asked about, tried on some users, repaired after an alert, deleted."""
    _onboard(shop)
    _first_versions(shop)
    _a_slow_one_waits_for_a_person(shop)
    _a_very_slow_one_is_stopped(shop)
    _a_good_one_wins_the_users_step_by_step(shop)
    _an_alert_brings_the_old_one_back(shop)
    _nothing_stays(shop)


def _onboard(shop):
    said = shop.keptn(f"create project {PROJECT} {shop.file('shipyard.yaml', SHIPYARD)}")
    assert f"Project {PROJECT} is created" in said
    for service in SERVICES:
        values = shop.file(f"{service}.yaml", VALUES.format(name=service, registry=REGISTRY))
        assert f"Service {service} is onboarded" in shop.keptn(f"onboard service -p {PROJECT} --values={values}")
    shop.side_by_side(
        f"create secret chat --from-literal=url={shop.chat.url}",
        f"create secret warehouse --from-literal=url={shop.warehouse.url}",
        f"create secret hook-problems-{PROJECT} --from-literal=token={PROBLEMS_TOKEN}",
        *(
            f"add-resource -p {PROJECT} {where} --resource={shop.file(name, text)} --resourceUri={uri}"
            for where, name, uri, text in (
                ("", "functional.yaml", "tests/functional.yaml", CHECKS),
                ("", "slo.yaml", "slo.yaml", SLO),
                ("", "sli.yaml", "envoy/sli.yaml", SLI),
                ("", "notify.yaml", "notify.yaml", NOTIFY),
                ("--stage=prod --service=frontend", "remediation.yaml", "remediation.yaml", RUNBOOK),
            )
        ),
    )
    assert [stage["stageName"] for stage in shop.found(f"get stage -p {PROJECT}")] == list(STAGES)
    assert "There are no such deliveries" in shop.keptn(f"get delivery -p {PROJECT}")


def _first_versions(shop):
    """One comes by a push to the registry, one by hand; nobody was there to compare them with."""
    for service in SERVICES:
        shop.build(service, "1.0")
    pushed = shop.push("frontend", "1.0")
    assert "keptn context" in shop.keptn(f"send event new-artifact -p {PROJECT} orders:1.0 --no-wait")
    for service in SERVICES:
        shop.come(service)
    assert "is over: pass" in shop.keptn(f"status {pushed}")
    assert "is over: pass" in shop.keptn(f"status -p {PROJECT} --service=orders")
    for users in shop.users.values():
        users.failed.clear()  # nobody was told of the address before
    assert [shop.ask(service, stage) for stage in STAGES for service in SERVICES] == ["frontend 1.0", "orders 1.0"] * 4
    assert len(shop.found(f"get delivery -p {PROJECT}")) == 2


def _a_slow_one_waits_for_a_person(shop):
    shop.build("frontend", "1.1", slow_s=0.3)
    context = shop.push("frontend", "1.1")
    asked = shop.approval(context)
    verdicts = shop.found(f"get evaluation -p {PROJECT} --service=frontend --stage=staging")
    assert [one["result"] for one in verdicts] == ["warning", "pass"]
    until(lambda: any("frontend" in str(told) for told in shop.chat.received), what="a message to the chat")
    assert "answered with fail" in shop.keptn(f"reject {asked} --reason=too-slow")
    shop.keptn(f"status {context}", code=4)
    assert "was declined by" in shop.keptn(f"approve {asked}", code=1)
    assert (shop.ask("frontend"), shop.ask("frontend", "staging")) == ("frontend 1.0", "frontend 1.1")


def _a_very_slow_one_is_stopped(shop):
    shop.build("frontend", "1.2", slow_s=0.7)
    assert "does not meet <150" in shop.deliver("frontend", "1.2", code=4)
    said = shop.deliver("frontend", "1.2", code=1)
    assert "was rejected in webshop/staging/frontend" in said, said
    assert (shop.ask("frontend"), shop.ask("frontend", "staging")) == ("frontend 1.0", "frontend 1.1")


def _a_good_one_wins_the_users_step_by_step(shop):
    shop.build("frontend", "1.3")
    said = shop.deliver("frontend", "1.3")
    for line in ("traffic 30 %", "traffic 70 %", "over: pass"):
        assert line in said, said
    assert {"frontend 1.0", "frontend 1.3"} == set(shop.users["frontend"].seen)
    assert shop.ask("frontend") == "frontend 1.3"
    live = [(one["stageName"], one["live"]["image"]) for one in shop.found(f"get service frontend -p {PROJECT}")]
    assert live == [(stage, f"{REGISTRY}/webshop/frontend:1.3") for stage in STAGES]


def _an_alert_brings_the_old_one_back(shop):
    taken = shop.alert("frontend")
    shop.keptn(f"status {taken['keptnContext']}")
    assert shop.ask("frontend") == "frontend 1.0"
    assert [told["type"] for told in shop.warehouse.received] == ["sh.keptn.event.action.triggered"]


def _nothing_stays(shop):
    for service, users in shop.users.items():
        assert not users.failed, (service, users.failed[:3])
        users.leave()
    shop.keptn(f"delete project {PROJECT} --yes")
    assert "There are no projects yet" in shop.keptn("get project")

"""On the Gateway of a real cluster, with real requests of users: what the HTTPRoute makes of each, and when."""

import contextlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from keptn.adapters.kubernetes.objects import DEPLOYMENT, HTTP_ROUTE, POD
from keptn.adapters.router import gateway_api
from keptn.adapters.router.gateway_api import GatewayApiRouter
from keptn.errors import Late, LostRace, NotYet, Refused
from keptn.events import Scope
from keptn.ports import Pin, Route
from tests.contract.gateway import GatewayWorld, Later, Stage, more, reason
from tests.waiting import until

pytestmark = pytest.mark.cluster

PIN = Pin(header="X-Canary", value="always")
PINNED = {"x-canary": "always"}


@pytest.fixture
def both(gateway: GatewayWorld) -> GatewayWorld:
    gateway.serve("blue")
    gateway.serve("green")
    return gateway


def live(world: GatewayWorld) -> dict[str, Any]:
    return world.stage.objects.get(HTTP_ROUTE, world.stage.namespace, world.scope.service) or {}


def test_users_are_split_by_weight(both: GatewayWorld) -> None:
    """10 points of 100: by chance, 1,000 of them are off by 4 points once in tens of thousands of runs."""
    both.route(1, {"blue": 90, "green": 10})
    seen = both.users(1000)
    assert 60 <= seen["green"] <= 140
    assert seen["blue"] == 1000 - seen["green"]


def test_a_mirror_gets_a_copy_of_each_request(both: GatewayWorld) -> None:
    """From the first on; and users get the live version's answers, though nobody answers for the mirror any more."""
    both.route(1, {"blue": 100})
    both.route(2, {"blue": 100}, mirror="green")
    path = f"/{both.scope.service}"
    assert both.users(200, path) == {"blue": 200}
    until(lambda: both.stage.heard("green").count(path) == 200, what="200 copies")
    both.serve("green", workload="nobody")
    assert both.users(200) == {"blue": 200}


@pytest.mark.parametrize("weights", [{"blue": 100}, {"blue": 99, "green": 1}, {}], ids=str)
def test_a_header_leads_to_the_candidate(both: GatewayWorld, weights: dict[str, int]) -> None:
    """Always, whatever the weights; another value does not."""
    both.route(1, weights, pin=PIN, candidate="green")
    assert both.users(100, headers=PINNED) == {"green": 100}
    assert both.users(100, headers={"x-canary": "never"})["green"] <= (10 if weights.get("green") else 0)


def test_nobody_is_live(both: GatewayWorld) -> None:
    """Users get a 5xx, before the first version and after the last; the cluster takes the route as it is."""
    both.route(1, {}, candidate="green")
    assert both.users(3) == {"500": 3}
    both.route(2, {"green": 100})
    assert both.users(3) == {"green": 3}
    both.servers.clear()
    both.route(3, {})
    assert both.users(3) == {"500": 3}


def test_what_is_in_force_counts_for_everybody(both: GatewayWorld) -> None:
    """No later request meets the route before it."""
    for revision in range(1, 7):
        colour = ("blue", "green")[revision % 2]
        both.route(revision, {colour: 100})
        assert both.users(50) == {colour: 50}


def test_a_switch_fails_no_request(gateway: GatewayWorld) -> None:
    """Under load, to a version that the gateway never heard of; the old one killed as soon as the new route counts."""
    names = [f"{gateway.scope.service}-{number}" for number in range(3)]
    gateway.stage.run(names[0], "0")
    gateway.serve("blue", workload=names[0])
    gateway.route(1, {"blue": 100})
    with gateway.load(*[{}] * 4) as answers:
        for number, colour in ((1, "green"), (2, "blue")):
            gateway.stage.run(names[number], str(number))
            gateway.serve(colour, workload=names[number])
            gateway.route(number + 1, {colour: 100})
            gateway.stage.objects.delete(DEPLOYMENT, gateway.stage.namespace, names[number - 1])
            more(answers)
    assert sum(answers, Counter()).keys() == {"0", "1", "2"}


def test_growing_weights_fail_no_request(both: GatewayWorld) -> None:
    """Up to the release, and those with the header see the candidate throughout."""
    both.route(1, {"blue": 100}, pin=PIN, candidate="green")
    with both.load({}, {}, PINNED) as answers:
        for revision, percent in enumerate((5, 25, 60), start=2):
            both.route(revision, {"blue": 100 - percent, "green": percent}, pin=PIN, candidate="green")
            more(answers)
        both.route(5, {"green": 100})
        more(answers)
    *users, pinned = answers
    assert pinned.keys() == {"green"}
    assert sum(users, Counter()).keys() == {"blue", "green"}


def test_who_lost_his_users_has_a_bounded_time(both: GatewayWorld) -> None:
    """Said in words, counted from when the route was first seen in force, also by another process."""
    both.route(1, {"blue": 100})
    route = both.routed(2, {"green": 100})
    both.apply(route)
    draining = f"is in force; {both.scope.service}-blue has 5 s to answer"
    until(lambda: draining in reason(lambda: both.router.in_force(route)))
    both.apply(route)
    assert draining in until(lambda: reason(lambda: both.routing().in_force(route)))
    both.apply(route)  # who asks again later sets it again, too: that must not begin the time anew
    assert both.routing(clock=Later(gateway_api.DRAIN_S)).in_force(route)


def test_where_the_gateway_cannot_be_asked_a_time_stands_in(both: GatewayWorld) -> None:
    """After its controller took the route; the reason says what to set."""
    nowhere = both.routing(address="http://127.0.0.1:1")
    route = both.routed(1, {"blue": 100})
    nowhere.apply(route)
    said = until(lambda: "KEPTN_GATEWAY_ADDRESS" in (why := reason(lambda: nowhere.in_force(route))) and why)
    assert "counts 30 s after its Gateway took it" in said
    assert "127.0.0.1:1 does not answer ([Errno 111] Connection refused)" in said
    assert both.routing(address="http://127.0.0.1:1", clock=Later(31)).in_force(route)

    def asked() -> bool:
        try:
            return both.router.in_force(route)
        except NotYet as waiting:
            assert "KEPTN_GATEWAY_ADDRESS" not in str(waiting)  # it is asked on, and needs no time when it answers
            return False

    until(asked, what=route)


def test_its_own_address_leads_to_one_colour_from_within_the_cluster(both: GatewayWorld) -> None:
    """Whatever the weights; that it is no public one keeps a dark version dark."""
    both.route(1, {"blue": 100})
    url, pod = both.router.own_url(both.scope, "green"), f"{both.scope.service}-user"
    code = f"import urllib.request as u; print('got', u.urlopen({url!r}).read().decode())"
    container = {"name": "user", "image": both.stage.image, "command": ["python3", "-c", code]}
    both.stage.make(POD, pod, {"restartPolicy": "Never", "containers": [container]})
    said = until(lambda: both.stage.objects.logs(both.stage.namespace, pod, lines=20), what="an answer")
    assert said.strip() == "got green"


def test_what_others_wrote_stays_and_what_was_left_out_goes(both: GatewayWorld) -> None:
    """A person's annotation is nobody's business; the pin's went with the pin, though the object began with it."""
    both.route(1, {"blue": 100}, pin=PIN, candidate="green")
    both.stage.objects.annotate(HTTP_ROUTE, both.stage.namespace, both.scope.service, {"team": "shop"})
    both.route(2, {"green": 100})
    notes = live(both)["metadata"]["annotations"]
    assert notes["team"] == "shop"
    assert not [name for name in notes if "pin" in name or "candidate" in name]


def test_of_many_at_once_the_highest_revision_stands(both: GatewayWorld) -> None:
    """Each is applied, or told that it is late; nothing older comes after something newer."""
    both.route(1, {"blue": 100})

    def apply(revision: int) -> bool:
        route = both.routed(revision, {"blue": revision, "green": 100 - revision})
        try:
            until(lambda: _applied(both.routing(), route))
        except Late:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(apply, range(2, 34)))
    assert said[-1]
    assert live(both)["metadata"]["annotations"]["keptn.sh/revision"] == "33"


def _applied(router: GatewayApiRouter, route: Route) -> bool:
    """It is tried again as a step does, and as the Broker does."""
    with contextlib.suppress(NotYet, LostRace):
        router.apply(route)
        return True
    return False


def test_a_gateway_that_is_none(both: GatewayWorld) -> None:
    """Nobody says anything: in minutes it is refused, with what to look at."""
    route = both.routed(1, {"blue": 100}, gateway="keptn-gateway/nobody")
    both.apply(route)
    said = f"Gateway keptn-gateway/nobody does not know the route {both.scope.service} in {both.stage.namespace}: "
    assert reason(lambda: both.router.in_force(route)).startswith(said)
    with pytest.raises(Refused, match=said):
        both.routing(clock=Later(gateway_api.UNANSWERED_S)).in_force(route)


def test_users_do_not_leave_for_a_gateway_that_is_none(both: GatewayWorld) -> None:
    """They stay where they are: a mistake of a values file is no outage."""
    both.route(1, {"blue": 100})
    before = live(both)["spec"]
    with pytest.raises(Refused, match=r"there is no Gateway keptn-gateway/nobody .*; users stay where they are"):
        both.router.apply(both.routed(2, {"blue": 100}, gateway="keptn-gateway/nobody"))
    assert live(both)["spec"] == before


def test_a_listener_that_is_none(both: GatewayWorld) -> None:
    """Its controller says no, in its own words; after half a minute that is an end."""
    said = both.refused(both.routed(1, {"blue": 100}, gateway=f"{both.stage.gateway}/nobody"))
    assert "(NoMatchingParent); it has no listener nobody for HTTP: it has http" in said


def test_a_backend_that_is_missing(gateway: GatewayWorld) -> None:
    """That ought to be there: what is known to be broken holds up nothing."""
    gateway.serve("blue")
    route = gateway.routed(1, {"blue": 50, "green": 50})
    gateway.apply(route)
    until(lambda: gateway.counts(route))
    route = gateway.routed(2, {"blue": 50, "green": 50})
    missing = replace(route, endpoints={**route.endpoints, "green": route.endpoints["blue"]})
    assert gateway.refused(missing).endswith("(BackendNotFound)")


def test_a_stage_without_a_namespace(gateway_stage: Stage) -> None:
    """Who makes it is said."""
    world = GatewayWorld(replace(gateway_stage, project="t-route-nobody"))
    with pytest.raises(Refused, match=r"namespaces .* not found; make it again"):
        world.router.apply(world.routed(1, {}))
    assert not world.router.in_force(world.routed(1, {}))
    world.router.remove(world.scope)


def test_the_public_address_is_the_listeners(both: GatewayWorld) -> None:
    """Its host name, its scheme, its port; before there is a route as after it."""
    url = f"http://{both.scope.service}.{both.stage.namespace}.test"
    assert both.router.public_url(both.scope) == url
    both.route(1, {"blue": 100})
    assert both.router.public_url(both.scope) == url
    stranger = Scope(project="t-route-nobody", stage="prod", service="carts")
    assert both.router.public_url(stranger) == "http://carts.t-route-nobody-prod.test"

"""A route on its way: who is known to the gateway before users are sent there, and until they are gone."""

from typing import Any

from keptn.adapters.router import gateway_rules
from keptn.deployment import manifests
from keptn.events import Scope

SCOPE = Scope(project="sockshop", stage="prod", service="carts")


def ref(colour: str, **more: Any) -> dict[str, Any]:
    return {"name": f"carts-{colour}", "port": 80, **more}


def route(*rules: dict[str, Any], answer: str = "revision-7.keptn.invalid") -> dict[str, Any]:
    return {"spec": {"rules": [*rules, manifests.probe(SCOPE, answer)]}}


def weights(*refs: dict[str, Any], mirror: str = "") -> dict[str, Any]:
    filters = [{"type": "RequestMirror", "requestMirror": {"backendRef": ref(mirror)}}] if mirror else []
    return {"backendRefs": list(refs), "filters": filters}


def test_users_and_copies() -> None:
    """A weight of 0 is nobody; none at all is 1, as in a rule that a patch added."""
    found = route(weights(ref("blue", weight=0)), weights(ref("green"), mirror="grey"))
    assert gateway_rules.backends(found).keys() == {"carts-green"}
    assert gateway_rules.hearing(found).keys() == {"carts-green", "carts-grey"}


def test_what_comes_changes_nothing_for_users() -> None:
    """Their rules stay as they are; a probe is led to whoever comes, and told of the revision."""
    live, green = route(weights(ref("blue", weight=100))), {"carts-green": ref("green", weight=10)}
    rules = gateway_rules.ahead(live, green, scope=SCOPE, revision=8)
    assert rules[0] == live["spec"]["rules"][0]
    coming = {"spec": {"rules": rules}}
    assert (gateway_rules.coming(live), gateway_rules.coming(coming)) == (0, 8)
    assert gateway_rules.backends(coming) == gateway_rules.backends(live)
    assert gateway_rules.known(coming) == {"carts-green": ref("green")}
    again = gateway_rules.ahead(coming, {"carts-grey": ref("grey")}, scope=SCOPE, revision=9)
    assert gateway_rules.known({"spec": {"rules": again}}).keys() == {"carts-grey"}
    assert gateway_rules.coming({"spec": {"rules": again}}) == 9


def test_who_leaves_stays_known() -> None:
    """By a rule of its own, that no user matches."""
    found = route(weights(ref("green", weight=100)))
    rules = gateway_rules.beside(found, {"carts-blue": ref("blue", weight=100)}, scope=SCOPE)
    assert rules[:-1] == found["spec"]["rules"]
    header = {"type": "Exact", "name": "x-keptn-probe", "value": "sockshop-prod.carts/carts-blue"}
    match = {"path": {"type": "Exact", "value": "/keptn-probe"}, "headers": [header]}
    assert rules[-1] == {"matches": [match], "backendRefs": [ref("blue")]}

"""What the controllers of gateways say of a route, in the shapes that the Gateway API has for it."""

from typing import Any

from keptn.adapters.router import gateway_status

PARENT = {"name": "public", "namespace": "infra"}


def condition(kind: str, status: str = "True", reason: str = "", message: str = "", at: int = 3) -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": reason or kind, "message": message, "observedGeneration": at}


FINE = [condition("Accepted"), condition("ResolvedRefs")]


def route(*entries: tuple[dict[str, Any], list[dict[str, Any]]], parents: Any = (PARENT,)) -> dict[str, Any]:
    return {
        "metadata": {"name": "carts", "namespace": "sockshop-prod", "generation": 3},
        "spec": {"parentRefs": list(parents)},
        "status": {"parents": [{"parentRef": parent, "conditions": said} for parent, said in entries]},
    }


def test_a_route_that_is_taken() -> None:
    """Whatever else is said of it, and whoever else says something."""
    found = route((PARENT, [*FINE, condition("Reconciled", "False")]), ({"name": "other"}, []))
    assert (gateway_status.unanswered(found), gateway_status.refused(found, all_up=True)) == ("", ({}, ""))


def test_every_parent_counts_and_this_generation_alone() -> None:
    """A listener or a namespace more or less is another parent; half an answer, or yesterday's, is none."""
    said = "does not know the route carts in sockshop-prod: "
    own = {"name": "public", "namespace": "infra", "sectionName": "https"}
    for found in (
        route(),
        route((PARENT, FINE[:1])),
        route((PARENT, [condition("Accepted", at=2), condition("ResolvedRefs", at=3)])),
        route((PARENT, [condition("Accepted", "Unknown"), condition("ResolvedRefs")])),
        route((PARENT, FINE), parents=(PARENT, own)),
        route(({"name": "public"}, FINE)),
    ):
        assert said in gateway_status.unanswered(found)
    here = {"name": "public", "namespace": "sockshop-prod"}
    assert gateway_status.unanswered(route((here, FINE), parents=({"name": "public"},))) == ""


def test_a_no_has_the_controllers_own_words() -> None:
    closed = condition("Accepted", "False", "NotAllowedByListeners", "No listener allows sockshop-prod.")
    found = route((PARENT, [closed, condition("ResolvedRefs")]))
    assert gateway_status.refused(found, all_up=False) == (
        PARENT,
        "Gateway infra/public does not take the route carts in sockshop-prod: "
        "No listener allows sockshop-prod (NotAllowedByListeners)",
    )


def test_a_backend_that_is_known_to_be_missing_holds_up_nothing() -> None:
    """A broken live version can be replaced."""
    found = route((PARENT, [condition("Accepted"), condition("ResolvedRefs", "False", "BackendNotFound", "no x")]))
    assert gateway_status.refused(found, all_up=False) == ({}, "")
    assert "no x (BackendNotFound)" in gateway_status.refused(found, all_up=True)[1]

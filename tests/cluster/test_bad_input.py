"""What goes wrong on a cluster: one sentence at the task and in `keptn status`, in minutes, and then the slot goes on.

What needs no cluster with keptn in it is in the contract tests of the adapters: a bucket that is not there, a cluster
without the Gateway API, what registries answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from examples.sockshop.demo.api import DemoError
from examples.sockshop.demo.cluster import kubectl
from tests.cluster import shop as shops
from tests.cluster import trouble
from tests.cluster.shop import LAST_WORDS, Shop

pytestmark = [pytest.mark.cluster, pytest.mark.long]
AT_ONCE_S, SOON_S, MINUTES_S = 60.0, 120.0, 300.0
GATEWAY_API = "gateway.networking.k8s.io/v1"
NOWHERE = "sha256:" + "0" * 64
ANEW = "keptn create project, with the project's own shipyard, makes it anew"
NO = {"expression": "false", "message": "every Deployment names its owner in the label team"}


@pytest.fixture(scope="session")
def repository(installation, tmp_path_factory: pytest.TempPathFactory) -> str:
    return shops.push_versions(tmp_path_factory.mktemp("versions"))


@pytest.fixture
def shop(repository: str, tmp_path: Path) -> Iterator[Shop]:
    with shops.shop(tmp_path, repository) as made:
        yield made


def fails(shop: Shop, context: str, *, says: str, within_s: float, task: str = "deployment") -> None:
    """The task ends in time, with the very sentence that a person reads, once at the task."""
    ended = shop.follow(context, within_s=within_s)
    found, sentence = ended.task, str(ended.task.get("message"))
    assert (ended.result, found["name"], found["status"], found["result"]) == ("fail", task, "errored", "fail")
    assert re.fullmatch(says, sentence), sentence
    assert f"{task} errored, fail ({sentence})" in ended.told
    assert sentence not in ended.told.splitlines()[-1]


def test_a_version_that_crashes(shop):
    """After some restarts, with its last words."""
    says = (
        rf"app \w+ does not come up in {shop.namespace}: pod app-\w+-\w+-\w+ exited with code 1, and was restarted "
        rf"\d times; its log ends with: {LAST_WORDS}"
    )
    fails(shop, shop.start("crash"), says=says, within_s=MINUTES_S)
    shop.is_well()


def test_an_image_that_was_never_pushed(shop):
    """Is told before anything begins."""
    registry, _, name = shop.repository.partition("/")
    says = f"there is no image {name}:typo in the registry {registry}; tags: crash, good"
    with pytest.raises(DemoError, match=re.escape(says)):
        shop.start("typo")
    shop.is_well()


def test_an_image_that_is_no_longer_there(shop):
    """It was when its push was heard."""
    says = (
        rf"app \w+ does not come up in {shop.namespace}: image {shop.repository}@{NOWHERE} cannot be pulled: "
        r"\w+: not found"
    )
    fails(shop, shop.start_digest(f"{shop.repository}:lost", NOWHERE), says=says, within_s=AT_ONCE_S)
    shop.is_well()


def test_a_registry_that_the_nodes_do_not_reach(shop):
    """A name that does not resolve, say: two minutes, for it may come back."""
    image = f"registry.{shop.namespace}.example/app"
    says = rf"app \w+ does not come up in {shop.namespace}: image {image}@{NOWHERE} cannot be pulled: \w+: .*"
    fails(shop, shop.start_digest(f"{image}:1", NOWHERE), says=says, within_s=MINUTES_S)
    shop.is_well()


def test_a_registry_that_says_no(shop):
    """The service itself plays it: no, nothing and not now are told at once, with what to do."""
    host = f"app-blue.{shop.namespace}.svc.cluster.local:80"
    for status, says in {
        401: rf"does not let keptn read 401:1 \(401\): if it exists, it is not public; keptn create secret "
        rf"registry-{host.replace(':', '-')}, with the keys user and password",
        404: rf"there is no image 404:1 in the registry {host}: the repository is not known there; push it first",
        429: rf"the registry {host} has been asked too often \(429\) to say what 429:1 is; it is asked again later",
    }.items():
        with pytest.raises(DemoError, match=says):
            shop.start("1", image=f"{host}/{status}")
    shop.is_well()


def test_a_quota_that_is_full(shop):
    """There is room for the live version only."""
    hard = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"pods": "1"}}}
    shops.apply({**hard, "metadata": {"name": "full", "namespace": shop.namespace}})
    says = (
        rf"app \w+ does not come up in {shop.namespace}: its pods are not let in: .*exceeded quota: full, requested: "
        r"pods=1, .*limited: pods=1; raise the namespace's ResourceQuota, or ask for less in the service's values file"
    )
    fails(shop, shop.start("good"), says=says, within_s=SOON_S)
    kubectl("-n", shop.namespace, "delete", "resourcequota", "full")
    shop.is_well()


def test_a_policy_that_says_no(shop):
    """In its own words."""
    with policy(shop):
        says = (
            rf"the cluster did not make Deployment app-\w+ in {shop.namespace}: .*{shop.project}.* denied request: "
            rf"{NO['message']}; change the service's values file, or what refuses it"
        )
        fails(shop, shop.start("good"), says=says, within_s=AT_ONCE_S)
    shop.is_well()


@contextmanager
def policy(shop: Shop) -> Iterator[None]:
    """In force in the stage alone."""
    named = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": shop.project}}
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}
    spec = {"matchConstraints": {"resourceRules": [rule]}, "validations": [NO]}
    here = {"namespaceSelector": {"matchLabels": {"app.kubernetes.io/part-of": shop.project}}}
    bound = {"policyName": shop.project, "validationActions": ["Deny"], "matchResources": here}
    kinds = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    shops.apply(*({**named, "kind": kind, "spec": one} for kind, one in zip(kinds, (spec, bound), strict=True)))
    try:
        shops.await_policy(shop.namespace, NO["message"], in_force=True)
        yield
    finally:
        kubectl("delete", *(f"{kind.lower()}/{shop.project}" for kind in kinds))
        shops.await_policy(shop.namespace, NO["message"], in_force=False)


def test_a_namespace_that_somebody_deletes(shop):
    """While it goes and when it is gone; then what is told helps."""
    held = {"name": "held", "namespace": shop.namespace, "finalizers": ["keptn.sh/test"]}
    shops.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": held})
    kubectl("delete", "namespace", shop.namespace, "--wait=false")
    fails(shop, shop.start("good"), says=rf".*{shop.namespace}.*; when it is gone, {ANEW}", within_s=AT_ONCE_S)
    kubectl("-n", shop.namespace, "patch", "configmap", "held", "--type=merge", '-p={"metadata":{"finalizers":null}}')
    shops.gone(shop.namespace)
    fails(shop, shop.start("good"), says=f"namespace {shop.namespace} is gone; {ANEW}", within_s=AT_ONCE_S)
    assert f"Warning: project {shop.project} was there already" in shop.create()
    shop.is_well()


def test_a_gateway_that_is_not_there(shop):
    """Users stay with the one they have."""
    before = route_of(shop)
    shop.set_values(patches=[gateway("nobody")])
    says = (
        r"there is no Gateway [-a-z]+/nobody for the route of app in dev, so users stay where they are; correct it in "
        r"the service's values file"
    )
    fails(shop, shop.start("good"), says=says, within_s=AT_ONCE_S, task="release")
    assert route_of(shop) == before
    shop.set_values()
    shop.is_well()


def test_a_gateway_that_never_takes_the_route(shop):
    """Three minutes, for its controller may be on its way."""
    named = {"name": "deaf", "namespace": shop.namespace}
    listener = {"name": "http", "port": 80, "protocol": "HTTP"}
    spec = {"gatewayClassName": "nobody", "listeners": [listener]}
    shops.apply({"apiVersion": GATEWAY_API, "kind": "Gateway", "metadata": named, "spec": spec})
    shop.set_values(patches=[gateway("deaf", shop.namespace)])
    says = (
        rf"Gateway {shop.namespace}/deaf does not know the route app in {shop.namespace}: does it exist, does a "
        rf"controller serve it, and does its listener allow namespace {shop.namespace}\?"
    )
    fails(shop, shop.start("good"), says=says, within_s=MINUTES_S, task="release")
    shop.set_values()
    shop.is_well()


def gateway(name: str, namespace: str = "") -> Mapping[str, Any]:
    """A patch of a values file."""
    changes = {"name": name, **({"namespace": namespace} if namespace else {})}
    patch = [{"op": "add", "path": f"/spec/parentRefs/0/{key}", "value": value} for key, value in changes.items()]
    return {"target": "HTTPRoute", "patch": patch}


def route_of(shop: Shop) -> list[Any]:
    """Where users are sent."""
    found = json.loads(kubectl("-n", shop.namespace, "get", "httproute", "app", "-o", "json"))["spec"]
    return [found["parentRefs"], found["rules"][0]["backendRefs"]]


@pytest.mark.parametrize("away", [trouble.git_away, trouble.store_away], ids=["Git", "the store"])
def test_what_keptn_needs_is_away_for_a_while(shop, away):
    """Nobody hears of it: what could not be done meanwhile is done then."""
    context = shop.start("good")
    away()
    assert shop.follow(context, within_s=MINUTES_S).result == "pass"
    shop.is_well()

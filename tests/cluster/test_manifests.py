"""What the real API server and Knative's webhooks say to the manifests: a refusal is a failure. Nothing of it stays."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import needs
from tests.kubectl import built, kubectl, tried
from tests.manifests.test_overlays import ROOT

pytestmark = pytest.mark.cluster

IN_MEMORY = """
- {op: replace, path: /metadata/annotations/eventing.knative.dev~1broker.class, value: MTChannelBasedBroker}
- {op: remove, path: /spec/config}
"""
"""A patch for production's Broker: a cluster for tests has no Kafka. That Broker is checked against its schema."""


@pytest.fixture(scope="module")
def namespaces() -> Iterator[Mapping[str, str]]:
    """For each namespace of the manifests one of the test's own: what is installed here is not touched."""
    needs.cluster()
    suffix = os.urandom(3).hex()
    own = {name: f"t-manifests-{name}-{suffix}" for name in ("keptn", "keptn-secrets")}
    for name in own.values():
        kubectl("create", "namespace", name)
    yield own
    kubectl("delete", "namespace", *own.values(), "--wait=false")


def moved(node: Any, own: Mapping[str, str]) -> Any:
    """The same objects in other namespaces."""
    if isinstance(node, list):
        return [moved(item, own) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("kind") == "Namespace" and "metadata" in node:
        return {**node, "metadata": {**node["metadata"], "name": own[node["metadata"]["name"]]}}
    return {k: own.get(v, v) if k == "namespace" else moved(v, own) for k, v in node.items()}


def refused(objects: list[dict[str, Any]], own: Mapping[str, str]) -> str:
    """What the API server does not take, in its words; empty if it takes all.

    ServiceAccounts are made: Knative tries a pod of each Service, and a pod needs its own.
    """
    here = moved(objects, own)
    accounts = [one for one in here if one["kind"] == "ServiceAccount"]
    if accounts:
        kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(accounts))
    words = ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", "-")
    done = tried(*words, stdin=yaml.safe_dump_all(here))
    assert done.returncode or len(done.stdout.splitlines()) == len(objects)
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize("overlay", ["base", "overlays/kind"])
def test_the_api_server_takes_them(overlay: str, namespaces: Mapping[str, str]) -> None:
    """Every object, with all webhooks and strict validation of its fields."""
    assert refused(built(ROOT / "knative" / overlay), namespaces) == ""


def test_it_takes_production_with_all_components(tmp_path: Path, namespaces: Mapping[str, str]) -> None:
    """Everything but Kafka."""
    knative = os.path.relpath(ROOT / "knative", tmp_path)
    kustomization = {
        "resources": [f"{knative}/overlays/production"],
        "components": [f"{knative}/components/{name}" for name in ("oidc", "registry-ca", "webhook-mappings")],
        "patches": [{"target": {"kind": "Broker"}, "patch": IN_MEMORY}],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.dump(kustomization))
    assert refused(built(tmp_path), namespaces) == ""


def test_it_takes_the_clocks_source(namespaces: Mapping[str, str]) -> None:
    """Which is not applied with the rest."""
    source = yaml.safe_load((ROOT / "knative/base/clock-source.yaml").read_text())
    source["metadata"]["namespace"] = "keptn"
    assert refused([source], namespaces) == ""


def test_it_would_say_so(namespaces: Mapping[str, str]) -> None:
    """A field that Knative does not take is refused here, too."""
    (service, *_) = [one for one in built(ROOT / "knative/base") if one["metadata"]["name"] == "api"]
    service = yaml.safe_load(yaml.safe_dump(service))
    service["spec"]["template"]["spec"]["securityContext"] = {"runAsNonRoot": True}
    assert "must not set the field(s): spec.template.spec.securityContext" in refused([service], namespaces)

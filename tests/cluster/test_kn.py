"""The installation made with kn instead of `kubectl apply -k`: the same objects, ready, and the same when made again.

It is taken down for that and stays as kn made it, with its state: what runs after this runs on it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import kn, needs
from tests.kubectl import built, kubectl

pytestmark = pytest.mark.cluster
KINDS = "ksvc,broker,trigger,jobsink"


@pytest.fixture(scope="module")
def overlay(installation) -> str:
    kn.program()
    return needs.on_cluster("KEPTN_OVERLAY")


def live(overlay: str) -> dict[tuple[str, str], dict[str, Any]]:
    """What is there of the overlay, by kind and name, each with its generation."""
    ours = {(one["kind"], one["metadata"]["name"]) for one in built(overlay)}
    found = json.loads(kubectl("-n", "keptn", "get", KINDS, "-o", "json"))["items"]
    return {key: one for one in found if (key := (one["kind"], one["metadata"]["name"])) in ours}


def essence(overlay: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {key: kn.essence(one) for key, one in live(overlay).items()}


def test_both_ways_make_the_same(overlay: str):
    """Every Service, Broker, Trigger and JobSink; with-kn.sh returns when all of them are ready."""
    by_kubectl = essence(overlay)
    assert len(by_kubectl) > len(("Service", "Broker", "Trigger", "JobSink"))
    names = [f"{kind.lower()}/{name}".replace("service/", "ksvc/") for kind, name in by_kubectl]
    kubectl("-n", "keptn", "delete", "--cascade=foreground", *names)
    assert not live(overlay)
    kn.with_kn(overlay)
    assert essence(overlay) == by_kubectl


def test_it_can_be_repeated_and_mixed(overlay: str):
    """Nothing becomes another generation, by kn or by kubectl: no pod is made anew."""
    before = {key: one["metadata"]["generation"] for key, one in live(overlay).items()}
    kn.with_kn(overlay)
    kubectl("apply", "-k", overlay)
    assert {key: one["metadata"]["generation"] for key, one in live(overlay).items()} == before

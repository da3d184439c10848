"""The installation made with kn instead of `kubectl apply -k`: the same objects, ready, and the same when made again.

It is taken down for that and stays as kn made it, with its state: what runs after this runs on it.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from examples.sockshop.demo.api import SOCKSHOP, DemoError
from tests import kn, needs
from tests.cluster.test_extension import REFUSES, STEP, api, scan  # noqa: F401 - api is a fixture
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


def install(code: str) -> None:
    """A step of one's own, by kn alone. Its code comes in a ConfigMap instead of an image of its own."""
    kubectl("-n", "keptn", "create", "configmap", STEP, f"--from-literal=main.py={code}")
    image = kubectl("-n", "keptn", "get", "ksvc", "record", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
    service = f"""{STEP} -n keptn --image {image} --cluster-local --service-account keptn-step --security-context strict
        --env-from cm:keptn-settings --env FUNCTION_SOURCE=functions/security_check/main.py --env FUNCTION_TARGET=handle
        --mount /app/functions/security_check=cm:{STEP}"""
    heard = f"type=sh.keptn.event.{STEP}.triggered"
    for words in (
        ["service", "create", *service.split()],
        ["trigger", "create", STEP, "-n", "keptn", "--filter", heard, "--sink", f"ksvc:{STEP}"],
    ):
        subprocess.run([kn.program(), *words], check=True, capture_output=True, timeout=kn.COMMAND_S)
    kubectl("-n", "keptn", "wait", "--for=condition=Ready", "--timeout=120s", f"trigger/{STEP}")


def test_a_step_of_ones_own_is_a_service_and_a_trigger(overlay: str, api):  # noqa: F811
    """Made by kn, it answers its task."""
    install((SOCKSHOP / "extension/functions/security_check/main.py").read_text())
    assert "finished with result pass" in scan(api)


def test_its_trigger_has_the_brokers_dead_letter_sink(overlay: str, api):  # noqa: F811
    """Nothing is said of delivery: what the step does not take ends its task with what it said."""
    install(REFUSES)
    with pytest.raises(DemoError, match="security-check is not well"):
        scan(api)

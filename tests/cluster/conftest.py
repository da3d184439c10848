"""keptn on the cluster that KUBECONFIG names, for the tests that deliver something there."""

from __future__ import annotations

import json
import secrets

import pytest

from examples.sockshop.demo.cluster import kubectl
from tests import needs

READY_S = 300


@pytest.fixture(scope="session")
def installation() -> None:
    """What KEPTN_OVERLAY names is installed and ready, with a token for the api; it stays there."""
    overlay = needs.on_cluster("KEPTN_OVERLAY")
    kubectl("apply", "-k", overlay)
    for condition, kinds in (("Ready", "ksvc,trigger,broker,jobsink"), ("Available", "deployment")):
        wanted = ("-n", "keptn", f"--for=condition={condition}", f"--timeout={READY_S}s")
        kubectl("wait", *wanted, kinds, "--all", timeout_s=READY_S + 10)
    known = json.loads(kubectl("-n", "keptn-secrets", "get", "secrets", "-o", "json"))["items"]
    if "api" not in {one["metadata"]["name"] for one in known}:
        token = f"--from-literal=token={secrets.token_hex(24)}"
        kubectl("-n", "keptn-secrets", "create", "secret", "generic", "api", token)

"""keptn on the cluster of the tests: applied, ready, with a token; and taken away, whoever installed it."""

from __future__ import annotations

import json
import secrets

from examples.sockshop.demo.cluster import kubectl

READY_S, GONE_S = 300, 180


def apply(overlay: str) -> None:
    kubectl("apply", "-k", overlay)
    ready()
    make_token()


def ready() -> None:
    for condition, kinds in (("Ready", "ksvc,trigger,broker,jobsink"), ("Available", "deployment")):
        wanted = ("-n", "keptn", f"--for=condition={condition}", f"--timeout={READY_S}s")
        kubectl("wait", *wanted, kinds, "--all", timeout_s=READY_S + 10)


def make_token() -> None:
    """Of the api, if it has none."""
    known = json.loads(kubectl("-n", "keptn-secrets", "get", "secrets", "-o", "json"))["items"]
    if "api" not in {one["metadata"]["name"] for one in known}:
        token = f"--from-literal=token={secrets.token_hex(24)}"
        kubectl("-n", "keptn-secrets", "create", "secret", "generic", "api", token)


def take_away(overlay: str) -> None:
    stop_functions()
    kubectl("delete", "-k", overlay, "--ignore-not-found", timeout_s=GONE_S)


def stop_functions() -> None:
    """First: a namespace with pods that have a request under way takes minutes to go."""
    kubectl("-n", "keptn", "delete", "ksvc", "--all", "--cascade=foreground", "--ignore-not-found", timeout_s=GONE_S)

"""with-kn.sh and kn, as tests call them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import needs

ROOT = Path(__file__).parent.parent
COMMAND_S = 600
SAME = {"Service": "serving.knative.dev", "Broker": "eventing.knative.dev", "Trigger": "eventing.knative.dev"}
"""What kn makes, and the API group of each."""


def program() -> str:
    """Path of kn. No package brings it, so CI does not insist on it."""
    return shutil.which("kn") or pytest.skip("there is no kn; in a checkout of knative/client: go build ./cmd/kn")


def with_kn(*words: str, path: str = "", **environment: str) -> str:
    """What knative/with-kn.sh prints; a failure fails the test. path: folders that come first on the PATH."""
    found = os.pathsep.join(filter(None, (path, os.environ["PATH"], str(Path(needs.program("kubectl")).parent))))
    done = subprocess.run(
        [str(ROOT / "knative" / "with-kn.sh"), *words],
        env={**os.environ, **environment, "PATH": found},
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def is_of_kn(one: Mapping[str, Any]) -> bool:
    """Of a kind that kn can make."""
    return SAME.get(one["kind"]) == one["apiVersion"].partition("/")[0]


def essence(one: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody said of an object: without what the API server, webhooks and tools add."""
    metadata = one["metadata"]
    said = {key: value for key, value in metadata.get("annotations", {}).items() if not key.endswith(_ADDED)}
    labels = metadata.get("labels", {})
    spec = _told(one["spec"])
    return {"kind": one["kind"], "name": metadata["name"], "labels": labels, "annotations": said, "spec": spec}


_ADDED = ("last-applied-configuration", "/creator", "/lastModifier", "/updateTimestamp", "/user-image")
_DEFAULTS = {
    **{"containerConcurrency": 0, "enableServiceLinks": False, "name": "user-container"},
    **{
        "readinessProbe": {"successThreshold": 1, "tcpSocket": {"port": 0}},
        "traffic": [{"latestRevision": True, "percent": 100}],
    },
}


def _told(node: Any) -> Any:
    if isinstance(node, list):
        return [_told(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {k: _told(v) for k, v in node.items() if _DEFAULTS.get(k, ...) != v and v not in (None, "")}
    if {"kind", "name"} <= set(kept):  # a reference: the webhook writes its own namespace into it
        kept = {k: v for k, v in kept.items() if (k, v) != ("namespace", "keptn")}
    kept = {k: v for k, v in kept.items() if k != "creationTimestamp" and not k.endswith(_ADDED)}
    return {k: v for k, v in kept.items() if k == "emptyDir" or v != {}}

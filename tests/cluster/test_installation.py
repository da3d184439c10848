"""`keptn install`, `doctor` and `uninstall` on a real cluster, as somebody without a checkout has them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.sockshop.demo.cluster import Addresses
from keptn.installation.manifests import SELECTOR
from tests import needs
from tests.cluster import installed
from tests.kubectl import kubectl

pytestmark = pytest.mark.cluster
READY_S = installed.READY_S


def keptn(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "keptn", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=2 * READY_S)


def said(*words: str) -> str:
    done = keptn(*words)
    assert done.returncode == 0, f"{done.stdout} {done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def overlay() -> Iterator[str]:
    """A cluster without keptn; and with the installation that the other tests expect, afterwards."""
    named = needs.on_cluster("KEPTN_OVERLAY")
    installed.take_away(named)
    yield named
    assert keptn("uninstall", "--yes").returncode == 0
    installed.apply(named)


def test_it_is_installed_again_examined_and_taken_away(overlay: str, tmp_path: Path) -> None:
    """The same token twice; nobody else's namespace, role or step goes with it; a second uninstall finds nothing."""
    before = names("namespaces,clusterroles,clusterrolebindings,crds")
    assert "kind: Service" in said("install", "--overlay", overlay, "--dry-run")
    first = json.loads(said("install", "--overlay", overlay, "--timeout", str(READY_S), "-o", "json"))
    again = json.loads(said("install", "--overlay", overlay, "--set", "KEPTN_RETENTION_DAYS=7", "-o", "json"))
    assert first == again and first["token"] in first["next"]
    assert first["bridge"] == first["url"].replace("//api.", "//bridge.") and first["next"].endswith("keptn bridge")
    retention = "jsonpath={.data.KEPTN_RETENTION_DAYS}"
    assert kubectl("-n", "keptn", "get", "configmap", "keptn-settings", "-o", retention) == "7"

    host = kubectl("-n", "keptn", "get", "ksvc", "api", "-o", "jsonpath={.status.url}").partition("://")[2]
    ingress = Addresses.read(os.environ).ingress
    login = ("auth", "--endpoint", ingress, "--host", host, "--api-token", first["token"])
    assert "knows this token" in said("--home", str(tmp_path), *login)

    told = keptn("doctor", "-o", "json")
    found = json.loads(told.stdout)
    assert told.returncode in (0, 3), told.stdout
    assert not [one for one in found if one["level"] == "missing"]
    assert any("parts of it are ready" in one["what"] for one in found)

    said("uninstall", "--yes")
    assert names("namespaces,clusterroles,clusterrolebindings,crds") <= before
    assert not names("namespaces,clusterroles,validatingadmissionpolicies", "-l", SELECTOR)
    assert "nothing in this cluster" in said("uninstall", "--yes")


def test_what_does_not_become_ready_says_why(overlay: str) -> None:
    """In the words of Knative; installed rightly it goes on."""
    wrong = keptn("install", "--overlay", overlay, "--set", "image=dev.local/keptn:nowhere", "--timeout", "60")
    assert wrong.returncode == 1 and "not ready after 60 s: " in wrong.stderr
    found = keptn("doctor")
    assert found.returncode == 1 and "missing:" in found.stdout
    said("install", "--overlay", overlay, "--timeout", str(READY_S))


def test_what_others_made_is_not_taken_over(overlay: str) -> None:
    """Nor does anything change."""
    said("uninstall", "--yes")
    kubectl("create", "namespace", "keptn")
    try:
        refused = keptn("install", "--overlay", overlay)
        assert refused.returncode == 1 and "--adopt" in refused.stderr
        assert not names("clusterroles", "-l", SELECTOR)
    finally:
        kubectl("delete", "namespace", "keptn")


def test_a_user_without_rights_is_told_so(overlay: str, tmp_path: Path) -> None:
    """One sentence, and nothing is made."""
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
    token = kubectl("-n", "default", "create", "token", "default").strip()
    config["users"] = [{"name": config["users"][0]["name"], "user": {"token": token}}]
    file = tmp_path / "nobody.json"
    file.write_text(json.dumps(config))
    refused = keptn("install", "--overlay", overlay, "--kubeconfig", str(file))
    assert refused.returncode == 1 and "does not allow it" in refused.stderr
    assert not names("clusterroles", "-l", SELECTOR)
    examined = keptn("doctor", "--overlay", overlay, "--kubeconfig", str(file))
    assert "does not allow it" in examined.stderr


def names(kinds: str, *words: str) -> set[str]:
    return set(kubectl("get", kinds, *words, "-o", "name", "--ignore-not-found").split())

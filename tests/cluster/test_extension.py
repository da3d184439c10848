"""A team's own step on a cluster: its function beside those of keptn, and what becomes of events that it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from examples.sockshop.demo.api import SOCKSHOP, Api, DemoError
from examples.sockshop.demo.cluster import forget_project, kubectl, log_in
from tests import needs

pytestmark = pytest.mark.cluster
STEP, PROJECT = "security-check", "extended"
SHIPYARD = """
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: {name: extended}
spec:
  stages:
    - name: dev
      sequences:
        - name: scan
          tasks: [{name: security-check}]
"""
REFUSES = """
import functions_framework

@functions_framework.http
def handle(request):
    return "security-check is not well", 400
"""


@pytest.fixture
def api(installation, tmp_path: Path) -> Iterator[Api]:
    """With a project that has the step."""
    api = Api(tmp_path / "home", patience_s=60)
    log_in(api, ingress=needs.on_cluster("DEMO_INGRESS"))
    (tmp_path / "shipyard.yaml").write_text(SHIPYARD)
    (tmp_path / "values.yaml").write_text("service: carts\nimage: registry.example/carts\n")
    api.keptn("create", "project", PROJECT, str(tmp_path / "shipyard.yaml"))
    try:
        api.keptn("onboard", "service", f"--project={PROJECT}", f"--values={tmp_path / 'values.yaml'}")
        yield api
    finally:
        forget_project(api, PROJECT)
        kubectl("-n", "keptn", "delete", "--ignore-not-found", f"ksvc/{STEP}", f"trigger/{STEP}", f"configmap/{STEP}")
        api.hang_up()


def install(folder: Path, code: str = "") -> None:
    """The example's manifest, on keptn's own image: its code comes in a ConfigMap instead of an image of its own."""
    example = SOCKSHOP / "extension"
    (folder / "main.py").write_text(code or (example / "functions/security_check/main.py").read_text())
    (folder / "step.yaml").write_text((example / "knative/security-check.yaml").read_text())
    image = kubectl("-n", "keptn", "get", "ksvc", "record", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
    name, _, tag = image.rpartition(":")
    at, mount = "/spec/template/spec", {"name": "code", "mountPath": "/app/functions/security_check"}
    patch = [
        {"op": "add", "path": f"{at}/volumes", "value": [{"name": "code", "configMap": {"name": STEP}}]},
        {"op": "add", "path": f"{at}/containers/0/volumeMounts", "value": [mount]},
    ]
    kustomization = {
        "resources": ["step.yaml"],
        "images": [{"name": "keptn", "newName": name, "newTag": tag}],
        "configMapGenerator": [{"name": STEP, "namespace": "keptn", "files": ["main.py"]}],
        "generatorOptions": {"disableNameSuffixHash": True},
        "patches": [{"target": {"kind": "Service"}, "patch": yaml.safe_dump(patch)}],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    kubectl("apply", "-k", str(folder))
    kubectl("-n", "keptn", "wait", "--for=condition=Ready", "--timeout=120s", f"ksvc/{STEP}", f"trigger/{STEP}")


def scan(api: Api) -> str:
    where = (f"--project={PROJECT}", "--stage=dev", "--service=carts")
    data = '{"configurationChange": {"values": {"image": "registry.example/carts:0.1"}}}'
    return api.keptn("trigger", "sequence", "scan", *where, f"--data={data}", "--timeout=120")


def test_a_step_of_ones_own_is_a_function_beside_the_others(api, tmp_path):
    install(tmp_path)
    assert "finished with result pass" in scan(api)


def test_what_a_step_does_not_take_ends_its_task_and_is_kept(api, tmp_path):
    """Its Trigger says nothing of delivery: the Broker's dead-letter sink is everybody's."""
    install(tmp_path, REFUSES)
    with pytest.raises(DemoError, match="security-check is not well"):
        scan(api)
    (letter, *_) = api.get("v1/dead-letter", pageSize="10")["deadLetters"]
    assert letter["event"]["type"] == "sh.keptn.event.security-check.triggered"
    assert "security-check is not well" in letter["reason"]

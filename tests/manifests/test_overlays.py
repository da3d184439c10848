"""What kustomize makes of the overlays: it builds, it is valid, and no Service forgot what all must have."""

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from keptn import settings
from tests import needs
from tests.kubectl import built

ROOT = Path(__file__).parent.parent.parent
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
OVERLAYS = [ROOT / "knative/base", *sorted(path.parent for path in ROOT.glob("knative/overlays/*/kustomization.yaml"))]
OTHERS = {"THREADS", "STORAGE_EMULATOR_HOST"}
"""Settings of functions-framework and of google-cloud-storage."""
NAMESPACES = {"keptn", "keptn-secrets"}
FILES = sorted(path for path in ROOT.glob("knative/**/*.yaml") if path.name != "kustomization.yaml")


@cache
@cache
def schemas() -> dict[tuple[str, str], dict[str, Any]]:
    """By apiVersion and kind."""
    folder = needs.folder("KEPTN_CRD_SCHEMAS")
    documents = [d for file in folder.glob("*.yaml") for d in yaml.load_all(file.read_text(), _LOADER) if d]
    return {
        (f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"]): version["schema"][
            "openAPIV3Schema"
        ]
        for crd in documents
        if crd["kind"] == "CustomResourceDefinition"
        for version in crd["spec"]["versions"]
    }


def closed(schema: Any) -> Any:
    """The schema, refusing fields it does not know, as the API server does with strict validation."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: closed(value) for key, value in schema.items()}
    if "properties" in copy and not copy.get("x-kubernetes-preserve-unknown-fields"):
        copy.setdefault("additionalProperties", False)
    if copy.get("x-kubernetes-int-or-string"):
        copy.pop("type", None)
    return copy


def check(document: dict[str, Any]) -> None:
    schema = schemas().get((document["apiVersion"], document["kind"]))
    if schema is None:
        assert "knative.dev" not in document["apiVersion"], f"no schema of {document['apiVersion']} {document['kind']}"
        return
    strict = closed(schema)
    strict.setdefault("properties", {}).update(apiVersion={}, kind={}, metadata={})
    jsonschema.validate(document, strict)


@pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_validates_against_its_crd(file: Path):
    """A manifest has no field that its CRD does not know."""
    for document in yaml.safe_load_all(file.read_text()):
        if isinstance(document, dict):
            check(document)


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_every_overlay_builds_valid_objects(overlay: Path):
    """Kustomize makes objects that the API server would take, all where keptn is, or its secrets are."""
    for document in built(overlay):
        check(document)
        cluster_wide = re.match("Namespace|Cluster|ValidatingAdmission", document["kind"])
        assert cluster_wide or document["metadata"]["namespace"] in NAMESPACES


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_every_service_is_hardened_and_scales_to_zero(overlay: Path):
    """No Service runs as root, writes its root file system, keeps a pod, or has a CPU limit below one core."""
    services = [d for d in built(overlay) if d["apiVersion"].startswith("serving.knative.dev")]
    assert services
    for service in services:
        template = service["spec"]["template"]
        container = template["spec"]["containers"][0]
        assert template["metadata"]["annotations"]["autoscaling.knative.dev/min-scale"] == "0"
        assert "securityContext" not in template["spec"]  # Knative takes it of the container alone
        assert container["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"]
        assert "cpu" in container["resources"]["requests"] and "cpu" not in container["resources"]["limits"]
        assert template["spec"]["timeoutSeconds"] <= 600


def pods_of(overlay: Path) -> list[dict[str, Any]]:
    """Of every step's Service, and of the test's Job."""
    services = [d for d in built(overlay) if d["apiVersion"].startswith("serving.knative.dev")]
    jobs = [d["spec"]["job"] for d in built(overlay) if d["kind"] == "JobSink"]
    return [one["spec"]["template"]["spec"] for one in [*services, *jobs]]


def test_one_image_serves_all_functions():
    """An overlay names it once, and every Service gets it; the test Job's has the load generator too."""
    documents = built(ROOT / "knative/overlays/production")
    services = [d for d in documents if d["apiVersion"].startswith("serving.knative.dev")]
    images = {service["spec"]["template"]["spec"]["containers"][0]["image"] for service in services}
    (job,) = [d["spec"]["job"]["spec"]["template"]["spec"] for d in documents if d["kind"] == "JobSink"]
    assert len(images) == 1
    repository, _, tag = images.pop().rpartition(":")
    assert job["containers"][0]["image"] == f"{repository}-test:{tag}"


def test_production_uses_kafka():
    """The in-memory Broker loses events, RabbitMQ's counts 4xx as success."""
    broker = next(d for d in built(ROOT / "knative/overlays/production") if d["kind"] == "Broker")
    assert broker["metadata"]["annotations"]["eventing.knative.dev/broker.class"] == "Kafka"


@pytest.mark.parametrize("overlay", OVERLAYS[1:], ids=lambda path: path.name)
def test_every_overlay_says_where_events_go(overlay: Path):
    """K_SINK is a setting, not a SinkBinding's: no first revision is made twice, and Jobs have it too."""
    values = settings_of(overlay)
    assert values["K_SINK"].endswith(".knative-eventing.svc.cluster.local/keptn/default")
    assert values["KEPTN_MAX_HOPS"] == "255"
    assert not [d for d in built(overlay) if d["kind"] == "SinkBinding"]


def settings_of(overlay: Path) -> dict[str, str]:
    (found,) = [d for d in built(overlay) if d["kind"] == "ConfigMap" and d["metadata"]["name"] == "keptn-settings"]
    return found["data"]


@pytest.mark.parametrize("overlay", OVERLAYS[1:], ids=lambda path: path.name)
def test_every_setting_of_an_overlay_has_an_effect(overlay: Path):
    """It is a key of settings.py or of a program that reads it, and its value is one that works."""
    values, ours = settings_of(overlay), {settings.key_of(name) for name in settings.Settings.__dataclass_fields__}
    assert set(values) <= ours | OTHERS
    assert settings.read(values).function_url("api").partition("://")[2].startswith("api.keptn.")


def test_kind_loads_its_image_and_is_answered_at_once():
    """A tag `latest` would always be pulled; an in-memory Broker without the annotation holds every post."""
    documents = built(ROOT / "knative/overlays/kind")
    service = next(d for d in documents if d["apiVersion"].startswith("serving.knative.dev"))
    image = service["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.startswith("dev.local/keptn:") and not image.endswith(":latest")
    broker = next(d for d in documents if d["kind"] == "Broker")
    assert broker["metadata"]["annotations"] == {"messaging.knative.dev/async-handler": "true"}


def test_the_oidc_component_binds_every_step_and_job(tmp_path: Path):
    """Where the Broker wants to know who posts, a SinkBinding gives every Service and every Job its identity."""
    relative = os.path.relpath(ROOT / "knative", tmp_path)
    kinds = {"resources": [f"{relative}/overlays/production"], "components": [f"{relative}/components/oidc"]}
    (tmp_path / "kustomization.yaml").write_text(yaml.dump(kinds))
    documents = built(tmp_path)
    bindings = {d["spec"]["subject"]["kind"]: d for d in documents if d["kind"] == "SinkBinding"}
    assert set(bindings) == {"Service", "Job"}
    for binding in bindings.values():
        check(binding)
    wanted = bindings["Service"]["spec"]["subject"]["selector"]["matchLabels"].items()
    services = [d for d in documents if d["apiVersion"].startswith("serving.knative.dev")]
    assert services and all(wanted <= service["metadata"]["labels"].items() for service in services)


def test_a_ca_is_trusted_everywhere(tmp_path: Path):
    """By every step and by the Job, through both keys that HTTP clients look at."""
    relative = os.path.relpath(ROOT / "knative", tmp_path)
    kinds = {"resources": [f"{relative}/overlays/production"], "components": [f"{relative}/components/registry-ca"]}
    (tmp_path / "kustomization.yaml").write_text(yaml.dump(kinds))
    values = settings_of(tmp_path)
    pods = pods_of(tmp_path)
    assert len(pods) > 16 and values["SSL_CERT_FILE"] == values["REQUESTS_CA_BUNDLE"] == "/etc/keptn-ca/ca.crt"
    for pod in pods:
        assert {"name": "ca", "configMap": {"name": "keptn-ca"}} in pod["volumes"]
        assert "/etc/keptn-ca" in [mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]]


def test_mapping_files_are_where_webhooks_are_read(tmp_path: Path):
    """By both hooks and by the api, which says what to enter where; no other step needs the ConfigMap."""
    relative = os.path.relpath(ROOT / "knative", tmp_path)
    kinds = {
        "resources": [f"{relative}/overlays/production"],
        "components": [f"{relative}/components/webhook-mappings"],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.dump(kinds))
    having = set()
    for document in built(tmp_path):
        if not str(document["apiVersion"]).startswith("serving.knative.dev"):
            continue
        (container,) = document["spec"]["template"]["spec"]["containers"]
        path = next((one["value"] for one in container["env"] if one["name"] == "KEPTN_WEBHOOK_MAPPINGS"), None)
        if path:
            having.add(document["metadata"]["name"])
            assert {"name": "webhook-mappings", "mountPath": path, "readOnly": True} in container["volumeMounts"]
            volume = {"name": "webhook-mappings", "configMap": {"name": "keptn-webhook-mappings"}}
            assert volume in document["spec"]["template"]["spec"]["volumes"]
    assert having == {"api", "receive-artifact", "receive-problem"}


def test_every_pod_of_production_may_pull():
    """Its ServiceAccount is one of ours, and has the registry's login."""
    overlay = ROOT / "knative/overlays/production"
    accounts = {d["metadata"]["name"]: d for d in built(overlay) if d["kind"] == "ServiceAccount"}
    for pod in pods_of(overlay):
        assert accounts[pod["serviceAccountName"]]["imagePullSecrets"] == [{"name": "keptn-registry"}]


def test_only_the_clock_touches_its_source():
    """No other step needs a right on the cluster for a timer."""
    documents = built(ROOT / "knative/base")
    allowed = [d for d in documents if d["kind"].endswith("Role") and "pingsources" in str(d["rules"])]
    assert [d["metadata"]["name"] for d in allowed] == ["keptn-clock"]
    (binding,) = [d for d in documents if d.get("roleRef", {}).get("name") == "keptn-clock"]
    assert [subject["name"] for subject in binding["subjects"]] == ["keptn-clock"]
    services = [d for d in documents if d["apiVersion"].startswith("serving.knative.dev")]
    users = [
        d["metadata"]["name"] for d in services if d["spec"]["template"]["spec"]["serviceAccountName"] == "keptn-clock"
    ]
    assert users == ["clock"]

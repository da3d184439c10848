"""What every registry sends, as its documentation has it: one case per sender, for the tests of `receive_artifact`.

A payload lies in tests/payloads/registry; how its sender proves itself is here, with the token of one service.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parent / "payloads/registry"
TOKEN = "sockshop.carts.x"
HOOK = "sockshop.carts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a sender sends. path: behind the function's URL, with its query."""

    path: str
    body: bytes
    headers: Mapping[str, str]


Proof = Callable[[bytes, str], tuple[Mapping[str, str], Mapping[str, str]]]
"""Of a body and a token, headers and what stands in the query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """name: in the URL. image: what the documented push names, with its host. ignored: changes of the body after which
    it starts nothing, each with the reason. headers: that come with each. form: of a sender that has several.
    """

    name: str
    file: str
    image: str
    proof: Proof
    ignored: Mapping[str, tuple[Callable[[Any], object], str]]
    headers: Mapping[str, str] = field(default_factory=dict)
    form: str = ""

    def __str__(self) -> str:
        return f"{self.name}-{self.form}" if self.form else self.name

    def body(self) -> Any:
        return json.loads((PAYLOADS / self.file).read_bytes())

    def changed(self, change: Callable[[Any], object]) -> Any:
        body = copy.deepcopy(self.body())
        return change(body) or body

    def request(self, body: Any = None, *, token: str = TOKEN, **headers: str) -> Request:
        raw = body if isinstance(body, bytes) else json.dumps(self.body() if body is None else body).encode()
        proofs, query = self.proof(raw, token)
        path = f"/{self.name}" + ("?" + "&".join(f"{key}={value}" for key, value in query.items()) if query else "")
        sent = {"Content-Type": "application/json", **self.headers, **proofs, **headers}
        return Request(path=path, body=raw, headers=sent)


def bearer(_body: bytes, token: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    return {"Authorization": f"Bearer {token}"}, {}


def basic(_body: bytes, token: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    return {"Authorization": "Basic " + base64.b64encode(f"keptn:{token}".encode()).decode()}, {}


def in_url(_body: bytes, token: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    return {}, {"token": token}


def in_header(name: str) -> Proof:
    return lambda _body, token: ({name: token}, {})


def signed(name: str, *, prefix: str = "") -> Proof:
    def proof(body: bytes, token: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        return {name: prefix + hmac.new(token.encode(), body, hashlib.sha256).hexdigest()}, {"hook": HOOK}

    return proof


def without(*path: str) -> Callable[[Any], object]:
    """The body without what stands there."""

    def change(body: Any) -> None:
        for part in path[:-1]:
            body = body[part]
        del body[path[-1]]

    return change


def having(value: object, *path: str | int) -> Callable[[Any], object]:
    """The body with another value there."""

    def change(body: Any) -> None:
        for part in path[:-1]:
            body = body[part]
        body[path[-1]] = value

    return change


SIGNATURE = f"sha256-{'a' * 64}.sig"

DIGEST = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
PACKAGE_URL = ("registry_package", "package_version", "package_url")
GHCR_TAG = ("registry_package", "package_version", "container_metadata", "tag", "name")


def untagged(body: Any) -> None:
    """A part of a multi-platform image at GitHub."""
    having("", *GHCR_TAG)(body)
    having("ghcr.io/acme/carts:", *PACKAGE_URL)(body)


CASES = [
    Case(
        name="docker-distribution",
        file="docker_distribution_v1_push_oci.json",
        image="127.0.0.1:15000/keptn/carts:1.0.0",
        proof=bearer,
        ignored={
            "push without a tag": (having("", "events", 0, "target", "tag"), "it has no tag"),
            "pull": (having("pull", "events", 0, "action"), "the action is 'pull', not 'push'"),
            "mount": (having("mount", "events", 0, "action"), "the action is 'mount'"),
            "delete": (having("delete", "events", 0, "action"), "the action is 'delete'"),
            "layer": (having("application/octet-stream", "events", 0, "target", "mediaType"), "is a layer"),
            "signature": (having(SIGNATURE, "events", 0, "target", "tag"), "it is a signature"),
        },
    ),
    Case(
        name="harbor",
        form="default",
        file="harbor_push_default.json",
        image="harbor.example.com/shop/carts:1.4.2",
        proof=in_header("Authorization"),
        ignored={
            "push without a tag": (having(DIGEST, "event_data", "resources", 0, "tag"), "it has no tag"),
            "pull": (having("PULL_ARTIFACT", "type"), "the type is 'PULL_ARTIFACT', not 'PUSH_ARTIFACT'"),
            "delete": (having("DELETE_ARTIFACT", "type"), "the type is 'DELETE_ARTIFACT'"),
            "scan": (having("SCANNING_COMPLETED", "type"), "the type is 'SCANNING_COMPLETED'"),
            "replication": (having("REPLICATION", "type"), "the type is 'REPLICATION'"),
            "quota": (having("QUOTA_WARNING", "type"), "the type is 'QUOTA_WARNING'"),
            "signature": (having(SIGNATURE, "event_data", "resources", 0, "tag"), "it is a signature"),
            "nothing": (having([], "event_data", "resources"), "it has no tag"),
        },
    ),
    Case(
        name="harbor",
        form="cloudevents",
        file="harbor_push_cloudevents.json",
        image="harbor.example.com/shop/carts:1.4.2",
        proof=bearer,
        headers={"Content-Type": "application/cloudevents+json"},
        ignored={
            "push without a tag": (having(DIGEST, "data", "resources", 0, "tag"), "it has no tag"),
            "pull": (having("harbor.artifact.pulled", "type"), "the type is 'harbor.artifact.pulled'"),
            "delete": (having("harbor.artifact.deleted", "type"), "the type is 'harbor.artifact.deleted'"),
            "scan": (having("harbor.scan.completed", "type"), "the type is 'harbor.scan.completed'"),
        },
    ),
    Case(
        name="ghcr",
        form="app",
        file="ghcr_registry_package_published.json",
        image="ghcr.io/acme/carts:1.4.2",
        proof=signed("X-Hub-Signature-256", prefix="sha256="),
        headers={"X-GitHub-Event": "registry_package", "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"},
        ignored={
            "push without a tag": (untagged, "it has no tag"),
            "delete": (having("deleted", "action"), "the action is 'deleted', neither 'published' nor 'updated'"),
            "package of another type": (having("npm", "registry_package", "package_type"), "of the type 'npm'"),
            "signature": (having(SIGNATURE, *GHCR_TAG), "it is a signature"),
            "nothing": (without("registry_package"), "the package is of the type ''"),
        },
    ),
    Case(
        name="ghcr",
        form="repository",
        file="ghcr_package_published.json",
        image="ghcr.io/acme/carts:1.4.2",
        proof=signed("X-Hub-Signature-256", prefix="sha256="),
        headers={"X-GitHub-Event": "package", "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0959"},
        ignored={"delete": (having("deleted", "action"), "the action is 'deleted'")},
    ),
    Case(
        name="docker-hub",
        file="dockerhub_push.json",
        image="docker.io/acme/carts:1.4.2",
        proof=in_url,
        ignored={
            "push without a tag": (having("", "push_data", "tag"), "it has no tag"),
            "signature": (having(SIGNATURE, "push_data", "tag"), "it is a signature"),
            "nothing": (without("repository"), "it names no repository"),
        },
    ),
    Case(
        name="zot",
        form="binary",
        file="zot_image_updated.json",
        image="zotregistry.dev/shop/carts:1.4.2",
        proof=basic,
        headers={
            "Ce-Specversion": "1.0",
            "Ce-Id": "3d1a2c55-5a0e-4f0c-9c39-0a6ad0cb6a5e",
            "Ce-Source": "zotregistry.dev",
            "Ce-Type": "zotregistry.image.updated",
            "Ce-Time": "2026-11-23T09:15:02.343145347Z",
        },
        ignored={
            "push without a tag": (having(DIGEST, "reference"), "it has no tag"),
            "signature": (having(SIGNATURE, "reference"), "it is a signature"),
        },
    ),
    Case(
        name="zot",
        form="structured",
        file="zot_image_updated_structured.json",
        image="registry.example.com/shop/carts:1.4.2",
        proof=bearer,
        headers={"Content-Type": "application/cloudevents+json"},
        ignored={
            "delete": (having("zotregistry.image.deleted", "type"), "the type is 'zotregistry.image.deleted'"),
            "lint": (having("zotregistry.image.lint_failed", "type"), "the type is 'zotregistry.image.lint_failed'"),
            "new repository": (having("zotregistry.repository.created", "type"), "'zotregistry.repository.created'"),
        },
    ),
    Case(
        name="cdevents",
        file="cdevents_artifact_published.json",
        image="registry.example.com/shop/carts:1.4.2",
        proof=bearer,
        ignored={
            "push without a tag": (having(f"pkg:oci/carts@{DIGEST}", "subject", "id"), "may say ?tag=…"),
            "signature": (having(f"pkg:oci/carts?tag={SIGNATURE}", "subject", "id"), "it is a signature"),
            "delete": (having("dev.cdevents.artifact.deleted.0.2.0", "context", "type"), "the type is"),
            "package of another type": (
                having("pkg:golang/x.com/carts@1", "subject", "id"),
                "no package URL of an image",
            ),
        },
    ),
    Case(
        name="quay",
        file="quay_push.json",
        image="quay.io/acme/carts:1.4.2",
        proof=in_url,
        ignored={
            "push without a tag": (having([], "updated_tags"), "it has no tag"),
            "signature": (having([SIGNATURE], "updated_tags"), "it is a signature"),
            "another notification": (without("repository"), "it names no repository"),
        },
    ),
    Case(
        name="acr",
        file="acr_push.json",
        image="acme.azurecr.io/shop/carts:1.4.2",
        proof=bearer,
        ignored={
            "push without a tag": (without("target", "tag"), "it has no tag"),
            "delete": (having("delete", "action"), "$.action is 'delete', not 'push'"),
            "chart": (having("application/vnd.acr.helm.chart", "target", "mediaType"), "$.target.mediaType is"),
            "quarantine": (having("quarantine", "action"), "$.action is 'quarantine'"),
            "ping": (lambda body: {"id": "1", "timestamp": body["timestamp"], "action": "ping"}, "$.action is 'ping'"),
            "signature": (having(SIGNATURE, "target", "tag"), "it is a signature"),
        },
    ),
    Case(
        name="jfrog",
        file="jfrog_docker_pushed.json",
        image="acme.jfrog.io/docker-local/shop/carts:1.4.2",
        proof=signed("X-JFrog-Event-Auth"),
        ignored={
            "delete": (having("deleted", "event_type"), "$.event_type is 'deleted', not 'pushed'"),
            "promotion": (having("promoted", "event_type"), "$.event_type is 'promoted'"),
            "another domain": (having("artifact", "domain"), "$.domain is 'artifact', not 'docker'"),
            "push without a tag": (without("data", "tag"), "it has no tag"),
        },
    ),
    Case(
        name="gitlab",
        file="gitlab_pipeline.json",
        image="registry.gitlab.com/acme/carts:1.4.2",
        proof=in_header("X-Gitlab-Token"),
        headers={"X-Gitlab-Event": "Pipeline Hook"},
        ignored={
            "pipeline of a branch": (having(False, "object_attributes", "tag"), "$.object_attributes.tag is 'false'"),
            "pipeline that failed": (having("failed", "object_attributes", "status"), "is 'failed', not 'success'"),
            "pipeline that runs": (having("running", "object_attributes", "status"), "is 'running', not 'success'"),
            "push of a commit": (having("push", "object_kind"), "$.object_kind is 'push', not 'pipeline'"),
        },
    ),
    Case(
        name="ecr",
        file="ecr_eventbridge_push.json",
        image="123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/carts:1.4.2",
        proof=basic,
        ignored={
            "push without a tag": (without("detail", "image-tag"), "it has no tag"),
            "delete": (having("DELETE", "detail", "action-type"), "is 'DELETE', not 'PUSH'"),
            "push that failed": (having("FAILURE", "detail", "result"), "is 'FAILURE', not 'SUCCESS'"),
            "scan": (having("ECR Image Scan", "detail-type"), "is 'ECR Image Scan', not 'ECR Image Action'"),
        },
    ),
]

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
    it starts nothing, each with the reason. headers: that come with each. told: how the push is recognised again.
    """

    name: str
    file: str
    image: str
    proof: Proof
    ignored: Mapping[str, tuple[Callable[[Any], object], str]]
    headers: Mapping[str, str] = field(default_factory=dict)

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

CASES = [
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

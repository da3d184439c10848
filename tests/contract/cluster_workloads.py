"""Workloads on a real cluster: containers in namespaces of the test's own, which are deleted after it."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from keptn.adapters.kubernetes.objects import POD, Objects, Resource
from keptn.adapters.machine.system_clock import SystemClock
from keptn.adapters.platform.kubernetes import KubernetesPlatform
from keptn.deployment import manifests
from keptn.errors import NotYet, Refused
from keptn.events import Scope
from keptn.ports import Endpoint
from tests import committed, needs, waiting

SERVER = (
    'trap "exit 0" TERM; echo "serving $VERSION"; python3 -m http.server 5001 & python3 -m http.server $PORT & wait'
)
until = partial(waiting.until, poll_s=0.5)
"""An API server is not asked as often as a process."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A project with one stage, `dev`, in a cluster."""

    objects: Objects
    platform: KubernetesPlatform
    project: str
    image: str

    @property
    def scope(self) -> Scope:
        return Scope(project=self.project, stage="dev", service="carts")

    @property
    def namespace(self) -> str:
        return manifests.namespace(self.scope)

    @property
    def missing_image(self) -> str:
        """Of the registry that has the others."""
        return f"{self.image.partition('@')[0]}:none"

    def rendered(
        self, *, tag: str = "0.1", colour: str = "blue", revision: int = 1, more: str = "", **change: Any
    ) -> Any:
        """What is committed for a colour, with a container that runs the script. change: further fields of it."""
        name, _, digest = self.image.partition("@")
        script = change.pop("script", SERVER)
        found = copy.deepcopy(
            committed.objects(
                self.scope, colour, image=f"{name}:{tag}", digest=digest, revision=revision, more=f"{more}\n"
            )
        )
        pod = found[0]["spec"]["template"]["spec"]
        pod["terminationGracePeriodSeconds"] = 5
        container = pod["containers"][0]
        container["command"] = ["/bin/sh", "-c", script]
        container["env"].append({"name": "VERSION", "value": tag})
        container.update(change)
        return found

    def apply(self, *, colour: str = "blue", revision: int = 1, **what: Any) -> None:
        found = self.rendered(colour=colour, revision=revision, **what)
        self.platform.apply(self.scope, colour, manifests=found, revision=revision)

    def ready(self, colour: str = "blue") -> Endpoint:
        return until(lambda: endpoint(self.platform, self.scope, colour), what=f"carts {colour}")

    def refusal(self) -> str:
        """Why it does not come up."""

        def look() -> str:
            try:
                assert endpoint(self.platform, self.scope, "blue") is None, "it came up"
            except Refused as refused:
                return str(refused)
            return ""

        return until(look, what="a refusal", deadline_s=240)

    def waits_for(self, *words: str) -> str:
        """What it says it waits for, once all the words are in it."""

        def look() -> str:
            try:
                self.platform.endpoint(self.scope, "blue")
            except NotYet as waiting:
                return str(waiting) if all(word in str(waiting) for word in words) else ""
            return ""

        return until(look, what=words)

    def pods(self, colour: str = "blue") -> dict[str, Mapping[str, Any]]:
        """By their UIDs."""
        found = self.objects.list(POD, self.namespace, labels=manifests.labels(self.scope, colour))
        return {pod["metadata"]["uid"]: pod for pod in found if not pod["metadata"].get("deletionTimestamp")}

    def make(self, api_version: str, kind: str, plural: str, name: str, **content: Any) -> None:
        """Any object in the stage's namespace."""
        metadata = {"name": name, "namespace": self.namespace}
        manifest = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}
        self.objects.create(Resource(api_version=api_version, kind=kind, plural=plural), manifest)


def endpoint(platform: KubernetesPlatform, scope: Scope, colour: str) -> Endpoint | None:
    try:
        return platform.endpoint(scope, colour)
    except NotYet:
        return None


@contextmanager
def project() -> Iterator[Cluster]:
    needs.cluster()
    objects = Objects()
    platform = KubernetesPlatform(objects, clock=SystemClock(), accounts_in="keptn")
    made = Cluster(
        objects=objects, platform=platform, project=f"t-plat-{uuid.uuid4().hex[:8]}", image=needs.cluster_image()
    )
    platform.prepare(made.project, "dev")
    try:
        yield made
    finally:
        platform.remove_all(made.project)

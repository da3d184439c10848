"""Workloads as Deployments of a cluster, each stage a namespace. What is committed is what is applied.

Fenced by the revision, twice: a Lease per service remembers the highest (`revision_fence.py`), and each object carries
the one that it was applied with; every write names the version of the object that was looked at. What a rollout's
objects mean is decided in `rollout.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from keptn.adapters.kubernetes import pod_logs
from keptn.adapters.kubernetes.objects import (
    AUTOSCALER,
    DEPLOYMENT,
    EVENT,
    FIELD_MANAGER,
    LEASE,
    NAMESPACE,
    POD,
    REPLICA_SET,
    SERVICE,
    Objects,
    Resource,
    own_namespace,
    resource_of,
)
from keptn.adapters.platform import revision_fence, rollout, stage_namespace
from keptn.adapters.platform.revision_fence import ATTEMPTS
from keptn.deployment import manifests as rendered
from keptn.errors import Late, LostRace, NotYet, Refused
from keptn.events import Scope
from keptn.ports import Clock, Endpoint, Manifest

_KINDS = (AUTOSCALER, DEPLOYMENT, SERVICE)
"""What a colour may have, in the order in which it goes: the address after those who answer there."""
_SCALING = f"{FIELD_MANAGER}-scaling"
"""Field manager of a number of replicas that an autoscaler takes over."""


class KubernetesPlatform:
    """accounts_in: the namespace of keptn's service accounts."""

    poll_s: ClassVar[float] = 1.0

    def __init__(self, objects: Objects, *, clock: Clock, accounts_in: str) -> None:
        self._objects, self._clock, self._accounts_in = objects, clock, accounts_in

    @classmethod
    def open(cls, *, clock: Clock) -> KubernetesPlatform:
        return cls(Objects(), clock=clock, accounts_in=own_namespace())

    def prepare(self, project: str, stage: str) -> None:
        stage_namespace.prepare(self._objects, project, stage, accounts_in=self._accounts_in)

    def apply(self, scope: Scope, colour: str, *, manifests: Sequence[Manifest], revision: int) -> None:
        """Raises Late; Refused: what the cluster does not take, with its words."""
        wanted = _checked(manifests, scope, colour)
        revision_fence.enter(self._objects, scope, revision=revision)
        made: list[Resource] = []
        try:
            for resource, manifest in wanted:
                if self._put(resource, manifest, scope, revision):
                    made.append(resource)
            if made:
                revision_fence.recheck(self._objects, scope, revision=revision)
        except Late:
            for resource in made:
                with suppress(Late):
                    self._delete(resource, scope, colour, revision)
            raise
        if not any(resource is AUTOSCALER for resource, _ in wanted):
            self._delete(AUTOSCALER, scope, colour, revision)

    def warnings(self, manifests: Sequence[Manifest]) -> Sequence[str]:
        """A patch can bring in what works against itself."""
        spec: Mapping[str, Any] = next((one["spec"] for one in manifests if one["kind"] == DEPLOYMENT.kind), {})
        if "replicas" in spec and any(one["kind"] == AUTOSCALER.kind for one in manifests):
            return [f"{spec['replicas']} replicas are set and scaled at once: take spec.replicas out of the patches"]
        return []

    def endpoint(self, scope: Scope, colour: str) -> Endpoint | None:
        """One request to the API server when it is up, three when it is not, four when its events are asked too."""
        namespace, name = rendered.namespace(scope), _name(scope, colour)
        deployment = self._objects.get(DEPLOYMENT, namespace, name)
        if deployment is None:
            return None
        labels = rendered.labels(scope, colour)
        if rollout.is_complete(deployment, lambda: self._objects.list(REPLICA_SET, namespace, labels=labels)):
            return Endpoint(host=f"{name}.{namespace}.svc.cluster.local", port=rendered.SERVICE_PORT)
        trouble = self._trouble(deployment, labels)
        if trouble is None:
            return None
        if not trouble.final:
            raise NotYet(trouble.reason, after_s=self.poll_s)
        said = f"; {self._last_words(namespace, trouble.crashed, scope)}" if trouble.crashed else ""
        raise Refused(f"{scope.service} {colour} does not come up in {namespace}: {trouble.reason}{said}")

    def remove(self, scope: Scope, colour: str, *, revision: int) -> None:
        """Its pods have their terminationGracePeriodSeconds."""
        revision_fence.enter(self._objects, scope, revision=revision)
        self._delete_all(scope, colour, revision)

    def remove_all(self, project: str, *, service: str = "") -> None:
        """Of a whole project the namespaces that keptn made, with all that is in them."""
        labels = {"app.kubernetes.io/part-of": project, **({"app.kubernetes.io/name": service} if service else {})}
        for namespace in stage_namespace.of_project(self._objects, project):
            name = namespace["metadata"]["name"]
            if not service and stage_namespace.is_made(namespace):
                self._objects.delete(NAMESPACE, "", name)
                continue
            for resource in (*_KINDS, LEASE):
                for found in self._objects.list(resource, name, labels=labels):
                    self._objects.delete(resource, name, found["metadata"]["name"])

    def logs(self, scope: Scope, colour: str, *, lines: int = 100) -> Sequence[str]:
        namespace = rendered.namespace(scope)
        pods = self._objects.list(POD, namespace, labels=rendered.labels(scope, colour))
        return pod_logs.of_pods(self._objects, pods, container=scope.service, lines=lines)

    def _put(self, resource: Resource, manifest: Manifest, scope: Scope, revision: int) -> bool:
        """Whether it was made anew. Raises Late."""
        namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        for _ in range(ATTEMPTS):
            live = self._objects.get(resource, namespace, name)
            revision_fence.check(live, scope, revision=revision)
            try:
                if live is None:
                    self._objects.create(resource, manifest)
                    return True
                if resource is DEPLOYMENT and _hands_over(live, manifest):
                    self._objects.apply(resource, _replicas(live), manager=_SCALING)
                    continue
                self._objects.apply(resource, manifest, resource_version=live["metadata"]["resourceVersion"])
            except LostRace:
                continue
            return False
        raise LostRace(f"{resource.kind} {name} in {namespace} keeps changing; it is tried again")

    def _delete_all(self, scope: Scope, colour: str, revision: int) -> None:
        for resource in _KINDS:
            self._delete(resource, scope, colour, revision)

    def _delete(self, resource: Resource, scope: Scope, colour: str, revision: int) -> None:
        """What carries a higher revision stays. Raises Late."""
        namespace, name = rendered.namespace(scope), _name(scope, colour)
        for _ in range(ATTEMPTS):
            live = self._objects.get(resource, namespace, name)
            if live is None or live["metadata"].get("deletionTimestamp"):
                return
            revision_fence.check(live, scope, revision=revision)
            try:
                self._objects.delete(resource, namespace, name, resource_version=live["metadata"]["resourceVersion"])
            except LostRace:
                continue
            return
        raise LostRace(f"{resource.kind} {name} in {namespace} keeps changing; it is tried again")

    def _trouble(self, deployment: Manifest, labels: Mapping[str, str]) -> rollout.Trouble | None:
        namespace = deployment["metadata"]["namespace"]
        newest = rollout.newest(deployment, self._objects.list(REPLICA_SET, namespace, labels=labels))
        template = newest["metadata"]["labels"]["pod-template-hash"] if newest else ""
        pods = self._objects.list(POD, namespace, labels={**labels, "pod-template-hash": template}) if newest else ()
        now = self._clock.now()
        found = rollout.troubles(newest, pods, now=now)
        if not found and (pod := rollout.silent(pods, now=now)):
            fields = {"involvedObject.uid": pod["metadata"]["uid"], "type": "Warning"}
            found = rollout.told(pod, self._objects.list(EVENT, namespace, fields=fields))
        return rollout.verdict(deployment, found)

    def _last_words(self, namespace: str, pod: str, scope: Scope) -> str:
        text = pod_logs.of_pod(self._objects, namespace, pod, container=scope.service, lines=1)
        return f"its log ends with: {rollout.clip(text)}" if text.strip() else "its log is empty"


def _name(scope: Scope, colour: str) -> str:
    return f"{scope.service}-{colour}"


def _checked(manifests: Sequence[Manifest], scope: Scope, colour: str) -> Sequence[tuple[Resource, Manifest]]:
    """Each with its kind. Raises Refused: somebody changed them so that they are no longer of this colour."""
    ours = (rendered.namespace(scope), _name(scope, colour))
    found = [manifest.get("metadata", {}) for manifest in manifests]
    if any((one.get("namespace"), one.get("name")) != ours for one in found) or DEPLOYMENT.kind not in {
        manifest["kind"] for manifest in manifests
    }:
        raise Refused(
            f"these manifests hold no Deployment that keptn wrote for {'/'.join(ours)}; restore them from Git"
        )
    return [(resource_of(manifest), manifest) for manifest in manifests]


def _hands_over(live: Manifest, manifest: Manifest) -> bool:
    """Whether an autoscaler is to have a number of replicas that is ours: left out, it would be 1 at once."""
    if "replicas" in manifest["spec"] or live["spec"].get("replicas", 1) == 1:
        return False
    entries: Sequence[dict[str, Any]] = live["metadata"].get("managedFields", ())
    owners = {one["manager"] for one in entries if "f:replicas" in one.get("fieldsV1", {}).get("f:spec", {})}
    return owners == {FIELD_MANAGER}


def _replicas(live: Manifest) -> Manifest:
    metadata = {key: live["metadata"][key] for key in ("name", "namespace", "resourceVersion")}
    return {
        "apiVersion": DEPLOYMENT.api_version,
        "kind": DEPLOYMENT.kind,
        "metadata": metadata,
        "spec": {"replicas": live["spec"]["replicas"]},
    }

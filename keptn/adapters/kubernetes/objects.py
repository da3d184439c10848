"""Objects of a cluster as manifests: what is committed is what is sent. Platform, router and logs are built on it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from keptn.adapters.kubernetes.api_server import MERGE_PATCH, ApiServer, as_object
from keptn.adapters.kubernetes.in_cluster import MOUNT, InCluster
from keptn.adapters.kubernetes.kubeconfig import Kubeconfig
from keptn.adapters.kubernetes.refusals import MADE_ANEW, Forbidden, refusal
from keptn.errors import Refused, Unavailable
from keptn.ports import Manifest

FIELD_MANAGER = "keptn"
NOTES_MANAGER = "keptn-notes"
"""Of what is changed beside the committed: an apply would take the other's over, and away."""
_APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A kind, and where its objects are."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str = "", name: str = "", sub: str = "") -> str:
        root = "api" if "/" not in self.api_version else "apis"
        within = ["namespaces", namespace] if self.namespaced and namespace else []
        return "/" + "/".join(part for part in (root, self.api_version, *within, self.plural, name, sub) if part)


NAMESPACE = Resource(api_version="v1", kind="Namespace", plural="namespaces", namespaced=False)
SERVICE = Resource(api_version="v1", kind="Service", plural="services")
POD = Resource(api_version="v1", kind="Pod", plural="pods")
EVENT = Resource(api_version="v1", kind="Event", plural="events")
DEPLOYMENT = Resource(api_version="apps/v1", kind="Deployment", plural="deployments")
REPLICA_SET = Resource(api_version="apps/v1", kind="ReplicaSet", plural="replicasets")
AUTOSCALER = Resource(api_version="autoscaling/v2", kind="HorizontalPodAutoscaler", plural="horizontalpodautoscalers")
LEASE = Resource(api_version="coordination.k8s.io/v1", kind="Lease", plural="leases")
ROLE_BINDING = Resource(api_version="rbac.authorization.k8s.io/v1", kind="RoleBinding", plural="rolebindings")
GATEWAY = Resource(api_version="gateway.networking.k8s.io/v1", kind="Gateway", plural="gateways")
HTTP_ROUTE = Resource(api_version="gateway.networking.k8s.io/v1", kind="HTTPRoute", plural="httproutes")
_KNOWN = {(one.api_version, one.kind): one for one in (DEPLOYMENT, SERVICE, AUTOSCALER, HTTP_ROUTE)}
"""What is committed."""


def resource_of(manifest: Manifest) -> Resource:
    """Raises Refused for a kind that keptn does not commit."""
    key = (str(manifest.get("apiVersion")), str(manifest["kind"]))
    if key not in _KNOWN:
        kinds = ", ".join(kind for _, kind in _KNOWN)
        raise Refused(f"{key[1]} ({key[0]}) is no kind of object that keptn applies; it applies {kinds}")
    return _KNOWN[key]


def own_namespace() -> str:
    """That of this pod; outside of a cluster the one that keptn's manifests name."""
    file = MOUNT / "namespace"
    return file.read_text().strip() if file.is_file() else "keptn"


@cache
def own_access() -> ApiServer:
    """That of this pod, or of who KUBECONFIG names; platform, router and logs share its connections."""
    pod = InCluster()
    return pod if pod.is_here else Kubeconfig()


class Objects:
    """Raises Refused, LostRace and Unavailable, as `refusals` says."""

    def __init__(self, api: ApiServer | None = None) -> None:
        self._api = api or own_access()

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any] | None:
        """None if it is not there, nor its namespace. Raises Refused where the cluster has no such kind."""
        status, found = self._call(
            "GET", resource.path(namespace, name), doing=_doing("read", resource, namespace, name)
        )
        return found if status == 200 else None

    def list(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Sequence[dict[str, Any]]:
        """All with the labels and fields, of a namespace or of every one."""
        chosen = {"labelSelector": labels or {}, "fieldSelector": fields or {}}
        query = [(by, ",".join(f"{key}={value}" for key, value in these.items())) for by, these in chosen.items()]
        doing = _doing("list", resource, namespace)
        _, found = self._call("GET", resource.path(namespace), query=query, doing=doing)
        return [{"apiVersion": resource.api_version, "kind": resource.kind, **item} for item in found.get("items", ())]

    def create(self, resource: Resource, manifest: Manifest) -> None:
        """Raises LostRace if it is there."""
        namespace, name = _named(manifest)
        query = [("fieldManager", FIELD_MANAGER)]
        doing = _doing("make", resource, namespace, name)
        self._call("POST", resource.path(namespace), body=manifest, query=query, doing=doing)

    def apply(
        self, resource: Resource, manifest: Manifest, *, resource_version: str = "", manager: str = FIELD_MANAGER
    ) -> None:
        """Server-side apply: what is not ours stays. resource_version: of what was looked at; else LostRace.

        manager: whose the fields are from then on. What it made by POST is another entry of managedFields, from which
        nothing that is left out later would go: the first apply takes it over, and is repeated.
        """
        applied = self._apply(resource, manifest, resource_version, manager)
        if entries := _made_ours(applied, manager):
            namespace, name = _named(manifest)
            metadata = {"managedFields": entries, "resourceVersion": applied["metadata"]["resourceVersion"]}
            path, doing = resource.path(namespace, name), _doing("apply", resource, namespace, name)
            _, owned = self._call("PATCH", path, body={"metadata": metadata}, content_type=MERGE_PATCH, doing=doing)
            self._apply(resource, manifest, owned["metadata"]["resourceVersion"], manager)

    def _apply(self, resource: Resource, manifest: Manifest, resource_version: str, manager: str) -> dict[str, Any]:
        namespace, name = _named(manifest)
        body = {**manifest, "metadata": {**manifest["metadata"]}}
        if resource_version:
            body["metadata"]["resourceVersion"] = resource_version
        query = [("fieldManager", manager), ("force", "true")]
        path, doing = resource.path(namespace, name), _doing("apply", resource, namespace, name)
        return self._call("PATCH", path, body=body, query=query, content_type=_APPLY, doing=doing)[1]

    def annotate(self, resource: Resource, namespace: str, name: str, annotations: Mapping[str, str | None]) -> None:
        """None takes one away."""
        self.merge(resource, namespace, name, {"metadata": {"annotations": annotations}})

    def merge(self, resource: Resource, namespace: str, name: str, patch: Manifest) -> None:
        """Change what the patch names (RFC 7386); with a resourceVersion in it that version alone, else LostRace."""
        path, doing = resource.path(namespace, name), _doing("change", resource, namespace, name)
        query = [("fieldManager", NOTES_MANAGER)]
        self._call("PATCH", path, body=patch, query=query, content_type=MERGE_PATCH, doing=doing)

    def delete(self, resource: Resource, namespace: str, name: str, *, resource_version: str = "") -> None:
        """With all that it owns, in the background; what is not there is fine."""
        body: dict[str, Any] = {"propagationPolicy": "Background"}
        if resource_version:
            body["preconditions"] = {"resourceVersion": resource_version}
        path, doing = resource.path(namespace, name), _doing("delete", resource, namespace, name)
        self._call("DELETE", path, body=body, doing=doing)

    def logs(
        self, namespace: str, pod: str, *, container: str = "", lines: int, previous: bool = False, times: bool = False
    ) -> str:
        """The last lines; empty if the pod or its earlier container is gone, or has not begun. times: before each."""
        query = [("tailLines", str(lines)), ("previous", str(previous).lower()), ("timestamps", str(times).lower())]
        query += [("container", container)] if container else []
        try:
            text = self._text(
                "GET", POD.path(namespace, pod, "log"), query=query, doing=_doing("read", POD, namespace, pod)
            )
        except Refused:  # "previous terminated container not found", "container is waiting to start"
            return ""
        return "" if text.startswith("unable to retrieve container logs for ") else text  # said with status 200

    def _call(self, method: str, path: str, *, doing: str, **given: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401
        """Status and object; 404 of an object is an answer where it is read or deleted."""
        try:
            return 200, as_object(self._text(method, path, doing=doing, **given))
        except _Absent:
            return 404, {}
        except Forbidden:
            self._check_namespace(path)
            raise

    def _check_namespace(self, path: str) -> None:
        """The rights in a namespace go with it. Raises Refused if it is gone or going; who may not ask cannot tell."""
        if not (within := re.search(r"/namespaces/([^/]+)/", path)):
            return
        with suppress(Unavailable):
            found = self.get(NAMESPACE, "", within[1])
            if found is None:
                raise Refused(f"namespace {within[1]} is gone; {MADE_ANEW}")
            if found["metadata"].get("deletionTimestamp"):
                raise Refused(f"namespace {within[1]} is being deleted; when it is gone, {MADE_ANEW}")

    def _text(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        query: Sequence[tuple[str, str]] = (),
        body: Manifest | None = None,
        content_type: str = "application/json",
    ) -> str:
        asked = f"{path}?{urlencode(query)}" if query else path
        status, answer = self._api.exchange(method, asked, body, content_type=content_type)
        text = answer.decode(errors="replace")
        if 200 <= status < 300:
            return text
        if status == 404 and method in {"GET", "DELETE"} and '"details"' in text:
            raise _Absent(doing)
        raise refusal(status, text, doing=doing)


class _Absent(Refused):
    """An object that is not there, of a kind that is."""


def _made_ours(applied: Manifest, manager: str) -> list[dict[str, Any]]:
    """What managedFields shall be: what the manager made by POST as applied by it; empty if they are so."""
    entries = applied["metadata"].get("managedFields", ())
    made = [
        {**one, "operation": "Apply"} for one in entries if (one["manager"], one["operation"]) == (manager, "Update")
    ]
    return [*(one for one in entries if one["manager"] != manager), *made] if made else []


def _named(manifest: Manifest) -> tuple[str, str]:
    metadata = manifest["metadata"]
    return str(metadata.get("namespace", "")), str(metadata["name"])


def _doing(verb: str, resource: Resource, namespace: str, name: str = "") -> str:
    what = f"{verb} {resource.kind} {name}".rstrip() if name else f"{verb} {resource.plural}"
    return f"{what} in {namespace}" if namespace else what

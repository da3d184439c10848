"""A cluster in memory, as kubectl shows it. kustomize is the real one's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from keptn.errors import KeptnError
from keptn.installation import kubectl as real
from tests.kubectl import kubectl as called

GROUPS = ("serving.knative.dev", "eventing.knative.dev", "sinks.knative.dev", "gateway.networking.k8s.io")
PLURAL = {"NetworkPolicy": "networkpolicies", "ValidatingAdmissionPolicy": "validatingadmissionpolicies"}
CLUSTER_WIDE = ("Namespace", "ClusterRole", "ClusterRoleBinding", "PersistentVolume")

Object = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Cluster(real.Kubectl):
    """calls: the words of each call. condition: what controllers say of everything. may: whether all is allowed."""

    objects_there: dict[tuple[str, str, str], Object] = field(default_factory=dict)
    groups_there: set[str] = field(default_factory=lambda: set(GROUPS))
    calls: list[tuple[str, ...]] = field(default_factory=list)
    condition: Object = field(default_factory=lambda: {"status": "True"})
    may: bool = True

    def put(self, one: Object) -> None:
        meta = one["metadata"]
        self.objects_there[resource(one), meta.get("namespace", ""), meta["name"]] = one

    def run(self, *words: str, stdin: str = "") -> str:
        self.calls.append(words)
        if words[0] == "kustomize":
            return called(*words)
        if "--raw" in words:
            groups = [{"name": name} for name in sorted(self.groups_there)]
            return json.dumps({"groups": groups, "major": "1", "minor": "35+"})
        given = json.loads(stdin) if stdin else {}
        if given.get("kind") == "SelfSubjectAccessReview":
            return json.dumps({"status": {"allowed": self.may}})
        verb = next(word for word in words if word in ("get", "apply", "create", "delete"))
        if verb in ("apply", "create"):
            for one in given["items"]:
                self._applied(one)
            return ""
        found = self._chosen(words, given.get("items"))
        if verb == "get":
            return json.dumps({"items": found})
        for one in found:
            self._gone(one)
        return "".join(f"{one['kind']} {one['metadata']['name']} deleted\n" for one in found)

    def _applied(self, one: Object) -> None:
        meta = one["metadata"]
        if resource(one).startswith("namespaces") is False and meta.get("namespace") and not self._has_namespace(one):
            raise KeptnError(f"kubectl: namespaces {meta['namespace']!r} not found")
        made = {**one, "data": {**one.get("data", {}), **encoded(one.get("stringData", {}))}}
        made["status"] = {
            "observedGeneration": 1,
            "updatedReplicas": 1,
            "availableReplicas": 1,
            "conditions": [{"type": kind, **self.condition} for kind in ("Ready", "Available")],
        }
        self.put(made)

    def _has_namespace(self, one: Object) -> bool:
        return ("namespaces", "", one["metadata"]["namespace"]) in self.objects_there

    def _chosen(self, words: Sequence[str], items: list[Object] | None) -> list[Object]:
        if items is not None:
            keys = [(resource(one), one["metadata"].get("namespace", ""), one["metadata"]["name"]) for one in items]
            return [self.objects_there[key] for key in keys if key in self.objects_there]
        namespace = words[words.index("-n") + 1] if "-n" in words else ""
        rest = list(words[words.index("get" if "get" in words else "delete") + 1 :])
        kinds = [kind.partition(".")[0] + group(kind) for kind in rest[0].split(",")]
        kinds = [{"namespace": "namespaces"}.get(kind, kind) for kind in kinds]
        singular = {"secret": "secrets", "configmap": "configmaps", "deployment": "deployments"}
        kinds += [singular.get(kind, kind) for kind in kinds]
        name = rest[1] if len(rest) > 1 and not rest[1].startswith("-") else ""
        labels = dict([words[words.index("-l") + 1].split("=")]) if "-l" in words else {}
        return [
            one
            for (kind, space, called_), one in self.objects_there.items()
            if kind in kinds
            and (not namespace or space == namespace)
            and (not name or called_ == name)
            and labels.items() <= one["metadata"].get("labels", {}).items()
        ]

    def _gone(self, one: Object) -> None:
        name = one["metadata"]["name"]
        for key in list(self.objects_there):
            if key == (resource(one), one["metadata"].get("namespace", ""), name) or (
                one["kind"] == "Namespace" and key[1] == name
            ):
                del self.objects_there[key]


def resource(one: Object) -> str:
    """Plural, with the group where Knative's Services would be taken for others."""
    kind = one["kind"]
    plural = PLURAL.get(kind) or (kind[:-1] + "ies" if kind.endswith("Policy") else kind.lower() + "s")
    return plural + (".serving" if one["apiVersion"].startswith("serving") else "")


def group(kind: str) -> str:
    return ".serving" if "serving.knative.dev" in kind else ""


def encoded(texts: dict[str, str]) -> dict[str, str]:
    import base64

    return {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}


def an_object(kind: str, name: str, namespace: str = "", api: str = "v1", **more: Any) -> Object:
    where = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, **where}, **more}

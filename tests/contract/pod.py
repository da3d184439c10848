"""A pod's view of the cluster that KUBECONFIG names: a namespace, a ServiceAccount with given rights, and its mount."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keptn.adapters.kubernetes.in_cluster import InCluster
from tests import needs
from tests.kubectl import kubectl

ACCOUNT = "step"


@dataclass(frozen=True, kw_only=True)
class Pod:
    """url, mount: what an adapter in the pod finds."""

    url: str
    mount: Path
    namespace: str

    @property
    def api(self) -> InCluster:
        return InCluster(self.url, self.mount)

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        return kubectl("--namespace", self.namespace, *arguments, stdin=stdin)

    def allow(self, rules: Sequence[Mapping[str, Sequence[str]]], *, name: str = "step") -> None:
        """Give the account these rights in its namespace, and no others of this name."""
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name}}
        self.kubectl("apply", "-f", "-", stdin=json.dumps({**role, "rules": rules}))
        bound = [f"--role={name}", f"--serviceaccount={self.namespace}:{ACCOUNT}", "--dry-run=client", "-o", "json"]
        self.kubectl("apply", "-f", "-", stdin=self.kubectl("create", "rolebinding", name, *bound))


@contextmanager
def running(folder: Path) -> Iterator[Pod]:
    """folder: to be the mount; an empty one."""
    needs.cluster()
    namespace = f"t-secrets-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", namespace)
    try:
        kubectl("--namespace", namespace, "create", "serviceaccount", ACCOUNT)
        config: dict[str, Any] = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
        cluster = config["clusters"][0]["cluster"]
        inline = cluster.get("certificate-authority-data")
        trusted = base64.b64decode(inline) if inline else Path(cluster["certificate-authority"]).read_bytes()
        (folder / "ca.crt").write_bytes(trusted)
        (folder / "token").write_text(kubectl("--namespace", namespace, "create", "token", ACCOUNT))
        (folder / "namespace").write_text(namespace)
        yield Pod(url=cluster["server"], mount=folder, namespace=namespace)
    finally:
        kubectl("delete", "namespace", namespace, "--wait=false")

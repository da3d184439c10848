"""The story's world on a cluster: Knative, a Gateway, a registry, Prometheus and Alertmanager, as a team has them.

What is where says the environment (docs/cluster.md, "The story"): `Addresses`. KUBECONFIG names the cluster, in which
keptn is installed.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from examples.sockshop.demo.api import SOCKSHOP, Api, DemoError, wait_for
from examples.sockshop.demo.world import PROBLEMS_TOKEN, PROJECT, Files, Pace

_CLUSTER = SOCKSHOP / "cluster"
_WORLD = "sockshop-world"
_FIRST = "sh.keptn.event.dev.delivery.triggered"
PACE = Pace(crowds={"staging": (2, 5.0), "prod": (5, 8.0)}, delivery_s=900.0, problem_s=300.0)
PUSH_S, HEARD_S, TOLD_S = 600, 120, 60
"""How long a build with its push, the notification of it, and saying who is notified may take, seconds."""
PATIENCE_S = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """`DEMO_…`, each a line of the environment.

    ingress, gateway: where Knative's ingress and the Gateway are reached from here. registry: as pods call it. push: a
    command that builds the folder and pushes the image of its last two words. registry_hook, alerts_hook: commands that
    have pushes, alerts, told to the URL of their last word. rules: one that has Prometheus follow the file of it.
    """

    ingress: str
    gateway: str
    registry: str
    push: str
    registry_hook: str
    alerts_hook: str
    rules: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Addresses:
        """Raises DemoError that names all that is missing."""
        keys = {field.name: f"DEMO_{field.name.upper()}" for field in fields(cls)}
        missing = [key for key in ("KUBECONFIG", *keys.values()) if not environ.get(key)]
        if missing:
            raise DemoError(f"set {', '.join(missing)}: docs/cluster.md says what each is")
        return cls(**{name: environ[key] for name, key in keys.items()})


class Mailbox:
    """One of the mailboxes in the cluster, read through the API server."""

    def __init__(self, name: str, port: int) -> None:
        self.url = f"http://mailboxes.{_WORLD}.svc.cluster.local:{port}/{name}"
        self._path = f"/api/v1/namespaces/{_WORLD}/services/mailboxes:{port}/proxy/"

    @property
    def received(self) -> Sequence[Mapping[str, Any]]:
        return list(self._read()["received"])

    @property
    def correlations(self) -> Sequence[str]:
        return list(self._read()["correlations"])

    def _read(self) -> dict[str, Any]:
        return dict(json.loads(kubectl("get", "--raw", self._path)))


class Cluster:
    """state: a folder of this run. keep: leave the project and the mailboxes there."""

    def __init__(self, state: Path, addresses: Addresses, *, keep: bool = False) -> None:
        self.state, self.at, self.keep = state, addresses, keep
        self.api = Api(state / "home", patience_s=PATIENCE_S)
        self.pace, self.pinned = PACE, {"x-carts-candidate": "yes"}
        self.tickets, self.chat = Mailbox("servicenow", 8001), Mailbox("chat", 8002)
        self.files = self._files()

    def open(self) -> str:
        url = log_in(self.api, ingress=self.at.ingress)
        self._forget()
        kubectl("delete", "namespace", _WORLD, "--ignore-not-found")  # and what its mailboxes remember
        self._push("mailboxes", "1", {"main.py": SOCKSHOP / "demo/endpoints.py"})
        kubectl("apply", "-f", str(self._adapted(_CLUSTER / "mailboxes.yaml")))
        kubectl("-n", _WORLD, "rollout", "status", "deployment/mailboxes", "--timeout=120s")
        return f"keptn answers at {url}"

    def _forget(self) -> None:
        """What an earlier story left."""
        forget_project(self.api, PROJECT)
        known = self.api.keptn("get", "secret").split()
        for name in {"servicenow", "chat", "hook-problems"}.intersection(known):
            self.api.keptn("delete", "secret", name, "--yes")

    def connect(self, hook: Mapping[str, Any]) -> None:
        url = str(hook["url"])
        tell(self.at.registry_hook, f"{url}?token={quote(str(hook['token']))}")
        tell(self.at.alerts_hook, f"{url.replace('receive-artifact', 'receive-problem')}?token={PROBLEMS_TOKEN}")
        tell(self.at.rules, str(_CLUSTER / "rules.yml"))

    def push(self, code: str, tag: str) -> str:
        carts = SOCKSHOP / "carts"
        known = {event["id"] for event in self._first()}
        self._push("carts", tag, {"main.py": carts / "server.py", "shop.py": carts / code / "shop.py"})

        def heard() -> str:
            return next((str(event["shkeptncontext"]) for event in self._first() if event["id"] not in known), "")

        return wait_for(heard, what=f"the delivery of carts:{tag}", timeout_s=HEARD_S, every_s=0.2)

    def visit(self, url: str) -> tuple[str, Mapping[str, str]]:
        return self.at.gateway, {"host": urlsplit(url).netloc}

    def log(self, branch: str) -> list[str]:
        with tempfile.TemporaryDirectory(dir=self.state) as folder, repository(PROJECT) as url:
            _ran(["git", "clone", "--quiet", "--bare", "--branch", branch, url, folder])
            lines = _ran(["git", "-C", folder, "log", "--format=%h %s", branch]).splitlines()
        made = next(number for number, line in enumerate(lines) if line.endswith(f" Create project {PROJECT}"))
        return lines[: made + 1]  # a project that is made again goes on where its namesake ended

    def close(self) -> None:
        self.api.hang_up()
        if not self.keep:
            tell(self.at.registry_hook, "")  # it posts for ever what a hook refuses, and nothing would come to rest
            self._forget()
            kubectl("delete", "namespace", _WORLD, "--ignore-not-found", "--wait=false")

    def _first(self) -> list[dict[str, Any]]:
        return self.api.events(project=PROJECT, type=_FIRST)

    def _push(self, name: str, tag: str, files: Mapping[str, Path]) -> None:
        push_image(self.at, f"{self.at.registry}/sockshop/{name}:{tag}", files)

    def _files(self) -> Files:
        performance = self._adapted(SOCKSHOP / "tests/performance.js", {'duration: "3s"': 'duration: "30s"'})
        resources = (
            (_CLUSTER / "perfspec.json", "perfspec.json", ("staging", "prod")),
            (SOCKSHOP / "tests/functional.yaml", "tests/functional.yaml", ("dev",)),
            (performance, "tests/performance.js", ("staging",)),
            (SOCKSHOP / "remediation.yaml", "remediation.yaml", ("prod",)),
        )
        return Files(
            shipyards={"blue_green": _CLUSTER / "shipyard.yaml", "canary": _CLUSTER / "shipyard-canary.yaml"},
            values=self._adapted(_CLUSTER / "values_carts.yaml"),
            resources={"blue_green": resources, "canary": resources},
        )

    def _adapted(self, source: Path, changes: Mapping[str, str] | None = None) -> Path:
        text = source.read_text()
        for told, instead in (changes or {"REGISTRY": self.at.registry}).items():
            assert told in text, f"{source} does not say {told}"
            text = text.replace(told, instead)
        self.state.mkdir(parents=True, exist_ok=True)
        target = self.state / source.name
        target.write_text(text)
        return target


def log_in(api: Api, *, ingress: str) -> str:
    """Have the CLI speak to the installation; its address in the cluster. Raises DemoError."""
    token = secret("api", "token").split()
    url = kubectl("-n", "keptn", "get", "ksvc", "api", "-o", "jsonpath={.status.url}")
    if not (token and url):
        raise DemoError("keptn is not installed in this cluster, or its api is not ready; see docs/cluster.md")
    api.keptn("auth", f"--endpoint={ingress}", f"--host={urlsplit(url).netloc}", f"--api-token={token[0]}")
    api.keptn("create", "token", "demo", "--role=configure", "--expires=1d", "--use")
    return url


def forget_project(api: Api, project: str) -> None:
    """Delete it, if it is there, and wait until its namespaces are gone."""
    if project in api.keptn("get", "project").split():
        api.keptn("delete", "project", project, "--yes")
    kubectl("wait", "--for=delete", "namespace", f"--selector=app.kubernetes.io/part-of={project}", "--timeout=120s")


def push_image(at: Addresses, image: str, files: Mapping[str, Path]) -> None:
    """Build and push what the Dockerfile of the story makes of the files."""
    with tempfile.TemporaryDirectory() as folder:
        for target, source in {"Dockerfile": _CLUSTER / "Dockerfile", **files}.items():
            shutil.copy(source, Path(folder) / target)
        run(at.push, folder, image, timeout_s=PUSH_S)


@contextmanager
def repository(project: str) -> Iterator[str]:
    """URL of the project's repository on the Git server of overlays/kind, for as long as it is needed."""
    user, token = (secret("git", key) for key in ("user", "token"))
    command = ["kubectl", "-n", "keptn", "port-forward", "service/git", ":80"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as forward:
        try:
            assert forward.stdout
            told = forward.stdout.readline()  # Forwarding from 127.0.0.1:43210 -> 8080
            if not (port := re.search(r":(\d+) ->", told)):
                raise DemoError("the Git server in the cluster cannot be reached: kubectl -n keptn get pods")
            yield f"http://{user}:{token}@127.0.0.1:{port[1]}/{project}.git"
        finally:
            forward.terminate()


def secret(name: str, key: str) -> str:
    found = kubectl("-n", "keptn-secrets", "get", "secret", name, "-o", f"jsonpath={{.data.{key}}}")
    return base64.b64decode(found).decode()


def kubectl(*words: str, timeout_s: float = 150.0) -> str:
    """Raises DemoError."""
    return _ran(["kubectl", *words], timeout_s=timeout_s)


def run(command: str, *words: str, timeout_s: float = 120.0) -> None:
    _ran([*shlex.split(command), *words], timeout_s=timeout_s)


def tell(command: str, *words: str) -> None:
    """As `run`, for what does no harm when it is said twice: a connection that the network forgot hangs for ever."""
    try:
        run(command, *words, timeout_s=TOLD_S)
    except DemoError:
        run(command, *words)


def _ran(words: Sequence[str], *, timeout_s: float = 150.0) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=timeout_s)
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise DemoError(f"{words[0]}: {exc}") from exc
    if done.returncode:
        raise DemoError(f"{' '.join(words[:4])} …: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout

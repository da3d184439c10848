"""A project of one stage on the cluster, with one service, for a test that breaks something of it."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from examples.sockshop.demo.api import Api, DemoError, wait_for
from examples.sockshop.demo.cluster import Addresses, log_in, push_image
from tests.cluster.installed import READY_S
from tests.kubectl import kubectl, tried

SHIPYARD = {
    "stages": [{"name": "dev", "deployment_strategy": "dark", "evaluation": "none", "remediation_strategy": "none"}]
}
GOOD = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    '''Answers 200 to all; as a registry, /v2/<image>/…, what the image is called: /v2/429/….'''

    def do_GET(self):
        parts = self.path.split("/")
        self.send_response(int(parts[2]) if parts[1] == "v2" else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    do_HEAD = do_GET


ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
"""
LAST_WORDS = "cannot reach the database at db:5432"
VERSIONS = {"good": GOOD, "crash": f"import sys\nsys.exit({LAST_WORDS!r})\n"}
WELL_S = 120.0
"""A good delivery, cold functions and a busy machine included."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """task: the one that failed, as recorded; empty if none did. told: by `keptn status`."""

    result: str
    task: Mapping[str, Any]
    told: str


@dataclass(frozen=True, kw_only=True)
class Shop:
    """repository: with the tags of VERSIONS."""

    api: Api
    project: str
    repository: str
    folder: Path

    @property
    def namespace(self) -> str:
        return f"{self.project}-dev"

    def create(self) -> str:
        return self.api.keptn("create", "project", self.project, self._file("shipyard.yaml", SHIPYARD))

    def onboard(self) -> None:
        self.api.keptn("onboard", "service", f"--project={self.project}", f"--values={self._values()}")

    def set_values(self, **more: Any) -> None:
        """They count from the next deployment on."""
        place = (f"--project={self.project}", "--stage=dev", "--service=app", "--resourceUri=values.yaml")
        self.api.keptn("add-resource", *place, f"--resource={self._values(**more)}")

    def start(self, tag: str, *, image: str = "") -> str:
        """Its keptn context."""
        words = (f"--project={self.project}", "--service=app", f"--image={image or self.repository}:{tag}", "--no-wait")
        return self._accepted("trigger", "delivery", *words)

    def start_digest(self, image: str, digest: str) -> str:
        """As a registry's hook does, of which nobody asks any more what the tag means."""
        data = {"configurationChange": {"values": {"image": image}}, "artifact": {"image": image, "digest": digest}}
        words = (f"--project={self.project}", "--stage=dev", "--service=app", f"--data={json.dumps(data)}", "--no-wait")
        return self._accepted("trigger", "sequence", "delivery", *words)

    def follow(self, context: str, *, within_s: float) -> Ended:
        """To its end, rollback included."""
        try:
            told = self.api.keptn("status", context, f"--timeout={within_s:g}")
        except DemoError as failed:  # that is its exit code
            told = str(failed)
        (stage,) = (view := self.api.get(f"v1/delivery/{context}"))["stages"]
        assert view["state"] == "finished", told
        failed = [task for task in stage["sequences"][0]["tasks"] if task["result"] == "fail"]
        return Ended(result=view["result"], task=failed[0] if failed else {}, told=told)

    def is_well(self) -> None:
        """A good version passes, and of all that went wrong nothing is left that nobody told."""
        ended = self.follow(self.start("good"), within_s=WELL_S)
        assert ended.result == "pass", ended
        assert not self.dead_letters()

    def delete(self) -> None:
        """By functions that may be cold, or of a version that has just come."""
        self.api.keptn("delete", "project", self.project, "--yes", "--no-wait")

        def is_gone() -> bool:
            return self.project not in [one["projectName"] for one in self.api.get("v1/project")["projects"]]

        wait_for(is_gone, what=f"the end of project {self.project}", timeout_s=READY_S, every_s=2)

    def dead_letters(self) -> list[str]:
        letters = self.api.get("v1/dead-letter", pageSize="100")["deadLetters"]
        return [letter["reason"] for letter in letters if self.project in json.dumps(letter)]

    def _accepted(self, *words: str) -> str:
        return self.api.keptn(*words).split()[-1]

    def _values(self, **more: Any) -> str:
        resources = {"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}}
        values = {"service": "app", "image": self.repository, "health": "/", "resources": resources, **more}
        return self._file("values.yaml", values)

    def _file(self, name: str, content: Any) -> str:
        (self.folder / name).write_text(yaml.safe_dump(content))
        return str(self.folder / name)


def push_versions(folder: Path) -> str:
    """Build and push them; their repository."""
    at = Addresses.read(os.environ)
    for tag, code in VERSIONS.items():
        (file := folder / f"{tag}.py").write_text(code)
        push_image(at, f"{at.registry}/bad/app:{tag}", {"main.py": file})
    return f"{at.registry}/bad/app"


@contextmanager
def shop(folder: Path, repository: str) -> Iterator[Shop]:
    """With a good version that is live."""
    api = Api(folder / "home", patience_s=60)
    made = Shop(api=api, project=f"bad{uuid.uuid4().hex[:6]}", repository=repository, folder=folder)
    log_in(api, ingress=Addresses.read(os.environ).ingress)
    made.create()
    try:
        made.onboard()
        made.is_well()
        yield made
    finally:
        try:
            made.delete()
        finally:
            api.hang_up()


def apply(*objects: Mapping[str, Any]) -> None:
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(objects))


def gone(namespace: str) -> None:
    kubectl("wait", "--for=delete", f"namespace/{namespace}", "--timeout=90s")


def await_policy(namespace: str, says: str, *, in_force: bool) -> None:
    """The API server learns of it, and of its end, a moment later."""

    def look() -> bool:
        done = tried("-n", namespace, "create", "deployment", "tried", "--image=i", "--dry-run=server")
        return (re.search(says, done.stderr) is not None) is in_force

    wait_for(look, what=f"{'a' if in_force else 'the end of a'} policy in {namespace}", timeout_s=60)

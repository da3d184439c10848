"""The steps of examples/extensions on the local runtime: one in Python on keptn's runtime, one in Node without it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from examples.sockshop.demo.api import ROOT, Api, DemoError
from examples.sockshop.demo.system import System
from tests import needs

PROJECT = "extended"
EXTENSIONS = ROOT / "examples" / "extensions"
SHIPYARD = """
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: {name: extended}
spec:
  stages:
    - name: dev
      sequences:
        - name: count
          tasks: [{name: release-budget, properties: {per_day: 1}}]
        - name: heat
          tasks: [{name: warm-up, properties: {url: URL, requests: 3}}]
        - name: lost
          tasks: [{name: warm-up}]
"""


class Shop:
    """What is to be warmed up. Its first request is not answered."""

    def __init__(self) -> None:
        shop, self.asked = self, 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shop.asked += 1
                if shop.asked > 1:
                    self.send_response(204)
                    self.end_headers()

            def log_message(self, *_: object) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    with shop.server as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield shop
        server.shutdown()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, shop: Shop) -> Iterator[System]:
    """A runtime with both steps, and a project that has them."""
    folder = tmp_path_factory.mktemp("extensions")
    options = [word for name in ("python", "node") for word in ("--manifests", str(EXTENSIONS / name))]
    system = System(folder / "state", options=options)
    system.start()
    try:
        (folder / "shipyard.yaml").write_text(SHIPYARD.replace("URL", shop.url))
        (folder / "values.yaml").write_text("service: carts\nimage: registry.example/carts\n")
        system.keptn("create", "project", PROJECT, str(folder / "shipyard.yaml"))
        system.keptn("onboard", "service", f"--project={PROJECT}", f"--values={folder / 'values.yaml'}")
        yield system
    finally:
        system.stop()


def run(api: Api, sequence: str) -> str:
    where = (f"--project={PROJECT}", "--stage=dev", "--service=carts")
    return api.keptn("trigger", "sequence", sequence, *where, "--timeout=120")


def types(api: Api, like: str) -> list[str]:
    """Of the events that are recorded, the newest first."""
    return [
        one["type"] for one in api.get("v1/event", project=PROJECT, pageSize="100")["events"] if like in one["type"]
    ]


def test_a_step_asks_the_api_with_a_token_of_its_own(system: System):
    """Its first sequence of the day passes, the second is one too many."""
    root = (system.state / "secrets" / "api" / "token").read_text()
    made = system.keptn("--api-token", root, "create", "token", "budget", "--role=view", "-o", "json")
    token = json.loads(made)["token"]
    system.keptn("create", "secret", "release-budget", f"--from-literal=token={token}")
    assert "0 before this one within a day, 1 are allowed" in run(system, "count")
    with pytest.raises(DemoError, match="1 before this one within a day, 1 are allowed"):
        run(system, "count")


def test_a_step_in_any_language_is_whatever_listens(system: System, shop: Shop):
    """It tells that it has begun, is asked again after a failure, and its answer ends the task."""
    needs.program("node")
    assert "the first request took" in run(system, "heat")
    assert shop.asked == 1 + 3
    told = types(system, "warm-up")
    assert "sh.keptn.event.warm-up.started" in told and told.count("sh.keptn.event.warm-up.finished") == 1


def test_what_a_step_cannot_do_it_says(system: System):
    """An errored end with its sentence, not a dead letter."""
    needs.program("node")
    with pytest.raises(DemoError, match="the shipyard names no url for warm-up"):
        run(system, "lost")
    assert not httpx.get(f"{system.url}/functions/warm-up", trust_env=False).is_success  # cluster-local

"""A chat's button and tasks that are calls, on the local runtime: a test that is over at once, and one later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any

import httpx
import pytest

from examples.sockshop.demo.system import System
from tests.waiting import DEADLINE_S

SHIPYARD = """
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: {name: called}
spec:
  stages:
    - name: dev
      sequences:
        - name: scan
          tasks:
            - {name: approval, properties: {pass: manual}}
            - {name: smoke-test, properties: {webhook: smoke}}
            - {name: load-test, properties: {webhook: load}}
"""
WEBHOOKS = """
webhooks:
- name: smoke
  secret: smoke
  body: {id: "{{ event.id }}"}
  answer: {message: "{{ answer.json.ran }} ran", data: {report: "{{ answer.json.report }}"}}
- {name: load, secret: load}
"""
ANSWERS: dict[str, tuple[int, dict[str, object]]] = {"/smoke": (200, {"ran": 12, "report": "r7"}), "/load": (202, {})}


class Outside:
    """A chat and two testers. What each was told is in its queue."""

    def __init__(self) -> None:
        told: dict[str, Queue[Any]] = {path: Queue() for path in ("/chat", *ANSWERS)}
        self.told = told

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                path = self.path.partition("?")[0]
                told[path].put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                status, said = ANSWERS.get(path, (200, {}))
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def heard(self, path: str) -> Any:
        return self.told[path].get(timeout=DEADLINE_S)


@pytest.fixture
def outside() -> Iterator[Outside]:
    outside = Outside()
    with outside.server as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield outside
        server.shutdown()


@pytest.fixture
def system(tmp_path, outside) -> Iterator[System]:
    """A project whose one sequence asks a person and calls two testers."""
    system = System(tmp_path / "state")
    system.start()
    files = {
        "shipyard.yaml": SHIPYARD,
        "webhook.yaml": WEBHOOKS,
        "notify.yaml": "notifications: [{name: chat, channel: slack, secret: chat}]",
        "values.yaml": "service: carts\nimage: registry.example/carts\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    try:
        system.keptn("create", "project", "called", str(tmp_path / "shipyard.yaml"))
        system.keptn("onboard", "service", "--project=called", f"--values={tmp_path / 'values.yaml'}")
        for name in ("chat", "smoke", "load"):
            system.keptn("create", "secret", name, f"--from-literal=url={outside.url}/{name}?key=hush")
        place = {"notify.yaml": [], "webhook.yaml": ["--stage=dev", "--service=carts"]}
        for name, where in place.items():
            system.keptn("add-resource", "--project=called", f"--resource={tmp_path / name}", *where)
        yield system
    finally:
        system.stop()


def test_a_sequence_of_a_button_and_two_calls(system, outside, tmp_path):
    """Each answers in its own way, and what the first call found is known to the second."""
    where = ("--project=called", "--stage=dev", "--service=carts")
    begun = system.keptn("trigger", "sequence", "scan", *where, "--no-wait", "-o", "json")
    context = json.loads(begun)["context"]
    (actions,) = [block for block in outside.heard("/chat")["blocks"] if block["type"] == "actions"]
    assert httpx.post(actions["elements"][0]["url"]).status_code == 200
    assert outside.heard("/smoke")["id"]
    later = outside.heard("/load")
    assert later["data"]["smoke-test"] == {"webhook": "smoke", "report": "r7"}
    answer = {
        "specversion": "1.0",
        "id": "run-7",
        "source": "load-test",
        "type": "sh.keptn.event.load-test.finished",
        "shkeptncontext": later["shkeptncontext"],
        "triggeredid": later["id"],
        "data": {"project": "called", "stage": "dev", "service": "carts", "status": "succeeded", "result": "pass"},
    }
    (tmp_path / "answer.json").write_text(json.dumps(answer))
    system.keptn("send", "event", "-f", str(tmp_path / "answer.json"))
    told = system.keptn("status", context, "--timeout=120")
    assert "smoke-test pass (12 ran)" in told
    assert "finished with result pass" in told
    assert "hush" not in json.dumps(system.events(keptnContext=context))

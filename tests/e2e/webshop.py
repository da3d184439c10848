"""A web shop as a newcomer makes it: two services of their own, four stages, and the CLI as they type it.

What the outside does is done as the outside does it: a registry's push, a monitor's alert, users at the public address.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from examples.sockshop.demo import pushes
from examples.sockshop.demo.api import KEPTN, ROOT
from examples.sockshop.demo.endpoints import Endpoint
from examples.sockshop.demo.system import DISTRIBUTION, System
from tests.waiting import DEADLINE_S, until

PROJECT, SERVICES, STAGES = "webshop", ("frontend", "orders"), ("dev", "qa", "staging", "prod")
SHIPYARD = """\
stages:
- name: dev
  deployment_strategy: direct
  test_strategy: functional
  evaluation: none
- name: qa
  deployment_strategy: dark
  evaluation: none
- name: staging
  deployment_strategy: dark
  test_strategy: functional
- name: prod
  deployment_strategy: canary
  approval_strategy: {pass: automatic, warning: manual}
  remediation: {triggered_after: 0s, timeframe: 1s}
  evaluation: {longest: 30s}  # a machine under load shows users late where the first version is
  canary:
    steps:
    - {weight_percent: 30, hold: 1s, evaluation: optional}
    - {weight_percent: 70, hold: 1s, evaluation: optional}
    min_requests: 3
"""
VALUES = "service: {name}\nimage: {registry}/webshop/{name}\nhealth: /health\n"
CHECKS = "checks:\n- {path: /health}\n" + "- {path: /, expect: {status: 200}}\n" * 5
SLO = """\
spec_version: "1.0"
objectives:
- sli: response_time_p50
  pass: [{criteria: ["<150"]}]
  warning: [{criteria: ["<600"]}]
total_score: {pass: "90%", warning: "50%"}
"""
SLI = 'spec_version: "1.0"\nindicators: {response_time_p50: "response_time_p50?path=/"}\n'
RUNBOOK = """\
apiVersion: spec.keptn.sh/0.1.4
kind: Remediation
metadata: {name: frontend}
spec:
  remediations:
  - problemType: CartsAreLost
    actionsOnOpen:
    - name: Back to the version before, and the warehouse hears of it
      action: back
      executors: [rollback, {name: webhook, secret: warehouse}]
"""
NOTIFY = """\
notifications:
- {channel: slack, secret: chat, events: [approval.triggered, "*.remediation.finished"]}
"""
SERVER = """
import http.server, os, signal, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    def do_GET(self):
        if self.path == "/":
            time.sleep(SLOW_S)
        body = NAME.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
    def log_message(self, *_): pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
server = Server(("127.0.0.1", int(os.environ["PORT"])), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever(poll_interval=0.05)
"""
REGISTRY = "registry.example.com"
PROBLEMS_TOKEN = "webshop.of-the-monitor"


class Users:
    """People who come to an address one after the other; `seen` is who answered them."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc
        self.seen: list[str] = []
        self.failed: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._come, daemon=True)
        self._thread.start()

    def leave(self) -> None:
        self._stop.set()
        self._thread.join(timeout=DEADLINE_S)

    def _come(self) -> None:
        connection = http.client.HTTPConnection(self._address, timeout=DEADLINE_S)
        while not self._stop.wait(0.02):
            try:
                connection.request("GET", "/")
                answer = connection.getresponse()
                body = answer.read().decode()
                (self.seen if answer.status == 200 else self.failed).append(body)
            except (OSError, http.client.HTTPException) as exc:
                self.failed.append(repr(exc))
        connection.close()


class Webshop:
    """`keptn local`, what stands around it, and one method for each thing that somebody does."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.system = folder, System(folder / "state")
        self.chat, self.warehouse = Endpoint(name="chat"), Endpoint(name="warehouse")
        self.users: dict[str, Users] = {}

    def open(self) -> None:
        self.system.start()

    def close(self) -> None:
        for users in self.users.values():
            users.leave()
        self.system.stop()
        self.chat.stop()
        self.warehouse.stop()

    def keptn(self, line: str, *, code: int = 0) -> str:
        """One command as it is typed; what it said, on both streams."""
        found, said = self._tried(line)
        assert found == code, f"keptn {line}: {found}\n{said}"
        return said

    def found(self, line: str) -> Any:
        return json.loads(self.keptn(f"{line} -o json"))

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def side_by_side(self, *lines: str) -> None:
        """Commands that do not need each other."""
        with ThreadPoolExecutor(max_workers=3) as pool:
            list(pool.map(self.keptn, lines))

    def build(self, service: str, tag: str, *, slow_s: float = 0) -> None:
        """Put an image where the embedded registry looks."""
        image = self.system.state / "images/webshop" / service / tag
        aside = self.folder / f"{service}-{tag}"
        aside.mkdir()
        (aside / "Procfile").write_text("web: python3 -S server.py\n")
        (aside / "server.py").write_text(f"NAME, SLOW_S = {f'{service} {tag}'!r}, {slow_s}\n{SERVER}")
        image.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(aside, image)

    def deliver(self, service: str, tag: str, *, code: int = 0) -> str:
        """`send event new-artifact`, followed to its end."""
        return self.keptn(f"send event new-artifact -p {PROJECT} {service}:{tag} --timeout={DEADLINE_S:g}", code=code)

    def push(self, service: str, tag: str) -> str:
        """What a registry posts; the delivery that it begins."""
        hook = self.found(f"get hook -p {PROJECT} --service={service}")
        body = pushes.notification(tag)
        body["events"][0]["target"] |= {"repository": f"webshop/{service}", "url": ""}
        body["events"][0]["request"]["host"] = REGISTRY
        headers = {"authorization": f"Bearer {hook['token']}", "content-type": DISTRIBUTION}
        answer = httpx.post(hook["url"], content=json.dumps(body), headers=headers, timeout=60, trust_env=False)
        assert answer.status_code == 202 and answer.json()["accepted"], answer.text
        return str(answer.json()["accepted"][0]["keptnContext"])

    def alert(self, service: str) -> Mapping[str, Any]:
        """What Alertmanager posts."""
        since = datetime.now(UTC).isoformat()
        labels = {"alertname": "CartsAreLost", "project": PROJECT, "stage": "prod", "service": service}
        body: dict[str, Any] = {"version": "4", "status": "firing"}
        body["alerts"] = [{"status": "firing", "labels": labels, "startsAt": since}]
        headers = {"authorization": f"Bearer {PROBLEMS_TOKEN}"}
        url = f"{self.system.url}/functions/receive-problem"
        answer = httpx.post(url, json=body, headers=headers, timeout=60, trust_env=False)
        assert answer.status_code == 202 and answer.json()["accepted"], answer.text
        return dict(answer.json()["accepted"][0])

    def public_url(self, service: str, stage: str) -> str:
        """Where the service's users come to."""
        where = f"-p {PROJECT} --stage={stage} --service={service}"
        finished = self.found(f"get event deployment.finished {where} --limit=1")
        return str(finished[0]["data"]["deployment"]["deploymentURIsPublic"][0]) if finished else ""

    def ask(self, service: str, stage: str = "prod") -> str:
        """Who answers a user."""
        return httpx.get(self.public_url(service, stage), trust_env=False, timeout=DEADLINE_S).text

    def come(self, service: str) -> None:
        """Users come to prod as soon as there is something."""
        self.users[service] = Users(until(lambda: self.public_url(service, "prod"), what="a public address"))

    def approval(self, context: str) -> str:
        """The id that `keptn status` shows, when it asks a person."""
        line = f"status {context} --timeout=0.1"
        return until(lambda: re.findall(r"keptn approve ([0-9a-f-]{36})", self._tried(line)[1]), what="an approval")[0]

    def _tried(self, line: str) -> tuple[int, str]:
        """Its exit code, however it goes."""
        done = subprocess.run(
            [*KEPTN, *line.split()],
            cwd=ROOT,
            env={**self.system.environment, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
        )
        return done.returncode, done.stdout + done.stderr

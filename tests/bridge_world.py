"""An installation in memory in which a lot is going on, for tests of the bridge and for looking at it.

`python -m tests.bridge_world PORT` serves it and prints a link that signs in.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from keptn.records import sessions, tokens
from tests.bench.installation import FILES, Installation
from tests.browser import BASE, Browser
from tests.world import TOKEN

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
SERVICES = ("basket", "catalogue", "frontend")
STAGES = ("dev", "staging", "prod")
WEBSHOP = b"""\
stages:
- {name: dev, deployment_strategy: dark, test_strategy: functional}
- name: staging
  deployment_strategy: shadow
  test_strategy: performance
  approval_strategy: {pass: manual, warning: manual}
- name: prod
  deployment_strategy: canary
  canary:
    steps: [{weight_percent: 5, hold: 5m}, {weight_percent: 25, hold: 5m}, {weight_percent: 50, hold: 5m}]
  evaluation: {timeframe: 5s}
"""


RUNBOOK = b"""\
remediations:
- name: TooSlow
  actions: [{name: Back to the previous version, action: rollback}]
- name: OutOfMemory
  actions:
  - {name: Two more, action: scale, value: {more: 2}}
- name: CertificateExpires
  actions: [{name: A new certificate, action: renew-certificate}]
- name: default
  actions: [{name: Back once more, action: rollback}]
"""


class Shop(Installation):
    """sockshop and webshop on one installation; call within `running()`."""

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The api, as ann of role configure."""
        headers = {"authorization": f"Bearer {TOKEN}"}
        answer = self._client("api").open(path, method=method, headers=headers, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json

    def go_on(self, seconds: float) -> None:
        """What is due within so many seconds, and no more."""
        self.rest(until=self.clock.moment + timedelta(seconds=seconds))

    def browser(self) -> Browser:
        return Browser(self._client("bridge").application)

    def signed_in(self, token: str = TOKEN) -> Browser:
        found = self.browser()
        found.sign_in(token)
        return found

    def make_webshop(self) -> None:
        """Three services, none delivered."""
        self.call("POST", "/v1/project", {"name": "webshop", "shipyard": _file(WEBSHOP)})
        self.rest()
        for name in SERVICES:
            values = f"service: {name}\nimage: acme/{name}\n".encode()
            self.call("POST", "/v1/project/webshop/service", {"values": _file(values)})
            self.rest()
            files = {f"{name}/{path.partition('/')[2]}": content for path, content in FILES.items()}
            for stage in STAGES:
                self.world.config_repo.commit("webshop", stage, lambda _, files=files: files, message="files")
            for tag in ("2.0.0", "2.1.0"):
                self.world.registry.push(f"acme/{name}:{tag}", f"{name} {tag}".encode())

    def deliver(self, service: str, tag: str) -> str:
        """Of webshop, up to its approval in staging; its context."""
        asked = {"image": f"acme/{service}:{tag}", "project": "webshop"}
        context = str(self.call("POST", "/v1/delivery", asked)["keptnContext"])
        self.go_on(120)
        return context

    def approve(self, context: str, *, reason: str = "") -> None:
        for one in self.call("GET", "/v1/approval")["approvals"]:
            if one["context"] == context:
                self.call("POST", f"/v1/approval/{one['id']}", {"result": "pass", "reason": reason})

    def have_problems(self) -> None:
        """Of carts in prod, the oldest first: repaired; not repaired; repaired for its time; over by itself; open."""
        self.world.config_repo.commit(
            "sockshop", "prod", lambda _: {"carts/remediation.yaml": RUNBOOK}, message="a runbook"
        )
        self.call("POST", "/v1/project/sockshop/stage/prod/service/carts/unpin", {"reason": "mended"})
        self.push("1.3.0")
        self.rest()
        self.alert("pod-1", rule="TooSlow")
        self.go_on(1800)
        self.alert("pod-1", rule="TooSlow", status="resolved")
        self.go_on(1800)
        self.alert("pod-2", rule="QueueTooLong")
        self.go_on(1800)
        self.alert("pod-3", rule="OutOfMemory")
        self.go_on(60)
        self.alert("pod-3", rule="OutOfMemory", status="resolved")
        self.go_on(1800)
        self.alert("pod-4", rule="Flapping")
        self.alert("pod-4", rule="Flapping", status="resolved")
        self.go_on(1800)
        self.alert("pod-5", rule="CertificateExpires")
        self.go_on(5)


def shop(*, said: str = HOSTILE) -> Shop:
    """webshop: 2.0.0 everywhere; basket 2.1.0 is a canary in prod, catalogue 2.1.0 waits for a person in staging.

    sockshop: 1.2.0 failed its gate in dev, prod was rolled back by a person and is pinned. said: people's reasons.
    """
    made = Shop()
    with made.running():
        for tag in ("1.0.0", "1.1.0"):
            made.push(tag)
            made.rest()
            made.clock.sleep(3600)
        made.slowness_ms = 1000.0
        made.push("1.2.0")
        made.rest()
        made.slowness_ms = 0.1
        made.make_webshop()
        for name in SERVICES:
            made.approve(made.deliver(name, "2.0.0"))
            made.go_on(3600)
        basket, _ = made.deliver("basket", "2.1.0"), made.deliver("catalogue", "2.1.0")
        made.approve(basket, reason=said)
        made.go_on(400)
        rollback = {"data": {"rollback": {"reason": f"the basket is empty {said}"}}}
        made.call("POST", "/v1/project/sockshop/stage/prod/service/carts/sequence/rollback", rollback)
        made.go_on(60)
    return made


def _file(content: bytes) -> str:
    return base64.b64encode(content).decode()


def main() -> None:
    from werkzeug.serving import run_simple

    made = shop()
    with made.running():
        made.have_problems()
        browser = made.browser()
        token = tokens.find(made.world.store, TOKEN)
        ticket = sessions.ticket(made.world.store, token, now=made.clock.now()).text
        print(f"{BASE}/enter?ticket={ticket}", flush=True)
        run_simple("127.0.0.1", int(sys.argv[1]), browser.client.application, threaded=True)


if __name__ == "__main__":
    main()

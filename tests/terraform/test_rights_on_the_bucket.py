"""What each account may write in the bucket (terraform/modules/google/access.tf) is what its functions write, no more.

All that happens to an installation happens, on counting adapters.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from keptn.adapters.http.memory import MemoryHttp
from keptn.ports import HttpAnswer
from keptn.records import retention
from tests.bench.counting import Counts, as_caller
from tests.bench.installation import Installation
from tests.browser import Browser
from tests.world import ROOT, ROOT_TOKEN, TOKEN

ACCESS = ROOT / "terraform/modules/google/access.tf"
BUCKET = ROOT / "terraform/modules/google/bucket.tf"
OPERATORS = 12
"""Logical operators of a condition, at most. Source: cloud.google.com/iam/docs/conditions-overview."""
RARE = {
    "keptn-clock": {
        "wake-up/",
        "dead-letter/",
    },  # when it wakes, at a PingSource; a timer's event that the Broker refuses
    "keptn-create-project": {"projects/"},  # what there is, where a Git server cannot list its repositories
    "keptn-orchestrate": {"dead-letter/"},  # an event that the Broker refuses
    "keptn-step": {"timers/"},  # an extension that waits
}
"""What no story brings about, and why it is written."""
RUNBOOK = b"""\
apiVersion: spec.keptn.sh/0.1.4
kind: Remediation
spec:
  remediations:
  - problemType: default
    actionsOnOpen:
    - {action: back, executors: [rollback, {name: webhook, secret: hook}]}
"""
WITH_APPROVAL = b"""\
stages:
- {name: dev, deployment_strategy: dark, evaluation: none, approval_strategy: {pass: manual, warning: manual}}
- {name: staging, deployment_strategy: direct, evaluation: none}
- {name: prod, deployment_strategy: blue_green, evaluation: {timeframe: 5s}}
"""


def listed(text: str, name: str) -> list[str]:
    return re.findall(r'"([^"]+)"', re.search(rf"{name}\s*= \[([^\]]*)\]", text)[1])


@pytest.fixture(scope="module")
def allowed() -> Mapping[str, set[str]]:
    """By account, from the table in HCL."""
    table = re.search(r"writes = \{\n(.*?)\n  \}", ACCESS.read_text(), re.DOTALL)[1]
    return {line.split()[0]: set(listed(line, line.split()[0])) for line in table.splitlines()}


@pytest.fixture(scope="module")
def written() -> Mapping[str, set[str]]:
    """By account, what its functions wrote or deleted."""
    accounts = _accounts()
    found: dict[str, set[str]] = {account: set() for account in accounts.values()}
    for ends_with in ("sockshop/service/carts", "sockshop"):
        for function, operation, prefix in _a_life(ends_with).store:
            if operation in ("put", "delete"):
                found[accounts[function]].add(f"{prefix}/")
    return found


def test_each_account_may_write_what_it_writes_and_no_more(allowed, written):
    assert {account: what | RARE.get(account, set()) for account, what in written.items()} == allowed


def test_a_condition_is_short_enough(allowed):
    assert max(map(len, allowed.values())) <= OPERATORS + 1


def test_lifecycle_rules_are_those_of_retention():
    kept = re.findall(r"\{ days = (\S+), prefixes = \[([^\]]*)\] \}", BUCKET.read_text())
    found = {name: re.findall(r'"([^"]+)"', prefixes) for name, prefixes in kept}
    assert found == {
        "var.retention_days": list(retention.RECORDS),
        "var.evaluation_retention_days": list(retention.EVALUATIONS),
    }


def _accounts() -> Mapping[str, str]:
    """The ServiceAccount of each step, from its Service or JobSink."""
    found = {}
    for file in sorted(Path(ROOT / "knative/base").glob("*.yaml")):
        for one in yaml.safe_load_all(file.read_text()):
            if isinstance(one, dict) and one.get("kind") in ("Service", "JobSink"):
                found[one["metadata"]["name"]] = re.search(r"'serviceAccountName': '([^']+)'", str(one["spec"]))[1]
    return found


def _a_life(ends_with: str) -> Counts:
    """Of an installation in which everything happened; ends_with: what is deleted at its end, below /v1/project."""
    made = Installation()
    with made.running():
        _told_of(made)
        _deliveries(made)
        _a_person_s_orders(made)
        _a_chat_that_is_away(made)
        _another_project(made)
        _orders_in_a_browser(made)
        ask(made, "POST", "/v1/token", {"role": "view", "project": "sockshop"}, token=ROOT_TOKEN)
        ask(made, "DELETE", f"/v1/project/{ends_with}")
        made.rest()
    return made.counts


def _told_of(made: Installation) -> None:
    made.context._given["http"] = MemoryHttp()
    for name in ("chat", "hook"):
        made.world.secrets.put(name, {"url": f"https://{name}.test"})
    made.world.config_repo.commit("sockshop", "prod", lambda _: {"carts/remediation.yaml": RUNBOOK}, message="runbook")
    file = b"notifications: [{name: chat, channel: slack, secret: chat}]\n"
    made.world.config_repo.commit("sockshop", "main", lambda _: {"notify.yaml": file}, message="notify")


def _deliveries(made: Installation) -> None:
    """One that has to wait, one that is repaired, one that fails its gate and is called a mistake."""
    made.context.platform.waiting["keptn/carts:1.0.0"] = "its node is not ready"
    made.push("1.0.0")
    made.rest(until=made.clock.moment + timedelta(seconds=60))
    made.context.platform.waiting.clear()
    made.rest()
    made._announce("1.1.0")  # before it is there
    made.push("1.1.0")
    made.rest()
    made.alert("carts-1")
    made.rest()
    made.slowness_ms = 1000.0
    made.push("1.2.0")
    made.rest()
    made.slowness_ms = 0.1
    (failed, *_) = made.ask("/v1/event?project=sockshop&type=sh.keptn.event.evaluation.finished")["events"]
    ask(
        made,
        "POST",
        "/v1/event",
        {**failed, "id": "again", "source": "a.person", "type": "sh.keptn.event.evaluation.invalidated"},
    )
    made.rest()


def _a_person_s_orders(made: Installation) -> None:
    values = {
        "resourceContent": _file(
            b"service: carts\nimage: {repository: keptn/carts, tags: {semver: '*', newest: true}}\n"
        )
    }
    ask(made, "PUT", "/v1/project/sockshop/stage/dev/service/carts/resource/values.yaml", values)
    made.push("1.3.0")
    made.rest(until=made.clock.moment + timedelta(seconds=3))
    (running, *_) = made.ask("/v1/delivery?project=sockshop")["deliveries"]
    ask(made, "POST", f"/v1/delivery/{running['context']}/control", {"state": "abort"})
    made.rest()


def _a_chat_that_is_away(made: Installation) -> None:
    """Until the event is kept, which is then sent again."""
    http = made.context._given["http"]
    http.answers["https://chat.test"] = HttpAnswer(status=0)
    made.push("1.4.0")
    made.rest()
    http.answers.clear()
    with as_caller(made.counts, "bridge"):
        browser = signed_in(made)
        assert "It is sent again." in browser.press(browser.open("/dead-letters"), "Send again").text
    for letter in made.ask("/v1/dead-letter")["deadLetters"]:
        ask(made, "POST", f"/v1/dead-letter/{letter['id']}/redeliver")
    made.rest()


def _another_project(made: Installation) -> None:
    """Made, asked, answered."""
    ask(made, "POST", "/v1/project", {"name": "shop", "shipyard": _file(WITH_APPROVAL)})
    made.rest()
    ask(made, "POST", "/v1/project/shop/service", {"values": _file(b"service: web\nimage: keptn/carts\n")})
    made.rest()
    file = b"notifications: [{name: chat, channel: slack, secret: chat}]\n"
    made.world.config_repo.commit("shop", "main", lambda _: {"notify.yaml": file}, message="notify")
    made.push("2.0.0")
    made.rest()
    for asked in made.ask("/v1/event?project=shop&type=sh.keptn.event.approval.triggered")["events"]:
        ask(made, "POST", f"/v1/approval/{asked['id']}", {"result": "pass"})
    made.rest()


def _orders_in_a_browser(made: Installation) -> None:
    """All that somebody orders there, an hour after anybody asked the api; `_a_chat_that_is_away` sends again."""
    made.clock.sleep(3601)
    with as_caller(made.counts, "bridge"):
        browser = signed_in(made)
        for form, filled in (
            ("delivery", {"image": "keptn/carts:2.0.0", "service": "web", "force": "true", "reason": "again"}),
            ("evaluation", {"stage": "dev", "service": "web", "timeframe": "1m"}),
            ("sequence", {"sequence": "dev/rollback", "service": "web"}),
        ):
            page = browser.open("/project/shop/start")
            (action,) = [one.action for one in page.forms if one.action.endswith(f"/start/{form}")]
            sent = page.form("Sign out").fields | filled
            begun = browser.client.post(action, data=sent)
            assert begun.status_code == 303, begun.text
    made.rest(until=made.clock.moment + timedelta(seconds=60))
    with as_caller(made.counts, "bridge"):
        assert "You approved it." in browser.press(browser.open("/approvals"), "Approve", reason="fine").text
    made.rest()
    for button in ("Pin", "Unpin"):
        with as_caller(made.counts, "bridge"):
            page = browser.press(browser.open("/project/sockshop"), button, reason="a look")
            assert page.status == 200 and "Not done" not in page.text
        made.rest()
    (failed, *_) = made.ask("/v1/evaluation/sockshop")["evaluations"]
    with as_caller(made.counts, "bridge"):
        page = browser.open(f"/project/sockshop/stage/prod/service/carts/evaluation?id={failed['id']}")
        assert "It is taken out" in browser.press(page, "Invalidate", reason="a look").text
        browser.press(browser.open("/"), "Sign out")
    made.rest()
    ask(made, "POST", "/v1/bridge-link")


def signed_in(made: Installation) -> Browser:
    browser = Browser(made._client("bridge").application)
    assert browser.sign_in(TOKEN).status == 200
    return browser


def ask(
    made: Installation, method: str, path: str, body: Mapping[str, Any] | None = None, *, token: str = TOKEN
) -> Any:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    data = json.dumps(body or {}).encode()
    with as_caller(made.counts, "api"):
        answer = made._request("api", {"method": method, "path": path, "headers": headers, "body": data})
    assert answer.status_code < 300, answer.text
    return answer.json


def _file(content: bytes) -> str:
    return base64.b64encode(content).decode()

"""An installation in one process: the real functions behind the real Triggers of `knative/base`, on counting adapters.

Its Broker delivers as Knative's does (filters, retries with back-off, replies, dead letters) on a clock of its own, so
an hour takes no time. `counts` says what was asked of whom.
"""

from __future__ import annotations

import heapq
import json
import logging
import runpy
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from functions_framework import create_app

from keptn import context, events, runtime
from keptn.context import Context
from keptn.events import Event
from keptn.local import delivery_spec, wiring
from keptn.local.delivery_spec import Destination
from keptn.local.wiring import Trigger
from keptn.ports import SliQuery, SliValue, TestReport, TestRun
from keptn.records import objects
from keptn.sequence import codec
from tests.bench.counting import CountingStore, CountingWakeUp, Counts, Noting, SimulatedClock, as_caller
from tests.world import ROOT, TOKEN, TOKENS, World, issue

SHIPYARD = b"""\
stages:
- {name: dev, deployment_strategy: dark, test_strategy: functional}
- {name: staging, deployment_strategy: shadow, test_strategy: performance}
- {name: prod, deployment_strategy: blue_green, evaluation: {timeframe: 5s}}
"""
GATE = {
    "indicators": [
        {
            "id": "slowness",
            "source": "envoy",
            "query": "response_time_p95",
            "grading": {"type": "Threshold", "thresholds": {"upperSevere": 600}, "metricScore": 100},
        }
    ],
    "objectives": {"pass": 90, "warning": 50},
}
FILES = {
    "carts/perfspec.json": json.dumps(GATE).encode(),
    "carts/tests/functional.yaml": b"checks: [{path: /}]\n",
    "carts/tests/performance.js": b"//\n",
    "carts/remediation.yaml": b"remediations:\n- name: default\n  actions:\n  - {name: back, action: rollback}\n",
}
HOP_S = 0.02
"""From a post to the first delivery, seconds."""
REST_S = 600.0
"""Nothing due for so long is rest. A timeout of a task that nobody ends would be later, and is reported as a hang."""
DISTRIBUTION = "application/vnd.docker.distribution.events.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class TooMany(BaseException):
    """More events than anybody would wait for. No function may take it for a bug of its own."""


class Installation:
    """most_events: after so many, TooMany is raised. slowness_ms: how long carts takes for an answer.

    on: adapters to count at, instead of those in memory.
    """

    def __init__(self, *, began: datetime | None = None, on: Context | None = None) -> None:
        self.counts, self.clock, self.most_events, self.slowness_ms = Counts(), SimulatedClock(began), 100_000, 0.1
        self.world = World()
        for port in ("store", "config_repo", "registry", "secrets") if on else ():
            setattr(self.world, port, getattr(on, port))
        issue(self.world.store)
        self.store = CountingStore(self.world.store, self.counts, self.clock)
        self.wake_up = CountingWakeUp(self.counts)
        self.wiring = wiring.read([ROOT / "knative/base"])
        self._queue: list[tuple[datetime, int, Event, Trigger | None, int]] = []
        self._order, self.posted = count(), 0
        self.context = self._context()
        self._set_up()

    @classmethod
    def with_a_live_version(cls) -> Installation:
        """In every stage, since an hour; nothing is counted yet."""
        made = cls()
        with made.running():
            made.push("1.0.0")
            made.rest()
        made.clock.sleep(3600)
        made.counts.reset()
        return made

    def _context(self) -> Context:
        def git(method: str) -> None:
            self.counts.git[self.counts.caller, method] += 1

        given = {
            **self.world.context._given,
            "store": self.store,
            "config_repo": Noting(self.world.config_repo, git),
            "registry": self.world.registry,
            "secrets": self.world.secrets,
            "clock": self.clock,
            "sink": self,
            "wake_up": self.wake_up,
            "test_strategy": {name: _Runner(name) for name in ("functional", "performance")},
            "sli": {"envoy": self},
        }
        return Context(self.world.context.settings, **given)

    def _set_up(self) -> None:
        self.world.with_sockshop()
        self.world.config_repo.commit("sockshop", "main", lambda _: {"shipyard.yaml": SHIPYARD}, message="stages")
        for stage in ("dev", "staging", "prod"):
            self.world.config_repo.commit("sockshop", stage, lambda _: FILES, message="files")

    @contextmanager
    def running(self) -> Iterator[Installation]:
        """The functions of this process run on it."""
        level = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        try:
            with context.using(self.context):
                yield self
        finally:
            logging.disable(level)

    # --- the edge ---------------------------------------------------------------------------------------------------
    def push(self, *tags: str) -> Mapping[str, Any]:
        """A registry's notification of so many tags of carts, each with content of its own."""
        for tag in tags:
            self.world.registry.push(f"keptn/carts:{tag}", tag.encode())
        return self._announce(*tags)

    def _announce(self, *tags: str) -> Mapping[str, Any]:
        entries = [
            {
                "id": f"push-{tag}",
                "action": "push",
                "target": {"mediaType": MANIFEST, "repository": "keptn/carts", "tag": tag, "digest": ""},
                "request": {"host": "registry"},
            }
            for tag in tags
        ]
        return self._hook("receive-artifact", {"events": entries}, TOKENS["hooks"], content_type=DISTRIBUTION)

    def alert(self, *pods: str, rule: str = "Slow", status: str = "firing") -> Mapping[str, Any]:
        """Alertmanager's webhook of one rule that fires, or is resolved, for so many pods of carts in prod."""
        slot = {"project": "sockshop", "stage": "prod", "service": "carts"}
        alerts = [
            {
                "status": status,
                "labels": {"alertname": rule, **slot, "pod": pod},
                "annotations": {},
                "startsAt": "2026-11-24T12:00:00Z",
                "fingerprint": pod,
            }
            for pod in pods
        ]
        body = {"version": "4", "status": status, "alerts": alerts}
        return self._hook("receive-problem", body, TOKENS["hook-problems"])

    def ask(self, path: str) -> Mapping[str, Any]:
        """A question to the api."""
        headers = {"authorization": f"Bearer {TOKEN}"}
        with as_caller(self.counts, "api"):
            answer = self._request("api", {"method": "GET", "path": path, "headers": headers, "body": b""})
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def _hook(
        self, function: str, body: Mapping[str, Any], token: str, *, content_type: str = "application/json"
    ) -> Mapping[str, Any]:
        headers = {"authorization": f"Bearer {token}", "content-type": content_type}
        with as_caller(self.counts, function):
            answer = self._request(function, _post("/", headers, json.dumps(body).encode()))
        assert answer.status_code == 202, answer.text
        return dict(answer.json)

    # --- the Broker -------------------------------------------------------------------------------------------------
    def post(self, event: Event) -> None:
        """The sink of every function."""
        self.posted += 1
        self.counts.events[event.type] += 1
        if self.posted > self.most_events:
            raise TooMany
        headers, _ = events.encode(event)
        attributes = {name.lower().removeprefix("ce-"): str(value) for name, value in headers.items()}
        for trigger in self.wiring.triggers.values():
            if trigger.matches(attributes):
                self._later(HOP_S, event, trigger, 0)

    def rest(self, *, until: datetime | None = None) -> None:
        """Deliver everything, ring every timer at its moment, until nothing is due (or it is so late)."""
        while True:
            tick = self._next_tick()
            if self._queue and (tick is None or self._queue[0][0] <= tick):
                moment, _, event, trigger, failures = self._queue[0]
                if until and moment > until:
                    return
                heapq.heappop(self._queue)
                self.clock.move(moment)
                self._deliver(event, trigger, failures)
            elif tick and tick < (until or self.clock.moment + timedelta(seconds=REST_S)):
                self.clock.move(tick)
                self._tick()
            else:
                return

    def _later(self, seconds: float, event: Event, trigger: Trigger | None, failures: int) -> None:
        moment = self.clock.moment + timedelta(seconds=seconds)
        heapq.heappush(self._queue, (moment, next(self._order), event, trigger, failures))

    def _deliver(self, event: Event, trigger: Trigger | None, failures: int) -> None:
        assert trigger
        writes = self._slot_writes()
        status, reply = self._call(trigger.subscriber, event)
        self._note_slot_writes(event, self._slot_writes() - writes)
        if reply:
            self.post(reply)
        if 200 <= status < 300:
            return
        if delivery_spec.is_retried(status) and failures < trigger.delivery.retry:
            self._later(trigger.delivery.wait_s(failures + 1), event, trigger, failures + 1)
        else:
            self.counts.dead_letters[f"{trigger.name} {status}"] += 1
            if trigger.delivery.dead_letter_sink:
                self._call(trigger.delivery.dead_letter_sink, event)

    def _call(self, destination: Destination, event: Event) -> tuple[int, Event | None]:
        """Status, and what was replied."""
        with as_caller(self.counts, destination.name):
            if destination.kind == "JobSink":
                return self._run_job(destination.name, event), None
            answer = self._request(destination.name, _post(destination.path, *events.encode(event)))
            reply = events.decode(dict(answer.headers), answer.data) if answer.status_code == 200 else None
            return answer.status_code, reply

    def _run_job(self, name: str, event: Event) -> int:
        """Its `main.py` as a Job; exit code 1 is tried again."""
        source = runpy.run_path(str(ROOT / self.wiring.job_sinks[name].command[-1]), run_name="job")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "event")
            file.write_text(json.dumps(events.to_dict(event)))
            return 503 if runtime.run_job(name, source["handle"], event_file=file) else 202

    def _tick(self) -> None:
        """The PingSource calls the clock."""
        (ping,) = self.wiring.pings.values()
        with as_caller(self.counts, ping.sink.name):
            tick = {"specversion": "1.0", "id": str(next(self._order)), "source": "ping", "type": "dev.knative.ping"}
            headers = {f"ce-{name}": value for name, value in tick.items()} | {"content-type": "application/json"}
            answer = self._request(ping.sink.name, _post(ping.sink.path, headers, b"{}"))
        assert answer.status_code in (200, 204, 503), answer.text

    def _next_tick(self) -> datetime | None:
        """The PingSource's next moment, once what asks for it was delivered."""
        at = self.wake_up.at
        return max(at, self.clock.moment) if at else None

    # --- slots ------------------------------------------------------------------------------------------------------
    def slots(self) -> list[Any]:
        names = self.store.inner.list("slots/", limit=1000).names
        return [codec.decode(stored.data) for name in names if (stored := self.store.inner.get(name))]

    def _slot_writes(self) -> int:
        return self.counts.store["orchestrate", "put", "slots"]

    def _note_slot_writes(self, event: Event, writes: int) -> None:
        if writes:
            stored = self.store.inner.get(objects.slot(event.scope))
            idle = bool(stored) and not codec.decode(stored.data).open
            self.counts.slot_writes[writes, idle] += 1

    # --- functions, and what stands in for the world ----------------------------------------------------------------
    def _request(self, function: str, request: Mapping[str, Any]) -> Any:
        call = {"path": request["path"], "headers": request["headers"], "data": request["body"]}
        return self._client(function).open(method=request["method"], **call)

    def fetch(self, query: SliQuery) -> SliValue:
        """The SLI provider: carts takes as long for everything."""
        taken = self.slowness_ms
        return SliValue(indicator=query.indicator, query=str(query.query), values={"": taken}, samples=(taken,) * 20)

    @cache  # noqa: B019 - an installation lives as long as its test
    def _client(self, name: str) -> Any:
        function = self.wiring.functions[name]
        return create_app(function.env["FUNCTION_TARGET"], str(ROOT / function.source)).test_client()


class _Runner:
    """Tests that pass after five seconds."""

    def __init__(self, strategy: str) -> None:
        self.file = "tests/functional.yaml" if strategy == "functional" else "tests/performance.js"

    def run(self, run: TestRun) -> TestReport:
        del run
        context.current().clock.sleep(5)
        return TestReport(passed=True)


def _post(path: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
    return {"method": "POST", "path": path, "headers": dict(headers), "body": body}

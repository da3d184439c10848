"""What each function hears first that it acts on, and the state on disk it finds: for cold starts that do real work.

An installation on the embedded store, Git and secrets lives through deliveries, a failure, a problem and an approval;
before a function is called, the state folder is set aside.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from keptn import events
from keptn.context import Context
from keptn.events import Event
from keptn.settings import Settings
from tests.bench.installation import Installation
from tests.world import SHIPYARD, TOKENS, VALUES

SLOW_MS = 10_000.0
NOTIFY = b"notifications:\n- {name: team, channel: webhook, secret: chat}\n"
PROCFILE = "web: true\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. state: the folder as it was before. status: what was answered."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    state: Path
    method: str = "POST"


class Recording(Installation):
    """calls: by the function's name in `knative/`."""

    def __init__(self, folder: Path, *, chat_url: str) -> None:
        self.state, self._aside, self.calls = folder / "state", folder / "aside", dict[str, Call]()
        self._embedded = Context(Settings(state_dir=self.state))
        super().__init__(began=datetime.now(UTC) - timedelta(days=1), on=self._embedded)
        for name, token in TOKENS.items():
            self._embedded.secrets.put(name, {"token": token})
        self._embedded.secrets.put("chat", {"url": chat_url})
        self.world.config_repo.commit("sockshop", "main", lambda _: {"notify.yaml": NOTIFY}, message="tell")

    def live(self) -> None:
        """Everything that every function has to do something for."""
        scope = {"project": "sockshop", "stage": "dev", "service": "carts"}
        self.push("1.0.0")
        self.rest()
        self.push("1.1.0")
        self.rest()
        self.slowness_ms = SLOW_MS
        self.push("1.2.0")
        self.rest()
        self.slowness_ms = 0.1
        self.alert("pod-1")
        self.rest()
        self.post(self._event(events.PROJECT_CREATE, project="other", shipyard=SHIPYARD.decode()))
        self.rest()
        other = VALUES.decode().replace("carts", "orders")
        self.post(self._event(events.SERVICE_CREATE, project="other", service="orders", values=other))
        approval = self._event("sh.keptn.event.approval.triggered", **scope)
        self.post(approval)
        self.context.timers.set(function="approve", event=approval, due=self.clock.now() + timedelta(seconds=30))
        self.rest()
        dead = self.wiring.triggers["deploy"].delivery.dead_letter_sink
        assert dead
        self._comes_late("1.3.0")
        self._call(dead, self._event("sh.keptn.event.deployment.triggered", **scope))
        self.ask("/v1/delivery?project=sockshop")

    def _comes_late(self, tag: str) -> None:
        """An image that is told of before it is there: it waits for resolve-artifact."""
        self._announce(tag)
        self.push(tag, told=False)
        self.rest()

    def push(self, *tags: str, told: bool = True) -> Mapping[str, Any]:
        for tag in tags:
            image = self.state / "images/keptn/carts" / tag
            image.mkdir(parents=True)
            (image / "Procfile").write_text(f"{PROCFILE}# {tag}\n")
        return self._announce(*tags) if told else {}

    def _event(self, event_type: str, **data: object) -> Event:
        now = self.clock.now()
        name = f"bench-{event_type}"
        return Event(type=event_type, id=name, source="bench", time=now, context=name, data=data)

    def _request(self, function: str, request: Mapping[str, Any]) -> Any:
        if function in self.calls:
            return super()._request(function, request)
        aside = self._aside / function
        shutil.copytree(self.state, aside)
        if function == "evaluate":
            self._write_log(aside / "envoy/access.log")
        before = self._effects()
        answer = super()._request(function, request)
        if answer.status_code == 200 or self._effects() != before:
            self.calls[function] = Call(**request, status=answer.status_code, state=aside)
        else:
            shutil.rmtree(aside)
        return answer

    def _write_log(self, log: Path) -> None:
        """What Envoy would have written of carts in dev in the last minute: the gate's window is in it."""
        log.parent.mkdir()
        slot = {"project": "sockshop", "stage": "dev", "service": "carts", "colour": "blue", "route": "own"}
        answer = {"method": "GET", "path": "/", "status": 200, "duration_us": 100, "flags": "-", "served_by": "blue"}
        moments = [self.clock.moment - timedelta(seconds=0.1 * n) for n in reversed(range(600))]
        log.write_text("".join(json.dumps({"time": events.rfc3339(at), **slot, **answer}) + "\n" for at in moments))

    def _effects(self) -> tuple[int, int]:
        return self.posted, self.counts.of_store("put")

"""A small installation in memory: sockshop with carts in three stages, for tests of the HTTP functions and the CLI."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from functions_framework import create_app

from keptn import events
from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.platform.memory import MemoryPlatform
from keptn.adapters.registry.memory import MemoryRegistry
from keptn.adapters.router.memory import MemoryRouter
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.events import Event, Phase, Result, Scope
from keptn.ports import ObjectStore
from keptn.records import audit, objects
from keptn.records.tokens import Role, Token
from keptn.sequence import codec
from keptn.sequence.slot import Execution, Rank, Slot, TaskRun, Version
from keptn.settings import Settings

ROOT_TOKEN = "root"
TOKEN = f"keptn_ann-0a0a0a0a_{'0' * 64}"
"""An issued one, of role configure for all projects."""
WHO = "ann-0a0a0a0a"
"""Whose it is, as the audit log has it."""
TOKENS = {
    "api": ROOT_TOKEN,
    "hooks": "everywhere",
    "hook-problems": "trouble",
    "hook-problems-sockshop": "sockshop.trouble",
    "hook-sockshop.carts": "sockshop.carts.x",
}
STEPS = {
    events.PROJECT_CREATE: "create_project",
    events.PROJECT_UPDATE: "create_project",
    events.PROJECT_DELETE: "create_project",
    events.SERVICE_CREATE: "onboard_service",
    events.SERVICE_DELETE: "onboard_service",
}
"""Administrative events and the functions that a Trigger sends them to."""
ROOT = Path(__file__).parents[1]
SHIPYARD = b"""\
stages:
- name: dev
  deployment_strategy: dark
  test_strategy: functional
- name: staging
  deployment_strategy: shadow
  test_strategy: performance
- name: prod
  deployment_strategy: blue_green
"""
VALUES = b"""\
service: carts
image:
  repository: keptn/carts
"""


def issue(store: ObjectStore, text: str = TOKEN, *, role: Role = Role.CONFIGURE, project: str = "") -> str:
    """A token of that text, as if the root token had made it."""
    token_id = text.split("_")[1]
    made_at = datetime(2026, 11, 24, tzinfo=UTC)
    made = Token(
        id=token_id, name=token_id[:-9], role=role, project=project, made_by="root", made_at=made_at, expires=None
    )
    kept = {**made.described(), "sha256": hashlib.sha256(text.encode()).hexdigest()}
    store.put(objects.token(token_id), json.dumps(kept).encode())
    return text


def error(response) -> str:
    """The one sentence of an answer that is an error."""
    assert set(response.json) == {"error"}
    return response.json["error"]


def digest_of(text: str) -> str:
    """A digest as registries make them, the same for the same text."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def slot_with(scope: Scope, *tasks: Event) -> Slot:
    """A slot in which these tasks are open, each of an execution of its own, as `orchestrate` leaves it."""
    return Slot(scope=scope, executions=tuple(map(_execution, tasks)))


def open_slot(store: ObjectStore, scope: Scope, *tasks: Event) -> None:
    """Store that slot, as if `orchestrate` had triggered the tasks."""
    store.put(objects.slot(scope), codec.encode(slot_with(scope, *tasks)))


def _execution(task: Event) -> Execution:
    parts = events.parse_type(task.type)
    run = TaskRun(
        name=parts.name if parts else "any",
        index=0,
        id=task.id,
        triggered_at=task.time,
        due=task.time + timedelta(hours=1),
    )
    return Execution(
        id=f"execution-{task.epoch}",
        context=task.context,
        sequence="delivery",
        shipyard="",
        rank=Rank.ORDINARY,
        triggered_at=task.time,
        root_time=task.time,
        epoch=task.epoch,
        holds=True,
        runs=(run,),
    )


class TickingClock:
    """A second passes with every look at it."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class RecordingSink:
    """Keeps what was posted, in order and in the audit log, as `record` would; then runs the steps, one by one.

    before: what happens between a call of the api and the step. executors: task to the data that ends it.
    """

    def __init__(self, world: World) -> None:
        self.world, self.events, self.waiting = world, list[Event](), deque[Event]()
        self.before: Callable[[Event], None] = lambda _: None
        self.executors: dict[str, Mapping[str, Any]] = {}

    def post(self, event: Event) -> None:
        self.events.append(event)
        audit.keep(self.world.store, event)
        self.waiting.append(event)
        while self.waiting and self.waiting[0] is event:
            self._deliver(event)
            self.waiting.popleft()
            event = self.waiting[0] if self.waiting else event

    def _deliver(self, event: Event) -> None:
        self.before(event)
        if step := STEPS.get(event.type):
            self._call(step, event)
        elif self.executors:
            self._call("orchestrate", event)
            self._execute(event)

    def _call(self, function: str, event: Event) -> None:
        headers, body = events.encode(event)
        answer = self.world.client(function).post("/", data=body, headers=headers)
        assert answer.status_code in {200, 204}, answer.text
        if answer.data:
            self.post(events.decode(dict(answer.headers), answer.data))

    def _execute(self, event: Event) -> None:
        parts = events.parse_type(event.type)
        if parts and not parts.stage and parts.phase == Phase.TRIGGERED and parts.name in self.executors:
            payload = dict(self.executors[parts.name])
            result = Result(payload.pop("result", "pass"))
            message = str(payload.pop("message", ""))
            now = self.world.clock.now()
            self.post(events.finished(event, source="x", now=now, result=result, message=message, payload=payload))


class World:
    """The adapters, and a client of any function on them."""

    def __init__(self) -> None:
        self.store, self.config_repo, self.clock = MemoryStore(), MemoryConfigRepo(), TickingClock()
        self.sink = RecordingSink(self)
        self.secrets, self.registry = MemorySecrets(), MemoryRegistry()
        for name, token in TOKENS.items():
            self.secrets.put(name, {"token": token})
        issue(self.store)
        self.registry.push("keptn/carts:1.0.0", b"good")
        self.registry.push("keptn/carts:0.2", b"slow")
        self.context = Context(
            Settings(public_url="http://keptn.local", requests_per_minute=0, failures_per_minute=0),  # tests are quick
            store=self.store,
            config_repo=self.config_repo,
            clock=self.clock,
            sink=self.sink,
            secrets=self.secrets,
            registry=self.registry,
            platform=MemoryPlatform(),
            router=MemoryRouter(),
        )

    def with_sockshop(self, project: str = "sockshop") -> World:
        """A project as create_project and onboard_service leave it."""
        stage = {"carts/values.yaml": VALUES}
        branches = {"main": {"shipyard.yaml": SHIPYARD}, "dev": stage, "staging": stage, "prod": stage}
        self.config_repo.create(project, branches, message="Create project\n")
        self.store.put(f"images/keptn%2Fcarts/{project}.carts", b"{}")
        return self

    def live(self, stage: str, *, image: str, colour: str = "blue") -> None:
        """As if `orchestrate` knew what users of a stage get."""
        scope = Scope(project="sockshop", stage=stage, service="carts")
        version = Version(digest=self.registry.digest(image), image=image, colour=colour, since=self.clock.now())
        self.store.put(objects.slot(scope), codec.encode(Slot(scope=scope, live=version)))

    @cache  # noqa: B019 - a world lives as long as its test
    def client(self, function: str):
        return create_app("handle", str(ROOT / "functions" / function / "main.py")).test_client()

"""A small installation in memory: sockshop with carts in three stages, for tests of the HTTP functions and the CLI."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from functions_framework import create_app

from keptn import audit, events
from keptn.adapters.memory_config_repo import MemoryConfigRepo
from keptn.adapters.memory_store import MemoryStore
from keptn.context import Context
from keptn.errors import Unknown
from keptn.events import Event, Result
from keptn.settings import Settings

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


class FixedSecrets:
    """Secrets in a dictionary of dictionaries."""

    def __init__(self, **given: str) -> None:
        self.values = {name.replace("_", "-"): {"token": token} for name, token in given.items()}

    def get(self, name: str, key: str) -> str | None:
        return self.values.get(name, {}).get(key)

    def put(self, name: str, values: Mapping[str, str]) -> None:
        self.values[name] = dict(values)

    def names(self) -> Sequence[str]:
        return list(self.values)

    def delete(self, name: str) -> None:
        self.values.pop(name, None)


class FixedRegistry:
    """Knows the images it was given."""

    def __init__(self, images: Mapping[str, str]) -> None:
        self.images = dict(images)

    def digest(self, image: str) -> str:
        if image not in self.images:
            raise Unknown(f"there is no image {image!r} in the registry; images: {', '.join(self.images)}")
        return self.images[image]


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
    """Keeps what was posted, in order and in the audit log, as `record` would; answers as a step would.

    answers: event type to the result that a step answers it with. before: what the step does before it answers.
    """

    def __init__(self, store: MemoryStore, clock: TickingClock) -> None:
        self.store, self.clock, self.events = store, clock, list[Event]()
        self.answers: dict[str, Result] = {}
        self.before: dict[str, Callable[[Event], None]] = {}

    def post(self, event: Event) -> None:
        self.events.append(event)
        audit.keep(self.store, event)
        self.before.get(event.type, lambda _: None)(event)
        if result := self.answers.get(event.type):
            message = "it was refused" if result is Result.FAIL else ""
            now = self.clock.now()
            self.post(events.finished(event, source="step", now=now, result=result, message=message))


class World:
    """The adapters, and a client of any function on them."""

    def __init__(self) -> None:
        self.store, self.config_repo, self.clock = MemoryStore(), MemoryConfigRepo(), TickingClock()
        self.sink = RecordingSink(self.store, self.clock)
        self.secrets = FixedSecrets(
            api="token", hooks="everywhere", hook_problems="trouble", hook_sockshop_carts="carts"
        )
        self.registry = FixedRegistry({"keptn/carts:1.0.0": "sha256:aa", "keptn/carts:0.2": "sha256:bb"})
        self.context = Context(
            Settings(public_url="http://keptn.local"),
            store=self.store,
            config_repo=self.config_repo,
            clock=self.clock,
            sink=self.sink,
            secrets=self.secrets,
            registry=self.registry,
        )

    def with_sockshop(self, project: str = "sockshop") -> World:
        """A project as create_project and onboard_service leave it."""
        stage = {"carts/values.yaml": VALUES}
        branches = {"main": {"shipyard.yaml": SHIPYARD}, "dev": stage, "staging": stage, "prod": stage}
        self.config_repo.create(project, branches, message="Create project\n")
        self.store.put(f"images/keptn%2Fcarts/{project}.carts", b"{}")
        return self

    def client(self, function: str):
        return create_app("handle", str(ROOT / "functions" / function / "main.py")).test_client()

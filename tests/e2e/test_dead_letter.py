"""A task that cannot be handed to its function ends, and its delivery with it, long before any timeout."""

import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from keptn import events
from keptn.adapters.store.sqlite import SqliteStore
from keptn.events import Event
from keptn.records import audit
from tests.local_runtime import ROOT, LocalRuntime
from tests.waiting import until

REFUSES = """
import functions_framework

@functions_framework.http
def handle(request):
    return "deploy is not well", 400
"""
SHIPYARD = "stages: [{name: dev, deployment_strategy: dark}]"
VALUES = "{service: carts, image: {repository: sockshop/carts}}"


@pytest.fixture
def runtime(tmp_path: Path):
    """All functions of keptn, but `deploy` refuses what it is sent."""
    for folder in ("functions", "knative"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "functions/deploy/main.py").write_text(REFUSES)
    with LocalRuntime(tmp_path) as runtime:
        yield runtime


def send(runtime: LocalRuntime, event_type: str, **data: object) -> Event:
    event_id = str(uuid.uuid4())
    event = Event(
        type=event_type,
        id=event_id,
        source="a test",
        time=datetime.now(UTC),
        context=event_id,
        data={"project": "sockshop", "service": "carts", **data},
    )
    headers, body = events.encode(event)
    assert httpx.post(runtime.broker_url, content=body, headers=headers, trust_env=False).status_code == 202
    return event


def test_a_delivery_ends_when_its_function_takes_nothing(runtime: LocalRuntime) -> None:
    """The refused trigger goes to the dead-letter sink, which ends the task; the reason reaches the delivery's end."""
    store = SqliteStore(runtime.state_dir / "store.sqlite")

    def heard(cause: Event, event_type: str) -> list[Event]:
        page = audit.of_context(store, cause.context, limit=100, token="")
        return [event for event in page.events if event.type == event_type]

    created = send(runtime, events.PROJECT_CREATE, shipyard=SHIPYARD)
    until(lambda: heard(created, "sh.keptn.event.project.create.finished"), what="the project")
    onboarded = send(runtime, events.SERVICE_CREATE, values=VALUES)
    until(lambda: heard(onboarded, "sh.keptn.event.service.create.finished"), what="the service")
    image = {"configurationChange": {"values": {"image": "sockshop/carts:0.1"}}}
    delivery = send(runtime, "sh.keptn.event.dev.delivery.triggered", stage="dev", **image)
    (end,) = until(lambda: heard(delivery, "sh.keptn.event.dev.delivery.finished"), what="the end of the delivery")
    assert (end.status, end.result) == ("errored", "fail")
    assert "deploy is not well" in end.message

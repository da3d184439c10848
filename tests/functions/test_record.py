"""`record`: every event, once."""

from datetime import UTC, datetime

import pytest
from functions_framework import create_app

from keptn import context, events
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.events import Event
from keptn.records import audit
from keptn.records.audit import EventFilter
from keptn.settings import Settings


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def client(store):
    with context.using(Context(Settings(), store=store)):
        yield create_app("handle", "functions/record/main.py").test_client()


def an_event(number: int, **given) -> Event:
    values = {
        "type": "sh.keptn.event.test.finished",
        "id": f"id-{number}",
        "source": "test",
        "time": datetime(2026, 11, 24, 12, 0, number, tzinfo=UTC),
        "context": "c/1",
        "data": {"project": "sockshop", "stage": "dev", "service": "carts"},
    }
    return Event(**{**values, **given})


def post(client, event: Event) -> None:
    headers, body = events.encode(event)
    response = client.post("/", data=body, headers=headers)
    assert (response.status_code, response.data) == (204, b"")


def test_an_event_is_found_by_context_id_and_project(client, store):
    """What was recorded is found in each of the three ways, whole, and costs two objects."""
    event = an_event(1)
    post(client, event)
    assert audit.by_id(store, "c/1", "id-1") == event
    assert audit.of_context(store, "c/1").events == [event]
    assert audit.newest(store, "sockshop", wanted=EventFilter()).events == [event]
    assert len(store.list("").names) == 2


def test_a_repeat_is_recorded_once(client, store):
    """An event delivered twice stands once in the log."""
    post(client, an_event(1))
    post(client, an_event(1))
    assert len(audit.newest(store, "sockshop", wanted=EventFilter()).events) == 1


def test_the_newest_come_first_in_pages(client, store):
    """A project's events are paged newest first; each page says where the next begins."""
    for number in range(5):
        post(client, an_event(number))
    first = audit.newest(store, "sockshop", wanted=EventFilter(), limit=3)
    rest = audit.newest(store, "sockshop", wanted=EventFilter(), limit=3, token=first.next_token)
    assert [e.id for e in (*first.events, *rest.events)] == ["id-4", "id-3", "id-2", "id-1", "id-0"]
    assert rest.next_token == ""


def test_a_filter_looks_at_type_stage_and_service(client, store):
    """Types are given whole or without their prefix."""
    post(client, an_event(1))
    post(client, an_event(2, type="sh.keptn.event.evaluation.finished"))
    for name in ("evaluation.finished", "sh.keptn.event.evaluation.finished"):
        found = audit.newest(store, "sockshop", wanted=EventFilter(type=name, stage="dev", service="carts"))
        assert [e.id for e in found.events] == ["id-2"]
    assert not audit.newest(store, "sockshop", wanted=EventFilter(stage="prod")).events


def test_a_filter_looks_for_a_person(client, store):
    """By a token's id, or its name; an entry names nobody where keptn did it by itself."""
    for number, by in enumerate(("ann-0a0a0a0a", "ann-0b0b0b0b", "anna-0a0a0a0a", "a;b,c/d", "x" * 300, "")):
        post(client, an_event(number, extensions={"keptnby": by} if by else {}))
    for wanted, ids in {"ann": [1, 0], "ann-0a0a0a0a": [0], "a;b,c/d": [3], "x" * 300: [4], "nobody": []}.items():
        found = audit.newest(store, "sockshop", wanted=EventFilter(by=wanted))
        assert [event.id for event in found.events] == [f"id-{number}" for number in ids]
        assert sorted(e.id for e in audit.of_context(store, "c/1", wanted=EventFilter(by=wanted)).events) == sorted(
            event.id for event in found.events
        )


def test_ids_that_look_alike_are_told_apart(client, store):
    """An id that ends as another one does is another id."""
    alike = [an_event(1, id=one) for one in ("aZ-b", "b", "a,b", "a/b", "%61")]
    for event in alike:
        post(client, event)
    assert [audit.by_id(store, "c/1", event.id) for event in alike] == alike
    assert audit.by_id(store, "c/1", "a") is None


@pytest.mark.parametrize("year", [1000, 1969, 2026, 9999])
def test_the_longest_names_fit(client, store, year):
    """A name in the store has 1,024 bytes, whatever the sender's names and clock are; all of it is found again."""
    project, stage, service = ("ü" * 1000 + letter for letter in "psx")
    data = {"project": project, "stage": stage, "service": service}
    kind = f"sh.keptn.event.{'t' * 3000}.finished"
    event = an_event(
        1,
        id="x" * 3000,
        context="c" * 3000,
        type=kind,
        data=data,
        time=datetime(year, 1, 2, tzinfo=UTC),
        extensions={"keptnby": "é" * 300},
    )
    post(client, event)
    assert max(len(name.encode()) for name in store.list("").names) <= 1024
    assert audit.by_id(store, event.context, event.id) == event
    for wanted in (EventFilter(stage=stage, service=service), EventFilter(type=kind.removeprefix(events.PREFIX))):
        assert audit.newest(store, project, wanted=wanted).events == [event]


def test_a_foreign_event_is_recorded_too(client, store):
    """An event of nobody's project and without context is kept, and found by its id."""
    event = an_event(1, context="", type="com.example.thing", data={})
    post(client, event)
    assert audit.by_id(store, "", "id-1") == event
    assert store.list("event-index/").names == []


def test_a_request_that_is_no_event_goes_to_the_dead_letter_sink(client):
    """What cannot be decoded is answered 422."""
    assert client.post("/", data=b"hello", headers={"content-type": "text/plain"}).status_code == 422

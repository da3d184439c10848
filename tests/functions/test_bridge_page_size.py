"""What pages of the bridge weigh where everything is as large as it may be, and all that is said long and hostile."""

from __future__ import annotations

import json

import pytest

from keptn import context
from tests import bridge_past
from tests.bridge_past import LONG, WHOLE, Past
from tests.bridge_world import HOSTILE
from tests.browser import BASE, Browser
from tests.world import TOKEN, World

MOST_BYTES = 150_000
PAST = Past(
    services=100,
    evaluations=60,
    events=400,
    letters=1000,
    problems=50,
    tasks=200,
    largest_event_bytes=1_000_000,
    said=HOSTILE * 40,
    busy=True,
)
PAGES = {
    "projects": "/",
    "environment": "/project/market",
    "deliveries": "/project/sockshop/deliveries",
    "delivery": "/delivery/context-0",
    "long delivery": f"/delivery/{LONG}",
    "approvals": "/approvals",
    "evaluations": "/project/sockshop/evaluations",
    "evaluation": "/project/sockshop/stage/staging/service/carts/evaluation",
    "problems": "/project/sockshop/problems",
    "audit": "/project/sockshop/audit",
    "dead letters": "/dead-letters",
    "event": f"/delivery/{LONG}/event?id={WHOLE}",
    "dead letter": f"/dead-letter/{bridge_past.letter_of(PAST)}",
    "shipyard": "/project/sockshop/shipyard",
    "start": "/project/market/start",
}


@pytest.fixture(scope="module")
def made():
    world = World()
    bridge_past.fill(world, PAST)
    bridge_past.add_long_delivery(world.store, PAST)
    with context.using(world.context):
        yield world


@pytest.fixture(scope="module")
def browser(made):
    found = Browser(made.client("bridge").application)
    found.sign_in(TOKEN)
    return found


@pytest.mark.parametrize("path", [pytest.param(path, id=name) for name, path in PAGES.items()])
def test_a_page_stays_light(browser, path):
    page = browser.open(path)
    assert page.status == 200 and len(page.html.encode()) <= MOST_BYTES, len(page.html.encode())
    assert "<script>alert" not in page.html


@pytest.mark.parametrize("name", ["event", "dead letter"])
def test_what_a_page_has_no_room_for_is_a_file(browser, name):
    """A part has no button to copy it: who pressed it would believe that he has all."""
    page = browser.open(PAGES[name])
    assert "This is its beginning" in page.text and "data-copy" not in page.html
    (where,) = [where for where, text in page.links if text.startswith("Download all ")]
    answer = browser.client.get(where)
    assert len(json.dumps(answer.json)) > 900_000 and answer.headers["Content-Type"] == "application/json"
    assert "attachment" in answer.headers["Content-Disposition"]


def test_what_is_short_is_shown_whole(browser):
    page = browser.open("/delivery/context-0/event?id=event-1")
    assert "This is its beginning" not in page.text and 'data-copy="raw"' in page.html


def test_a_file_is_closed_to_who_is_not_signed_in(made):
    stranger = Browser(made.client("bridge").application)
    for path in (f"/delivery/{LONG}/event.json?id={WHOLE}", f"/dead-letter/{bridge_past.letter_of(PAST)}/event.json"):
        assert stranger.client.get(BASE + path).status_code == 303


def test_a_long_delivery_shows_what_went_wrong_and_what_is_asked_for(browser):
    """Of two hundred tasks those of the stages that are open or failed, the newest first; of others on request."""
    page = browser.open(PAGES["long delivery"])
    asked = [(where, text) for where, text in page.links if text.startswith("Show them")]
    assert len(asked) == 16 and "10 tasks. Show them of stage-00" in page.text
    other = browser.open(asked[0][0])
    assert "Show them of stage-00" not in other.text and "the newest 100 of 401" in other.text

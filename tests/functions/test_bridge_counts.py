"""`bridge`: how many approvals and dead letters wait, beside their names in the navigation."""

from __future__ import annotations

import pytest

from keptn import events
from keptn.records import dead_letters, waiting
from keptn.records.tokens import Role
from tests.bridge_world import shop
from tests.world import issue

VIEWER = f"keptn_eve-0e0e0e0e_{'e' * 64}"


@pytest.fixture(scope="module")
def made():
    """Of the approvals of the shop one waits; a dead letter is of webshop, one of sockshop, one of no project."""
    found = shop()
    with found.running():
        for number, project in enumerate(("webshop", "sockshop", "")):
            event = events.Event(
                type="sh.keptn.event.get-sli.finished",
                source="tests",
                id=f"letter-{number}",
                time=found.clock.now(),
                data={"project": project} if project else {},
            )
            dead_letters.take(event, found.context)
        yield found


def counted(page):
    """What a fragment or the navigation says, by kind."""
    kinds = [given["id"].removeprefix("waits-") for _, given in page.tags if given.get("id", "").startswith("waits-")]
    texts = [part.partition("</span></span>")[0] for part in page.html.split('class="tally"')[1:]]
    return {kind: text.partition(">")[2].partition("<")[0].strip() for kind, text in zip(kinds, texts, strict=True)}


def test_what_waits_is_counted(made):
    """As many approvals as their page lists; the navigation of every page asks for it, and is replaced by it."""
    browser = made.signed_in()
    asked = made.call("GET", "/v1/approval")["approvals"]
    found = browser.open("/counts")
    assert counted(found) == {"approvals": str(len(asked)), "dead-letters": "3"} and len(asked) == 1
    assert {given["hx-swap-oob"] for _, given in found.tags if "hx-swap-oob" in given} == {"true"}
    page = browser.open("/project/webshop/shipyard")
    (nav,) = [given for tag, given in page.tags if tag == "nav" and "data-counts" in given]
    assert nav["hx-get"] == found.where and nav["hx-trigger"] == "load, look"
    assert counted(page) == {"approvals": "", "dead-letters": ""}


@pytest.mark.parametrize("path", ["/", "/approvals"])
def test_pages_that_know_a_number_show_it_without_scripts(made, path):
    assert counted(made.signed_in().open(path))["approvals"] == "1"


def test_others_are_not_counted(made):
    """A token of one project counts what is that project's."""
    issue(made.world.store, VIEWER, role=Role.VIEW, project="sockshop")
    assert counted(made.signed_in(VIEWER).open("/counts")) == {"approvals": "", "dead-letters": "1"}


def test_many_letters_are_some_and_more(made, monkeypatch):
    monkeypatch.setattr(waiting, "MOST_LETTERS", 2)
    assert counted(made.signed_in().open("/counts"))["dead-letters"] == "2+"

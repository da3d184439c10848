"""`bridge`: problems that a monitor reported, and what was done about them."""

from __future__ import annotations

import pytest

from keptn.records import problems
from keptn.records.tokens import Role
from tests.bridge_world import HOSTILE, shop
from tests.functions.test_bridge_page_cost import SIGNED_IN, Rounds
from tests.world import issue

VIEWER = f"keptn_eve-0e0e0e0e_{'e' * 64}"
PAGE = "/project/sockshop/problems"


@pytest.fixture(scope="module")
def made():
    """Carts is too slow in prod, twice reported; somebody has a hostile name for a problem."""
    found = shop()
    with found.running():
        found.alert("pod-1", rule="Slow")
        found.go_on(900)
        found.alert("pod-2", rule=HOSTILE)
        found.go_on(900)
        yield found


def test_a_problem_is_told_with_its_repair(made):
    """Newest first: what it was, what was chosen and done, and how it came out; its name is no markup."""
    page = made.signed_in().open(PAGE)
    assert page.text.index("in carts of prod") < page.text.index("Slow in carts of prod")
    assert "chosen" in page.text and "tried" in page.text and "reported" in page.text
    assert "<script>alert" in page.text and "<script>alert" not in page.html
    assert made.signed_in().open(next(where for where, text in page.links if "Slow" in text)).status == 200


def test_each_problem_says_what_came_of_it():
    """And how: what was chosen, done, checked, taken back; what did not help says why."""
    found = shop()
    with found.running():
        found.have_problems()
        page = found.signed_in().open(PAGE)
    told = dict(
        zip(
            ("open", "itself", "for its time", "not", "repaired"),
            (part.partition('</li>\n  <li class="ask')[0] for part in page.html.split('<li class="ask')[1:]),
            strict=True,
        )
    )
    assert (
        "being repaired" in told["open"]
        and ">doing<" in told["open"]
        and "waits for who carries it out, since" in told["open"]
    )
    assert "over by itself" in told["itself"] and "Flapping was over before anything was done" in told["itself"]
    assert "repaired after" in told["for its time"] and told["for its time"].index("checked") < told[
        "for its time"
    ].index("taken back")
    assert (
        "not repaired" in told["not"] and ">tried<" in told["not"] and "there is no earlier version of" in told["not"]
    )
    assert "repaired after" in told["repaired"] and "roll prod back to carts 1.0.0" in told["repaired"]
    assert 'hx-trigger="every' in page.html


def test_none_teaches_the_command(made):
    page = made.signed_in().open("/project/webshop/problems")
    assert "No monitor reported a problem" in page.text and "--project=webshop --stage=prod" in page.text


def test_older_ones_are_reached(made, monkeypatch):
    """A page looks through so many events; where none of them is a problem, it says so and goes on."""
    monkeypatch.setattr(problems, "AT_ONCE", 5)
    browser, seen = made.signed_in(), ""
    page = browser.open(PAGE)
    for _ in range(99):
        seen += page.text
        older = [where for where, text in page.links if text == "Older"]
        if not older:
            break
        page = browser.open(older[0])
    assert seen.count("in carts of prod") == 2 and "go on for older ones" in seen


def test_a_page_is_three_rounds(made):
    """However many problems there are on it."""
    browser = made.signed_in()
    browser.open("/")
    counting, before = Rounds(made.context.store), made.context.store
    made.context.store = counting
    try:
        browser.open(PAGE)
    finally:
        made.context.store = before
    assert counting.rounds <= 3 + SIGNED_IN < counting.reads


def test_what_is_not_there_is_told(made):
    page = made.signed_in().open("/project/nope/problems")
    assert page.status == 404 and "nope" in page.text


def test_anothers_problems_are_not_shown(made):
    issue(made.world.store, VIEWER, role=Role.OPERATE, project="webshop")
    page = made.signed_in(VIEWER).open(PAGE)
    assert page.status == 403 and "carts" not in page.html

"""`bridge`: what waits for a person."""

from __future__ import annotations

from keptn.bridge import looking
from keptn.records.tokens import Role
from tests.bridge_world import HOSTILE
from tests.world import issue

VIEWER = f"keptn_eve-0e0e0e0e_{'e' * 64}"


def test_what_waits_is_shown_and_answered(made):
    """With what it is about and since when; afterwards nothing waits, and the page says what makes it ask."""
    browser = made.signed_in()
    page = browser.open("/approvals")
    assert "catalogue 2.1.0 to staging of webshop" in page.text and "asked" in page.text
    done = browser.press(page, "Approve", reason=HOSTILE)
    assert "You approved it." in done.text and HOSTILE not in done.html
    made.go_on(5)
    page = browser.open("/approvals")
    assert "Nothing waits for a person" in page.text and "approval_strategy" in page.text


def test_what_waits_for_long_is_not_looked_at(made):
    """By no page: one that was left open must not keep functions up. Whoever comes back to it looks."""
    browser, pages = made.signed_in(), ("/", "/approvals", "/project/webshop")
    made.deliver("frontend", "2.1.0")
    for path in pages:
        assert 'hx-trigger="every' in browser.open(path).html, path
    made.go_on(7200)
    made.clock.sleep(looking.LOOKED_FOR.total_seconds() + 1)
    for path in pages:
        page = browser.open(path)
        assert 'hx-trigger="look"' in page.html and "frontend" in page.text, path


def test_the_second_answer_is_told_of_the_first(made):
    """Two who look at the same page: the first is obeyed."""
    first, second = made.signed_in(), made.signed_in()
    pages = first.open("/approvals"), second.open("/approvals")
    first.press(pages[0], "Approve", reason="mine")
    told = second.press(pages[1], "Reject")
    assert "Not done: approval" in told.text and "was approved by ann-0a0a0a0a" in told.text


def test_who_may_not_answer_is_told_so(made):
    issue(made.world.store, VIEWER, role=Role.DELIVER)
    page = made.signed_in(VIEWER).open("/approvals")
    assert not page.buttons & {"Approve", "Reject"} and "takes the role operate" in page.text


def test_others_questions_are_not_shown(made):
    """Nor by asking for their project."""
    issue(made.world.store, VIEWER, role=Role.OPERATE, project="sockshop")
    browser = made.signed_in(VIEWER)
    assert "Nothing waits" in browser.open("/approvals").text
    assert browser.open("/approvals?project=webshop").status == 403
    assert made.signed_in().open("/approvals?project=nope").status == 404

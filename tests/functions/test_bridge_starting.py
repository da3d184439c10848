"""`bridge`: a delivery, an evaluation, any sequence from a form."""

from __future__ import annotations

import pytest

from keptn.records.tokens import Role
from tests.bridge_world import HOSTILE
from tests.world import issue

VIEWER = f"keptn_eve-0e0e0e0e_{'e' * 64}"
PAGE = "/project/webshop/start"


def test_a_delivery_is_started(made):
    """By its image alone; its page comes as soon as it has one."""
    browser = made.signed_in()
    page = browser.press(browser.open(PAGE), "Deliver", image="acme/frontend:2.1.0")
    assert "It begins" in page.text and 'hx-trigger="every 1s' in page.html
    made.go_on(5)
    page = browser.open(page.where)
    assert "frontend 2.1.0" in page.text and "/delivery/" in page.where


def test_a_page_that_waits_for_it_is_led_there(made):
    browser = made.signed_in()
    page = browser.press(browser.open(PAGE), "Deliver", image="acme/frontend:2.1.0")
    made.go_on(5)
    assert "/delivery/" in browser.client.get(page.where, headers={"HX-Request": "true"}).headers["HX-Redirect"]


def test_an_evaluation_is_started(made):
    browser = made.signed_in()
    asked = browser.open(f"{PAGE}?stage=prod&service=frontend")
    page = browser.press(asked, "Evaluate", timeframe="2m")
    made.go_on(30)
    assert "evaluation" in browser.open(page.where).text
    newest = made.call("GET", "/v1/project/webshop/stage/prod/service/frontend/evaluation")["evaluations"][0]
    assert newest["shkeptncontext"] in page.where


def test_any_sequence_is_started(made):
    """With its data, in the name of who is signed in."""
    browser = made.signed_in()
    data = '{"rollback": {"reason": "odd"}, "labels": {"ticket": "7"}}'
    form = browser.open("/project/sockshop/start")
    page = browser.press(form, "Start", service="carts", sequence="prod/rollback", data=data)
    made.go_on(60)
    assert "rollback" in browser.open(page.where).text
    (started, *_) = made.call("GET", "/v1/event?project=sockshop&type=prod.rollback.triggered")["events"]
    assert started["data"]["rollback"]["by"] == "ann-0a0a0a0a" and started["data"]["labels"] == {"ticket": "7"}


@pytest.mark.parametrize(
    ("button", "fields", "told"),
    [
        ("Deliver", {"image": ""}, "lacks 'image'"),
        ("Deliver", {"image": "acme/nobody:1"}, "nobody"),
        ("Deliver", {"image": HOSTILE}, "Not"),
        ("Deliver", {"image": "acme/basket:2.1.0", "force": "true"}, "'reason'"),
        ("Evaluate", {"timeframe": "ages"}, "'ages'"),
        ("Evaluate", {"start": "yesterday", "end": "today"}, "RFC 3339"),
        ("Evaluate", {"service": ""}, "choose a stage and a service"),
        ("Start", {"data": "{"}, "no JSON"),
        ("Start", {"data": "[1]"}, "'data' must be an object"),
        ("Start", {"sequence": "dev/nope"}, "nope"),
    ],
)
def test_what_is_wrong_is_told_beside_what_was_written(made, button, fields, told):
    """Nothing has begun, and nothing has to be written again."""
    browser = made.signed_in()
    before = made.call("GET", "/v1/event?project=webshop&pageSize=1")["events"]
    page = browser.press(browser.open(PAGE), button, **fields)
    assert 400 <= page.status < 500 and HOSTILE not in page.html
    assert told == "Not" or told.lower() in page.text.lower()
    for name, value in fields.items():
        assert page.form(button).fields.get(name) == value or name in ("sequence", "service")
    assert made.call("GET", "/v1/event?project=webshop&pageSize=1")["events"] == before


def test_who_may_not_deliver_is_told_so(made):
    """A form of somebody else's page does not help him; an order takes the role operate."""
    issue(made.world.store, VIEWER, role=Role.VIEW)
    browser, theirs = made.signed_in(VIEWER), made.signed_in().open(PAGE)
    page = browser.open(PAGE)
    assert "takes the role deliver" in page.text and not page.buttons & {"Deliver", "Evaluate", "Start"}
    form = theirs.form("Deliver")
    form.fields["form-token"] = page.form("Sign out").fields["form-token"]
    assert browser.send(form, image="acme/frontend:2.1.0").status == 403


def test_what_is_not_there_is_told(made):
    for path in ("/project/nope/start", "/project/nope/start?stage=dev"):
        page = made.signed_in().open(path)
        assert page.status == 404 and "nope" in page.text

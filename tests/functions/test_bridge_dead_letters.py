"""`bridge`: what could not be delivered, and sending it again."""

from __future__ import annotations

import base64
from dataclasses import replace

from keptn import events
from keptn.records import dead_letters
from keptn.records.tokens import Role
from tests.bridge_world import HOSTILE
from tests.world import issue

VIEWER = f"keptn_eve-0e0e0e0e_{'e' * 64}"


def dead(made, project="webshop", *, service="basket", why="the registry is away"):
    """A letter of an event that `deploy` did not take."""
    told = {"project": project, "stage": "prod", "service": service, "note": HOSTILE}
    answer = base64.b64encode(f'{{"error": "{why}"}}'.encode()).decode()
    event = events.Event(
        type="sh.keptn.event.get-sli.finished",
        source="tests",
        id=f"{project}-{service}-{why[:3]}",
        time=made.clock.now(),
        context="c-1",
        data=told,
        extensions={
            "knativeerrordest": "http://deploy.keptn.svc.cluster.local",
            "knativeerrorcode": "503",
            "knativeerrordata": answer,
        },
    )
    dead_letters.take(event, made.context)
    return event


def test_a_letter_says_why(made):
    """In the list, and on its page with the event itself; nothing in it is markup."""
    dead(made, why=f"no {HOSTILE.replace(chr(34), '')} here")
    browser = made.signed_in()
    page = browser.open("/dead-letters")
    assert "get-sli.finished basket in prod webshop deploy answered 503" in page.text
    (where,) = [where for where, text in page.links if text == "get-sli.finished"]
    letter = browser.open(where)
    assert "Deploy answered 503" in letter.text and '"note": "<script>' in letter.text
    assert "<script>alert" not in page.html + letter.html


def test_a_letter_is_sent_again(made):
    """As it first was; from the list and from its page. A second time there is none."""
    for why in ("away", "busy"):
        dead(made, why=why)
    browser = made.signed_in()
    page = browser.open("/dead-letters")
    letter = browser.open(next(where for where, text in page.links if text == "get-sli.finished"))
    done = browser.press(letter, "Send again")
    assert "It is sent again." in done.text and done.text.count("get-sli.finished") == 1
    assert "Not done: there is no dead letter" in browser.press(letter, "Send again").text
    assert "Every event reached its function" in browser.press(done, "Send again").text


def test_who_may_look_may_not_send(made):
    dead(made)
    issue(made.world.store, VIEWER, role=Role.DELIVER)
    page = made.signed_in(VIEWER).open("/dead-letters")
    assert "get-sli.finished" in page.text and "Send again" not in page.buttons


def test_others_letters_are_not_shown(made):
    """Nor by their address, nor sent by a form."""
    dead(made, "sockshop", service="carts")
    whole = made.signed_in().open("/dead-letters")
    issue(made.world.store, VIEWER, role=Role.OPERATE, project="webshop")
    browser = made.signed_in(VIEWER)
    assert "carts" not in browser.open("/dead-letters").html
    assert browser.open(next(where for where, text in whole.links if text == "get-sli.finished")).status == 403
    form = whole.form("Send again")
    form.fields["form-token"] = browser.open("/").form("Sign out").fields["form-token"]
    assert "is for project webshop, not sockshop" in browser.send(form).text


def test_letters_come_in_pages(made):
    event = dead(made)
    for number in range(25):
        made.clock.sleep(1)
        dead_letters.take(replace(event, id=str(number), time=made.clock.now()), made.context)
    browser = made.signed_in()
    page = browser.open("/dead-letters")
    (older,) = [where for where, text in page.links if text == "Older"]
    assert browser.open(older).text.count("get-sli.finished") == 6


def test_what_is_not_there_is_told(made):
    page = made.signed_in().open("/dead-letter/nope")
    assert page.status == 404 and "There is no dead letter" in page.text

"""`bridge`: one delivery, its events, the list of a project's deliveries, and what a person orders there."""

from __future__ import annotations

import json

import pytest

from keptn.bridge import commits
from keptn.records.tokens import Role
from tests.bridge_world import HOSTILE, Shop
from tests.browser import BASE
from tests.world import issue

VIEWER = f"keptn_eve-0e0e0e0e_{'e' * 64}"


def of(made, project, image):
    """The context of the newest delivery of that image."""
    found = made.call("GET", f"/v1/delivery?project={project}&pageSize=100")["deliveries"]
    return next(one["context"] for one in found if one["image"].endswith(image))


def delivery(made, project, image, token=None):
    browser = made.signed_in(token) if token else made.signed_in()
    return browser, browser.open(f"/delivery/{of(made, project, image)}")


def test_every_task_is_told_with_its_reason(made):
    """Its stages, a canary's step, what is waited for until when, and the events below it."""
    _, page = delivery(made, "webshop", "basket:2.1.0")
    for text in ("deploy basket 2.1.0 to staging (shadow)", "traffic 5 % step 1 of 3", "the hold goes on until"):
        assert text in page.text
    assert "prod running" in page.text and "evaluation.triggered" in page.text
    assert {"Pause", "Promote", "Abort"} <= page.buttons and "Resume" not in page.buttons


def test_a_failed_gate_says_why(made):
    """Each objective with its value and its reason; it is over, so nobody asks again, and it can run again."""
    _, page = delivery(made, "sockshop", "carts:1.2.0")
    assert "slowness 1000 1000 is beyond upperSevere 600" in page.text
    assert "failed" in page.text and "rollback passed" in page.text
    assert 'hx-trigger="look"' in page.html
    assert page.buttons & {"Pause", "Rerun", "Abort"} == {"Rerun"}


def test_the_page_is_there_at_every_moment():
    """Also between two stages, while the start of the next one is under way."""
    made, told = Shop(), list[str]()
    with made.running():
        browser = made.signed_in()
        made.push("1.0.0")
        made.go_on(0.1)
        context = of(made, "sockshop", "carts:1.0.0")
        while not told or 'hx-trigger="every' in told[-1]:
            page = browser.open(f"/delivery/{context}")
            assert page.status == 200, page.text
            told.append(page.html)
            made.go_on(0.02)
    assert any("its start is under way" in html for html in told) and "prod" in told[-1]


def test_who_has_no_scripts_looks_again_by_hand(made):
    """Reloading by itself would take an open form away."""
    _, page = delivery(made, "webshop", "basket:2.1.0")
    assert (page.where, "Look again") in page.links and 'refresh"' not in page.html
    assert 'hx-trigger="every 2s, look"' in page.html


def test_a_page_left_open_keeps_nothing_up(made):
    """What waits for a person is looked at for ten minutes."""
    made.clock.sleep(700)
    _, page = delivery(made, "webshop", "catalogue:2.1.0")
    assert 'hx-trigger="look"' in page.html and "Approve" in page.buttons


def test_an_events_json_is_a_page(made):
    """Whole, and as text: what somebody wrote into it is no markup."""
    browser, page = delivery(made, "webshop", "basket:2.1.0")
    answered = [
        json.loads(raw.text[raw.text.index("{") : raw.text.rindex("}") + 1])
        for where, text in page.links
        if "of approval.finished" in text and (raw := browser.open(where))
    ]
    assert [one["data"]["approval"]["reason"] for one in answered] == [HOSTILE]
    assert HOSTILE not in page.html


def test_orders_are_obeyed(made):
    """Paused, resumed, aborted; each says what came of it, and a second time why it changes nothing."""
    browser, page = delivery(made, "webshop", "basket:2.1.0")
    assert "pause at the next task" in browser.press(page, "Pause", reason="lunch").text
    made.go_on(5)
    paused = browser.open(page.where)
    assert "paused" in paused.text and "Resume" in paused.buttons
    assert "It goes on." in browser.press(paused, "Resume").text
    made.go_on(5)
    page = browser.open(page.where)
    assert "It is to be aborted." in browser.press(page, "Abort", reason="enough").text
    made.go_on(60)
    over = browser.open(page.where)
    assert "aborted by ann-0a0a0a0a: enough" in over.text and "Rerun" in over.buttons
    assert "Not done: delivery" in browser.press(page, "Abort").text


def test_a_verdict_is_overridden_with_a_reason_alone(made):
    browser, page = delivery(made, "sockshop", "carts:1.2.0")
    assert "Not done:" in browser.press(page, "Rerun", force="true").text
    assert "run again" in browser.press(page, "Rerun", force="true", reason="the probe was broken").text


def test_an_approval_is_given_where_it_is_waited_for(made):
    browser, page = delivery(made, "webshop", "catalogue:2.1.0")
    assert "You approved it." in browser.press(page, "Approve").text
    made.go_on(60)
    assert "approved by ann-0a0a0a0a" in browser.open(page.where).text


def test_deliveries_are_listed_in_pages(made):
    """Newest first, of one service if asked."""
    for number in range(25):
        made.call("POST", "/v1/delivery", {"image": "acme/frontend:2.1.0", "project": "webshop", "stage": "dev"})
        made.go_on(1 + number % 2)
    browser = made.signed_in()
    page = browser.open("/project/webshop/deliveries")
    older = [where for where, text in page.links if text == "Older"]
    assert len([where for where, _ in page.links if "/delivery/" in where]) == 20
    rest = browser.open(older[0])
    assert "basket 2.0.0" in rest.text and [where for where, text in rest.links if text == "Newest"]
    alone = browser.open("/project/webshop/deliveries?service=basket")
    assert "basket 2.1.0" in alone.text and "frontend" not in alone.text


@pytest.mark.parametrize("path", ["/delivery/nope", "/delivery/nope/event?id=x", "/delivery/%3Cb%3E"])
def test_what_is_not_there_is_told(made, path):
    page = made.signed_in().open(path)
    assert page.status == 404 and "There is no" in page.text


def test_anothers_delivery_is_not_shown(made):
    """Neither it, nor its events, nor its project's list; and no order reaches it."""
    issue(made.world.store, VIEWER, role=Role.OPERATE, project="webshop")
    browser, page = delivery(made, "sockshop", "carts:1.2.0", token=VIEWER)
    assert page.status == 403 and "carts" not in page.html
    _, whole = delivery(made, "sockshop", "carts:1.2.0")
    (where, *_) = [where for where, text in whole.links if text.startswith("JSON")]
    assert browser.open(where).status == 403
    assert browser.open("/project/sockshop/deliveries").status == 403
    form = whole.form("Rerun")
    form.fields["form-token"] = browser.open("/").form("Sign out").fields["form-token"]
    assert "is for project webshop, not sockshop" in browser.send(form).text


def test_a_page_is_small(made):
    """With style and scripts."""
    browser, page = delivery(made, "webshop", "basket:2.1.0")
    assets = {given.get("src") or given.get("href") for tag, given in page.tags if tag in ("script", "link")}
    sizes = [len(browser.client.get(asset).data) for asset in assets if asset and asset.startswith(f"{BASE}/assets")]
    assert len(sizes) == 4 and len(page.html.encode()) + sum(sizes) <= 150_000


@pytest.mark.parametrize(
    ("repository", "page"),
    [
        ("https://github.com/acme/shop.git", "https://github.com/acme/shop/commit/"),
        ("https://bot:secret@gitlab.acme.com:8443/a/b/shop/", "https://gitlab.acme.com:8443/a/b/shop/-/commit/"),
        ("https://bitbucket.org/acme/shop", "https://bitbucket.org/acme/shop/commits/"),
        ("https://git.acme.com/shop.git", ""),
        ("javascript:alert(1)//github.com", ""),
        ("ssh://git@github.com/acme/shop", ""),
        ("https://[github", ""),
        ("", ""),
    ],
)
def test_commits_lead_to_hosts_that_are_known(repository, page):
    """And take nobody's login along."""
    assert commits.page_of(repository) == page

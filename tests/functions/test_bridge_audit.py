"""`bridge`: who did what, and why."""

from __future__ import annotations

import json

import pytest

from keptn.bridge import audit
from keptn.records.tokens import Role
from tests.bridge_world import HOSTILE, shop
from tests.browser import BASE
from tests.world import issue

VIEWER = f"keptn_eve-0e0e0e0e_{'e' * 64}"
PAGE = "/project/webshop/audit"


@pytest.fixture(scope="module")
def made():
    found = shop()
    with found.running():
        yield found


def test_it_says_who_did_what_and_why(made):
    """A person by his token, keptn's steps by their source; what somebody wrote is no markup."""
    page = made.signed_in().open(f"{PAGE}?type=approval.finished")
    assert "ann-0a0a0a0a" in page.text and "approval.finished basket in staging" in page.text
    assert "approved by ann-0a0a0a0a: <script>" in page.text and HOSTILE not in page.html
    rolled_back = made.signed_in().open("/project/sockshop/audit?type=prod.rollback.triggered")
    assert "ann-0a0a0a0a prod.rollback.triggered carts in prod the basket is empty" in rolled_back.text


def test_it_is_narrowed(made):
    """By type, stage and service; a type may be whole. What was asked for stays in the form."""
    browser = made.signed_in()
    page = browser.open(f"{PAGE}?stage=dev&service=basket&type=sh.keptn.event.evaluation.finished")
    assert page.text.count("JSON of evaluation.finished") == 2
    assert "catalogue in" not in page.text and [text for _, text in page.links if text == "Show all"]
    assert "Nothing fits." in browser.open(f"{PAGE}?type=nonsense").text


def test_it_is_narrowed_to_a_person(made):
    """By the token, or by its name; who is named leads to all that he did, page by page."""
    browser = made.signed_in()
    page = browser.open(f"{PAGE}?type=approval.finished")
    (where,) = {where for where, text in page.links if text == "ann-0a0a0a0a"}
    found = browser.open(where)
    assert found.text.count("JSON of") == found.text.count("JSON of approval.finished") == 4
    assert browser.open(f"{PAGE}?by=ann").text.count("ann-0a0a0a0a") > 8
    for nobody in ("eve", "an", "ann-", "keptn/orchestrate"):
        assert "Nothing fits." in browser.open(f"{PAGE}?by={nobody}").text, nobody
    lines = browser.client.get(f"{BASE}{PAGE}.jsonl?by=ann&type=approval.finished").text.splitlines()
    assert len(lines) == 4
    assert made.call("GET", "/v1/event?project=webshop&by=ann&pageSize=2")["nextPageKey"]


def test_it_comes_in_pages(made):
    """What it is narrowed to goes on."""
    browser = made.signed_in()
    page = browser.open(f"{PAGE}?stage=dev")
    (older,) = [where for where, text in page.links if text == "Older"]
    assert "stage=dev" in older
    rest = browser.open(older)
    assert rest.status == 200 and [where for where, text in rest.links if text == "Newest"]


def test_it_is_had_as_json_lines(made):
    """All that match, newest first, as a file."""
    browser = made.signed_in()
    (where,) = [where for where, text in browser.open(f"{PAGE}?service=basket").links if text == "JSON Lines"]
    answer = browser.client.get(where)
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert len(told) > audit.AT_ONCE // 2 and {one["data"]["service"] for one in told} == {"basket"}
    assert [one["time"] for one in told] == sorted((one["time"] for one in told), reverse=True)
    assert "attachment" in answer.headers["Content-Disposition"] and "Link" not in answer.headers


def test_a_file_that_does_not_hold_all_says_how_to_go_on(made, monkeypatch):
    monkeypatch.setattr(audit, "MOST_LINES", 20)
    monkeypatch.setattr(audit, "AT_ONCE", 10)
    browser = made.signed_in()
    first = browser.client.get(f"{BASE}{PAGE}.jsonl?stage=dev")
    where = first.headers["Link"].partition("<")[2].partition(">")[0]
    ids = [json.loads(line)["id"] for line in (first.text + browser.client.get(where).text).splitlines()]
    assert len(ids) == len(set(ids)) == 40


def test_what_is_not_there_is_told(made):
    for path in ("/project/nope/audit", f"{PAGE}?stage=nope", f"{PAGE}?service=nope", "/project/nope/audit.jsonl"):
        page = made.signed_in().open(path)
        assert page.status == 404 and "nope" in page.text


def test_anothers_log_is_not_shown(made):
    issue(made.world.store, VIEWER, role=Role.OPERATE, project="sockshop")
    browser = made.signed_in(VIEWER)
    for path in (PAGE, f"{PAGE}.jsonl"):
        page = browser.open(path)
        assert page.status == 403 and "basket" not in page.html


def test_an_empty_log_teaches_the_command(made):
    made.world.with_sockshop("young")
    page = made.signed_in().open("/project/young/audit")
    assert "Nothing has happened yet" in page.text and "--project=young" in page.text

"""`bridge`: what goes wrong is a page with one sentence and what to do for a person, and JSON for a program."""

from __future__ import annotations

import errno
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn import context
from keptn.bridge import projects
from keptn.bridge.routes import ROUTES
from keptn.bridge.visit import Visit
from keptn.context import Context
from keptn.errors import Unavailable
from keptn.records import sessions
from keptn.web import HttpError, Request, TooMany
from tests.browser import BASE, Browser
from tests.world import TOKEN, World

PERSON = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
PROGRAMS = ({"Accept": "application/json"}, {"Accept": "*/*"})


@pytest.fixture
def browser(world):
    found = Browser(world.client("bridge").application)
    found.sign_in(TOKEN)
    return found


def away(*_args, **_given):
    raise Unavailable("the store is away; try again")


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 424, 429, 500, 503])
def test_every_status_has_its_page(world, browser, monkeypatch, status):
    """One sentence, what to do, the frame of who is signed in; Retry-After where somebody asks too often."""
    wrong = HttpError("it is wrong", status=status)
    if status == 429:
        wrong = TooMany("this address", retry_after_s=7)
    if status == 503:
        wrong = Unavailable("it is wrong")

    def show(_visit):
        raise ZeroDivisionError if status == 500 else wrong

    monkeypatch.setattr(projects, "show", show)
    page = browser.open("/", headers=PERSON)
    assert page.status == status and page.headers["Content-Type"].startswith("text/html")
    assert {429: "Too many requests", 500: "This is a bug in keptn"}.get(status, "It is wrong.") in page.text
    assert f"Status {status}" in page.text and ("Sign out" in page.buttons) == (status != 429)
    assert [text for _, text in page.links if text == "To the projects"] and "ZeroDivision" not in page.html
    assert page.headers.get("Retry-After") == ("7" if status == 429 else None)
    for accept in PROGRAMS:
        answer = browser.client.get(f"{BASE}/", headers=accept)
        assert answer.status_code == status and set(answer.json) == {"error"}
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_what_comes_before_the_pages_is_a_page(world):
    """Too often (of which nobody reads who he is), and too much at once."""
    values = replace(world.context.settings, requests_per_minute=2)
    with context.using(Context(values, **world.context._given)):
        browser = Browser(world.client("bridge").application)
        big = browser.client.post(f"{BASE}/sign-in", data=b"x" * 3_000_000)
        assert big.status_code == 413 and "larger than 2 MiB" in big.text and "send less" in big.text
        answers = [browser.client.get(f"{BASE}/sign-in") for _ in range(3)]
    assert answers[-1].status_code == 429 and int(answers[-1].headers["Retry-After"]) > 0
    assert "Wait so long" in answers[-1].text and "default-src" in answers[-1].headers["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["get", "list"])
def test_a_store_that_is_away_is_told_on_every_page(world, browser, monkeypatch, method):
    """Also where it is what knows who is signed in."""
    monkeypatch.setattr(world.store, method, away)
    for route in ROUTES:
        path = route.path.replace("<project>", "sockshop").replace("<stage>", "dev").replace("<service>", "carts")
        if route.open or route.method != "GET" or "<" in path:
            continue
        page = browser.open(path)
        assert page.status in (503, 200, 303), path
        if page.status == 503:
            assert "The store is away; try again." in page.text and "load the page again" in page.text
        assert method == "list" or (page.status == 503 and "Sign out" not in page.buttons)


def test_a_full_disk_is_no_bug(browser, monkeypatch):
    def show(_visit):
        raise OSError(errno.ENOSPC, "No space left on device", "/state/file")

    monkeypatch.setattr(projects, "show", show)
    page = browser.open("/")
    assert page.status == 503 and "The disk of /state/file is full; make room" in page.text


def test_who_was_signed_in_is_led_back(world, browser):
    """By a page with what it was asked, by one that looks again, by a form, which it is told was not done."""
    page = browser.open("/project/sockshop/audit?type=approval.finished&stage=dev")
    form = page.form("Theme: system")
    world.clock.sleep(sessions.LASTS.total_seconds())
    for open_it in (
        lambda: browser.client.get(page.where),
        lambda: browser.client.get(
            f"{BASE}/counts", headers={"HX-Request": "true", "HX-Current-URL": f"http://k{page.where}"}
        ),
        lambda: browser.client.post(form.action, data=form.fields),
    ):
        answer = open_it()
        where = answer.headers.get("HX-Redirect") or answer.headers["Location"]
        asked = browser.open(where)
        assert asked.form("Sign in").fields["next"] == page.where.removeprefix(BASE)
        if answer.status_code == 303:
            assert "Your sign-in is over." in asked.text
    assert "What you sent was not done" in asked.text
    assert browser.press(asked, "Sign in", token=TOKEN).where == page.where


def test_a_program_that_is_not_signed_in_is_told(world):
    """And not led to a page that it would take for what it asked."""
    anybody = Browser(world.client("bridge").application)
    answer = anybody.client.get(f"{BASE}/project/sockshop/audit.jsonl", headers=PROGRAMS[1])
    assert answer.status_code == 401 and "sign in first" in answer.json["error"]


@given(st.text(alphabet="/\\.\t\r\n@:?#%;evil.example\u2044\uff0f", max_size=20))
def test_nobody_is_led_elsewhere_by_any_path(wanted):
    """Behind an ingress there is nothing before the path. Source: WHATWG, URL standard, relative slash state."""
    ctx = World().context
    for url in (ctx.settings.public_url, "https://{function}.example.com"):
        visit = Visit(request=Request(), ctx=Context(replace(ctx.settings, public_url=url)))
        (location,) = [text for name, text in visit.redirect(visit.inside(wanted)).headers if name == "Location"]
        assert location.startswith("/") and location[1:2] not in ("/", "\\") and location.isprintable()
        assert not urlsplit(location).netloc and not set(location) & set("\t\r\n\\ ")

"""`bridge`: signing in, forms, what stands in every answer, and trouble as a page."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest

from keptn import context
from keptn.bridge.routes import ROUTES
from keptn.errors import Unavailable
from keptn.records import sessions, tokens
from keptn.records.tokens import Role
from tests.browser import BASE, Browser
from tests.world import ROOT_TOKEN, TOKEN, issue

OTHER = f"keptn_bob-0b0b0b0b_{'1' * 64}"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def anybody(world):
    return Browser(world.client("bridge").application)


@pytest.fixture
def browser(anybody):
    anybody.sign_in(TOKEN)
    return anybody


def cookie(response, name: str):
    found = SimpleCookie()
    for line in response.headers.getlist("Set-Cookie"):
        found.load(line)
    return found.get(name)


def test_a_token_signs_in(world, anybody):
    """The cookie is no script's, goes to the bridge alone, lasts a working day, and is not the token."""
    assert "Sign in" in anybody.open("/").buttons
    response = anybody.client.post(f"{BASE}/sign-in", data={"token": TOKEN, "next": "/"})
    kept = cookie(response, "keptn-session")
    assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "Lax", f"{BASE}/")
    assert 0 < int(kept["max-age"]) <= sessions.LASTS.total_seconds()
    assert TOKEN.rpartition("_")[2] not in kept.value and not kept["secure"]
    assert "Sign out" in anybody.open("/").buttons


def test_the_cookie_is_secure_behind_tls(world, anybody):
    object.__setattr__(world.context.settings, "public_url", "https://{function}.keptn.example.com")
    response = world.client("bridge").post("/sign-in", data={"token": TOKEN})
    assert cookie(response, "keptn-session")["secure"] and cookie(response, "keptn-session")["path"] == "/"


@pytest.mark.parametrize(
    ("token", "told"),
    [
        ("", "is missing"),
        ("nonsense", "no token to work with"),
        (ROOT_TOKEN, "root token"),
        (OTHER, "wrong, or revoked"),
    ],
)
def test_a_wrong_token_is_told(anybody, token, told):
    page = anybody.sign_in(token)
    assert page.status == 401 and told in page.text and "keptn create token" in page.text


def test_a_token_that_is_over_is_told(world, anybody):
    now = world.clock.now()
    _, text = tokens.issue(
        world.store, name="ci", role=Role.VIEW, project="", made_by="root", now=now, lasts=timedelta(seconds=1)
    )
    world.clock.sleep(2)
    assert "is over since" in anybody.sign_in(text).text


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere(anybody, wanted):
    """Who signs in is led back to where he wanted, if that is here."""
    form = anybody.open("/sign-in").form("Sign in")
    response = anybody.client.post(form.action, data={"token": TOKEN, "next": wanted})
    assert response.headers["Location"] == f"{BASE}/"


def test_a_deep_link_survives_signing_in(anybody):
    page = anybody.open("/?show=asks")
    assert anybody.press(page, "Sign in", token=TOKEN).status == 200


def test_a_session_ends_with_its_token(world, browser):
    """Revoked is revoked: the next page asks to sign in."""
    tokens.revoke(world.store, TOKEN.split("_")[1])
    assert "Sign in" in browser.open("/").buttons


def test_a_session_has_an_end(world, browser):
    world.clock.sleep(sessions.LASTS.total_seconds())
    assert "Sign in" in browser.open("/").buttons


def test_who_signs_out_is_out_everywhere(world, browser):
    """Also where somebody has copied the cookie."""
    kept = browser.client.get_cookie("keptn-session", path=f"{BASE}/").value
    browser.press(browser.open("/"), "Sign out")
    browser.client.set_cookie("keptn-session", kept, path=f"{BASE}/")
    assert "Sign in" in browser.open("/").buttons


def test_a_link_signs_in_once(world, anybody):
    """As `keptn local` prints it; the second time it says so."""
    ticket = sessions.ticket(world.store, tokens.find(world.store, TOKEN), now=world.clock.now()).text
    for _ in range(2):
        assert "Sign out" in anybody.open(f"/enter?ticket={ticket}").buttons
    other = Browser(world.client("bridge").application)
    page = other.open(f"/enter?ticket={ticket}")
    assert page.status == 401 and "has been used" in page.text
    assert "Sign in" in other.open("/").buttons


def test_a_ticket_is_no_session_and_a_session_no_ticket(world, anybody):
    token, now = tokens.find(world.store, TOKEN), world.clock.now()
    anybody.client.set_cookie("keptn-session", sessions.ticket(world.store, token, now=now).text, path=f"{BASE}/")
    assert "Sign in" in anybody.open("/").buttons
    anybody.client.delete_cookie("keptn-session", path=f"{BASE}/")
    assert anybody.open(f"/enter?ticket={sessions.begin(world.store, token, now=now).text}").status == 401


@pytest.mark.parametrize("change", [{"form-token": ""}, {"form-token": "0" * 64}])
def test_a_form_without_its_token_does_nothing(world, browser, change):
    """Another site cannot know it."""
    form = browser.open("/").form("Sign out")
    response = browser.client.post(form.action, data={**form.fields, **change})
    assert response.status_code == 403 and "earlier sign-in" in response.text
    assert "Sign out" in browser.open("/").buttons


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_of_another_site_does_nothing(world, browser, site):
    """Not even signing in as somebody else."""
    for path in ("/sign-in", "/sign-out"):
        answer = browser.client.post(BASE + path, data={"token": TOKEN}, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403 and "another site" in answer.text.lower()


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nowhere", "/assets/bridge.css", "/assets/nothing.css"])
def test_every_answer_says_what_a_browser_may_do(browser, path):
    """No script and no style in the page, none from elsewhere, no frame; and nothing that is secret is kept."""
    page = browser.open(path)
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "no-store"
    for tag, given in page.tags:
        assert not {name for name in given if name.startswith("on") or name == "style"}, (tag, given)
        assert tag != "style" and (tag != "script" or given.get("src", "").startswith(f"{BASE}/assets/"))


def test_every_page_but_the_door_asks_who_it_is(anybody):
    """A new page is closed by itself."""
    assert {route.page for route in ROUTES if route.open} == {
        "assets:show",
        "sign_in:show",
        "sign_in:enter",
        "sign_in:by_ticket",
    }
    for route in ROUTES:
        if not route.open:
            path = BASE + re.sub(r"<[^>]+>", "x", route.path)
            response = anybody.client.open(path, method=route.method)
            assert response.status_code == 303 and f"{BASE}/sign-in" in response.headers["Location"], route


def test_a_page_that_looks_again_is_led_to_the_door(anybody):
    """As a whole, not into the middle of what it shows."""
    response = anybody.client.get(f"{BASE}/", headers={"HX-Request": "true"})
    assert response.status_code == 200 and response.headers["HX-Redirect"].startswith(f"{BASE}/sign-in")


def test_trouble_is_a_page(world, browser, monkeypatch):
    """One sentence and the way on, whatever it is; the frame stays for who is signed in."""
    page = browser.open("/nowhere")
    assert page.status == 404 and "no such page" in page.text and "Sign out" in page.buttons

    def away(*_args, **_given):
        raise Unavailable("the store is away; try again")

    monkeypatch.setattr(world.store, "list", away)
    page = browser.open("/")
    assert page.status == 503 and "The store is away; try again." in page.text
    monkeypatch.setattr(world.store, "list", lambda *_args, **_given: 1 / 0)
    page = browser.open("/")
    assert page.status == 500 and "keptn logs" in page.text and "ZeroDivision" not in page.html


def test_the_theme_is_chosen_without_scripts(browser):
    """Round: as the system has it, dark, light."""
    page = browser.open("/")
    for theme in ("dark", "light", ""):
        page = browser.press(page, "Theme: " + {"dark": "system", "light": "dark", "": "light"}[theme])
        (html,) = [given for tag, given in page.tags if tag == "html"]
        assert html.get("data-theme", "") == theme


def test_no_projects_teach_the_next_command(browser, world):
    for name in list(world.config_repo.projects()):
        world.config_repo.delete(name)
    assert "keptn create project sockshop shipyard.yaml" in browser.open("/").text


def test_projects_show_what_runs_and_what_failed(world, api, browser):
    """Also why, with a link to each."""
    world.sink.executors = {"test": {}, "rollback": {}}
    running = api("POST", "/v1/delivery", {"image": "carts:0.2"}).json["keptnContext"]
    page = browser.open("/")
    (link,) = [text for where, text in page.links if where == f"{BASE}/delivery/{running}" and "deployment" in text]
    assert link.split() == ["running", "carts", "0.2", "dev", "deployment"]
    assert 'hx-trigger="every' in page.html
    api("POST", f"/v1/delivery/{running}/control", {"state": "abort", "reason": HOSTILE})
    page = browser.open("/")
    assert "every" not in page.html and HOSTILE not in page.html


def test_projects_of_others_are_not_there(world, anybody):
    """A token of one project sees that project."""
    world.with_sockshop("other")
    issue(world.store, OTHER, role=Role.VIEW, project="other")
    page = anybody.sign_in(OTHER)
    assert "other" in page.text and "sockshop" not in page.html


def test_the_cookie_of_a_stranger_opens_nothing(world, anybody):
    """Nor does what is stored of a session."""
    made = sessions.begin(world.store, tokens.find(world.store, TOKEN), now=world.clock.now())
    stored = json.loads(world.store.get(f"sessions/{made.id}").data)
    assert made.text not in str(stored)
    token_id, session_id, _ = made.text.split(".")
    for text in ("", "x", f"{token_id}.{session_id}.{stored['sha256']}", f"bob-0b0b0b0b.{made.text.partition('.')[2]}"):
        assert sessions.find(world.store, text, now=world.clock.now()) is None


def test_two_at_once_have_one_session_of_a_ticket(world):
    """The other one comes too late."""
    ticket = sessions.ticket(world.store, tokens.find(world.store, TOKEN), now=world.clock.now()).text
    read, both = world.store.get, []

    def meanwhile(name):
        found = read(name)
        if not both and name.startswith("sessions/"):
            both.append(1)
            both[0] = sessions.redeem(world.store, ticket, now=world.clock.now())
        return found

    world.store.get = meanwhile
    with context.using(world.context):
        late = sessions.redeem(world.store, ticket, now=world.clock.now())
    assert both[0] is not None and late is None

"""The bridge in a real browser: what scripts add, and what must not happen there.

`KEPTN_BRIDGE_SHOTS=1` has it take the pictures of docs/bridge.md anew.
"""

from __future__ import annotations

import logging
import os
import threading

import pytest
from werkzeug.serving import make_server

from keptn.records import sessions, tokens
from tests import needs
from tests.bridge_world import shop
from tests.browser import BASE
from tests.world import ROOT, TOKEN

PICTURES = {
    ("projects", "light", 1440): "projects.png",
    ("environment", "light", 1440): "environment.png",
    ("environment", "dark", 1440): "environment-dark.png",
    ("delivery", "light", 1440): "delivery.png",
    ("failed", "light", 360): "delivery-phone.png",
    ("approvals", "light", 1440): "approvals.png",
}
SHOTS = ROOT / "docs/images/bridge"
WIDTHS = ((1440, 900), (768, 1000), (360, 780))
_WOULD_LOOK = """() => new Promise(told => document.addEventListener(
    "htmx:beforeRequest", event => setTimeout(() => told(event.defaultPrevented))))"""
"""When the page would look again: whether it was kept from it."""
PAGES = {"projects": "/", "environment": "/project/webshop", "approvals": "/approvals"}


@pytest.fixture(scope="module")
def chromium():
    program = needs.program("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def made():
    """A shop whose bridge is on loopback; `at`: its address."""
    found = shop()
    with found.running():
        server = make_server("127.0.0.1", 0, found.browser().client.application, threaded=True)
        logging.getLogger("werkzeug").disabled = True
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        found.at = f"http://127.0.0.1:{server.server_port}{BASE}"
        yield found
        server.shutdown()
        serving.join()
        server.server_close()


@pytest.fixture
def opened(chromium, made):
    """Signed in by a link; a page on which nothing went wrong, and which asked no other host."""
    wrong: list[str] = []
    contexts = []

    def page(**given):
        context = chromium.new_context(**given)
        contexts.append(context)
        found = context.new_page()
        found.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        found.on("pageerror", lambda error: wrong.append(str(error)))
        found.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(made.at) else None)
        found.on("dialog", lambda dialog: wrong.append(dialog.message))
        token = tokens.find(made.world.store, TOKEN)
        ticket = sessions.ticket(made.world.store, token, now=made.clock.now())
        found.goto(f"{made.at}/enter?ticket={ticket}")
        return found

    yield page
    for context in contexts:
        context.close()
    assert wrong == []


def test_a_token_signs_in_and_leads_on(chromium, made):
    """To the page that was asked for, which the link in a chat named."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{made.at}/approvals")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    assert page.url == f"{made.at}/approvals" and page.get_by_text("catalogue").first.is_visible()
    assert page.evaluate("document.cookie") == ""
    context.close()


def test_a_delivery_is_watched_approved_and_is_over(made, opened):
    """Without loading anything by hand; when it is over the page asks for nothing any more."""
    page = opened()
    page.goto(f"{made.at}/approvals")
    page.locator("summary", has_text="Approve").click()
    page.locator("details[open] input[name=reason]").fill("looks good")
    page.locator("details[open]").get_by_role("button", name="Approve").click()
    page.get_by_text("You approved it.").wait_for()
    page.goto(f"{made.at}/project/webshop/deliveries")
    page.get_by_role("link", name="catalogue 2.1.0").click()
    made.go_on(120)
    page.locator("#stage-3", has_text="prod").wait_for()
    page.get_by_text("step 1 of 3").wait_for()
    made.go_on(7200)
    page.locator(".title .mark-pass, .title .mark-fail").first.wait_for()
    assert page.locator("#live").get_attribute("hx-trigger") == "look"


def test_an_open_form_is_not_taken_away(made, opened):
    """While the page looks again, what somebody writes stays."""
    page = opened()
    page.goto(f"{made.at}/project/webshop")
    page.locator("summary", has_text="Promote").click()
    reason = page.locator("details[open] input[name=reason]")
    reason.fill("we have seen")
    assert page.evaluate(_WOULD_LOOK)
    assert reason.input_value() == "we have seen"
    page.keyboard.press("Escape")
    with page.expect_response(lambda answer: answer.url.endswith("/project/webshop")):
        pass


def test_a_stage_is_rolled_back_by_the_keyboard(made, opened):
    """A reason is asked for; the pin that follows is seen."""
    page = opened()
    page.goto(f"{made.at}/project/sockshop")
    page.locator("tr", has_text="carts").get_by_text("Roll back").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.url == f"{made.at}/project/sockshop"  # a reason is needed
    page.keyboard.type("the logs are odd")
    page.keyboard.press("Enter")
    page.get_by_text("It is rolled back.").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url(f"{made.at}/approvals")


def test_a_failed_gate_is_read_and_its_event_copied(made, opened):
    page = opened()
    page.goto(f"{made.at}/project/sockshop/deliveries")
    page.get_by_role("link", name="carts 1.2.0").click()
    assert page.get_by_text("1000 is beyond upperSevere 600", exact=True).is_visible()
    page.get_by_role("link", name="JSON of evaluation.finished").click()
    assert '"indicatorResults"' in page.locator("#raw").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_width_has_room(made, opened, theme):
    """Nothing is wider than the window, from a phone to a large screen; the pictures of the documentation are these."""
    (failed, *_) = [one for one in made.call("GET", "/v1/delivery?project=sockshop")["deliveries"] if one["result"]]
    running = made.call("GET", "/v1/delivery?project=webshop&service=basket")["deliveries"][0]
    pages = {**PAGES, "delivery": f"/delivery/{running['context']}", "failed": f"/delivery/{failed['context']}"}
    for width, height in (*WIDTHS, (3840, 2160)):
        page = opened(color_scheme=theme, viewport={"width": width, "height": height})
        for name, path in pages.items():
            page.goto(made.at + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            if os.environ.get("KEPTN_BRIDGE_SHOTS") and (name, theme, width) in PICTURES:
                page.screenshot(path=SHOTS / PICTURES[name, theme, width])
        page.close()

"""The bridge in a real browser: what scripts add, and what must not happen there."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.world import TOKEN

_WOULD_LOOK = """() => new Promise(told => document.addEventListener(
    "htmx:beforeRequest", event => setTimeout(() => told(event.defaultPrevented))))"""
"""When the page would look again: whether it was kept from it."""


def test_a_token_signs_in_and_leads_on(chromium, made):
    """To the page that was asked for, which the link in a chat named."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{made.at}/approvals")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("catalogue").first).to_be_visible()
    assert page.url == f"{made.at}/approvals"
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
    expect(page.get_by_text("1000 is beyond upperSevere 600", exact=True)).to_be_visible()
    page.get_by_role("link", name="JSON of evaluation.finished").click()
    assert '"indicatorResults"' in page.locator("#raw").inner_text()

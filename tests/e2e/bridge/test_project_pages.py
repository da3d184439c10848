"""The pages of a project and the dead letters in a real browser, with scripts and without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bridge_world import HOSTILE
from tests.e2e.bridge.pages import EVALUATION, full_shop
from tests.e2e.bridge.serving import served
from tests.functions.test_bridge_dead_letters import dead

_STOPS = "links => links.map(one => [one.tabIndex, new URL(one.getAttribute('href'), location).search])"
"""Of links: whether the Tab key stops there (0, else -1), and where they lead."""


@pytest.fixture(scope="module")
def made():
    with served(full_shop()) as found:
        yield found


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def scripts(request):
    return request.param


@pytest.fixture
def page(opened, scripts):
    return opened(java_script_enabled=scripts)


def order(page, name: str, reason: str = "") -> None:
    """Open the form of an order, and send it."""
    page.locator("summary", has_text=name).first.click()
    if reason:
        page.locator("details[open] input[name=reason]").fill(reason)
    page.locator("details[open]").get_by_role("button", name=name).click()


def test_a_failed_gate_is_read(made, page):
    """From the environment to the objective that failed and its limit; from there to the evaluation before."""
    page.goto(f"{made.at}/project/sockshop")
    page.get_by_role("link", name="gate failed").click()
    assert page.get_by_role("heading", name="carts 1.2.0 in dev").is_visible()
    assert page.get_by_text("1000 is beyond upperSevere 600", exact=True).is_visible()
    page.locator(".heat tbody a").nth(-2).click()
    assert page.get_by_role("heading", name="carts 1.1.0 in dev").is_visible()
    page.locator(".chart a").first.click()
    assert page.get_by_role("heading", name="carts 1.0.0 in dev").is_visible()


def test_the_history_is_walked_by_the_keyboard(made, opened):
    """Heads of the heatmap and one dot of a chart are stops of the Tab key; arrows lead on."""
    page = opened()
    page.goto(f"{made.at}{EVALUATION}?id=evaluation-24")
    page.locator(".heat thead .here a").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.title").startswith("2026-11-24 02:03:50Z warning: 3.2")
    page.keyboard.press("Enter")
    page.wait_for_url("**/evaluation?id=evaluation-23")
    page.locator(".chart").first.locator("a").last.focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_url("**/evaluation?id=evaluation-22")


@pytest.mark.parametrize("selector", [".heat a", ".chart a"])
def test_the_tab_key_does_not_stop_at_every_value(made, opened, selector):
    """Twenty evaluations by five objectives would be a hundred stops; what the heads lead to is all of it."""
    page = opened()
    page.goto(f"{made.at}{EVALUATION}?id=evaluation-24")
    links, heads = page.locator(selector).evaluate_all(_STOPS), page.locator(".heat thead a").evaluate_all(_STOPS)
    stops = [where for index, where in links if index == 0]
    assert {where for _, where in links} == {where for _, where in heads} and len(stops) <= len(heads) < len(links)


def test_an_evaluation_is_taken_out(made, page, scripts):
    page.goto(f"{made.at}{EVALUATION}?id=evaluation-{20 + scripts}")
    order(page, "Invalidate", reason="the probe was broken")
    assert page.get_by_role("status").inner_text().startswith("It is taken out")
    made.go_on(5)
    page.reload()
    assert page.get_by_text("Taken out by ann-0a0a0a0a").is_visible()
    assert page.locator("summary", has_text="Invalidate").count() == 0


def test_a_dead_letter_is_sent_again(made, page, scripts):
    """It is read first; then it is not in the list any more."""
    why = f"the store was away, {scripts}"
    dead(made, why=why)
    page.goto(f"{made.at}/dead-letters")
    row = page.locator("tr", has_text=why)
    row.get_by_role("link", name="get-sli.finished").click()
    assert "Deploy answered 503" in page.locator(".verdict").inner_text()
    assert '"knativeerrorcode": "503"' in page.locator("#raw").inner_text()
    order(page, "Send again")
    assert page.url == f"{made.at}/dead-letters" and page.get_by_text("It is sent again.").is_visible()
    assert row.count() == 0


def test_the_audit_log_is_narrowed_and_had_as_a_file(made, page):
    page.goto(f"{made.at}/project/webshop/audit")
    page.get_by_label("Event").fill("approval.finished")
    page.get_by_label("Service").select_option("basket")
    page.get_by_role("button", name="Narrow").click()
    assert page.get_by_text(f"approved by ann-0a0a0a0a: {HOSTILE}").is_visible()
    assert page.locator("tbody tr").count() == 2 and page.get_by_label("Event").input_value() == "approval.finished"
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON Lines").click()
    lines = [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]
    assert download.value.suggested_filename == "audit.jsonl"
    assert [(one["type"], one["data"]["service"]) for one in lines] == 2 * [
        ("sh.keptn.event.approval.finished", "basket")
    ]


def test_a_problem_leads_to_its_repair(made, page):
    made.alert("pod-3", rule=HOSTILE)
    made.go_on(1)
    page.goto(f"{made.at}/project/sockshop/problems")
    assert page.get_by_text(HOSTILE).first.is_visible()
    problem = page.locator("li[data-row]", has_text="Checkout is slow")
    assert "chosen One more" in problem.inner_text()
    assert "repaired after" in problem.inner_text()
    problem.get_by_role("link", name="Checkout is slow").click()
    assert page.get_by_role("heading", name="carts remediation").is_visible()


def test_the_shipyard_is_seen_and_read(made, page):
    """Each sequence in the picture and in words, and the file itself."""
    page.goto(f"{made.at}/project/webshop/shipyard")
    picture = page.get_by_role("img", name="Stages with their sequences")
    assert picture.is_visible() and picture.locator(".yard-stage").count() == 3
    assert picture.locator(".yard-sequence").count() == page.locator(".words tbody tr").count()
    page.get_by_text("As it is written").click()
    assert "approval_strategy: {pass: manual, warning: manual}" in page.get_by_label("shipyard.yaml").inner_text()


def test_a_delivery_is_started(made, page, scripts):
    """What is wrong stands beside what was written; what is begun leads to its page."""
    service = "frontend" if scripts else "catalogue"
    page.goto(f"{made.at}/project/webshop/start?service={service}&stage=dev")
    form = page.locator("form", has=page.get_by_role("heading", name="Delivery"))
    image = form.get_by_role("textbox", name="Image")
    image.fill("acme/nobody:2.1.0")
    form.get_by_role("button", name="Deliver").click()
    assert "nobody" in form.get_by_role("alert").inner_text()
    assert image.input_value() == "acme/nobody:2.1.0"
    assert form.get_by_label("Service").input_value() == service
    image.fill(f"acme/{service}:2.1.0")
    form.get_by_role("button", name="Deliver").click()
    assert page.get_by_role("heading", name="It begins").is_visible()
    made.go_on(5)
    if not scripts:
        page.get_by_role("link", name="Look again").click()
    page.wait_for_url("**/delivery/*")
    assert page.get_by_role("heading", name=f"{service} 2.1.0").is_visible()


@pytest.mark.parametrize(
    ("form", "button", "field"), [("Evaluation", "Evaluate", "Over"), ("Any sequence", "Start", "Data")]
)
def test_what_is_wrong_stands_beside_what_was_written(made, page, form, button, field):
    page.goto(f"{made.at}/project/webshop/start")
    shown = page.locator("form", has=page.get_by_role("heading", name=form))
    shown.get_by_label(field).fill("nonsense")
    shown.get_by_role("button", name=button).click()
    assert shown.get_by_role("alert").is_visible() and page.get_by_role("alert").count() == 1
    assert shown.get_by_label(field).input_value() == "nonsense"


def test_orders_are_given_without_scripts(made, opened):
    """Approve, roll back, and lift the pin that follows."""
    page = opened(java_script_enabled=False)
    page.goto(f"{made.at}/approvals")
    order(page, "Approve", reason="looks good")
    assert page.get_by_text("You approved it.").is_visible()
    page.goto(f"{made.at}/project/webshop")
    order(page, "Roll back", reason="the logs are odd")
    assert page.get_by_text("It is rolled back.").is_visible()
    page.goto(f"{made.at}/project/sockshop")
    order(page, "Unpin")
    assert page.get_by_text("The pin is lifted.").is_visible()

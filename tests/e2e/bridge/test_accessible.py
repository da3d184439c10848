"""What axe-core finds on the pages, in both themes, on a phone and on a laptop: nothing.

Rules: those of WCAG 2.1 A and AA, and axe's best practices. Source: dequeuniversity.com/rules/axe/4.14.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.bridge import pages
from tests.e2e.bridge.pages import KINDS, OF_A_VIEWER, VIEWER, full_shop
from tests.e2e.bridge.serving import served, signed_in
from tests.world import TOKEN

AXE = (Path(__file__).parent / "axe/axe-4.14.1.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
LOOKS = [(theme, width) for theme in ("light", "dark") for width in (1440, 360)]
OPENED = """() => {
    const orders = [...document.querySelectorAll("details.order")];
    for (const one of [...document.querySelectorAll("details:not(.order)"), ...orders.slice(-1)]) one.open = true;
}"""
"""What can be opened is looked at as well; of orders one, for only one form is open at a time."""
BROKEN = {
    "image-alt": "document.querySelector('main').append(document.createElement('img'))",
    "color-contrast": "document.querySelector('h1').style.color = 'silver'",
    "label": "document.querySelector('main').append(document.createElement('input'))",
    "link-name": "document.querySelector('.brand').replaceChildren()",
    "heading-order": "document.querySelector('h1').insertAdjacentHTML('afterend', '<h4>too deep</h4>')",
}
"""A rule of axe, and what breaks it on a page with a title."""


@pytest.fixture(scope="module")
def made():
    with served(full_shop()) as found:
        yield found


@pytest.fixture(scope="module")
def opened(chromium, made):
    """By a token: a page that stands still while it is looked at."""
    found = {}
    for token in (TOKEN, VIEWER):
        context = chromium.new_context()
        context.route("**/htmx-*", lambda route: route.fulfill(body=""))
        found[token] = signed_in(context.new_page(), made, token)
    return found


def findings(page) -> dict[str, list[str]]:
    """By rule: where, and what is wrong there."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE)
    asked = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = page.evaluate("async asked => (await axe.run(asked)).violations", asked)
    return {one["id"]: [f"{node['target']}: {node['failureSummary']}" for node in one["nodes"]] for one in found}


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(made, opened, kind):
    page = opened[VIEWER if kind in OF_A_VIEWER else TOKEN]
    page.goto(pages.address(made, kind))
    page.evaluate(OPENED)
    found = {}
    for theme, width in LOOKS:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 900})
        found |= {(rule, theme, width): where for rule, where in findings(page).items()}
    assert found == {}


def test_axe_finds_nothing_in_the_counts(chromium, made):
    """Which come by a request of their own."""
    page = signed_in(chromium.new_context().new_page(), made)
    page.goto(pages.address(made, "shipyard"))
    page.locator("#waits-approvals:not(:empty)").wait_for()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert findings(page) == {}
    page.context.close()


@pytest.mark.parametrize("rule", BROKEN)
def test_axe_finds_what_is_broken(made, opened, rule):
    page = opened[TOKEN]
    page.emulate_media(color_scheme="light")
    page.goto(pages.address(made, "delivery that failed"))
    page.evaluate(BROKEN[rule])
    assert rule in findings(page)

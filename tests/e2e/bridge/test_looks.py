"""How the pages look: nothing wider than the window, from a phone to a large screen, in both themes.

`KEPTN_BRIDGE_SHOTS=1` has it take the pictures of docs/bridge.md anew.
"""

from __future__ import annotations

import os

import pytest

from tests.e2e.bridge import pages
from tests.e2e.bridge.pages import KINDS, OF_A_VIEWER, VIEWER, full_shop
from tests.e2e.bridge.serving import served, signed_in
from tests.world import ROOT, TOKEN

SHOTS = ROOT / "docs/images/bridge"
PICTURES = {
    ("projects", "light", 1440): ("projects.png", 700),
    ("environment", "light", 1440): ("environment.png", 700),
    ("environment", "dark", 1440): ("environment-dark.png", 700),
    ("delivery that runs", "light", 1440): ("delivery.png", 620),
    ("delivery that failed", "light", 360): ("delivery-phone.png", 780),
    ("approvals", "light", 1440): ("approvals.png", 700),
    ("evaluation", "light", 1440): ("evaluation.png", 1105),
    ("problems", "dark", 1440): ("problems.png", 700),
    ("audit log", "light", 1440): ("audit.png", 520),
    ("shipyard", "dark", 1440): ("shipyard.png", 600),
    ("start", "light", 1440): ("start.png", 700),
    ("dead letters", "dark", 1440): ("dead-letters.png", 700),
}
"""Of which page, in which theme and width; its file, and after so many pixels it ends."""
WIDTHS = {1440: 900, 768: 1000, 360: 780, 3840: 2160}
"""Of windows, with their heights."""
FORMS = """() => [...document.querySelectorAll("details.order")].map(order => {
    order.open = true;
    const {left, right} = order.querySelector("form").getBoundingClientRect();
    order.open = false;
    return [left, right];
})"""
"""Where the form of each order begins and ends when it is opened."""
READ_PX = 2400
"""What is read is not wider, whatever the window."""


@pytest.fixture(scope="module")
def made():
    with served(full_shop()) as found:
        yield found


@pytest.fixture(scope="module", params=["light", "dark"])
def opened(chromium, made, request):
    """The theme, and a page by token."""
    found = {}
    for token in (TOKEN, VIEWER):
        context = chromium.new_context(color_scheme=request.param)
        found[token] = signed_in(context.new_page(), made, token)
    yield request.param, found
    for page in found.values():
        page.context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_every_width_has_room(made, opened, kind):
    """Nothing is wider than the window, nor than what is read without losing the line."""
    theme, by_token = opened
    page = by_token[VIEWER if kind in OF_A_VIEWER else TOKEN]
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(pages.address(made, kind))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.evaluate("document.querySelector('main').offsetWidth") <= READ_PX
        assert all(left >= 0 and right <= width for left, right in page.evaluate(FORMS)), width
        if os.environ.get("KEPTN_BRIDGE_SHOTS") and (kind, theme, width) in PICTURES:
            file, most = PICTURES[kind, theme, width]
            page.locator(".tally:not(:empty)").first.wait_for()
            page.screenshot(path=SHOTS / file, full_page=True, clip=_filled(page, width, most))


def _filled(page, width: int, most: int) -> dict[str, int]:
    """The part of a page in which something is."""
    end = page.evaluate("Math.ceil(document.querySelector('main').lastElementChild.getBoundingClientRect().bottom)")
    return {"x": 0, "y": 0, "width": width, "height": min(most, end + 16)}

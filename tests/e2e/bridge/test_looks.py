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
    ("projects", "light", 1440): "projects.png",
    ("environment", "light", 1440): "environment.png",
    ("environment", "dark", 1440): "environment-dark.png",
    ("delivery that runs", "light", 1440): "delivery.png",
    ("delivery that failed", "light", 360): "delivery-phone.png",
    ("approvals", "light", 1440): "approvals.png",
    ("evaluation", "light", 1440): "evaluation.png",
    ("problems", "dark", 1440): "problems.png",
    ("audit log", "light", 1440): "audit.png",
    ("shipyard", "dark", 1440): "shipyard.png",
    ("start", "light", 1440): "start.png",
    ("dead letters", "dark", 1440): "dead-letters.png",
}
WIDTHS = {1440: 900, 768: 1000, 360: 780, 3840: 2160}
"""Of windows, with their heights."""
READ_PX = 2400
"""What is read is not wider, whatever the window."""


@pytest.fixture(scope="module")
def made():
    with served(full_shop()) as found:
        yield found


@pytest.fixture(scope="module", params=["light", "dark"])
def opened(chromium, made, request):
    """By a token: a page that stands still while it is looked at."""
    found = {}
    for token in (TOKEN, VIEWER):
        context = chromium.new_context(color_scheme=request.param)
        context.route("**/htmx-*", lambda route: route.fulfill(body=""))
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
        if os.environ.get("KEPTN_BRIDGE_SHOTS") and (kind, theme, width) in PICTURES:
            page.screenshot(path=SHOTS / PICTURES[kind, theme, width])

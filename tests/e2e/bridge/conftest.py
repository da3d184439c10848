"""A browser, the bridge on loopback before it, and pages on which nothing may go wrong."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect, sync_playwright

from tests import needs
from tests.bridge_world import shop
from tests.e2e.bridge.serving import served, signed_in


@pytest.fixture(scope="module")
def chromium():
    program = needs.program("chromium")
    expect.set_options(timeout=30_000)  # as long as other waits: a machine may have much to do
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def made():
    """A shop whose bridge is on loopback; `at`: its address."""
    with served(shop()) as found:
        yield found


@pytest.fixture
def opened(chromium, made):
    """Signed in by a link; a page on which nothing went wrong, and which asked no other host."""
    wrong: list[str] = []
    contexts = []

    def page(**given):
        context = chromium.new_context(**given)
        contexts.append(context)
        found = context.new_page()
        found.on("console", lambda said: wrong.append(said.text) if _is_wrong(said) else None)
        found.on("response", lambda answer: wrong.append(answer.url) if _is_lost(answer) else None)
        found.on("pageerror", lambda error: wrong.append(str(error)))
        found.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(made.at) else None)
        found.on("dialog", lambda dialog: wrong.append(dialog.message))
        return signed_in(found, made)

    yield page
    for context in contexts:
        context.close()
    assert wrong == []


def _is_wrong(said) -> bool:
    """Of what a page says on the console; Chromium says there of every answer above 400 that it is one."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")


def _is_lost(answer) -> bool:
    """A page may say what is wrong; what belongs to it must be there."""
    return answer.status >= 400 and not answer.request.is_navigation_request()

"""`api` and `keptn bridge`: a link that signs a browser in, once, as who asked for it."""

from __future__ import annotations

import json
import logging

import click
import pytest

from keptn.api import bridge_link
from keptn.records import tokens
from keptn.records.tokens import Role
from tests.browser import BASE, Browser
from tests.world import ROOT_TOKEN, TOKEN, WHO, error, issue

EVE = f"keptn_eve-0e0e0e0e_{'e' * 64}"


@pytest.fixture
def browser(world):
    return Browser(world.client("bridge").application)


def link(api, token=TOKEN) -> str:
    answer = api("POST", "/v1/bridge-link", {}, token=token)
    assert answer.status_code == 200, answer.text
    return answer.json["link"].partition(BASE)[2]


def test_the_link_signs_in_once(world, api, browser):
    """Where the bridge is for people."""
    answer = api("POST", "/v1/bridge-link", {}).json
    assert answer["link"].startswith(f"{answer['url']}/enter?ticket=") and answer["url"].endswith(BASE)
    assert (answer["token"], answer["role"]) == (WHO, "configure")
    path = answer["link"].partition(BASE)[2]
    assert "Sign out" in browser.open(path).buttons
    late = Browser(world.client("bridge").application).open(path)
    assert late.status == 401 and "has been used" in late.text and "keptn bridge" in late.text


def test_it_opens_what_the_token_opens(world, api, browser):
    """A token that may look at one project looks at that one."""
    world.with_sockshop("other")
    issue(world.store, EVE, role=Role.VIEW, project="other")
    page = browser.open(link(api, EVE))
    assert "other" in page.text and "sockshop" not in page.html
    assert not {"Start a delivery", "Pin"} & browser.open("/project/other").buttons


def test_it_is_over_after_five_minutes(world, api, browser):
    path = link(api)
    world.clock.sleep(bridge_link.LASTS.total_seconds())
    assert browser.open(path).status == 401


def test_it_ends_with_its_token(world, api, browser):
    """Also the session that it has opened."""
    issue(world.store, EVE, role=Role.VIEW)
    first, second = link(api, EVE), link(api, EVE)
    browser.open(first)
    tokens.revoke(world.store, EVE.split("_")[1])
    assert "Sign in" in browser.open("/").buttons
    assert browser.open(second).status == 401


def test_what_is_stored_of_it_opens_nothing(world, api):
    secret = link(api).rpartition(".")[2]
    stored = [world.store.get(name).data.decode() for name in world.store.list("sessions/").names]
    assert stored and secret not in "".join(stored)


def test_who_made_it_is_in_the_log(api, caplog):
    """The link is not."""
    with caplog.at_level(logging.INFO, logger="keptn"):
        path = link(api)
    assert f"signs in to the bridge is made for the token {WHO}" in caplog.text
    assert path.rpartition(".")[2] not in caplog.text


def test_the_root_token_signs_nobody_in(api):
    answer = api("POST", "/v1/bridge-link", {}, token=ROOT_TOKEN)
    assert answer.status_code == 403 and "only makes, lists and revokes tokens" in error(answer)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_elsewhere_signs_nobody_in(api, browser, site):
    """Its reader would work as whoever made the link; and the link is not used up."""
    path = link(api)
    page = browser.open(path, headers={"Sec-Fetch-Site": site})
    assert page.status == 403 and "address bar" in page.text
    assert "Sign in" in browser.open("/").buttons
    assert "Sign out" in browser.open(path, headers={"Sec-Fetch-Site": "none"}).buttons


def test_the_command_says_where_the_bridge_is(keptn, browser):
    """For people and for programs."""
    told = keptn("bridge")[1]
    assert "The bridge is at http" in told and f"signs in as {WHO} (configure), once:\n  http" in told
    found = json.loads(keptn("bridge", "-o", "json")[1])
    assert "Sign out" in browser.open(found["link"].partition(BASE)[2]).buttons


def test_keptns_own_form_is_taken(keptn):
    assert "The bridge is at" in keptn("configure", "bridge")[1]


@pytest.mark.parametrize(("status", "code"), [(0, 0), (3, 1)])
def test_the_command_opens_a_browser(keptn, monkeypatch, status, code):
    """Where there is none, the link is told all the same."""
    opened = []
    monkeypatch.setattr(click, "launch", lambda url: opened.append(url) or status)
    got, out, err = keptn("bridge", "--open", ok=None)
    assert got == code and opened == [out.split()[-1]] and ("no browser" in err) == bool(code)

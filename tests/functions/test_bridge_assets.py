"""`bridge`: its style, scripts and icon, and that nothing else is fetched from anywhere."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.bridge_world import shop
from tests.browser import BASE

FETCHING = {"script": "src", "link": "href", "img": "src", "form": "action", "use": "href", "source": "src"}
"""Tags that make a browser ask for something, or send it somewhere, by themselves or by a button."""
PACKED_KB = 35
"""Of all that a first visit fetches beside its page."""


@pytest.fixture(scope="module")
def made():
    found = shop()
    with found.running():
        found.alert("pod-1")
        found.go_on(60)
        yield found


@pytest.fixture(scope="module")
def kept(made):
    """The addresses of what a page has fetched."""
    tags = made.signed_in().open("/").tags
    return [given[FETCHING[tag]] for tag, given in tags if tag in ("script", "link")]


def pages(browser):
    """Every page that one comes to by links, but for those of a kind that came three times."""
    seen, kinds, wait = {}, {}, ["/", "/sign-in", "/approvals", "/dead-letters", "/nope"]
    while wait:
        where = wait.pop(0)
        kind = re.sub(r"[0-9a-f-]{8,}", "…", where.partition("?")[0])
        if where in seen or kinds.get(kind, 0) > 2:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        seen[where] = page = browser.open(where)
        wait += [link for link, _ in page.links if link.startswith(BASE) and ".json" not in link]
    return seen


def test_no_page_asks_another_host(made):
    """What it fetches, sends and asks again for is the bridge's; only a person who follows a link goes elsewhere."""
    found = pages(made.signed_in())
    assert len(found) > 20
    for where, page in found.items():
        for tag, given in page.tags:
            fetched = [given.get(FETCHING.get(tag, ""), ""), *(given.get(name, "") for name in ("hx-get", "hx-post"))]
            assert all(one.startswith((f"{BASE}/", "#")) for one in fetched if one), (where, tag, given)
            assert tag not in ("iframe", "object", "embed", "base", "style"), where
            assert "style" not in given and "srcset" not in given and "background" not in given, (where, given)
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_nothing_that_is_fetched_asks_another_host(made, kept):
    """A namespace is a name, not an address."""
    for where in kept:
        text = made.browser().client.get(where).text.replace("http://www.w3.org/2000/svg", "")
        assert not re.findall(r"@import|url\(\s*['\"]?(?!#)", text), where
        assert not re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}[^\s\"')]*", _code(text)), where


def _code(text: str) -> str:
    """Without comments."""
    return re.sub(r"/\*.*?\*/|^\s*//.*?$", "", text, flags=re.DOTALL | re.MULTILINE)


def test_a_browser_keeps_it_for_good(made, kept):
    for where in kept:
        assert "immutable" in made.browser().client.get(where).headers["Cache-Control"], where


def test_another_version_is_not_kept(made, kept):
    """While one release takes over, a page of the new one may be given the old one's file: not for a year."""
    for where in kept:
        for other in (where.partition("?")[0], f"{where}0"):
            answer = made.browser().client.get(other)
            assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store", other


def test_it_is_sent_packed_to_who_can_unpack_it(made, kept):
    client, size = made.browser().client, 0
    for where in kept:
        plain, packed = client.get(where), client.get(where, headers={"accept-encoding": "gzip, br"})
        assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data and "Accept-Encoding" in packed.headers["Vary"]
        size += len(packed.data)
    assert size <= PACKED_KB * 1000, size


def test_a_page_is_not_packed(made):
    """It has a token for forms, whose length packing would tell (BREACH)."""
    answer = made.signed_in().open("/", headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers and "no-store" in answer.headers["Cache-Control"]

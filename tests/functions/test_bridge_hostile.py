"""`bridge`: whatever stands in events, documents, slots, letters and files, a page shows it and does not obey."""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from html import unescape

import pytest

from keptn import events
from keptn.bridge import visible
from keptn.records import dead_letters
from tests.bridge_world import HOSTILE, shop
from tests.browser import BASE

DISGUISED = (
    "carts\u202e2.0\u202c\u200b\u2066\ud800\x00\x1b[31m\x85\ufeff"
    + HOSTILE
    + "{{ 1234*4321 }}\u2028</textarea></title>"
)
LONG = "long" * 2500
UNTYPED = "a text where a number or a list should be"
STRUCTURE = """
specversion id type source project stage service context shkeptncontext triggeredid sequence name state status result
finished_event shipyard digest colour gitcommitid executor strategy deploymentstrategy teststrategy datacontenttype
ended taken recent tasks followers cause again marks
"""
KEPT = frozenset(STRUCTURE.split())
"""What the structure hangs on: keptn makes or checks these, and times."""
TIME = re.compile(r"\d{4}-\d\d-\d\dT")
FILES = (".jsonl", ".json")
PLACES = ("executions/", "events/", "evaluations/", "dead-letter/", "slots/", "invalidated/")


def poisoned(value, text, *, key=""):
    """The same with the text in every other place that holds one."""
    if isinstance(value, dict):
        return {name: poisoned(item, text, key=name) for name, item in value.items()}
    if text == UNTYPED and isinstance(value, int | float | list | None):
        return text
    if isinstance(value, list):
        return [poisoned(item, text, key=key) for item in value]
    is_kept = not isinstance(value, str) or not value or key in KEPT or key.startswith("keptn") or TIME.match(value)
    return value if is_kept else f"{value}{text}"


@pytest.fixture(scope="module", params=[DISGUISED, LONG, UNTYPED], ids=["disguised", "long", "untyped"])
def walked(request):
    """Every page that is reached from the first one, by what it shows, when all that is stored is hostile."""
    made = shop()
    with made.running():
        made.have_problems()
        made.alert("pod-1", rule=f"Slow {HOSTILE}")
        made.go_on(60)
        event = events.Event(
            type="sh.keptn.event.get-sli.finished",
            source="tests",
            id="letter",
            time=made.clock.now(),
            data={"project": "webshop", "note": "it"},
            extensions={"knativeerrordata": "no"},
        )
        dead_letters.take(event, made.context)
        store = made.world.store
        for place in ("events/",) if request.param == UNTYPED else PLACES:
            for name in store.list(place, limit=100_000).names:
                stored = store.get(name)
                if not stored.data:
                    continue
                told = json.loads(stored.data if stored.data.startswith(b"{") else zlib.decompress(stored.data))
                store.put(name, json.dumps(poisoned(told, request.param)).encode())
        written = made.world.config_repo.tree("webshop", "main").read("shipyard.yaml")
        comment = "".join(char for char in request.param if char.isprintable() or char in "\u202e\u200b")
        changed = {"shipyard.yaml": written + f"# {comment}\n".encode()}
        made.world.config_repo.commit("webshop", "main", lambda _: changed, message="a comment")
        yield request.param, pages(made.signed_in())


def pages(browser, most=120):
    """A few of each kind: what differs only in a number or an id is one kind."""
    seen, kinds, wait = {}, {}, ["/", "/counts", "/dead-letters", "/approvals"]
    while wait and len(seen) < most:
        where = wait.pop(0)
        path = where.removeprefix(BASE).partition("?")[0]
        kind = tuple(part if part.isalpha() or ("-" in part and len(part) < 20) else "…" for part in path.split("/"))
        if where in seen or kinds.get(kind, 0) > 2 or "/assets/" in where:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        seen[where] = page = browser.open(where)
        wait += [unescape(link) for link, _ in page.links if link.startswith(BASE)]
    return seen


def test_every_page_is_shown(walked):
    """All kinds of pages were walked, and none broke."""
    _, found = walked
    assert {where: page.status for where, page in found.items() if page.status != 200} == {}
    ends = {where.partition("?")[0].rpartition("/")[2] for where in found}
    assert {"event", "audit", "audit.jsonl", "problems", "shipyard", "evaluations", "evaluation", "start"} <= ends
    assert any("/dead-letter/" in where for where in found) and any("/delivery/" in where for where in found)


def test_nothing_of_it_is_markup(walked):
    _, found = walked
    for where, page in found.items():
        if where.partition("?")[0].endswith(FILES):
            assert page.headers["Content-Type"].startswith("application/json")
            assert page.headers["X-Content-Type-Options"] == "nosniff"
            assert page.headers["Content-Disposition"].startswith("attachment")
            continue
        for tag, given in page.tags:
            assert tag not in ("img", "style", "iframe", "object", "base"), where
            assert not [name for name in given if name.startswith("on") or name == "style"], where
            assert tag != "script" or given["src"].startswith(f"{BASE}/assets/"), where
            for name in ("href", "action", "src", "hx-get"):
                assert given.get(name, BASE).startswith((BASE, "http://", "https://", "#")), (where, given)
        assert "5332114" not in page.html, where


def test_nothing_is_hidden(walked):
    """What turns the direction, has no width or steers a terminal is shown as its escape; a copied event stays JSON."""
    text, found = walked
    for where, page in found.items():
        if where.partition("?")[0].endswith(FILES):
            is_lines = where.partition("?")[0].endswith(".jsonl")
            assert all(json.loads(one) for one in (page.html.splitlines() if is_lines else [page.html]))
            continue
        hidden = {char for char in page.html if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl")} - {"\n", "\t"}
        assert not hidden, (where, hidden)
        if page.html.count('id="raw"'):
            raw = unescape(page.html.partition('id="raw">')[2].partition("</code>")[0])
            assert "\\u202e" in raw or text != DISGUISED
            assert "This is its beginning" in page.text or json.loads(raw)


def test_a_page_stays_small(walked):
    """A text of ten kilobytes is told by its beginning; only a file has it whole."""
    _, found = walked
    for where, page in found.items():
        if not where.partition("?")[0].endswith(FILES):
            assert len(page.html.encode()) <= 150_000, where


@pytest.mark.parametrize("text", ["👩‍💻 ⚠️ ✔️ ❤️", "carts:1.0 – “größer” 日本語 عربى", "two\nlines\tand a tab"])
def test_what_people_write_stays_as_it_is(text):
    assert visible.visible(text) == text


@pytest.mark.parametrize("char", "\u202e\u2066\u200b\u200d\ufeff\xad\x00\x1b\x7f\x85\ufe0f\u3164\ud800\u2028")
def test_what_cannot_be_seen_is_told(char):
    assert visible.visible(f"a{char}b") == f"a\\u{ord(char):04x}b"


def test_it_is_what_unicode_says():
    """All format and control characters but those that have a shape of their own."""
    with_a_shape = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, *range(0x13430, 0x13440)}
    for code in (*range(0x20000), *range(0xE0000, 0xE1000)):
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp") and code not in {0x9, 0xA, *with_a_shape}:
            assert visible.visible(f"a{chr(code)}") != f"a{chr(code)}", hex(code)

"""`bridge`: an evaluation against its limits, its history, its charts, and taking one out."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import timedelta

import pytest

from keptn.events import Scope
from keptn.records import objects
from keptn.records.tokens import Role
from tests import evaluation_history
from tests.bridge_world import HOSTILE
from tests.browser import BASE
from tests.world import issue

VIEWER = f"keptn_eve-0e0e0e0e_{'e' * 64}"
SCOPE = Scope(project="webshop", stage="staging", service="frontend")
PAGE = "/project/webshop/stage/staging/service/frontend/evaluation"

TIME = "Response time, 95th percentile"


@pytest.fixture
def ids(made):
    """Twenty-five evaluations, the last one failed; oldest first."""
    return evaluation_history.keep(made.world.store, SCOPE, count=25, begun=made.clock.now() - timedelta(days=1))


def test_each_objective_is_held_against_its_limits(made, ids):
    """With what a relative criterion came to, what was not kept, and what a warning would have needed."""
    page = made.signed_in().open(f"{PAGE}?id={ids[-1]}")
    for text in ("900 against", "<=+10%", "not kept", "for a warning", "none: for information", "key", "c0ffeec0"):
        assert text in page.text, text
    assert "frontend 2.24.0 in staging" in page.text and "failed" in page.text
    (gate,) = [text for where, text in page.links if where.endswith("/delivery/c-24")]
    assert gate


def test_the_newest_is_shown_if_none_is_named(made, ids):
    page = made.signed_in().open(PAGE)
    assert f"{SCOPE.service} " in page.text and "20 evaluations" in page.text
    assert len([where for where, text in page.links if text == "Older"]) == 1


def test_the_heatmap_leads_to_each_evaluation(made, ids):
    """Objectives by evaluations, oldest left; what was not measured says so."""
    browser = made.signed_in()
    page = browser.open(f"{PAGE}?id={ids[2]}")
    assert "no data came" in page.html and "–" in page.text
    links = {where for where, _ in page.links if f"{PAGE}?id=" in where}
    assert {f"{BASE}{PAGE}?id={one}" for one in ids[:6]} <= links and f"{BASE}{PAGE}?id={ids[7]}" not in links
    (newer,) = [where for where, text in page.links if text == "Newer"]
    assert "20 evaluations" in browser.open(newer).text


def test_there_is_a_chart_per_objective(made, ids):
    """As SVG with no style of its own: dots that are links, its values, and its limits as lines."""
    page = made.signed_in().open(f"{PAGE}?id={ids[-1]}")
    parts = page.html.split('<svg class="chart"')[1:]
    drawn = [ET.fromstring(f"<svg{part.partition('</svg>')[0]}</svg>") for part in parts]
    assert [one.get("aria-label").partition(" over ")[0] for one in drawn][:2] == [TIME, "error_rate"]
    first = drawn[0]
    assert len(first.findall(".//circle")) == 19, "and the twentieth is of a gate without it"
    kinds = [line.get("class") for line in first.findall(".//polyline")]
    assert {"chart-values", "chart-limits", "chart-warnings"} == {*kinds} and kinds.count("chart-limits") == 2
    assert all(line.get("points").strip() for one in drawn for line in one.findall(".//polyline"))


def test_an_evaluation_is_taken_out_with_a_reason(made):
    """Who did, and why, stands there; it is not asked again."""
    browser = made.signed_in()
    page = browser.open("/project/sockshop/stage/dev/service/carts/evaluation")
    done = browser.press(page, "Invalidate", reason=f"the probe was broken {HOSTILE}")
    assert "It is taken out" in done.text and done.where.endswith(page.form("Invalidate").fields["id"])
    made.go_on(5)
    page = browser.open(done.where)
    assert "Taken out by ann-0a0a0a0a" in page.text and "The probe was broken" in page.text
    assert HOSTILE not in page.html and "Invalidate" not in page.buttons


def test_who_may_not_take_out_is_not_asked(made, ids):
    """Nor does the form do it."""
    issue(made.world.store, VIEWER, role=Role.DELIVER)
    browser = made.signed_in(VIEWER)
    assert "Invalidate" not in browser.open(PAGE).buttons
    form = made.signed_in().open(f"{PAGE}?id={ids[-1]}").form("Invalidate")
    form.fields["form-token"] = browser.open("/").form("Sign out").fields["form-token"]
    assert "invalidating an evaluation takes operate" in browser.send(form, reason="mine").text


def test_what_a_record_says_is_text(made):
    """Whatever an indicator, a provider, a file is called."""
    name = f"evaluations/webshop/prod/basket/{'0' * 18}-x.json"
    assert objects.evaluation_id(name) == "x"
    told = {"metric": HOSTILE, "value": 1.0, "message": HOSTILE, "success": True}
    target = {"criteria": HOSTILE, "targetValue": 2, "violated": True}
    record = {
        "id": "x", "stage": "prod", "service": "basket", "image": HOSTILE, "digest": HOSTILE, "message": HOSTILE,
        "result": HOSTILE, "score": None, "max_score": None, "shkeptncontext": HOSTILE, "gitCommit": HOSTILE,
        "timeStart": "2026-11-24T12:00:00Z", "timeEnd": "2026-11-24T12:00:05Z", "comparedEvents": [HOSTILE],
        "versions": {}, "file": {"path": HOSTILE, "content": HOSTILE},
        "measured": {"candidate": {HOSTILE: {"query": HOSTILE, "values": {HOSTILE: 1.0}}}},
        "indicatorResults": [{"displayName": HOSTILE, "status": HOSTILE, "value": told, "passTargets": [target]}],
    }  # fmt: skip
    made.world.store.put(name, json.dumps(record).encode(), if_generation=0)
    browser = made.signed_in()
    for path in ("/project/webshop/stage/prod/service/basket/evaluation?id=x", "/project/webshop/evaluations"):
        page = browser.open(path)
        assert page.status == 200 and HOSTILE not in page.html and "<img" not in page.html


def test_evaluations_are_listed_newest_first(made):
    """And of one stage alone, if asked; each leads to its page."""
    browser = made.signed_in()
    page = browser.open("/project/sockshop/evaluations")
    found = [where for where, _ in page.links if "/evaluation?id=" in where]
    assert len(found) == 7 and "carts 1.2.0 in dev failed 0 of 100" in page.text
    page = browser.open(found[0])
    assert "slowness: 1000 is beyond upperSevere 600" in page.text
    assert "0 of 100 points; pass needs 90" in page.text and "0 of 100 0 of 100" not in page.text
    assert "Of all services in prod alone" in browser.open("/project/sockshop/evaluations?stage=prod").text


def test_none_yet_teaches_the_command(made):
    """In one stage, and in the project."""
    for name in list(made.world.store.list("evaluations/webshop/").names):
        made.world.store.delete(name)
    assert "There are no evaluations yet" in made.signed_in().open("/project/webshop/evaluations").text
    page = made.signed_in().open("/project/webshop/stage/prod/service/frontend/evaluation")
    assert "keptn trigger evaluation --project=webshop --stage=prod --service=frontend" in page.text


@pytest.mark.parametrize("path", [f"{PAGE}?id=nope", PAGE.replace("frontend", "nope"), PAGE.replace("webshop", "nope")])
def test_what_is_not_there_is_told(made, path):
    page = made.signed_in().open(path)
    assert page.status == 404 and "nope" in page.text


def test_anothers_evaluations_are_not_shown(made, ids):
    issue(made.world.store, VIEWER, role=Role.OPERATE, project="sockshop")
    browser = made.signed_in(VIEWER)
    for path in (PAGE, "/project/webshop/evaluations"):
        page = browser.open(path)
        assert page.status == 403 and "2.24.0" not in page.html


def test_the_pages_of_deliveries_and_stages_lead_here(made):
    browser = made.signed_in()
    for path in ("/project/sockshop", "/project/sockshop/deliveries"):
        page = browser.open(path)
        if path.endswith("deliveries"):
            page = browser.open(next(where for where, text in page.links if "carts 1.2.0" in text))
        where = next(where for where, _ in page.links if "/evaluation?id=" in where)
        assert where.startswith(BASE) and browser.open(where).status == 200


def test_a_page_costs_two_rounds_of_reads(made, ids, monkeypatch):
    """However many evaluations stand side by side."""
    browser, rounds = made.signed_in(), []
    read = made.world.store.list
    monkeypatch.setattr(made.world.store, "list", lambda *given, **more: rounds.append(given) or read(*given, **more))
    browser.open(PAGE)
    assert [given[0] for given in rounds] == ["evaluations/webshop/staging/frontend/"]

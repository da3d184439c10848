"""`bridge`: a project's stages as lanes, and the orders that a person gives there."""

from __future__ import annotations

from keptn.records.tokens import Role
from tests.bridge_world import HOSTILE, STAGES, WEBSHOP
from tests.browser import BASE
from tests.world import issue

VIEWER = f"keptn_eve-0e0e0e0e_{'e' * 64}"


def test_lanes_show_what_is_live_and_what_comes(made):
    """Also a canary's share, a gate's score, a pin with its reason, and what a person is asked."""
    page = made.signed_in().open("/project/webshop")
    for text in ("dark · functional", "asks a person on pass, warning", "5 % of the users", "gate passed 100 %"):
        assert text in page.text
    assert "staging has 2.1.0" in page.text  # what prod lacks
    assert 'hx-trigger="every' in page.html
    page = made.signed_in().open("/project/sockshop")
    assert "pinned by ann-0a0a0a0a: the basket is empty" in page.text
    assert "gate failed 0 %" in page.text
    assert 'hx-trigger="look"' in page.html  # nothing runs, so nobody asks again


def test_what_people_wrote_is_text(made):
    """A reason is no markup."""
    for path in ("/project/sockshop", "/project/webshop", "/"):
        page = made.signed_in().open(path)
        assert HOSTILE not in page.html and not [given for tag, given in page.tags if tag == "img"]


def test_an_approval_is_given_in_the_lane(made):
    browser = made.signed_in()
    page = browser.press(browser.open("/project/webshop"), "Approve", reason="fine")
    assert page.where == f"{BASE}/project/webshop" and "You approved it." in page.text
    made.go_on(5)
    assert "Approve" not in browser.open("/project/webshop").buttons


def test_a_rejection_ends_the_delivery(made):
    browser = made.signed_in()
    assert "You rejected it." in browser.press(browser.open("/project/webshop"), "Reject", reason="no").text
    made.go_on(60)
    assert "Approve" not in browser.open("/project/webshop").buttons


def test_a_canary_is_promoted_in_the_lane(made):
    """Past what is left of its steps."""
    browser = made.signed_in()
    page = browser.press(browser.open("/project/webshop"), "Promote", reason="we have seen enough")
    assert "released now" in page.text
    made.go_on(60)
    assert "of the users" not in browser.open("/project/webshop").text


def test_a_stage_is_unpinned_and_rolled_back(made):
    """With who and why; the same again says that there is nothing to lift."""
    browser = made.signed_in()
    before = browser.open("/project/sockshop")
    assert "The pin is lifted." in browser.press(before, "Unpin", reason="mended").text
    made.go_on(5)
    assert "Unpin" not in browser.open("/project/sockshop").buttons
    assert "Not done: sockshop/prod/carts is not pinned" in browser.press(before, "Unpin").text
    page = browser.press(before, "Roll back", reason="again")
    assert "rolled back" in page.text
    made.go_on(60)
    assert "Unpin" in browser.open("/project/sockshop").buttons


def test_a_stage_is_pinned(made):
    """Who did it and why stands in the lane."""
    browser = made.signed_in()
    page = browser.open("/project/webshop")
    assert "It is pinned." in browser.press(page, "Pin", reason="the fair is on").text
    made.go_on(1)
    assert "pinned by ann-0a0a0a0a: the fair is on" in browser.open("/project/webshop").text
    assert "is pinned already" in browser.press(page, "Pin", reason="again").text


def test_who_may_only_look_has_no_buttons(made):
    """And a form of somebody else's page does nothing for him."""
    issue(made.world.store, VIEWER, role=Role.VIEW)
    viewer = made.signed_in(VIEWER)
    page = viewer.open("/project/webshop")
    assert not page.buttons & {"Approve", "Reject", "Promote", "Roll back", "Unpin"}
    form = made.signed_in().open("/project/sockshop").form("Unpin")
    form.fields["form-token"] = page.form("Sign out").fields["form-token"]
    assert "has the role view, and this takes operate" in viewer.send(form).text


def test_another_project_is_not_shown(made):
    issue(made.world.store, VIEWER, role=Role.OPERATE, project="webshop")
    viewer = made.signed_in(VIEWER)
    page = viewer.open("/project/sockshop")
    assert page.status == 403 and "is for project webshop" in page.text and "carts" not in page.html
    assert "Approve" in viewer.open("/project/webshop").buttons


def test_a_project_that_is_not_there_is_told(made):
    page = made.signed_in().open("/project/nope")
    assert page.status == 404 and "projects: sockshop, webshop" in page.text


def test_a_broken_shipyard_hides_nothing(made):
    """It is said, and what is live is shown."""
    made.world.config_repo.commit("sockshop", "main", lambda _: {"shipyard.yaml": b"stages: 1\n"}, message="oh")
    page = made.signed_in().open("/project/sockshop")
    assert "shipyard.yaml" in page.text and "1.1.0" in page.text


def test_a_project_without_services_teaches_the_command(made):
    made.call("POST", "/v1/project", {"name": "empty", "shipyard": made.call("GET", "/v1/project/webshop")["shipyard"]})
    made.rest()
    assert "keptn onboard service --project=empty" in made.signed_in().open("/project/empty").text


def test_many_services_come_in_pages(made):
    """All of them, each once; what is looked for is found on whichever page it is."""
    names = [f"s-{number:02d}" for number in range(50)]
    files = {f"{name}/values.yaml": f"service: {name}\nimage: acme/s\n".encode() for name in names}
    branches = {"main": {"shipyard.yaml": WEBSHOP}, **dict.fromkeys(STAGES, files)}
    made.world.config_repo.create("market", branches, message="Create project")
    browser = made.signed_in()
    page, seen = browser.open("/project/market"), []
    while True:
        seen += [word for word in page.text.split(" From s-")[0].split() if word in names]
        following = [where for where, text in page.links if text.startswith("From s-")]
        if not following:
            break
        page = browser.open(following[0])
    assert seen == names
    found = browser.open("/project/market?q=S-49")
    assert "s-49" in found.text and "s-48" not in found.text and "First" not in found.text
    assert "No service is called like this" in browser.open("/project/market?q=nope").text

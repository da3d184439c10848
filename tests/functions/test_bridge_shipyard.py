"""`bridge`: the picture of a shipyard."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from keptn.bridge import shipyard_picture
from keptn.records.tokens import Role
from keptn.simulation import walk
from tests.bridge_world import HOSTILE, WEBSHOP, shop
from tests.world import issue

VIEWER = f"keptn_eve-0e0e0e0e_{'e' * 64}"
PAGE = "/project/webshop/shipyard"


@pytest.fixture(scope="module")
def made():
    found = shop()
    with found.running():
        yield found


def test_the_picture_shows_what_simulate_draws(made):
    """A frame per stage, a box per sequence, an arrow per follower; and the same in words."""
    page = made.signed_in().open(PAGE)
    drawn = ET.fromstring(
        f'<svg class="yard"{page.html.split("<svg class=" + chr(34) + "yard" + chr(34))[1].split("</svg>")[0]}</svg>'
    )
    _, nodes = walk.walk(WEBSHOP, file="shipyard.yaml")
    followers = sum(len({name for ending in node.endings for name in ending.followers}) for node in nodes)
    kinds = [one.get("class") for one in drawn.iter()]
    assert kinds.count("yard-stage") == 3 and kinds.count("yard-box") == len(nodes)
    assert sum(str(kind).startswith("yard-arrow") for kind in kinds) == followers
    assert "dev.delivery deployment → test → evaluation → release" in page.text
    assert "pass, warning: staging.delivery" in page.text and "traffic 25 %" in page.text


def test_nothing_is_drawn_over_another(made):
    """Boxes of a stage stand below each other, within their frame and the picture."""
    _, nodes = walk.walk(WEBSHOP, file="shipyard.yaml")
    picture = shipyard_picture.drawn(nodes)
    for frame in picture.frames:
        for above, below in zip(frame.boxes, frame.boxes[1:], strict=False):
            assert above.y + above.height < below.y
        assert frame.boxes[-1].y + frame.boxes[-1].height <= picture.height
        assert frame.x + shipyard_picture.WIDTH <= picture.width


def test_a_broken_shipyard_is_shown_with_what_is_wrong(made):
    """As it is written, and as text."""
    made.world.with_sockshop("broken")
    broken = f"stages: [{{name: dev, nonsense: 1}}] # {HOSTILE}".encode()
    made.world.config_repo.commit("broken", "main", lambda _: {"shipyard.yaml": broken}, message="oh")
    page = made.signed_in().open("/project/broken/shipyard")
    assert (
        page.status == 200 and "nonsense" in page.text and HOSTILE not in page.html and "As it is written" in page.text
    )


def test_what_is_not_ones_own_is_not_shown(made):
    assert made.signed_in().open("/project/nope/shipyard").status == 404
    issue(made.world.store, VIEWER, role=Role.VIEW, project="sockshop")
    page = made.signed_in(VIEWER).open(PAGE)
    assert page.status == 403 and "canary" not in page.html

"""A project's shipyard as a picture, in words, and as it is written."""

from __future__ import annotations

from keptn.bridge import shipyard_picture
from keptn.bridge.visit import Visit
from keptn.errors import Refused
from keptn.simulation import walk
from keptn.web import Answer


def show(visit: Visit) -> Answer:
    """A broken one is shown as it is written, with what is wrong."""
    project = visit.path["project"]
    text, problem = str(visit.project(project)["shipyard"]), ""
    nodes: list[walk.Node] = []
    try:
        _, nodes = walk.walk(text.encode(), file=f"{project}/shipyard.yaml")
    except Refused as broken:
        problem = str(broken)
    return visit.page(
        "shipyard.html",
        project=project,
        text=text,
        problem=problem,
        picture=shipyard_picture.drawn(nodes),
        words=shipyard_picture.in_words(nodes),
        size=shipyard_picture,
    )

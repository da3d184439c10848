"""A project's shipyard as a picture, in words, and as it is written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from keptn.bridge import raw, shipyard_picture
from keptn.bridge.visit import Visit
from keptn.errors import Refused
from keptn.simulation import walk
from keptn.web import Answer

_MOST_BYTES = 30_000
"""Of the file, beside its picture and its words."""


def show(visit: Visit) -> Answer:
    """A broken one is shown as it is written, with what is wrong."""
    project = visit.path["project"]
    text, problem = str(visit.project(project)["shipyard"]), ""
    nodes: Sequence[walk.Node] = ()
    try:
        nodes = _nodes(text, f"{project}/shipyard.yaml")
    except Refused as broken:
        problem = str(broken)
    return visit.page(
        "shipyard.html",
        project=project,
        text=raw.shown(text, most_bytes=_MOST_BYTES),
        problem=problem,
        picture=shipyard_picture.drawn(nodes),
        words=shipyard_picture.in_words(nodes),
        size=shipyard_picture,
    )


@lru_cache(maxsize=100)
def _nodes(text: str, file: str) -> Sequence[walk.Node]:
    """The engine walks every way through it, which takes a fifth of a second, and always the same ways."""
    return tuple(walk.walk(text.encode(), file=file)[1])

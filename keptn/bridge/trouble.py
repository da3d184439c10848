"""What is wrong as a page: one sentence, and what to do about it. Who is signed in keeps the frame around it."""

from __future__ import annotations

from contextlib import suppress

from keptn.bridge import sign_in
from keptn.bridge.visit import Visit
from keptn.errors import KeptnError
from keptn.web import Answer, Trouble

_CANNOT = "This cannot be done", "Go back, change what the sentence says, and send it again."
_SAID = {
    403: (
        "This is not allowed",
        "Your token may not? Who has the root token makes another: keptn create token NAME --role=operate.",
    ),
    404: ("There is no such thing", "Go on from the projects."),
    405: ("This address takes something else", "Go back to the page that has the button, and press it there."),
    409: ("Not as things are", "Go back, load the page again, and look how things stand."),
    413: ("This is too much at once", "Go back and send less; what is large belongs into a file of the project."),
    429: ("This is too often", "Wait so long, then load the page again; close pages that you do not need."),
    500: ("Something is broken", "Load the page again; should it stay so, tell who runs keptn what the log has."),
    503: ("Not now", "Something that keptn needs is away for the moment; load the page again."),
}
"""By status: what it comes to, and what to do. Those that stand not here are as 400."""


def page(visit: Visit, what: Trouble) -> Answer:
    """Who asks too often has nothing read for him, not even who he is."""
    if what.status == 401:
        return sign_in.asked(visit)
    if what.status != 429:
        with suppress(KeptnError):  # what is away may be what knows who is signed in
            visit = visit.on({}, session=sign_in.session(visit))
    title, way_on = _SAID.get(what.status, _CANNOT)
    made = visit.page(
        "trouble.html", status=what.status, title=title, sentence=what.sentence, code=what.status, way_on=way_on
    )
    return Answer(
        status=made.status, body=made.body, content_type=made.content_type, headers=(*made.headers, *what.headers)
    )

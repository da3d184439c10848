"""What waits for a person, the one that waits longest first: what is asked, and the two answers."""

from __future__ import annotations

from keptn.bridge.visit import Visit
from keptn.web import Answer

AT_ONCE = 50


def show(visit: Visit) -> Answer:
    """Of one project, if the query names it."""
    project = visit.query("project")
    asked, start = visit.get("approval", project=project)["approvals"], visit.query("from")
    first = int(start) if start.isdecimal() and len(start) < 9 else 0
    over = first + AT_ONCE
    projects = sorted({one["project"] for one in asked} | ({project} if project else set()))
    waits = {} if project else {"approvals": str(len(asked))}
    return visit.page(
        "approvals.html",
        asked=asked[first:over],
        first=first,
        following=str(over) if asked[over:] else "",
        project=project,
        projects=projects,
        known_counts=waits,
    )

"""How much waits for a person, as the navigation shows it: a fragment that scripts ask for once a page is there.

Beside the page and not in it: what all slots say is dear to read, and no page waits for it. Without scripts the pages
that know a number by themselves show it (`visit.page(…, known_counts=…)`).
"""

from __future__ import annotations

from collections.abc import Mapping

from keptn.bridge.visit import Visit
from keptn.records import waiting
from keptn.web import Answer


def show(visit: Visit) -> Answer:
    found = waiting.counted(visit.ctx.store, project=visit.principal.project)
    letters = _seen(found.letters, visit)
    waits = {
        "approvals": str(_seen(found.approvals, visit)),
        "dead-letters": f"{letters}+" if letters and found.more else str(letters),
    }
    return visit.page("counts.html", counts=waits)


def _seen(counts: Mapping[str, int], visit: Visit) -> int:
    """Of what is the token's to see."""
    return sum(count for project, count in counts.items() if visit.may("view", project))

"""A registry that a mapping file describes: its entries become pushes. Pure.

Every tag of an entry is a push of its own. An entry without an id is known by what it says: the same body again is the
same push, and a tag that was moved meanwhile is another, for its digest is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from keptn.webhooks.mappings import reading
from keptn.webhooks.mappings.file import SenderMapping
from keptn.webhooks.mappings.reading import Entry
from keptn.webhooks.senders.registries import Ignored, Notification, Push, time_of, why_no_image


def read(mapping: SenderMapping, body: object, headers: Mapping[str, str]) -> Notification:
    """Every push of a notification, or why it is none. Raises Undecodable."""
    found = [push for entry in reading.entries(mapping, body, headers) for push in _pushes(entry)]
    if not found and mapping.each:
        return [Ignored(what=f"a notification of {mapping.title}", why=f"there is nothing at {mapping.each[0]}")]
    return found


def _pushes(entry: Entry) -> Iterator[Push | Ignored]:
    repository = entry.text("repository").lower()  # as registries want it, whatever a project is called
    event_id, host, digest, sent_at = entry.id, entry.text("host"), entry.text("digest"), time_of(entry.text("time"))
    for tag in entry.texts("tag") or [""]:
        what = f"{repository}:{tag}" if repository and tag else repository or f"a notification of {entry.mapping.title}"
        if why := entry.why_not or why_no_image(repository, tag):
            yield Ignored(what=what, why=why)
        else:
            yield Push(event_id=event_id, host=host, repository=repository, tag=tag, digest=digest, sent_at=sent_at)

"""Several tags of one image are one delivery, also where a registry tells of them one by one.

The first of them within a minute leads: the others are recorded as the same, and post its event once more, which the
engine knows, should whoever came first have died before he could. A tag that comes again is a second push, and a
delivery of its own; so is one that comes later. One small object per service and digest remembers it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import timedelta

from keptn import events
from keptn.context import Context
from keptn.errors import LostRace, Unavailable
from keptn.events import Event, rfc3339
from keptn.records import objects

WITHIN = timedelta(minutes=1)
log = logging.getLogger("keptn")
MOST = 50
"""Events of one digest that are remembered."""


def led(event: Event, tags: Sequence[str], ctx: Context) -> Event:
    """The event itself, or that of the delivery that its image has already. tags: all that the event is about.

    The same event again gives the same. A store that is busy makes two deliveries of one image, but loses none.
    """
    try:
        return _led(event, tags, ctx)
    except Unavailable as unavailable:
        log.warning("nobody knows whether %s is delivered already: %s", event.data["artifact"]["image"], unavailable)
        return event


def _led(event: Event, tags: Sequence[str], ctx: Context) -> Event:
    name = objects.delivered(event.scope, event.data["artifact"]["digest"])
    own = {"event": events.to_dict(event), "at": rfc3339(event.time), "tags": list(tags), "events": [event.id]}
    leader, content, generation = event, own, 0
    while True:
        try:
            ctx.store.put(name, json.dumps(content).encode(), if_generation=generation)
            return leader
        except LostRace:
            stored = ctx.store.get(name)
        leader, content, generation = event, own, 0
        if stored is None:
            continue
        known, generation = json.loads(stored.data), stored.generation
        if event.id in known["events"]:
            return events.from_dict(known["event"])
        if event.time - events.utc(known["at"]) < WITHIN and not {*tags} & {*known["tags"]}:
            leader = events.from_dict(known["event"])
            more = {"tags": [*known["tags"], *tags], "events": [*known["events"], event.id][-MOST:]}
            content = {**known, **more}

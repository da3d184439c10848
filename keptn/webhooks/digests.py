"""Asking the registry for the digest of what was pushed: the notification may be faster than the manifest.

Source: distribution/distribution #2625, goharbor/harbor PR #6223. A registry repeats what it is refused for ever, so an
image that is not there is refused only while its push is young; then its notification is taken and the push ignored.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from keptn import events
from keptn.context import Context
from keptn.errors import Unavailable, Unknown
from keptn.webhooks.deadline import Deadline
from keptn.webhooks.senders.registries import Push

ATTEMPTS, PAUSE_S = 6, 0.5
"""How often and after what pause an image is asked for again, over all images of a notification."""
YOUNG = timedelta(minutes=1)


class Digests:
    """The digests of one notification's images; each is asked for once it is known."""

    def __init__(self, deadline: Deadline, ctx: Context) -> None:
        self._deadline, self._ctx, self._left = deadline, ctx, ATTEMPTS
        self._known = cache(self._asked)

    def of(self, push: Push) -> str:
        """Raises Unknown if there is no such image, Unavailable if there may be one soon, or nobody answers in time."""
        while True:
            try:
                return self._known(str(push))
            except Unknown as unknown:
                if self._left <= 0:
                    raise self._soon(push, unknown) from unknown
            self._left -= 1
            self._ctx.clock.sleep(PAUSE_S)

    def _asked(self, image: str) -> str:
        return self._deadline.bounded(lambda: self._ctx.registry.digest(image), what=f"asking for {image}")

    def _soon(self, push: Push, unknown: Unknown) -> Unknown | Unavailable:
        if _is_young(push, self._ctx.clock.now()):
            return Unavailable(f"{unknown}; it was pushed just now, so send the notification again")
        return unknown


def _is_young(push: Push, now: datetime) -> bool:
    """By the registry's clock, which decides nothing else; one that is far ahead does not count."""
    try:
        return bool(push.sent_at) and abs(now - events.utc(push.sent_at)) < YOUNG
    except ValueError:
        return False

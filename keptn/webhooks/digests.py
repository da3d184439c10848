"""Asking the registry for the digest of what was pushed: the notification may be faster than the manifest.

Source: distribution/distribution #2625, goharbor/harbor PR #6223. Some senders tell once and never again, so what is
not there in time is asked for by a timer (`waiting.py`), until a quarter of an hour after its push.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from keptn import events
from keptn.context import Context
from keptn.errors import Refused, Unavailable, Unknown
from keptn.webhooks.deadline import Deadline
from keptn.webhooks.senders.registries import Push

ATTEMPTS, PAUSE_S = 6, 0.5
"""How often and after what pause an image is asked for again, over all images of a notification."""
ASKED_FOR = timedelta(minutes=15)
"""So long after its push an image may still come, and a registry be away."""


class Digests:
    """The digests of one notification's images; each is asked for once it is known. attempts: as of ATTEMPTS."""

    def __init__(self, deadline: Deadline, ctx: Context, *, attempts: int = ATTEMPTS) -> None:
        self._deadline, self._ctx, self._left = deadline, ctx, attempts
        self._known = cache(self._asked)

    def of(self, push: Push) -> str:
        """Raises Unknown if there is no such image, Unavailable if there may be one soon, or nobody answers in time."""
        self._deadline.check(f"asking for {push}")
        while True:
            try:
                return self._known(str(push))
            except Unknown as unknown:
                if self._left <= 0:
                    if _was_pushed_long_ago(push, self._ctx.clock.now()):
                        raise Unknown(f"{unknown}; its push is more than 15 minutes ago, so push it again") from unknown
                    raise Unavailable(str(unknown)) from unknown
            self._left -= 1
            self._ctx.clock.sleep(PAUSE_S)

    def is_that_of(self, push: Push, digest: str) -> bool:
        """Whether this is the push's digest, as it says itself or as far as the registry says so at once."""
        if push.digest:
            return push.digest == digest
        try:
            self._deadline.check(f"asking for {push}")
            return self._known(str(push)) == digest
        except (Refused, Unavailable):
            return False

    def _asked(self, image: str) -> str:
        return self._deadline.bounded(lambda: self._ctx.registry.digest(image), what=f"asking for {image}")


def _was_pushed_long_ago(push: Push, now: datetime) -> bool:
    """By the registry's clock, which decides nothing else; one that is ahead, or unknown, says nothing."""
    try:
        return bool(push.sent_at) and now - events.utc(push.sent_at) > ASKED_FOR
    except ValueError:
        return False

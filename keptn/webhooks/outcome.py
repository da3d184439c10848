"""What a webhook answers: what was started, and what became of every other entry. Bounded, whatever came in."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from keptn.webhooks.senders.registries import Ignored

MOST_TOLD = 100
"""Ignored entries that an answer lists; the rest is counted."""
_LONGEST = 500
log = logging.getLogger("keptn")


def answer(
    accepted: Sequence[Mapping[str, object]],
    ignored: Sequence[Ignored],
    *,
    waiting: Sequence[Mapping[str, object]] = (),
) -> Mapping[str, object]:
    """Most senders show it to nobody, so the log has why something was ignored or has to wait, too.

    waiting: what was accepted and is done later, without the sender; the answer has the key only if there is something.
    """
    told = [{"what": entry.what[:_LONGEST], "why": entry.why[:_LONGEST]} for entry in ignored[:MOST_TOLD]]
    if told:
        log.info("accepted %d, ignored %d, first %r: %r", len(accepted), len(ignored), told[0]["what"], told[0]["why"])
    if waiting:
        log.info("%d have to wait, first %s: %s", len(waiting), waiting[0]["image"], waiting[0]["why"])
    answered = {"accepted": list(accepted), "ignored": told, "ignoredMore": max(0, len(ignored) - MOST_TOLD)}
    return {**answered, "waiting": list(waiting)} if waiting else answered

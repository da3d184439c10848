"""What a webhook answers: what was started, and what became of every other entry. Bounded, whatever came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keptn.webhooks.senders.registries import Ignored

MOST_TOLD = 100
"""Ignored entries that an answer lists; the rest is counted."""
_LONGEST = 500


def answer(accepted: Sequence[Mapping[str, object]], ignored: Sequence[Ignored]) -> Mapping[str, object]:
    told = [{"what": entry.what[:_LONGEST], "why": entry.why[:_LONGEST]} for entry in ignored[:MOST_TOLD]]
    return {"accepted": list(accepted), "ignored": told, "ignoredMore": max(0, len(ignored) - MOST_TOLD)}

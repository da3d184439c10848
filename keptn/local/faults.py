"""Fault mode: the ways in which a real cluster is unkind, on purpose and repeatable by a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from keptn.errors import Refused

KINDS = ("duplicate", "shuffle", "lose", "kill")
MAX_DELAY_S = 0.3
LOST = 0.1
"""Share of answers that are lost."""
KILL_EVERY_S = 2.0
"""Mean time between kills of function processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """kinds: which are on. Timing decides what meets what: a seed repeats the decisions, not the whole run."""

    kinds: frozenset[str] = frozenset()
    random: random.Random = field(default_factory=random.Random)

    @property
    def copies(self) -> int:
        """How often each Trigger gets an event."""
        return 2 if "duplicate" in self.kinds else 1

    def delay_s(self) -> float:
        """How long a delivery is held back, so that others pass it."""
        return self.random.uniform(0, MAX_DELAY_S) if "shuffle" in self.kinds else 0.0

    def loses(self) -> bool:
        """Whether this answer is lost: the function did its work, and the Broker does not know."""
        return "lose" in self.kinds and self.random.random() < LOST

    def next_kill_s(self) -> float | None:
        return self.random.expovariate(1 / KILL_EVERY_S) if "kill" in self.kinds else None


def parse(text: str) -> Faults:
    """`SEED` (all kinds) or `SEED,kind,…`; empty: none. Raises Refused."""
    if not text:
        return Faults()
    seed, *kinds = text.split(",")
    unknown = [kind for kind in kinds if kind not in KINDS]
    if not seed.isdecimal() or unknown:
        raise Refused(f"--faults {text!r}: write a seed, and which of {', '.join(KINDS)} (none named: all)")
    return Faults(kinds=frozenset(kinds or KINDS), random=random.Random(int(seed)))  # noqa: S311 - repeatable

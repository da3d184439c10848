"""What users saw of a canary's steps, held against the weights that were asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from examples.sockshop.demo import users
from examples.sockshop.demo.lanes import Delivery
from examples.sockshop.demo.users import Seen

SIGMAS = 4.0
"""How far chance may take a share from its weight: one step in 16,000 goes farther."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One share of the users. requests: those answered while it stood; of_candidate: by the candidate."""

    weight_percent: int
    requests: int
    of_candidate: int

    @property
    def share_percent(self) -> float:
        return 100 * self.of_candidate / self.requests if self.requests else 0.0

    @property
    def tolerance_percent(self) -> float:
        """Each request is drawn by itself, so their number is binomial."""
        weight = self.weight_percent / 100
        return 100 * SIGMAS * math.sqrt(weight * (1 - weight) / self.requests) if self.requests else 0.0

    @property
    def is_as_weighted(self) -> bool:
        return abs(self.share_percent - self.weight_percent) <= self.tolerance_percent

    def __str__(self) -> str:
        low, high = self.weight_percent - self.tolerance_percent, self.weight_percent + self.tolerance_percent
        seen = f"{self.share_percent:.1f} % of {self.requests} requests"
        return f"{self.weight_percent} %: {seen} (chance explains {low:.1f} to {high:.1f} %)"


def read(delivery: Delivery, stage: str, seen: Sequence[Seen]) -> list[Step]:
    """The steps of a delivery in a stage, of what the stage's users saw meanwhile; none where it is no canary.

    A share stands from the end of its `traffic` to the begin of the next, or of the release: what was sent while the
    route changed counts for neither.
    """
    changes = _times(delivery, stage, "traffic.triggered", "release.triggered")
    found = []
    for begin, weight in _times(delivery, stage, "traffic.finished"):
        end = min((at for at, _ in changes if at > begin), default=begin)
        answered = users.versions([one for one in seen if begin <= one.at < end])
        found.append(
            Step(weight_percent=weight, requests=answered.total(), of_candidate=answered.get(delivery.version, 0))
        )
    return found


def _times(delivery: Delivery, stage: str, *types: str) -> list[tuple[float, int]]:
    """When events of these types came, each with the weight that it knows of."""
    wanted = {f"sh.keptn.event.{name}" for name in types}
    return sorted(
        (datetime.fromisoformat(e["time"]).timestamp(), (e["data"].get("traffic") or {}).get("weight_percent", 0))
        for e in delivery.events
        if e["type"] in wanted and e["data"].get("stage") == stage
    )

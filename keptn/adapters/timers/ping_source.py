"""The wake-up as Knative's PingSource `clock`, beside the functions: it ticks by cron, whose smallest unit is a second.

Its template is the ConfigMap `keptn-clock-source`. The moment itself stands in an annotation: a schedule has no year.

A tick can be missed: the source is made too late, or its adapter starts anew. So a schedule goes on after its moment:
every minute until the hour ends, every hour until the day ends, every day …; one that comes within a minute goes on
every minute. Whoever sets a timer heals it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from keptn.adapters.kubernetes.api_server import MERGE_PATCH
from keptn.adapters.kubernetes.in_cluster import InCluster
from keptn.adapters.timers.kept_tick import KeptTick, Tick
from keptn.errors import LostRace, Unavailable
from keptn.events import rfc3339, utc
from keptn.ports import Clock

NAME = "clock"
TEMPLATE = "keptn-clock-source"
TEMPLATE_KEY = "clock-source.yaml"
AT = "keptn.sh/tick-at"
LEAD = timedelta(seconds=3)
"""How much later than now a source must tick to be heard of in time: one that is moved takes less than 0.3 s; one that
is made up to 0.6 s, and on two cores with a load of 30 more than two.
"""
FURTHEST = timedelta(days=300)
"""A schedule further ahead would come round this year."""
GONE_S, LOOK_S = 5.0, 0.1
"""How long a source may take to go, and how often it is looked at, seconds: until then there can be no other."""


class PingSourceWakeUp(KeptTick):
    """Every change is made of the resourceVersion that was read."""

    def __init__(self, api: InCluster, clock: Clock) -> None:
        super().__init__(clock)
        self._api = api

    @classmethod
    def open(cls, *, clock: Clock) -> PingSourceWakeUp:
        return cls(InCluster(), clock)

    def _possible(self, moment: datetime) -> datetime:
        """Whole seconds, rounded up: a tick that comes too early finds nothing due."""
        now = self._clock.now()
        at = min(max(moment, now + LEAD), now + FURTHEST)
        return at + timedelta(microseconds=-at.microsecond % 1_000_000)

    def _read(self) -> Tick | None:
        source = self._source()
        return Tick(at=_at(source), version=source["metadata"]["resourceVersion"]) if source else None

    def _source(self) -> Mapping[str, Any] | None:
        """Waits for one that is being deleted: what is written into it goes with it."""
        for _ in range(int(GONE_S / LOOK_S)):
            source = self._api.ask("GET", self._path)
            if source is None or "deletionTimestamp" not in source["metadata"]:
                return source
            self._clock.sleep(LOOK_S)
        raise Unavailable(f"the PingSource {NAME} is still being deleted after {GONE_S:g} s; is Knative Eventing well?")

    def _write(self, at: datetime, tick: Tick | None) -> None:
        changes: dict[str, dict[str, Any]] = {
            "metadata": {"annotations": {AT: rfc3339(at)}},
            "spec": {"schedule": schedule(at, now=self._clock.now())},
        }
        if tick is None:
            self._api.ask("POST", self._place, _merged(self._template(), changes))
            return
        changes["metadata"]["resourceVersion"] = tick.version
        if self._api.ask("PATCH", self._path, changes, content_type=MERGE_PATCH) is None:
            raise LostRace(f"the PingSource {NAME} was deleted")

    def _remove(self, tick: Tick | None) -> None:
        if tick:
            self._api.ask("DELETE", self._path, {"preconditions": {"resourceVersion": tick.version}})

    def _template(self) -> dict[str, Any]:
        """The PingSource without a moment. Raises Unavailable."""
        import yaml

        place = f"the ConfigMap {TEMPLATE} in the namespace {self._api.namespace}"
        found = self._api.ask("GET", f"/api/v1/namespaces/{self._api.namespace}/configmaps/{TEMPLATE}") or {}
        try:
            source = yaml.safe_load((found.get("data") or {})[TEMPLATE_KEY])
            if source["kind"] == "PingSource" and source["metadata"]["name"] == NAME and source["spec"]:
                return dict(source)
        except (yaml.YAMLError, KeyError, TypeError):
            pass
        raise Unavailable(
            f"{place} has no PingSource {NAME!r} in {TEMPLATE_KEY}, so nothing ticks; apply knative again"
        )

    @property
    def _place(self) -> str:
        return f"/apis/sources.knative.dev/v1/namespaces/{self._api.namespace}/pingsources"

    @property
    def _path(self) -> str:
        return f"{self._place}/{NAME}"


def schedule(at: datetime, *, now: datetime) -> str:
    """Cron with seconds, in UTC, whose first moment after now is `at`, a whole second at most `FURTHEST` ahead."""
    if at - now < timedelta(seconds=59):
        return f"{at.second} * * * * *"
    months = f"{at.month}-12" if at.year == now.year else str(at.month)
    return f"{at.second} {at.minute}-59 {at.hour}-23 {at.day}-31 {months} *"


def _at(source: Mapping[str, Any]) -> datetime:
    try:
        return utc(source["metadata"]["annotations"][AT])
    except (ValueError, KeyError, TypeError):
        return datetime.min.replace(tzinfo=UTC)  # a person made it


def _merged(source: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {**source, **{part: {**source[part], **values} for part, values in changes.items()}}

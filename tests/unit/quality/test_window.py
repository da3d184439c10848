"""Which span of time an evaluation covers."""

from datetime import UTC, datetime, timedelta

import pytest

from keptn.errors import Refused
from keptn.events import Event
from keptn.quality import window

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def at(minutes: float) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat()


def covered(**data: object) -> tuple[float, float]:
    triggered = Event(type="sh.keptn.event.evaluation.triggered", id="1", source="test", time=NOW, data=data)
    found = window.of_evaluation(triggered)
    return (found.start - NOW) / timedelta(minutes=1), (found.end - NOW) / timedelta(minutes=1)


TEST = {"start": at(-3), "end": at(-1)}


@pytest.mark.parametrize(
    ("data", "minutes"),
    [
        ({"evaluation": {"start": at(-9), "end": at(-8)}, "test": TEST}, (-9, -8)),
        ({"evaluation": {"start": at(-9), "timeframe": "2m"}}, (-9, -7)),
        ({"evaluation": {"end": at(-9), "timeframe": "2m"}}, (-11, -9)),
        ({"test": TEST}, (-3, -1)),
        ({"test": TEST, "deployment": {"finished_at": at(-4)}}, (-3, -1)),
        ({"test": TEST, "deployment": {"finished_at": at(-0.5)}, "evaluation": {"timeframe": "1m"}}, (-0.5, 0.5)),
        ({"deployment": {"finished_at": at(-1)}}, (-1, 4)),
        ({"deployment": {"deploymentstrategy": "direct"}}, (0, 5)),
        ({"action": {"name": "rollback"}, "evaluation": {"timeframe": "30s"}}, (0, 0.5)),
        ({"evaluation": {"timeframe": "10m"}}, (-10, 0)),
        ({}, (-5, 0)),
    ],
)
def test_the_window(data: dict, minutes: tuple[float, float]) -> None:
    """What the event says, else this deployment's test run, else a timeframe: after a change, or before now."""
    assert covered(**data) == pytest.approx(minutes)


@pytest.mark.parametrize(
    ("evaluation", "says"),
    [
        ({"start": "yesterday"}, "RFC 3339"),
        ({"start": at(-1), "end": at(-2)}, "holds nothing"),
        ({"start": at(-2), "end": at(-1), "timeframe": "5m"}, "leave one"),
        ({"timeframe": "5"}, "write it like"),
        ({"timeframe": "0s"}, "holds nothing"),
    ],
)
def test_a_window_that_cannot_be_meant(evaluation: dict, says: str) -> None:
    """One sentence says what is wrong."""
    with pytest.raises(Refused, match=says):
        covered(evaluation=evaluation)

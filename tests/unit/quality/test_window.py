"""Which span of time an evaluation covers."""

from datetime import UTC, datetime, timedelta

import pytest

from keptn.errors import Refused
from keptn.events import Event
from keptn.quality import window
from keptn.quality.hold import Hold

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def at(minutes: float) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat()


def hold(*, beside_live: bool = False, **data: object) -> Hold:
    triggered = Event(type="sh.keptn.event.evaluation.triggered", id="1", source="test", time=NOW, data=data)
    return window.of_evaluation(triggered, beside_live=beside_live)


def covered(**data: object) -> tuple[float, float]:
    found = hold(**data).window(NOW)
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
        ({"traffic": {"finished_at": at(-1)}, "deployment": {"finished_at": at(-9)}}, (-1, 4)),
        ({"traffic": {"finished_at": at(-9)}, "deployment": {"finished_at": at(-9)}}, (-9, -4)),
        ({"traffic": {"finished_at": at(-1)}, "deployment": {"finished_at": at(-9)}, "test": TEST}, (-1, 4)),
        ({"traffic": {"finished_at": at(-3)}, "deployment": {"finished_at": at(-9)}, "test": TEST}, (-3, -1)),
        ({"traffic": {"finished_at": at(-9)}, "deployment": {"finished_at": at(-8)}}, (-8, -3)),
        ({"traffic": {"finished_at": at(-9)}, "deployment": {"finished_at": at(-8)}, "test": TEST}, (-3, -1)),
        ({"traffic": {"weight_percent": 5}, "deployment": {"finished_at": at(-1)}}, (-1, 4)),
    ],
)
def test_the_window(data: dict, minutes: tuple[float, float]) -> None:
    """What the event says, else this deployment's last test run or step, else a timeframe after a change or before now.

    A step of traffic that is older than the deployment was an earlier stage's.
    """
    assert covered(**data) == pytest.approx(minutes)


@pytest.mark.parametrize(
    ("evaluation", "says"),
    [
        ({"start": "yesterday"}, "RFC 3339"),
        ({"start": at(-1), "end": at(-2)}, "holds nothing"),
        ({"start": at(-2), "end": at(-1), "timeframe": "5m"}, "leave one"),
        ({"timeframe": "5"}, "write it like"),
        ({"timeframe": "0s"}, "timeframe must be longer than nothing"),
        ({"timeframe": "nan"}, "write it like"),
        ({"timeframe": "99999h"}, "longer than 366 days"),
        ({"end": "0001-01-01T00:00:00Z"}, "before or after all time"),
        ({"start": "9999-12-31T23:59:59Z"}, "before or after all time"),
        ({"min_requests": -1}, "min_requests must be a whole number, not -1; write how many"),
        ({"min_requests": "many"}, "not 'many'"),
        ({"min_requests": True}, "not True"),
        ({"min_requests": 2.5}, "not 2.5"),
        ({"timeframe": "2m", "longest": "1m"}, "longest is shorter than its timeframe; write 2m or more"),
        ({"longest": "soon"}, "longest: 'soon' is no duration"),
        ({"longest": "9000h"}, "longer than 366 days"),
    ],
)
def test_a_window_that_cannot_be_meant(evaluation: dict, says: str) -> None:
    """One sentence says what is wrong."""
    with pytest.raises(Refused, match=says):
        covered(evaluation=evaluation)


STEP = {"traffic": {"finished_at": at(0)}, "deployment": {"finished_at": at(-9)}}


@pytest.mark.parametrize(
    ("data", "beside_live", "expected"),
    [
        (STEP, True, (10, 20)),
        (STEP, False, (0, 5)),
        (STEP | {"evaluation": {"min_requests": 0}}, True, (0, 5)),
        (STEP | {"evaluation": {"timeframe": "2m"}}, True, (10, 8)),
        (STEP | {"evaluation": {"timeframe": "2m", "min_requests": 3, "longest": "5m"}}, False, (3, 5)),
        (STEP | {"evaluation": {"timeframe": "", "min_requests": "", "longest": ""}}, True, (10, 20)),
        (STEP | {"test": {"start": at(1), "end": at(2)}}, True, (0, 1)),
        (STEP | {"deployment": {"finished_at": at(0)}}, True, (10, 20)),
        (STEP | {"deployment": {"finished_at": at(1)}}, True, (0, 5)),
        ({"deployment": {"finished_at": at(-1)}}, True, (0, 5)),
        ({"deployment": {"finished_at": at(-1)}, "evaluation": {"min_requests": 3}}, False, (3, 20)),
        ({"evaluation": {"min_requests": 3, "start": at(-9), "end": at(-8)}}, False, (3, 1)),
        ({"evaluation": {"min_requests": 3}}, False, (3, 5)),
    ],
)
def test_who_waits_for_requests(data: dict, beside_live: bool, expected: tuple[int, float]) -> None:
    """A canary step unasked, others where they say so; what was to be measured exactly does not go on."""
    found = hold(beside_live=beside_live, **data)
    assert (found.min_requests, found.longest / timedelta(minutes=1)) == expected


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"evaluation": {"start": at(60), "end": at(65)}}, "starts in 1h: 2026-01-31 13:00:00Z"),
        ({"evaluation": {"start": at(1), "timeframe": "1m"}}, "starts in 1m"),
        ({"evaluation": {"start": at(-1), "timeframe": "10m"}}, "ends in 9m"),
        ({"evaluation": {"end": at(525600)}}, "starts in 8759h55m"),
        ({"test": {"start": at(-1), "end": at(60)}}, "ends in 1h"),
    ],
)
def test_a_window_that_is_to_come_is_refused(data: dict, said: str) -> None:
    """It is mostly a local time, and would hold the stage for its hours."""
    with pytest.raises(Refused, match=f"the window {said}.*it is now 2026-01-31 12:00:00Z"):
        hold(**data)


def test_a_window_may_end_in_a_moment() -> None:
    """That is waited for, and a test's clock may be a little ahead."""
    assert covered(evaluation={"start": at(-1), "end": at(4)}) == (-1, 4)
    assert covered(test={"start": at(1), "end": at(4)}) == (1, 4)

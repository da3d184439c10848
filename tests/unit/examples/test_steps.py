"""What the demo says of a canary's steps, of events and requests that are made up."""

from datetime import UTC, datetime

import pytest

from examples.sockshop.demo import lanes, steps
from examples.sockshop.demo.steps import Step
from examples.sockshop.demo.users import Seen

STORY = (
    (0, "prod.delivery.triggered", {}),
    (0, "deployment.triggered", {}),
    (1, "deployment.finished", {}),
    (1, "traffic.triggered", {"traffic": {"weight_percent": 25}}),
    (2, "traffic.finished", {"traffic": {"weight_percent": 25}}),
    (2, "evaluation.triggered", {}),
    (12, "evaluation.finished", {"evaluation": {"score": 90}}),
    (12, "traffic.triggered", {"traffic": {"weight_percent": 60}}),
    (13, "traffic.finished", {"traffic": {"weight_percent": 60}}),
    (13, "evaluation.triggered", {}),
    (23, "evaluation.finished", {"evaluation": {"score": 80}}),
    (23, "release.triggered", {}),
    (24, "release.finished", {}),
)


def delivery(until_s=99):
    events = [
        {
            "type": f"sh.keptn.event.{name}",
            "time": datetime.fromtimestamp(at, UTC).isoformat(),
            "data": {"stage": "prod", "result": "pass", **data},
        }
        for at, name, data in STORY
        if at < until_s
    ]
    return lanes.read("0.3", "context", events)


def requests(begin_s, end_s, percent):
    """100 a second, so many percent of them answered by 0.3."""
    return [
        Seen(at=begin_s + number / 100, version="0.3" if number % 100 < percent else "0.1", error="")
        for number in range((end_s - begin_s) * 100)
    ]


def test_a_step_is_what_was_sent_while_its_share_stood():
    """Requests before the first step, while the route changes, and after the last count for none."""
    seen = [*requests(0, 2, 99), *requests(2, 12, 25), *requests(12, 13, 99), *requests(13, 23, 60)]
    found = steps.read(delivery(), "prod", [*seen, *requests(23, 30, 100)])
    assert [(step.weight_percent, step.requests, step.share_percent) for step in found] == [
        (25, 1000, 25),
        (60, 1000, 60),
    ]


@pytest.mark.parametrize(
    ("requests", "of_candidate", "good"),
    [(400, 134, True), (400, 135, False), (400, 65, False), (40, 20, True), (4000, 1200, False), (0, 0, False)],
)
def test_the_more_requests_the_less_does_chance_explain(requests, of_candidate, good):
    """A quarter of 400 requests is 100, and its standard deviation 8.7."""
    step = Step(weight_percent=25, requests=requests, of_candidate=of_candidate)
    assert step.is_as_weighted == good


def test_a_lane_tells_what_each_step_gives():
    """No two lines are the same: what was told once is not told again."""
    (lane,) = delivery().lanes
    assert lane.steps[1:-1] == [
        "traffic 25 % pass",
        "evaluation at 25 % pass",
        "traffic 60 % pass",
        "evaluation at 60 % pass",
    ]
    assert lane.score == 80


def test_a_lane_tells_which_step_it_is_in():
    """The verdict of the step before is not shown as this one's."""
    (lane,) = delivery(until_s=14).lanes
    assert (lane.step, lane.score) == ("evaluation at 60 %", None)

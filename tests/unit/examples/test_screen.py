"""What a person sees of the demo fits the terminal, and what a pipe gets is not broken."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from examples.sockshop.demo.lanes import Delivery, Lane
from examples.sockshop.demo.screen import Screen

BEGAN = datetime(2026, 1, 31, 12, tzinfo=UTC)
REASON = "50 of 100 points; pass needs 75 points; Envoy:response_time_p50: 100.999 is beyond upperSevere 63.5131"
USERS = [f"users of {who}: 123456 requests, 12345 errors" for who in ("staging", "prod", "prod, regulars")]


def lane(stage: str, sequence: str = "delivery", **more: object) -> Lane:
    return Lane(stage=stage, sequence=sequence, began=BEGAN, ended=BEGAN + timedelta(seconds=9), **more)


def deliveries(step: str) -> list[Delivery]:
    failed = lane("staging", result="fail", score=50, message=REASON)
    lanes = [lane("dev", result="pass", score=100), failed, lane("staging", "rollback", result="pass")]
    running = [lane("prod", step=step, score=66.6667), lane("prod", "remediation", step=step)]
    return [
        Delivery(version=version, context="c", lanes=[*lanes, *running], events=[]) for version in ("0.1", "repair")
    ]


def shown(width: int, step: str) -> list[str]:
    """The lanes as they stand on a terminal."""
    console = Console(
        highlight=False, width=width, height=24, file=io.StringIO(), force_terminal=True, color_system=None
    )
    screen = Screen(console)
    for delivery in deliveries(step):
        screen.show(delivery, users=USERS)
    with console.capture() as captured:
        console.print(screen._lanes())
    return captured.get().splitlines()


@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_lanes_fit_the_terminal_and_do_not_move(width: int):
    """Whatever a task is called: the right border is there, in the same place, and the users are counted."""
    narrow, wide = shown(width, "test"), shown(width, "evaluation at 60 %")
    frames = {line for line in (*narrow, *wide) if line.startswith("┏")}
    assert len(frames) == 1 and frames.pop().endswith("┓")
    assert max(map(len, (*narrow, *wide))) <= width and len(wide) <= 24
    assert [line.strip() for line in wide[-3:]] == USERS


@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_table_at_the_end_fits_the_terminal(width: int):
    """Reasons stand below it, whole."""
    console = Console(highlight=False, width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    with console.capture() as captured:
        Screen(console).deliveries(deliveries("test"))
    said = captured.get()
    assert max(map(len, said.splitlines())) <= width
    assert f"0.1 staging delivery, fail: {REASON}" in " ".join(said.split())


def test_a_pipe_gets_whole_lines():
    """One a step, for whoever searches them."""
    console = Console(highlight=False, width=80, file=io.StringIO())
    screen = Screen(console)
    with console.capture() as captured:
        for delivery in deliveries("test"):
            screen.show(delivery, users=USERS)
        screen.deliveries(deliveries("test"))
    lines = captured.get().splitlines()
    assert any(line.endswith(f"0.1 staging delivery → fail, score 50 – {REASON}") for line in lines)
    assert f"0.1 staging delivery, fail: {REASON}" in lines

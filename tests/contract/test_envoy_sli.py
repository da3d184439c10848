"""The provider on Envoy's access log, on real log files."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keptn.adapters.sli import access_log
from keptn.adapters.sli.envoy import FLUSH_S, SETTLED_S, EnvoySli
from keptn.errors import NotYet
from keptn.events import Scope
from keptn.ports import SliQuery, SliValue, Window

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
WINDOW = Window(start=START, end=START + timedelta(seconds=10))
CARTS = Scope(project="sockshop", stage="staging", service="carts")
LATER = START + timedelta(minutes=1)


def line(second: float, *, duration: float = 10, status: int = 200, colour: str = "green", **other: object) -> str:
    began = START + timedelta(seconds=second)
    record = {
        "time": began.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "project": "sockshop",
        "stage": "staging",
        "service": "carts",
        "colour": colour,
        "route": "own" if colour else "public",
        "method": "GET",
        "path": "/carts?id=1",
        "status": status,
        "duration_us": round(duration * 1000),
        "flags": "-",
        "served_by": "green",
    }
    return json.dumps(record | other) + "\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


def fetched(
    log: Path,
    query: object,
    *,
    colour: str = "green",
    now: datetime = LATER,
    window: Window = WINDOW,
) -> SliValue:
    asked = SliQuery(indicator="i", query=query, scope=CARTS, colour=colour, window=window)
    return EnvoySli(log, now=lambda: now, is_written=lambda *_: False).fetch(asked)


def test_a_colour_is_measured_by_its_own_listener(log: Path) -> None:
    """Other colours, stages, and the copy of each request on the public listener are not counted."""
    log.write_text(
        "".join(line(n, duration=10 * (n + 1)) for n in range(10))
        + line(1, colour="blue", duration=999)
        + line(1, colour="", duration=999)
        + line(1, stage="prod", duration=999)
    )
    found = fetched(log, "response_time_p95")
    assert found.values == {"": pytest.approx(95.5)}
    assert found.query == "response_time_p95 of green"
    assert list(found.samples) == [10.0 * (n + 1) for n in range(10)]


def test_without_a_colour_it_is_what_users_saw(log: Path) -> None:
    """The public listener alone counts."""
    log.write_text(line(1, colour="") + line(1) + line(2, colour="", status=503))
    assert fetched(log, "error_rate", colour="").values == {"": 50.0}


def test_the_window_holds_its_start_and_not_its_end(log: Path) -> None:
    """A request belongs to the window in which it began, however long it took."""
    log.write_text(line(-0.001) + line(0) + line(9.999, duration=9000) + line(10))
    assert fetched(log, "count").values == {"": 2.0}


def test_filters_look_at_the_path_without_its_query(log: Path) -> None:
    """`?id=1` is no part of the path."""
    log.write_text(line(1) + line(2, path="/orders"))
    assert fetched(log, "count?path=/carts").values == {"": 1.0}


@pytest.mark.parametrize(("status", "flags", "rate"), [(500, "-", 100), (0, "UC", 100), (0, "DC", 0), (404, "-", 0)])
def test_what_counts_as_an_error(log: Path, status: int, flags: str, rate: float) -> None:
    """5xx and no answer do; a client that went away does not."""
    log.write_text(line(1, status=status, flags=flags))
    assert fetched(log, "error_rate").values == {"": rate}


@pytest.mark.parametrize("query", ["response_time_p95", "error_rate", "throughput", "count"])
def test_no_requests_are_no_data(log: Path, query: str) -> None:
    """A version that nobody called has no error rate of zero; that nobody called it is sure."""
    log.write_text(line(1, colour="blue"))
    found = fetched(log, query)
    assert (found.values, found.failed, found.nothing) == ({}, False, True)
    assert found.reason == "no requests to sockshop/staging/carts (green) in the window"


def test_no_log_is_a_failure(log: Path) -> None:
    """Without a router there is nothing to measure with."""
    found = fetched(log, "count")
    assert (found.failed, found.nothing) == (True, False)
    assert "is the router running?" in found.reason


def test_an_unknown_metric_is_a_failure(log: Path) -> None:
    """It says what is known."""
    log.write_text(line(1))
    found = fetched(log, "response_time_p950")
    assert found.failed
    assert "known:" in found.reason


def test_broken_lines_are_passed_over(log: Path) -> None:
    """Half a line at the end is one that Envoy still writes."""
    log.write_text("nonsense\n" + "[]\n" + line(1) + '{"time": 7}\n' + line(2)[:-20])
    assert fetched(log, "count").values == {"": 1.0}


def test_late_lines_are_waited_for_but_not_for_long(log: Path) -> None:
    """The buffer is flushed soon after the window; a later request in the log proves it was."""
    log.write_text(line(1))
    with pytest.raises(NotYet) as waiting:
        fetched(log, "count", now=WINDOW.end)
    assert 0 < waiting.value.after_s <= FLUSH_S
    assert fetched(log, "count", now=WINDOW.end + timedelta(seconds=FLUSH_S)).values == {"": 1.0}
    log.write_text(line(1) + line(10 + SETTLED_S))
    assert fetched(log, "count", now=WINDOW.end).values == {"": 1.0}


def test_envoy_says_twice_that_it_has_no_late_line(log: Path) -> None:
    """Of the window that has ended, and without a request in between: one is over before its line is there."""
    log.write_text(line(1))
    looks = iter([(-0.1, True), (0.0, True), (0.1, False), (0.2, True), (0.3, True)])
    look = [0.0, False]
    provider = EnvoySli(log, now=lambda: WINDOW.end + timedelta(seconds=look[0]), is_written=lambda *_: look[1])
    asked = SliQuery(indicator="i", query="count", scope=CARTS, colour="green", window=WINDOW)
    for _ in range(4):
        look[:] = next(looks)
        with pytest.raises(NotYet):
            provider.fetch(asked)
    look[:] = next(looks)
    assert provider.fetch(asked).values == {"": 1.0}


def test_a_window_may_lie_in_several_parts(log: Path) -> None:
    """What was set aside is read as well, and a part that is set aside just now is read once."""
    log.with_name("access.log.9").write_text(line(-100))
    log.with_name("access.log.10").write_text(line(1) + line(2))
    log.write_text(line(3))
    log.with_name("access.log.11").hardlink_to(log)
    assert fetched(log, "count").values == {"": 3.0}


def test_a_window_of_which_a_part_is_gone_is_a_failure(log: Path) -> None:
    """Part of it would be measured as if it were the whole."""
    log.with_name("access.log.2").write_text(line(3) + line(4) + line(5))
    log.write_text(line(6))
    found = fetched(log, "count")
    assert found.failed and "is kept from 2026-01-31T12:00:04" in found.reason, found
    log.with_name("access.log.1").write_text(line(-3) + line(1))
    assert fetched(log, "count").values == {"": 5.0}


def test_the_cost_of_a_window_does_not_grow_with_the_log(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bisection: a window in the middle of 40,000 lines is found without reading them all."""
    log.write_text("".join(line(n * 0.1, colour="green" if n % 2 else "blue") for n in range(-20_000, 20_000)))
    parsed = []
    read = access_log._record
    monkeypatch.setattr(access_log, "_record", lambda text: parsed.append(1) or read(text))
    assert fetched(log, "count").values == {"": 50.0}
    assert len(parsed) < 2_000


def test_one_window_is_read_once(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten indicators of one version cost one reading of the log."""
    log.write_text(line(1))
    reads = []
    read = access_log.requests
    monkeypatch.setattr(access_log, "requests", lambda *args: reads.append(1) or read(*args))
    provider = EnvoySli(log, now=lambda: LATER, is_written=lambda *_: False)
    for query in ("count", "error_rate", "response_time_p50"):
        provider.fetch(SliQuery(indicator=query, query=query, scope=CARTS, colour="green", window=WINDOW))
    assert len(reads) == 1

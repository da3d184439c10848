"""Who counts requests, and when there are too few of them."""

from datetime import UTC, datetime, timedelta

import pytest

from keptn.ports import SliValue, Window
from keptn.quality import perfspec, requests, sli, slo
from keptn.quality.perfspec_gate import PerfSpecGate
from keptn.quality.slo_gate import SloGate
from keptn.quality.verdict import Gate

START = datetime(2026, 1, 31, 21, 7, 3, tzinfo=UTC)
WINDOW = Window(start=START, end=START + timedelta(minutes=8))
RT = SliValue(indicator="rt", query="q", values={"": 5.0})
NOTHING = SliValue(indicator="rt", query="q", reason="no such series")
FAILED = SliValue(indicator="rt", query="q", reason="away", failed=True)


def slo_gate(*names: str, slis: str = "{}", source: str = "") -> SloGate:
    objectives = ", ".join(f"{{sli: {name}}}" for name in names)
    text = f"{{total_score: {{pass: 90}}, objectives: [{objectives}]}}"
    return SloGate(slo=slo.parse(text), slis=sli.parse(f"indicators: {slis}", source=source))


def spec_gate(*ids: str) -> PerfSpecGate:
    indicators = ", ".join(f'{{"id": "{name}", "metricScore": 1}}' for name in ids)
    return PerfSpecGate(spec=perfspec.parse(f'{{"indicators": [{indicators}], "objectives": {{"pass": 1}}}}'))


@pytest.mark.parametrize(
    ("gate", "source", "query"),
    [
        (slo_gate("rt"), "", "count"),
        (slo_gate("rt", slis="{rt: q}", source="prometheus"), "prometheus", "count"),
        (slo_gate("rt", slis="{rt: q}", source="http"), "", "count"),
        (slo_gate("rt", slis="{request_count: {url: 'https://a'}}", source="http"), "http", {"url": "https://a"}),
        (spec_gate("Prometheus:rt", "Envoy:rt"), "envoy", "count"),
        (spec_gate("Dynatrace:rt", "Prometheus:rt"), "prometheus", "count"),
        (spec_gate("Prometheus:rt", "request_count"), "", "request_count"),
    ],
)
def test_who_is_asked_to_count(gate: Gate, source: str, query: object) -> None:
    """The user's own SLI, with or without an objective; else a provider that the gate asks anyway."""
    need = requests.need(gate)
    assert (need.indicator, need.source, need.query) == ("request_count", source, query)


def count(value: float | SliValue | None) -> SliValue | None:
    known = isinstance(value, SliValue) or value is None
    return value if known else SliValue(indicator="request_count", query="count", values={"": value})


@pytest.mark.parametrize(
    ("value", "rt", "counted", "too_few"),
    [
        (9, RT, 9, True),
        (9.6, RT, 10, False),
        (0, RT, 0, True),
        (SliValue(indicator="request_count", query="", values={"a": 5, "b": 5}), RT, 10, False),
        (SliValue(indicator="request_count", query="", reason="no requests", nothing=True), RT, 0, True),
        (FAILED, RT, None, False),
        (NOTHING, RT, None, False),
        (float("inf"), RT, None, False),
        (None, RT, None, False),
        (FAILED, NOTHING, None, True),
        (NOTHING, None, None, True),
        (NOTHING, FAILED, None, False),
    ],
)
def test_when_there_are_too_few(
    value: float | SliValue | None, rt: SliValue | None, counted: int | None, too_few: bool
) -> None:
    """Where nobody can count them, a candidate without any value had none, unless a provider failed."""
    measured = {"request_count": count(value), "rt": rt}
    given = {name: one for name, one in measured.items() if one is not None}
    got = requests.counted(slo_gate("rt"), given, None, needed=10)
    assert (got.count, got.too_few) == (counted, too_few)
    assert bool(got.note) is (counted is None)


@pytest.mark.parametrize(("value", "counted"), [(NOTHING, 0), (FAILED, None), (count(7), 7)])
def test_what_live_has_can_be_counted(value: SliValue, counted: int | None) -> None:
    """Counters of a candidate that nobody called may not be there yet."""
    live = {"request_count": SliValue(indicator="request_count", query="", values={"": 75})}
    assert requests.counted(slo_gate("rt"), {"request_count": value, "rt": RT}, live, needed=10).count == counted


def test_nobody_wants_to_know() -> None:
    """Without a limit there is neither a count nor a word about it."""
    got = requests.counted(slo_gate("rt"), {}, None, needed=0)
    assert (got.count, got.too_few, got.note) == (None, False, "")


def test_what_people_are_told() -> None:
    """How many came, how many are needed, until when."""
    got = requests.counted(slo_gate("rt"), {"request_count": count(3)}, None, needed=10)
    assert got.so_far(WINDOW, WINDOW.end + timedelta(minutes=2)) == (
        "only 3 of the 10 requests that are needed reached the candidate by 2026-01-31 21:15:03Z; "
        "the hold goes on until 2026-01-31 21:17:03Z"
    )
    assert got.verdict(WINDOW) == "only 3 requests reached the candidate in 8m, 10 are needed: too few to judge"
    silent = requests.counted(slo_gate("rt"), {"request_count": FAILED}, None, needed=10)
    assert silent.so_far(WINDOW, WINDOW.end + timedelta(minutes=2)) == (
        "nothing was measured of the candidate, whose requests could not be counted (away), by 2026-01-31 21:15:03Z; "
        "the hold goes on until 2026-01-31 21:17:03Z"
    )
    assert silent.verdict(WINDOW) == (
        "nothing was measured of the candidate in 8m: too little to judge; "
        "the candidate's requests could not be counted: away"
    )

"""Gates: a verdict over ten SLIs, the statistical test, the access log, and queries that run side by side."""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from keptn.adapters.machine.system_clock import SystemClock
from keptn.adapters.sli import access_log
from keptn.evaluation.measuring import Measuring, Question, Subject
from keptn.events import Scope
from keptn.ports import SliQuery, SliValue, Window
from keptn.quality import mann_whitney, slo
from keptn.quality.slo_gate import SloGate
from keptn.quality.verdict import Evidence, Need, Previous
from tests.bench.row import Row

CARTS = Scope(project="sockshop", stage="staging", service="carts")
START = datetime(2026, 1, 31, 12, tzinfo=UTC)


def rows() -> Iterator[Row]:
    yield Row(
        what="a verdict over 10 SLIs, 2 of them judged on 500 samples a side, ms",
        measured=_median_ms(_verdict()),
        budget=50,
    )
    yield Row(what="Mann-Whitney, 1,000 against 1,000 samples, ms", measured=_median_ms(_test(ties=False)), budget=50)
    yield Row(
        what="Mann-Whitney, 1,000 against 1,000 samples with many ties, ms",
        measured=_median_ms(_test(ties=True)),
        budget=50,
    )
    yield Row(what="20 queries of 50 ms each, as multiples of the slowest", measured=_side_by_side(), budget=4)
    early, late = _log_costs()
    yield Row(what="a window of 10 s in the access log (1,000 requests), ms", measured=early)
    yield Row(what="the same in a log twenty times as long, ratio", measured=late / early, budget=1.5)


def _verdict() -> Callable[[], object]:
    dice = random.Random(1)
    objectives = [
        {"sli": str(n), "pass": [{"criteria": ["<=+10%", "<600"]}], "warning": [{"criteria": ["<=800"]}]}
        | ({"judge": {"direction": "increase"}} if n < 2 else {})
        for n in range(10)
    ]
    text = json.dumps({"objectives": objectives, "total_score": {"pass": "90%", "warning": "75%"}})
    sides = [{str(n): _value(str(n), dice) for n in range(10)} for _ in range(2)]
    before = [Previous(id="a", result="pass", values={str(n): {"": 100.0} for n in range(10)})]
    evidence = Evidence(candidate=sides[0], live=sides[1], previous=before)
    return lambda: SloGate(slo=slo.parse(text)).judge(evidence)


def _value(name: str, dice: random.Random) -> SliValue:
    samples = [dice.gauss(100, 10) for _ in range(500)]
    return SliValue(indicator=name, query="", values={"": statistics.mean(samples)}, samples=samples)


def _test(*, ties: bool) -> Callable[[], object]:
    dice = random.Random(2)
    x, y = ([dice.gauss(mean, 20) for _ in range(1000)] for mean in (102, 100))
    if ties:
        x, y = [float(round(value)) for value in x], [float(round(value)) for value in y]
    return lambda: mann_whitney.shift(x, y, confidence=0.98)


class _Slow:
    def fetch(self, query: SliQuery) -> SliValue:
        time.sleep(0.05)
        return SliValue(indicator=query.indicator, query="", values={"": 1.0})


def _side_by_side() -> float:
    window = Window(start=START, end=START + timedelta(seconds=10))
    subject = Subject(scope=CARTS, colour="green", window=window, labels={}, filters={})
    questions = [Question(subject=subject, need=Need(indicator=str(n), source="", query="q")) for n in range(20)]
    measuring = Measuring(lambda _: _Slow(), clock=SystemClock(), deadline=START)
    return _median_ms(lambda: measuring.ask({"candidate": questions})) / 50


def _log_costs() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        short, long = Path(folder) / "short.log", Path(folder) / "long.log"
        _write(short, 10_000)
        _write(long, 200_000)
        return _median_ms(lambda: _read(short, 5_000)), _median_ms(lambda: _read(long, 100_000))


def _write(log: Path, lines: int) -> None:
    record = {"project": "sockshop", "stage": "staging", "service": "carts", "colour": "green", "route": "own"}
    record |= {
        "method": "GET",
        "path": "/carts/1",
        "status": 200,
        "duration_us": 3500,
        "flags": "-",
        "served_by": "green",
    }
    with log.open("w") as file:
        for number in range(lines):
            moment = (START + timedelta(milliseconds=10 * number)).isoformat(timespec="milliseconds")
            file.write(json.dumps({"time": moment} | record) + "\n")


def _read(log: Path, first: int) -> None:
    start = START + timedelta(milliseconds=10 * first)
    found = access_log.requests(log, Window(start=start, end=start + timedelta(seconds=10)), CARTS, "green")
    if len(found) != 1_000:
        raise AssertionError(f"{len(found)} requests instead of 1,000")


def _median_ms(work: Callable[[], object], *, times: int = 7) -> float:
    took = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        took.append((time.perf_counter() - begin) * 1000)
    return statistics.median(took)

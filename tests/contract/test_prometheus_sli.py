"""The provider on Prometheus: a real one, started here, scraping a small exporter; and answers not to be trusted."""

import http.server
import itertools
import json
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keptn.adapters.sli.json_source import JsonSource
from keptn.adapters.sli.prometheus import PrometheusSli
from keptn.events import Scope
from keptn.ports import SliQuery, SliValue, Window
from tests import needs
from tests.waiting import DEADLINE_S, until

CARTS = Scope(project="sockshop", stage="staging", service="carts")
LABELS = 'project="sockshop",stage="staging",service="carts",deployment="%s"'
METRICS = (
    "".join(
        f"go_memstats_alloc{{{LABELS % colour}}} {value}\n" for colour, value in (("blue", 1000.5), ("green", 2000.25))
    )
    + "".join(f'queue_length{{pod="{pod}",zone="a"}} {value}\n' for pod, value in (("one", 1), ("two", 2)))
    + "broken NaN\nhuge +Inf\n"
)
ORDERS = replace(CARTS, service="orders")
ORDERED = f"http_requests_total{{{LABELS % 'green'}}}".replace("carts", "orders")
"""One more with every scrape."""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    binary = needs.program("prometheus")
    scrapes = itertools.count(1)

    def metrics() -> bytes:
        return f"{METRICS}{ORDERED} {next(scrapes)}\n".encode()

    exporter = _serve({"/metrics": ("text/plain; version=0.0.4", metrics)})
    folder, port = tmp_path_factory.mktemp("prometheus"), _free_port()
    _configure(folder, exporter.server_port)
    process = subprocess.Popen(
        [
            binary,
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=error",
        ]
    )
    try:
        _until_scraped(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(DEADLINE_S)
        exporter.shutdown()
        exporter.server_close()


def _configure(folder: Path, exporter_port: int) -> None:
    jobs = [
        {"job_name": "carts", "honor_labels": True, "static_configs": [{"targets": [f"127.0.0.1:{exporter_port}"]}]}
    ]
    config = {"global": {"scrape_interval": "500ms", "scrape_timeout": "500ms"}, "scrape_configs": jobs}
    (folder / "prometheus.yml").write_text(json.dumps(config))


def _serve(
    answers: dict[str, tuple[str, bytes | Callable[[], bytes]]], *, status: int = 200
) -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = answers.get(self.path.partition("?")[0], answers.get("*", ("text/plain", b"")))
            body = body() if callable(body) else body
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _free_port() -> int:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.server_close()
    return server.server_port


def _until_scraped(url: str) -> None:
    """Two seconds of samples, so that a window holds some."""

    def scraped() -> bool:
        try:
            with urllib.request.urlopen(f"{url}/api/v1/query?query=count_over_time(queue_length[10s])") as answer:
                counts = [int(series["value"][1]) for series in json.load(answer)["data"]["result"]]
        except OSError:
            return False
        return bool(counts) and min(counts) >= 3

    until(scraped, what="a few scrapes of the exporter")


def fetched(url: str, query: object, *, scope: Scope = CARTS, colour: str = "green", samples: bool = False) -> SliValue:
    end = datetime.now(UTC)
    window = Window(start=end - timedelta(seconds=10), end=end)
    asked = SliQuery(indicator="i", query=query, scope=scope, colour=colour, window=window, samples=samples)
    return PrometheusSli(JsonSource("Prometheus", url, sleep=lambda _: None)).fetch(asked)


def test_a_bare_metric_name_is_averaged_over_the_window(prometheus: str) -> None:
    """The slides' `Prometheus:go_memstats_alloc` finds the series of the colour."""
    found = fetched(prometheus, "go_memstats_alloc")
    assert found.values == {"": 2000.25}
    assert found.query == f"avg_over_time(go_memstats_alloc{{{LABELS % 'green'}}}[10s])"
    assert fetched(prometheus, "go_memstats_alloc", colour="blue").values == {"": 1000.5}


def test_placeholders_choose_the_series(prometheus: str) -> None:
    """A query in full says by itself which version it means."""
    assert fetched(prometheus, "go_memstats_alloc{deployment='$DEPLOYMENT'} * 2").values == {"": 4000.5}


def test_several_series_are_several_entities(prometheus: str) -> None:
    """They are named by the labels that tell them apart."""
    assert fetched(prometheus, "queue_length{zone='a'}").values == {"pod=one": 1.0, "pod=two": 2.0}


def test_a_scalar_is_one_value(prometheus: str) -> None:
    """`scalar(…)` and plain arithmetic answer without a series."""
    assert fetched(prometheus, "1 + 1").values == {"": 2.0}


def test_a_range_query_covers_the_window(prometheus: str) -> None:
    """Its points are samples, its value their aggregate."""
    query = {"query": "sum(queue_length)", "range": True, "step": "1s", "aggregate": "max"}
    found = fetched(prometheus, query)
    assert found.values == {"": 3.0}
    assert set(found.samples) == {3.0}


def test_samples_are_fetched_where_they_are_wanted(prometheus: str) -> None:
    """A statistical comparison needs more than the value."""
    assert not fetched(prometheus, "go_memstats_alloc{deployment='$DEPLOYMENT'}").samples
    found = fetched(prometheus, "go_memstats_alloc{deployment='$DEPLOYMENT'}", samples=True)
    assert set(found.samples) == {2000.25}


@pytest.mark.parametrize(
    ("query", "says", "failed"),
    [
        ("no_such_metric", "no such series", False),
        ("broken + 0", "NaN", False),
        ("sum(", "400", True),
        ("queue_length[5m]", "instant query", True),
        ("up{l='$LABEL.x'}", "no label 'x'", True),
        ({"query": "up", "range": True, "step": "often"}, "step", True),
        ({"query": "up", "range": True, "aggregate": "median"}, "known: avg", True),
        ({"range": True}, "PromQL", True),
    ],
)
def test_no_value_has_a_reason(prometheus: str, query: object, says: str, failed: bool) -> None:
    """No data and a query that cannot be answered are told apart; neither is a number."""
    found = fetched(prometheus, query)
    assert (found.values, found.failed) == ({}, failed)
    assert says in found.reason


def test_beyond_all_numbers_is_not_hidden(prometheus: str) -> None:
    """+Inf is worse than any limit; it must not be dropped as if there were no such series."""
    assert fetched(prometheus, "huge + 0").values == {"": float("inf")}


@pytest.mark.parametrize(
    "query", ["count", "throughput", "error_rate", "response_time_p50", "response_time_p90", "response_time_p95"]
)
def test_default_queries_are_valid(prometheus: str, query: str) -> None:
    """What prometheus-service offers without a file can be asked; here nobody exports it."""
    assert fetched(prometheus, query).reason in {
        "Prometheus has no such series",
        "Prometheus answered NaN (no samples, or a division by zero)",
    }


def test_requests_are_counted_over_the_window(prometheus: str) -> None:
    """Of the version that is asked for; a series that is not there does not say that nobody came."""
    assert fetched(prometheus, "count", scope=ORDERS).values[""] > 0
    other = fetched(prometheus, "count", scope=ORDERS, colour="blue")
    assert (other.values, other.failed, other.nothing) == ({}, False, False)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"status":"success"}',
        b'{"data":{"resultType":"vector","result":{}}}',
        b'{"data":{"resultType":"vector","result":[7]}}',
        b'{"data":{"resultType":"vector","result":[{}]}}',
        b'{"data":{"resultType":"vector","result":[{"value":[1,"many"]}]}}',
        b'{"data":{"resultType":"string","result":[1,"x"]}}',
    ],
)
def test_an_answer_of_another_form_is_a_failure(body: bytes) -> None:
    """Whatever answers at that address, it is a reason and never a traceback."""
    server = _serve({"*": ("application/json", body)})
    try:
        found = fetched(f"http://127.0.0.1:{server.server_port}", "up{}")
    finally:
        server.shutdown()
        server.server_close()
    assert (found.values, found.failed) == ({}, True)
    assert found.reason


@pytest.mark.parametrize(("status", "tries"), [(503, 3), (429, 3), (401, 1)])
def test_what_may_pass_is_asked_again(status: int, tries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a budget; a refusal is taken at its word."""
    server = _serve({"*": ("application/json", b'{"error": "overload"}')}, status=status)
    asked = []
    ask = JsonSource._ask
    monkeypatch.setattr(JsonSource, "_ask", lambda *args: asked.append(1) or ask(*args))
    try:
        found = fetched(f"http://127.0.0.1:{server.server_port}", "up{}")
    finally:
        server.shutdown()
        server.server_close()
    assert len(asked) == tries
    assert found.reason == f"Prometheus answered {status}: overload"


def test_nobody_there_is_a_failure() -> None:
    """An unreachable provider is a missing value with a reason."""
    found = fetched(f"http://127.0.0.1:{_free_port()}", "up{}")
    assert found.failed
    assert "does not answer" in found.reason


def test_no_address_is_a_failure() -> None:
    """The setting is named."""
    window = Window(start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2026, 1, 2, tzinfo=UTC))
    query = SliQuery(indicator="i", query="up{}", scope=CARTS, colour="", window=window)
    assert "KEPTN_PROMETHEUS_URL" in PrometheusSli(None).fetch(query).reason

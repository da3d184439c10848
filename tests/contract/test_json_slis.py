"""The providers on Dynatrace and on any HTTP endpoint: documented answers, and answers that are not to be trusted."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from keptn.adapters.http import reach
from keptn.adapters.http.reach import Reach
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.adapters.sli.dynatrace import DynatraceSli
from keptn.adapters.sli.http import HttpSli
from keptn.adapters.sli.json_source import JsonSource
from keptn.adapters.sli.prometheus import PrometheusSli
from keptn.context import Context
from keptn.errors import Refused
from keptn.events import Scope
from keptn.ports import SliQuery, SliSite, SliValue, Window
from keptn.settings import Settings

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
WINDOW = Window(start=START, end=START + timedelta(minutes=5))
CARTS = Scope(project="sockshop", stage="staging", service="carts")


class Endpoint:
    """Answers by path, one after the other; remembers what was asked."""

    def __init__(self, answers: dict[str, list[object]]) -> None:
        self.answers, self.asked, self.url = answers, [], ""

    def answer(self, target: str, headers: dict[str, str]) -> bytes:
        path = urlsplit(target).path
        self.asked.append(
            (path, {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}, headers)
        )
        listed = self.answers.get(path, self.answers.get("*", [b""]))
        found = listed.pop(0) if len(listed) > 1 else listed[0]
        return found if isinstance(found, bytes) else json.dumps(found).encode()


@contextmanager
def serving(**answers: list[object]) -> Iterator[Endpoint]:
    endpoint = Endpoint({"*" if name == "anything" else name: listed for name, listed in answers.items()})

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = endpoint.answer(self.path, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()


def asked(query: object, *, samples: bool = False) -> SliQuery:
    return SliQuery(indicator="i", query=query, scope=CARTS, colour="green", window=WINDOW, samples=samples)


def dynatrace(endpoint: Endpoint, query: object, *, samples: bool = False) -> SliValue:
    source = JsonSource("Dynatrace", endpoint.url, sleep=lambda _: None)
    return DynatraceSli(source).fetch(asked(query, samples=samples))


def metrics(*series: tuple[list[str], list[float | None]], more: str | None = None) -> dict:
    data = [{"dimensions": dims, "timestamps": [0] * len(values), "values": values} for dims, values in series]
    return {"totalCount": 1, "nextPageKey": more, "resolution": "Inf", "result": [{"metricId": "m", "data": data}]}


SELECTOR = "metricSelector=builtin:service.response.time:percentile(95)&entitySelector=type(SERVICE),tag($SERVICE)"


@pytest.mark.parametrize(
    ("query", "factor"), [(SELECTOR, 1), (f"MV2;MicroSecond;{SELECTOR}", 1000), ("builtin:service.response.time", 1)]
)
def test_metrics_v2(query: str, factor: float) -> None:
    """Selectors with their placeholders, over the window; microseconds become milliseconds."""
    with serving(**{"/api/v2/metrics/query": [metrics((["SERVICE-1"], [5000.0]))]}) as endpoint:
        found = dynatrace(endpoint, query)
    assert found.values == {"": 5000 / factor}
    _, sent, _ = endpoint.asked[0]
    assert sent["metricSelector"].startswith("builtin:service.response.time")
    assert int(sent["to"]) - int(sent["from"]) == 300_000
    assert sent.get("entitySelector", "type(SERVICE),tag(carts)") == "type(SERVICE),tag(carts)"


def test_entities_pages_and_samples() -> None:
    """Several entities are several values, pages are followed, gaps are left out."""
    pages = [metrics((["A"], [1.0, None]), more="two"), metrics((["A"], [3.0]), (["B"], [7.0]))]
    with serving(**{"/api/v2/metrics/query": pages}) as endpoint:
        found = dynatrace(endpoint, SELECTOR, samples=True)
    assert found.values == {"A": 2.0, "B": 7.0}
    assert list(found.samples) == [1.0, 3.0, 7.0]
    assert endpoint.asked[1][1] == {"nextPageKey": "two"}


def test_problems_slos_and_classic_timeseries() -> None:
    """How many problems, an SLO's percentage, and the perfspec of the talk's time."""
    classic = {"dataResult": {"dataPoints": {"SERVICE-1": [[1, 20.0], [2, None], [3, 40.0]]}}}
    answers = {
        "/api/v2/problems": [{"totalCount": 2}],
        "/api/v2/slo/abc": [{"evaluatedPercentage": 99.5}],
        "/api/v1/timeseries/com.dynatrace.builtin:service.responsetime": [classic],
    }
    with serving(**answers) as endpoint:
        assert dynatrace(endpoint, 'PV2;problemSelector=status("open")').values == {"": 2}
        assert dynatrace(endpoint, "SLO;abc").values == {"": 99.5}
        pitometer = {"timeseriesId": "com.dynatrace.builtin:service.responsetime", "aggregation": "AVG"}
        assert dynatrace(endpoint, pitometer).values == {"": 30.0}
    assert endpoint.asked[2][1]["aggregationType"] == "avg"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"7", b'"x"', {}, {"result": 1}, {"result": [7]}, {"result": [{"data": [{}]}]}, {"totalCount": "two"}],
)
@pytest.mark.parametrize("query", ["m", "PV2;x=y", "SLO;a", {"timeseriesId": "t"}, {}])
def test_an_answer_of_another_form_is_a_failure(body: object, query: object) -> None:
    """A reason, never a traceback, never a number."""
    with serving(anything=[body]) as endpoint:
        found = dynatrace(endpoint, query)
    assert found.values == {}
    assert found.reason


@pytest.mark.parametrize("value", ["many", True, [], 1e400])
def test_a_value_that_is_no_number_is_a_failure(value: object) -> None:
    """Not even `true`."""
    with serving(anything=[metrics((["A"], [value]))]) as endpoint:
        found = dynatrace(endpoint, "m")
    assert (found.values, found.failed) == ({}, True)


def test_dynatrace_needs_its_secret() -> None:
    """Which is named, with its keys."""
    assert "keptn create secret dynatrace" in DynatraceSli(None).fetch(asked("m")).reason


def fetched(endpoint: Endpoint, **query: str) -> SliValue:
    secrets = MemorySecrets()
    secrets.put("monitor", {"x-api-key": "hush"})
    query["url"] = endpoint.url + query.get("url", "")
    return HttpSli(secrets, reach=Reach(), sleep=lambda _: None).fetch(asked(query))


@pytest.mark.parametrize(
    ("body", "path", "value", "samples"),
    [
        (5, "$", 5, [5]),
        ({"data": [{"value": "7.5"}]}, "$.data[0].value", 7.5, [7.5]),
        ({"items": [{"ms": 1}, {"ms": None}, {"ms": 3}, {}]}, "$.items[*].ms", 2, [1, 3]),
        ({"a b": {"x": 1, "y": 2}}, "$['a b'][*]", 1.5, [1, 2]),
    ],
)
def test_any_endpoint(body: object, path: str, value: float, samples: list[float]) -> None:
    """One number, or many, at a JSON path."""
    with serving(anything=[body]) as endpoint:
        found = fetched(endpoint, json_path=path)
    assert (found.values, list(found.samples)) == ({"": value}, samples)


def test_the_request_says_what_is_evaluated() -> None:
    """Placeholders, the window, and a secret's header."""
    with serving(anything=[1]) as endpoint:
        fetched(endpoint, url="/m?s=$SERVICE&c=$DEPLOYMENT&from=$START", headers_secret="monitor")
    _, sent, headers = endpoint.asked[0]
    assert sent == {"s": "carts", "c": "green", "from": "2026-01-31T12:00:00.000000Z"}
    assert headers["x-api-key"] == "hush"


@pytest.mark.parametrize(
    ("body", "query", "says"),
    [
        ({}, {"json_path": "$.a"}, "no number at that path"),
        ({"a": "fast"}, {"json_path": "$.a"}, "is no number"),
        ({"a": True}, {"json_path": "$.a"}, "is no number"),
        ({"a": {}}, {"json_path": "$.a"}, "is no number"),
        (b"NaN", {}, "is no number"),
        (b"<html>", {}, "no JSON"),
        ({}, {"json_path": "a.b["}, "cannot be read"),
        ({}, {"path": "$.a"}, "is not known"),
        ({}, {"headers_secret": "other"}, "has none of the keys"),
    ],
)
def test_no_number_has_a_reason(body: object, query: dict, says: str) -> None:
    """Whatever the endpoint answers."""
    with serving(anything=[body]) as endpoint:
        found = fetched(endpoint, **query)
    assert found.values == {}
    assert says in found.reason


def test_what_a_url_hides_is_not_told() -> None:
    """Host and path are; two queries are told apart all the same, for one is compared with the other."""
    with serving(anything=[1]) as endpoint:
        one, other, again = (fetched(endpoint, url=f"/m?api_key=hush&c={colour}") for colour in "aba")
    assert "hush" not in one.query
    assert one.query.startswith(f"{endpoint.url.removeprefix('http://')}/m?#")
    assert (one.query == again.query, one.query == other.query) == (True, False)


@pytest.mark.parametrize(
    "url",
    [
        "http://key:hush@127.0.0.1:9/m?api_key=hush",
        "http://127.0.0.1:1/x?hush",
        "ftp://hush",
        "http://key:hu/sh@h",
        "http://h:hush",
    ],
)
def test_no_failure_tells_the_url(url: str) -> None:
    """Neither that nobody answers, nor that it is no URL."""
    found = HttpSli(MemorySecrets(), reach=Reach(), sleep=lambda _: None).fetch(asked({"url": url}))
    assert found.failed
    assert "hush" not in found.reason + found.query


@pytest.mark.parametrize(
    ("hosts", "allowed"),
    [("", True), ("127.0.0.*", True), ("*.org, 127.0.0.1", True), ("*.org", False)],
)
def test_only_hosts_that_the_operator_allows_are_asked(hosts: str, allowed: bool) -> None:
    """A file of a project is not a way into the network; a laptop has no list."""
    with serving(anything=[1]) as endpoint:
        may = reach.of_slis(Settings(sli_hosts=hosts, outgoing_refused="none"))
        sli = HttpSli(MemorySecrets(), reach=may, sleep=lambda _: None)
        found = sli.fetch(asked({"url": f"{endpoint.url}/m"}))
    assert bool(found.values) is bool(endpoint.asked) is allowed
    assert allowed or "host '127.0.0.1' is not among those that may be called" in found.reason


def test_no_file_leads_to_the_link_of_the_machine() -> None:
    """By the rules of all outgoing calls (test_reach.py)."""
    sli = HttpSli(MemorySecrets(), reach=Reach(), sleep=lambda _: None)
    found = sli.fetch(asked({"url": "http://169.254.169.254/?key=hush"}))
    assert found.failed
    assert "keptn calls no link-local, metadata" in found.reason
    assert "hush" not in found.reason + found.query


class NoTime:
    def now(self) -> datetime:
        return START

    def sleep(self, seconds: float) -> None: ...


SHARED = {"prometheus": {"token": "ours"}, "dynatrace": {"url": "{here}", "token": "ours"}}
OWN = {"prometheus-sockshop": {"token": "own"}, "dynatrace-sockshop": {"token": "own"}}


@pytest.mark.parametrize(
    ("secrets", "named", "sent"),
    [
        (SHARED, False, "ours"),
        (SHARED | OWN, True, "own"),
        (OWN, True, "own"),
        (SHARED, True, ""),
        ({}, False, ""),
    ],
)
@pytest.mark.parametrize("provider", [PrometheusSli, DynatraceSli])
def test_a_token_goes_only_where_it_belongs(provider: type, secrets: dict, named: bool, sent: str) -> None:
    """The installation's to the installation's address, a project's to the one that it names; never across."""
    with serving(anything=[metrics((["A"], [1.0]))]) as endpoint:
        known = MemorySecrets()
        for name, values in secrets.items():
            known.put(name, {key: value.format(here=endpoint.url) for key, value in values.items()})
        settings = Settings(prometheus_url="" if named else endpoint.url, outgoing_refused="none")
        site = SliSite(project="sockshop", url=endpoint.url if named else "")
        provider.open(settings=settings, secrets=known, clock=NoTime(), site=site).fetch(asked("m"))
    tokens = {headers.get("authorization", "").rpartition(" ")[2] for _, _, headers in endpoint.asked}
    assert tokens == {sent} or (not sent and not tokens)


@pytest.mark.parametrize(("name", "sent"), [("metrics.sockshop", "own"), ("metrics", "all's"), ("metrics.other", "")])
def test_a_header_is_no_other_project_s(name: str, sent: str) -> None:
    """Whatever the file says: an endpoint of its writer must not be sent another project's key."""
    known = MemorySecrets()
    for secret, value in (("metrics.sockshop", "own"), ("metrics", "all's"), ("metrics.other", "secret")):
        known.put(secret, {"x-api-key": value})
    with serving(anything=[1]) as endpoint:
        ctx = Context(Settings(outgoing_refused="none"), secrets=known, clock=NoTime())
        sli = ctx.sli_provider("http", site=SliSite(project="sockshop"))
        found = sli.fetch(asked({"url": f"{endpoint.url}/m", "headers_secret": name}))
    assert [headers.get("x-api-key") for _, _, headers in endpoint.asked] == ([sent] if sent else [])
    assert sent or "is project other's, not sockshop's" in found.reason


@pytest.mark.parametrize("provider", [PrometheusSli, DynatraceSli])
def test_a_project_s_file_names_only_hosts_that_are_allowed(provider: type) -> None:
    """An address in it is as good as one in a query."""
    needs = {"settings": Settings(sli_hosts="*.org"), "secrets": MemorySecrets(), "clock": NoTime()}
    with pytest.raises(Refused, match=r"host '10\.0\.0\.1' is not among those that may be called"):
        provider.open(**needs, site=SliSite(project="sockshop", url="http://10.0.0.1"))


def test_a_project_s_dynatrace_needs_its_secret() -> None:
    """Which is named."""
    site = SliSite(project="sockshop", url="http://127.0.0.1:9")
    sli = DynatraceSli.open(
        settings=Settings(outgoing_refused="none"), secrets=MemorySecrets(), clock=NoTime(), site=site
    )
    assert "keptn create secret dynatrace-sockshop" in sli.fetch(asked("m")).reason

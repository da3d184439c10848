"""The test runners against a real server, k6 with its real command."""

import subprocess
import sys
from pathlib import Path

import pytest

from keptn.adapters.http.httpx_client import HttpxHttp
from keptn.adapters.test_runner.http_checks import HttpChecks
from keptn.adapters.test_runner.k6 import K6Runner
from keptn.errors import InvalidFile, Refused
from keptn.ports import TestReport, TestRun
from tests.waiting import DEADLINE_S, until

LOAD = """
import http from 'k6/http';
import { path } from './path.js';
export const options = { iterations: 20, thresholds: { http_req_failed: ['rate<0.5'], http_req_duration: ['%s'] } };
export default function () { http.get(`${__ENV.BASE_URL}${path}`); }
"""


def k6(endpoint_url: str, script: str, *, path: str = "/json", timeout_s: float = DEADLINE_S) -> TestReport:
    files = {"tests/performance.js": script.encode(), "tests/path.js": f"export const path = '{path}';".encode()}
    run = TestRun(file="tests/performance.js", files=files, url=endpoint_url, timeout_s=timeout_s)
    return K6Runner.open().run(run)


def checks(endpoint_url: str, text: str) -> TestReport:
    files = {"tests/functional.yaml": text.encode()}
    run = TestRun(file="tests/functional.yaml", files=files, url=endpoint_url, timeout_s=DEADLINE_S)
    return HttpChecks(http=HttpxHttp()).run(run)


def test_k6_passes_and_counts(endpoint):
    """A load test within its thresholds passes, and its numbers are k6's."""
    report = k6(endpoint.url, LOAD % "p(95)<5000")
    assert report.passed
    assert report.summary["requests"] == 20 == len(endpoint.calls)
    assert report.summary["failed_rate"] == 0
    assert report.summary["p95_ms"] > 0
    assert report.summary["thresholds"] == {"http_req_duration: p(95)<5000": True, "http_req_failed: rate<0.5": True}


def test_a_crossed_threshold_fails_and_says_by_how_much(endpoint):
    """The reason names the threshold and the value."""
    report = k6(endpoint.url, LOAD % "p(95)<0.001")
    assert not report.passed
    assert report.reasons[0].startswith("threshold http_req_duration: p(95)<0.001 was crossed (p(95) was ")


def test_a_service_that_only_fails_has_not_passed(endpoint):
    """Without a threshold of its own, a load test that reached nobody fails closed."""
    script = (LOAD % "p(95)<5000").replace("http_req_failed: ['rate<0.5'],", "")
    report = k6(endpoint.url, script, path="/status/500")
    assert report.reasons == ["none of 20 requests succeeded"]


def test_nobody_listening_fails(free_url):
    """A service that is away fails its test; the task itself could be done."""
    assert "none of 20 requests succeeded" in k6(free_url, LOAD % "p(95)<5000").reasons


def test_a_script_without_requests_fails(endpoint):
    """A test that tests nothing is no pass."""
    assert k6(endpoint.url, "export default function () {}").reasons == ["the script made no HTTP request"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("export default function () { http.get(`x`  }", "Unexpected token"),
        ("import x from './nothing.js'; export default function () {}", "nothing.js"),
        ("export const options = {iterations: 1};", "no exported function"),
    ],
)
def test_a_broken_script_is_an_invalid_file(endpoint, script, reason):
    """A script that cannot run says nothing about the service: the task ends as errored, with k6's words."""
    with pytest.raises(InvalidFile, match=rf"tests/performance\.js: k6 cannot run it .*{reason}"):
        k6(endpoint.url, script)


def test_a_script_that_aborts_fails(endpoint):
    """`exec.test.abort` is the script's own verdict."""
    script = "import exec from 'k6/execution'; export default function () { exec.test.abort('enough'); }"
    assert any("aborted" in reason and "enough" in reason for reason in k6(endpoint.url, script).reasons)


@pytest.mark.parametrize("path", ["../../evil.js", "/evil.js", "tests/../../evil.js"])
def test_a_tree_cannot_write_outside(tmp_path, path):
    """Git lets a tree hold any name; a script's folder is written below a folder of its own, or not at all."""
    files = {"tests/performance.js": b"", path: b"x"}
    run = TestRun(file="tests/performance.js", files=files, url="http://127.0.0.1:9", timeout_s=1)
    with pytest.raises(Refused, match="is no path inside a config repo"):
        K6Runner(command=str(tmp_path / "nothing")).run(run)


def test_an_endless_load_test_is_stopped(endpoint):
    """The time limit ends k6, and the result says so."""
    script = LOAD.replace("iterations: 20", "duration: '10m', vus: 1") % "p(95)<5000"
    report = k6(endpoint.url, script, timeout_s=1)
    assert report.reasons == ["the test ran longer than 1 s and was stopped"]
    assert report.summary["requests"] > 0


def test_k6_dies_with_a_killed_job(endpoint):
    """A Job that is killed leaves no load behind: it would disturb the window of the Job that runs in its place."""
    script = LOAD.replace("iterations: 20", "duration: '10m', vus: 1") % "p(95)<5000"
    code = (
        "from keptn.adapters.test_runner.k6 import K6Runner; from keptn.ports import TestRun; import sys\n"
        "files = {'tests/performance.js': sys.argv[1].encode(), 'tests/path.js': b\"export const path = '/json'\"}\n"
        "K6Runner.open().run(TestRun(file='tests/performance.js', files=files, url=sys.argv[2], timeout_s=600))"
    )
    job = subprocess.Popen([sys.executable, "-c", code, script, endpoint.url])
    try:
        until(lambda: endpoint.calls, what="k6's first request")
    finally:
        job.kill()
        job.wait()
    until(lambda: not _running_with(f"BASE_URL={endpoint.url}"), what="the end of k6")


def _running_with(argument: str) -> list[Path]:
    return [file for file in Path("/proc").glob("[0-9]*/cmdline") if argument in _read(file).split("\0")]


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:  # it has just ended
        return ""


def test_checks_pass(endpoint):
    """Every check as expected: pass."""
    text = "checks:\n- path: /json\n  expect: {status: 200, contains: items, json: {items: []}}\n- path: /x\n"
    report = checks(endpoint.url, text)
    assert (report.passed, report.summary) == (True, {"checks": 2, "checks_failed": 0})


def test_one_failed_check_fails_and_all_are_run(endpoint):
    """Functional tests allow no error; each failure is named."""
    text = "checks:\n- {name: broken, path: /status/500}\n- path: /json\n- {path: /json, expect: {json: {id: 8}}}\n"
    report = checks(endpoint.url, text)
    assert report.reasons == [
        "broken: status 500 instead of 2xx (GET /status/500)",
        "GET /json: json.id is 7 instead of 8 (GET /json)",
    ]
    assert len(endpoint.calls) == 3


def test_a_check_sends_method_headers_and_body(endpoint):
    """A mapping goes out as JSON."""
    checks(endpoint.url, "checks:\n- {path: /orders, method: post, headers: {X-A: b}, body: {item: 7}}\n")
    method, path, headers, body = endpoint.calls[0]
    assert (method, path, body) == ("POST", "/orders", b'{"item": 7}')
    assert (headers["x-a"], headers["content-type"]) == ("b", "application/json")


def test_checks_of_a_service_that_is_away_fail(free_url):
    """Nobody there is a failed check, not a broken step."""
    assert "cannot be reached" in checks(free_url, "checks:\n- path: /\n").reasons[0]
